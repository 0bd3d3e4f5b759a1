import { AUDIT, auditEvents } from '#libs/audit';
import { fraudCase } from '#libs/fraud';
import {
  account,
  accountTransfer,
  autopayRun,
  bankFile,
  billingRun,
  collectionsRun,
  consolidatedPayment,
  payBillNumber,
  payment,
  receipt,
  subscription,
  tillBatch,
  supportCase,
  verification,
} from '#libs/ledger';
import { Command } from 'commander';
import { z } from 'zod';
import { answer } from './answer.js';
import { jsonOption } from './options.js';

interface EventType {
  readonly type: string;
  readonly version: number;
  /** The JSON Schema of its data. */
  readonly schema: object;
}

interface Category {
  readonly category: string;
  readonly events: readonly EventType[];
}

export function eventsCommand(): Command {
  return new Command('events')
    .description('print the catalogue of stored events, as Markdown')
    .addOption(jsonOption())
    .addHelpText('after', '\nExample:\n  paybill events > events.md')
    .action((options: { json?: boolean }) => {
      const categories = storedEvents();
      answer(options, { categories }, () => markdown(categories));
    });
}

/** All that Paybill stores: stream categories with the types of their events. */
export const STORED = [
  account,
  payment,
  payBillNumber,
  accountTransfer,
  consolidatedPayment,
  verification,
  subscription,
  billingRun,
  autopayRun,
  collectionsRun,
  supportCase,
  bankFile,
  receipt,
  tillBatch,
  fraudCase,
  { category: AUDIT, events: auditEvents },
] as const;

/** What is stored, from the schemas that every append is checked against. */
function storedEvents(): Category[] {
  return STORED.map(({ category, events }) => ({
    category,
    events: Object.entries(events.definitions).map(([type, { version, schema }]) => {
      const { $schema: _dialect, ...rest } = z.toJSONSchema(schema);
      return { type, version, schema: rest };
    }),
  }));
}

function markdown(categories: readonly Category[]): string {
  const sections = categories.map(({ category, events }) => {
    const types = events.map(({ type, version, schema }) =>
      [`### ${type}`, '', `Version ${version}.`, '', '```json', JSON.stringify(schema, null, 2), '```'].join('\n'),
    );
    return [`## Streams \`${category}-<id>\``, ...types].join('\n\n');
  });
  return `# Stored events

What Paybill keeps in the event store, by stream category: the data of every event type in its current version, as JSON
Schema. These are storage formats and private to Paybill; a change is an addition or a new version with an upcaster.
Written by \`npm run generate\`.

${sections.join('\n\n')}`;
}
