import { countsAt, type Moments } from '../as-of/moment.js';
import { creditChange, digitsOfStored, movementsOf, movesMoney, openChange } from '../balances/movements.js';
import { type ChargedLine, type Event, type Left, type MoneySource, Trace } from './trace.js';

/** Why a balance is what it is: what is left on lines less what is left of sources, to the cent. */
export interface Explanation {
  readonly currency: string;
  /** Digits of the minor unit. */
  readonly digits: number;
  readonly balance: bigint;
  /** The events that count, in the order of the stream. */
  readonly events: readonly Event[];
  /** Each with what of it is in dispute, in minor units. */
  readonly lines: readonly (Left<ChargedLine, MoneySource> & { readonly disputed: bigint })[];
  readonly sources: readonly Left<MoneySource, ChargedLine>[];
}

/**
 * Traces each cent of an account's balance at two moments to the events of its stream. Lines and sources of which nothing is
 * left are left out: they come to nothing. Throws when what is left does not come to the balance.
 * @param stream all events of the account, from its opening on.
 */
export function explain(stream: readonly Event[], moments: Moments): Explanation {
  const [opened] = stream;
  if (opened?.type !== 'AccountOpened') throw new Error('an account’s stream begins with its opening');
  const { currency } = opened.data;
  const trace = new Trace(digitsOfStored(currency));
  for (const event of stream) trace.know(event);
  const events = stream.filter(({ data, metadata }) => countsAt(moments, data.effectiveAt, metadata.recordedAt));
  let balance = 0n;
  for (const event of events) {
    trace.follow(event);
    if (!movesMoney(event)) continue;
    const movements = movementsOf(event);
    balance += openChange(movements) - creditChange(movements);
  }
  const { lines, sources } = trace.left();
  const total = (lefts: readonly { readonly left: bigint }[]) => lefts.reduce((sum, { left }) => sum + left, 0n);
  if (total(lines) - total(sources) !== balance) throw new Error('what is left does not come to the balance');
  const told = lines.map((line) => ({ ...line, disputed: trace.disputedOn(line.of) }));
  return { currency, digits: trace.digits, balance, events, lines: told, sources };
}
