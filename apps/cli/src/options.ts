import { InvalidArgumentError, Option } from 'commander';
import { z } from 'zod';

/** An option or argument of the command line cannot be used; the message names it. */
export class WrongOption extends Error {
  override readonly name = 'WrongOption';
}

/*
 * The options that several commands have. They are made here so that they have the same words everywhere: `onApi`,
 * `onEventStore` and `onPaybill` in target.ts add those that say which Paybill is meant.
 */

const TARGET = 'Which Paybill, and as whom:';

export const jsonOption = () => new Option('--json', 'print the answer as JSON, and a failure too');

export const dataOption = () =>
  new Option('--data <dir>', 'data directory of the Paybill on this machine')
    .default('./data')
    .env('PAYBILL_DATA')
    .helpGroup(TARGET);

export const urlOption = () =>
  new Option('--url <url>', 'API of a running Paybill, instead of the one on --data')
    .env('PAYBILL_URL')
    .argParser(url)
    .helpGroup(TARGET);

export const eventStoreOption = () =>
  new Option('--eventstore <url>', 'event store, instead of that of the Paybill on --data')
    .env('EVENTSTORE_URL')
    .argParser(eventStoreUrl)
    .helpGroup(TARGET);

export const actorOption = () =>
  new Option('--actor <id>', 'in whose name; an opaque id').default('cli').helpGroup(TARGET);

export const brokersOption = () =>
  new Option('--brokers <list>', 'addresses of Kafka, separated by commas').env('KAFKA_BROKERS').helpGroup(TARGET);

/** Reads the address of an API. */
function url(text: string): string {
  if (URL.canParse(text) && /^https?:/.test(text)) return text;
  throw new InvalidArgumentError('must be a URL such as http://127.0.0.1:3000');
}

/** Reads the address of an event store. */
function eventStoreUrl(text: string): string {
  if (/^(esdb|kurrentdb|kdb)(\+discover)?:\/\/\S+$/.test(text)) return text;
  throw new InvalidArgumentError('must be a URL such as kurrentdb://127.0.0.1:2113?tls=false');
}

/** Reads a whole number of an option. */
export function whole(least: number, most: number) {
  return (text: string): number => {
    const value = /^\d{1,10}$/.test(text) ? Number(text) : Number.NaN;
    if (value >= least && value <= most) return value;
    throw new InvalidArgumentError(`must be a whole number from ${least} to ${most}`);
  };
}

/** Reads a position in the log. */
export function position(text: string): bigint {
  if (/^\d{1,18}$/.test(text)) return BigInt(text);
  throw new InvalidArgumentError('must be a position in the log: a whole number such as 0 or 1843200');
}

/** Reads a day of the calendar. */
export function day(text: string): string {
  const at = /^\d{4}-\d{2}-\d{2}$/.test(text) ? new Date(`${text}T00:00:00Z`) : undefined;
  if (at && !Number.isNaN(at.getTime()) && at.toISOString().startsWith(text)) return text;
  throw new InvalidArgumentError('must be a day such as 2026-01-31');
}

/** The day it is, as the ledger reckons days. */
export function today(): string {
  return new Date().toISOString().slice(0, 10);
}

/** Refuses a period that ends before it begins. @throws WrongOption */
export function requireOrder({ from, to }: { readonly from?: string; readonly to?: string }): void {
  if (from !== undefined && to !== undefined && from > to) throw new WrongOption('--to must not be before --from');
}

/** Reads the code of a currency; the API knows which there are. */
export function currency(text: string): string {
  if (/^[A-Z]{3}$/.test(text)) return text;
  throw new InvalidArgumentError('must be an ISO 4217 code in capitals, such as USD');
}

/** Reads the name of a file or directory, which may end with a slash. */
export function path(text: string): string {
  if (text !== '') return text.replace(/(?<=.)\/+$/, '');
  throw new InvalidArgumentError('must not be empty');
}

/** Reads a day or an instant; the API says more exactly what it takes. */
export function moment(text: string): string {
  if (text.length === 10) return day(text);
  if (/^\d{4}-\d{2}-\d{2}T[\d:.]+(Z|[+-]\d{2}:\d{2})$/.test(text) && !Number.isNaN(Date.parse(text))) return text;
  throw new InvalidArgumentError('must be a day such as 2026-01-31 or an instant such as 2026-01-31T12:00:00Z');
}

/** Reads an amount; the API says more exactly what it takes. */
export function amount(text: string): string {
  if (/^\d{1,15}(\.\d{1,4})?$/.test(text)) return text;
  throw new InvalidArgumentError('must be an amount such as 57.23');
}

/** Reads the id of something, a UUID. */
export function uuid(text: string): string {
  const id = text.toLowerCase();
  if (z.guid().safeParse(id).success) return id;
  throw new InvalidArgumentError('must be an id such as 0e37c1d2-6a35-4b5e-9d0c-2f1a7c1b9e10');
}
