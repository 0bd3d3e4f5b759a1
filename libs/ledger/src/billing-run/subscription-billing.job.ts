import { type CommandHandling, type CommandMetadata, type EventStore } from '#libs/event-sourcing';
import { account } from '../billing/account.js';
import { type AccountEvent } from '../billing/account-events.js';
import { type AccountState } from '../billing/account-state.js';
import { CorrectBill } from '../billing/correct-bill.js';
import { IssueBill } from '../billing/issue-bill.js';
import { type Catalogue, type CatalogueVersion, versionNamed, versionOn } from '../catalogue/catalogue.js';
import { subscription } from '../subscriptions/subscription.js';
import { type BillingDay, correctedBill, type KnownSubscriptions, nextBill, NOTHING_KNOWN } from './next-bill.js';

/** What a bill would be: the events that issuing it would append now. */
export interface Previewed {
  readonly bill: ReturnType<typeof nextBill>;
  readonly events: readonly AccountEvent[];
}

/** An account as the log has it now, with its subscriptions. */
export interface BillableAccount {
  readonly state: AccountState;
  readonly subscriptions: KnownSubscriptions;
}

/**
 * Bills accounts from their subscriptions. Everything is computed from the streams of the account and of its subscriptions as
 * they are at that moment, and decided once more by `IssueBill` when it is appended.
 */
export class SubscriptionBilling {
  constructor(
    private readonly store: EventStore,
    private readonly handling: CommandHandling,
    readonly catalogue: Catalogue,
  ) {}

  /** @param undoing whether the latest bill is taken for one that was not issued: what was known before it counts then */
  async read(
    accountId: string,
    undoing: (latest: NonNullable<AccountState['billed']>) => boolean = () => false,
  ): Promise<BillableAccount> {
    const { state } = await this.handling.current(accountId, account);
    const { billed } = state;
    const known = billed && (undoing(billed) ? billed.after : billed.through);
    return { state, subscriptions: await this.#subscriptions(accountId, known ?? -1) };
  }

  /** @throws Rejected NOTHING_TO_BILL and whatever would have the bill refused */
  async preview(accountId: string, day: BillingDay): Promise<Previewed> {
    const { state, subscriptions } = await this.read(accountId);
    return this.previewOf(
      accountId,
      nextBill(state, subscriptions, day, versionOn(this.catalogue, day.issuedOn)),
      state,
    );
  }

  /** The latest bill computed again, as `CorrectBill` takes it. @throws Rejected BILL_NOT_LATEST … */
  async corrected(accountId: string, billNumber: string, issuedOn: string): Promise<Previewed> {
    const { state, subscriptions } = await this.read(accountId, () => true);
    const named = state.billed?.catalogue;
    const version = named === undefined ? versionOn(this.catalogue, issuedOn) : versionNamed(this.catalogue, named);
    const bill = correctedBill(state, billNumber, subscriptions, issuedOn, version);
    const body = CorrectBill.schema.parse({ billNumber, reason: 'preview', bill });
    return { bill, events: CorrectBill.decide(body, state, contextOf(accountId)) };
  }

  previewOf(accountId: string, bill: ReturnType<typeof nextBill>, state: AccountState): Previewed {
    return { bill, events: IssueBill.decide(IssueBill.schema.parse(bill), state, contextOf(accountId)) };
  }

  /** @throws Rejected BILLED_MEANWHILE when the account was billed since it was read */
  async issue(
    accountId: string,
    { state, subscriptions }: BillableAccount,
    day: BillingDay,
    version: CatalogueVersion,
    metadata: CommandMetadata,
  ): Promise<readonly AccountEvent[]> {
    const data = IssueBill.schema.parse(nextBill(state, subscriptions, day, version));
    return (await this.handling.handle(accountId, { definition: IssueBill, data, metadata })).events;
  }

  /** The subscriptions now, and as they were known at a revision of their stream. */
  async #subscriptions(accountId: string, revision: number): Promise<KnownSubscriptions> {
    let known = NOTHING_KNOWN;
    for await (const event of this.store.readStream(`${subscription.category}-${accountId}`)) {
      const read = subscription.events.read(event.type, event.metadata.schemaVersion, event.data);
      const now = subscription.evolve(known.now, read);
      known = { now, revision: Number(event.revision), then: Number(event.revision) <= revision ? now : known.then };
    }
    return known;
  }
}

/** A preview is never appended, so neither id nor moment of it is kept. */
function contextOf(id: string) {
  return { id, commandId: '00000000-0000-0000-0000-000000000000', at: new Date().toISOString() };
}
