import { type AccountEvent } from '../billing/account-events.js';
import { parseMinor } from '../money/minor-units.js';
import { digitsOf, type MoneyJson } from '../money/money.js';
import { Counts, Failures, MOST_NAMED, type Refused, Sums } from '../runs-of-accounts/run-report.js';
import { type BillingReport } from './billing-run-events.js';

/** Refusals that say there is nothing to be done, where all others want somebody to look. */
const SKIPPED: ReadonlySet<string> = new Set(['NOTHING_TO_BILL', 'ACCOUNT_CLOSED']);

/** Counts what a billing run comes to. */
export class BillingTally {
  #billed = 0;
  readonly #totals = new Sums();
  readonly #givenBack = new Sums();
  readonly #skipped = new Counts();
  readonly #failures = new Failures();
  readonly #toCorrect: string[] = [];

  /** What was appended to an account. */
  billed(events: readonly AccountEvent[]): void {
    let issued = false;
    const givenBack = new Map<string, bigint>();
    for (const { type, data } of events) {
      if (type === 'BillIssued') {
        issued = true;
        this.billedOver(minorOf(data.total), data.total.currency);
      } else if (type === 'ChargeReversed' && data.unused) {
        const { currency } = data.amount;
        givenBack.set(currency, (givenBack.get(currency) ?? 0n) + minorOf(data.amount));
      }
    }
    for (const [currency, total] of givenBack) this.gaveBack(total, currency, issued);
  }

  /** @param total minor units */
  billedOver(total: bigint, currency: string): void {
    this.#billed += 1;
    this.#totals.addMinor(total, currency);
  }

  /**
   * Counts what was given back of charges in advance.
   * @param total minor units
   * @param withBill else the account was not billed, because that was all
   */
  gaveBack(total: bigint, currency: string, withBill: boolean): void {
    if (total === 0n) return;
    this.#givenBack.addMinor(total, currency);
    if (!withBill) this.#skipped.add('ONLY_GIVEN_BACK');
  }

  failed(accountId: string, why: Refused): void {
    if (SKIPPED.has(why.code)) this.#skipped.add(why.code);
    else this.#failures.add(accountId, why);
  }

  toCorrect(accountId: string): void {
    if (this.#toCorrect.length < MOST_NAMED) this.#toCorrect.push(accountId);
  }

  get report(): BillingReport {
    const skipped = this.#skipped.all.map(([code, accounts]) => ({ code, accounts }));
    const { failed, failures } = this.#failures.counted;
    return {
      accounts: this.#billed + failed + skipped.reduce((sum, { accounts }) => sum + accounts, 0),
      billed: this.#billed,
      totals: this.#totals.money,
      givenBack: this.#givenBack.money,
      skipped,
      ...{ failed, failures },
      toCorrect: this.#toCorrect.toSorted(),
    };
  }
}

function minorOf({ amount, currency }: MoneyJson): bigint {
  return parseMinor(amount, digitsOf(currency));
}
