import { type Biller, renderBill } from '#libs/bill-documents';
import { type EventStore, type Recorded, recorded } from '#libs/event-sourcing';
import { type PersonalData } from '#libs/platform';
import { accountEvents, type AccountEvent } from '../billing/account-events.js';
import { accountUnknown } from '../reads/answers.js';
import { issuedBill } from './billed-account.js';

/** The sealed name on a bill cannot be opened: this process has no master key. */
export class NameLocked extends Error {
  override readonly name = 'NameLocked';
}

/** A bill as a file. */
interface BillFile {
  /** As programs and disks take it, whatever the bill's number is. */
  readonly filename: string;
  readonly content: Buffer;
}

/** Bills as files, made from the accounts' own streams: nothing that follows the log has to have caught up. */
export class BillDocuments {
  constructor(
    private readonly store: EventStore,
    private readonly biller: Biller,
    /** Opens the customer's name; erased, the bill is addressed to nobody. */
    private readonly personalData: Pick<PersonalData, 'open'> | undefined,
  ) {}

  /**
   * A bill as a PDF, as it was issued; one that has been reversed as a whole since says so. The same bill gives the same
   * bytes.
   * @throws Rejected ACCOUNT_UNKNOWN | BILL_UNKNOWN, NameLocked, EventStoreUnavailable
   */
  async pdf(accountId: string, billNumber: string): Promise<BillFile> {
    const events: Recorded<AccountEvent>[] = [];
    for await (const event of this.store.readStream(`account-${accountId}`))
      events.push(recorded(accountEvents, event));
    if (events.length === 0) throw accountUnknown();
    const { document, sealedName } = issuedBill(events, billNumber);
    const name = sealedName === undefined ? undefined : await this.#open(accountId, sealedName);
    const content = await renderBill({ ...document, addressee: name === undefined ? [] : [name] }, this.biller);
    return { filename: `bill-${billNumber.replaceAll(/[^A-Za-z0-9._-]/g, '_')}.pdf`, content };
  }

  async #open(accountId: string, sealed: string): Promise<string | undefined> {
    if (!this.personalData) throw new NameLocked('the name on the bill is sealed');
    return this.personalData.open(accountId, 'name', sealed);
  }
}
