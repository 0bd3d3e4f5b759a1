import { InvalidArgumentError } from 'commander';

/** One of several shares of all accounts. */
export interface Shard {
  /** From 1 on. */
  readonly number: number;
  readonly of: number;
}

const MOST = 1_000;
const ALL_IDS = 1n << 128n;

/** Reads `3/8`. */
export function shard(text: string): Shard {
  const [, number, of] = (/^(\d{1,4})\/(\d{1,4})$/.exec(text) ?? []).map(Number);
  if (number && of && number <= of && of <= MOST) return { number, of };
  throw new InvalidArgumentError(`must be a shard and how many there are, such as 3/8, at most ${MOST}`);
}

/** Reads how many shards. @returns all of them */
export function shards(text: string): Shard[] {
  const of = /^\d{1,4}$/.test(text) ? Number(text) : 0;
  if (of < 1 || of > MOST) throw new InvalidArgumentError(`must be a whole number from 1 to ${MOST}`);
  return Array.from({ length: of }, (_, index) => ({ number: index + 1, of }));
}

/** The first and the last id of a shard: ids are spread evenly, so that equal parts of them hold about as many accounts. */
export function accountsOf({ number, of }: Shard): { accountFrom: string; accountTo: string } {
  const begin = (part: number) => (ALL_IDS * BigInt(part)) / BigInt(of);
  return { accountFrom: uuidOf(begin(number - 1)), accountTo: uuidOf(begin(number) - 1n) };
}

function uuidOf(id: bigint): string {
  return id
    .toString(16)
    .padStart(32, '0')
    .replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-');
}
