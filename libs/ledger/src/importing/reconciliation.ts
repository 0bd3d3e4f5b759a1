import { formatMinor, parseMinor } from '../money/minor-units.js';
import { type MoneyJson } from '../money/money.js';
import { type SourceFigures, type Tally } from './biller-plan.js';

/** What the read models say the ledger holds, as `GET /totals` answers it. */
export interface LedgerTotals {
  readonly accounts: number;
  readonly bills: CountedTotal;
  readonly payments: CountedTotal;
  readonly paymentsByKind: readonly (CountedTotal & { readonly channel: string; readonly method: string })[];
  readonly returns: CountedTotal;
  readonly refunds: CountedTotal;
  /** Owed less credit, over all accounts. */
  readonly balance: MoneyJson;
  /** Sum of all postings: zero in a ledger that balances. */
  readonly trialBalance: MoneyJson;
}

interface CountedTotal {
  readonly count: number;
  readonly total: MoneyJson;
}

/** One line of a reconciliation: what the source says against what the ledger says. */
export interface ReconciliationLine {
  readonly what: string;
  readonly source: string;
  readonly ledger: string;
  readonly agrees: boolean;
}

/** Holds the figures counted from the source against those of the ledger, to the cent. */
export function reconcile(source: SourceFigures, ledger: LedgerTotals, digits = 2): ReconciliationLine[] {
  const line = (what: string, said: string, found: string) => ({
    what,
    source: said,
    ledger: found,
    agrees: said === found,
  });
  const counted = (what: string, tally: Tally, total: CountedTotal) => [
    line(`${what}: number`, String(tally.count), String(total.count)),
    line(`${what}: total`, formatMinor(tally.minor, digits), total.total.amount),
  ];
  const none: CountedTotal = { count: 0, total: { amount: formatMinor(0n, digits), currency: source.currency } };
  const kinds = new Set([...source.paymentsByKind.keys(), ...ledger.paymentsByKind.map(kindName)]);
  const balance = source.bills.minor - source.payments.minor + source.returns.minor;
  return [
    line('accounts', String(source.accounts), String(ledger.accounts)),
    ...counted('bills', source.bills, ledger.bills),
    ...counted('payments', source.payments, ledger.payments),
    ...[...kinds]
      .sort()
      .flatMap((kind) =>
        counted(
          `payments ${kind}`,
          source.paymentsByKind.get(kind) ?? { count: 0, minor: 0n },
          ledger.paymentsByKind.find((total) => kindName(total) === kind) ?? none,
        ),
      ),
    ...counted('returned payments', source.returns, ledger.returns),
    // No source knows of refunds; one made here shows as what it is, and not only as a balance that is off.
    ...counted('refunded payments', { count: 0, minor: 0n }, ledger.refunds),
    line('balance (owed less credit)', formatMinor(balance, digits), ledger.balance.amount),
    line('trial balance', formatMinor(0n, digits), formatMinor(parseMinor(ledger.trialBalance.amount, digits), digits)),
  ];
}

function kindName({ channel, method }: { channel: string; method: string }): string {
  return `${channel}/${method}`;
}
