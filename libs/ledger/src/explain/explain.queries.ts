import { Inject, Injectable } from '@nestjs/common';
import { EventStore, recorded } from '#libs/event-sourcing';
import { type Moments } from '../as-of/moment.js';
import { accountEvents } from '../billing/account-events.js';
import { formatMinor } from '../money/minor-units.js';
import { type MoneyJson } from '../money/money.js';
import { accountUnknown } from '../reads/answers.js';
import { explain, type Explanation } from './explanation.js';
import { type ChargedLine, type Entry, type Event, type Left, type MoneySource } from './trace.js';

/** Explains from the account's own stream, which is the truth that read models are made from. */
@Injectable()
export class ExplainQueries {
  constructor(@Inject(EventStore) private readonly store: EventStore) {}

  /** Why an account's balance at two moments was what it was. @throws Rejected ACCOUNT_UNKNOWN, EventStoreUnavailable */
  async explain(accountId: string, moments: Moments) {
    const events: Event[] = [];
    for await (const event of this.store.readStream(`account-${accountId}`))
      events.push(recorded(accountEvents, event));
    if (events.length === 0) throw accountUnknown();
    return { accountId, ...viewOf(explain(events, moments)) };
  }
}

function viewOf({ currency, digits, balance, events, lines, sources }: Explanation) {
  const money = (minor: bigint): MoneyJson => ({ amount: formatMinor(minor, digits), currency });
  return {
    currency,
    balance: money(balance),
    events: events.length,
    revision: events.at(-1)?.revision.toString() ?? null,
    lines: lines.map((line) => ({
      ...line.of,
      left: money(line.left),
      disputed: money(line.disputed),
      entries: entriesOf(line, money, sourceView),
    })),
    sources: sources.map((source) => ({
      ...source.of,
      left: money(source.left),
      entries: entriesOf(source, money, lineView),
    })),
  };
}

function entriesOf<Thing, Counterpart, View>(
  { entries }: Left<Thing, Counterpart>,
  money: (minor: bigint) => MoneyJson,
  view: (counterpart: Counterpart | null) => View,
) {
  return entries.map(({ what, amount, counterpart, event }: Entry<Counterpart>) => ({
    what,
    amount: money(amount),
    ...view(counterpart),
    event: eventView(event),
  }));
}

function sourceView(source: MoneySource | null) {
  return { sourceKind: source?.sourceKind ?? null, sourceId: source?.sourceId ?? null };
}

function lineView(line: ChargedLine | null) {
  return { billNumber: line?.billNumber ?? null, lineId: line?.lineId ?? null };
}

function eventView(event: Event) {
  const { id, type, revision, position, data, metadata } = event;
  return {
    id,
    type,
    revision: revision.toString(),
    position: position.toString(),
    effectiveAt: data.effectiveAt,
    recordedAt: metadata.recordedAt,
    actor: metadata.actor,
    onBehalfOf: metadata.onBehalfOf ?? null,
    commandId: metadata.commandId,
    allocationPolicy: 'allocationPolicy' in data ? data.allocationPolicy : null,
    rounding: event.type === 'BillIssued' ? event.data.rounding : null,
    reason: 'reason' in data ? data.reason : null,
    allocations: 'allocations' in data ? data.allocations : [],
    released: 'released' in data ? data.released : [],
  };
}
