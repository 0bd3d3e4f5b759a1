import { formatMinor, parseMinor } from '../../money/minor-units.js';
import { digitsOf } from '../../money/money.js';
import { type ChartAccount, inChart } from '../chart-of-accounts.js';
import { type EntryPosting } from '../journal-entry.js';
import { type ExportedEntry } from './exported-entry.js';
import { type JournalExtent, type JournalFormat } from './journal-format.js';
import { escaped } from './escaped.js';

const CLOSING = 'Closing balances';
/** The customer of whom nobody knows who it is: the payer of a receipt. */
const UNIDENTIFIED = 'unidentified';
const TAGS = ['event', 'revision', 'reason'];

/**
 * The journal as the plain text that both hledger and ledger read, in their strictest modes: every account, currency,
 * payee and tag is declared before it is used. What customers owe and are owed stands in an account for each of them;
 * the last posting of a month on such an account asserts its balance, and so does an entry at the end for all of them.
 *
 * ledger checks assertions in the order of the file and hledger in the order of days: within a customer both are the same.
 * @see https://hledger.org/1.25/hledger.html#journal-format
 * @see https://ledger-cli.org/doc/ledger3.html
 */
export class PlainText implements JournalFormat {
  readonly mediaType = 'text/plain; charset=utf-8';
  readonly #declared = new Set<string>();

  constructor(private readonly to: string | undefined) {}

  begin(extent: JournalExtent): string {
    return `${[...heading(extent), '', ...TAGS.map((tag) => `tag ${tag}`)].join('\n')}\n\n`;
  }

  account(entries: readonly ExportedEntry[]): string {
    const customer = new Customer(entries);
    const written = entries.map((entry) => customer.entry(entry)).join('');
    return this.#declarations(customer) + written + customer.closing(this.to);
  }

  end({ entries }: JournalExtent): string {
    return `; The end: all ${entries} entries stand above.\n`;
  }

  #declarations({ currency, digits, payees, names }: Customer): string {
    // hledger would not take a format without decimals, and ledger none with a point and no decimals behind it.
    const style = digits === 0 ? '' : `\n  format 1000.${'0'.repeat(digits)} ${currency}`;
    const shared = [`commodity ${currency}${style}`, ...[...payees].map((payee) => `payee ${payee}`)];
    const own: string[] = [];
    for (const { name, ofCustomer } of names.values()) (ofCustomer ? own : shared).push(`account ${name}`);
    // A customer's own accounts are not met again: to remember them would take memory without end.
    const fresh = shared.filter((declaration) => !this.#declared.has(declaration));
    for (const declaration of fresh) this.#declared.add(declaration);
    return [...fresh, ...own].map((declaration) => `${declaration}\n`).join('') + '\n';
  }
}

function heading({ position, entries, from, to, recordedAt, accountFrom, accountTo }: JournalExtent): string[] {
  return [
    `; Journal of Paybill up to position ${position} of its log: ${entries} entries`,
    ...(from === undefined ? [] : [`; effective from ${from}`]),
    ...(to === undefined ? [] : [`; effective until ${to}`]),
    ...(recordedAt === undefined ? [] : [`; recorded until ${recordedAt}`]),
    ...(accountFrom === undefined ? [] : [`; accounts from ${accountFrom}`]),
    ...(accountTo === undefined ? [] : [`; accounts until ${accountTo}`]),
  ];
}

/** One customer's entries on their way into text. */
class Customer {
  readonly currency: string;
  readonly digits: number;
  readonly payees: ReadonlySet<string>;
  /** By general-ledger account: its name in the text. */
  readonly names = new Map<string, { readonly name: string; readonly ofCustomer: boolean }>();
  readonly #balances = new Map<string, bigint>();
  readonly #lastOfMonth = new Set<EntryPosting>();
  readonly #lastDay: string;

  constructor(entries: readonly ExportedEntry[]) {
    const [{ accountId, postings }] = entries as [ExportedEntry];
    this.currency = postings[0]!.amount.currency;
    this.digits = digitsOf(this.currency);
    this.#lastDay = dayOf(entries.at(-1)!);
    this.payees = new Set([...entries.map(payeeOf), CLOSING]);
    for (const { account } of entries.flatMap((entry) => entry.postings)) {
      if (this.names.has(account)) continue;
      const place = inChart(account);
      this.names.set(account, { name: nameOf(place, accountId), ofCustomer: place.ofCustomer });
    }
    const monthAfter = new Map<string, string>();
    for (const entry of entries.toReversed()) {
      const month = dayOf(entry).slice(0, 7);
      for (const posting of entry.postings) {
        if (monthAfter.get(posting.account) !== month) this.#lastOfMonth.add(posting);
        monthAfter.set(posting.account, month);
      }
    }
  }

  entry(entry: ExportedEntry): string {
    const { reference, reason, eventId, revision } = entry;
    const code = reference === null ? '' : ` (${escaped(reference)})`;
    let text = `${dayOf(entry)} *${code} ${payeeOf(entry)}\n`;
    if (eventId !== null) text += `    ; event: ${eventId}\n    ; revision: ${revision}\n`;
    if (reason !== null) text += `    ; reason: ${escaped(reason)}\n`;
    for (const posting of entry.postings) text += this.#posting(posting);
    return `${text}\n`;
  }

  /** Asserts all balances of the customer: by itself an entry that were added after the last would go unseen. */
  closing(to: string | undefined): string {
    if (this.#balances.size === 0) return '';
    const zero = formatMinor(0n, this.digits);
    const lines = [...this.#balances].map(([account, balance]) => {
      const { name } = this.names.get(account)!;
      return `    ${name}  ${zero} ${this.currency} = ${formatMinor(balance, this.digits)} ${this.currency}\n`;
    });
    return `${to ?? endOfMonth(this.#lastDay)} * ${CLOSING}\n${lines.join('')}\n`;
  }

  #posting(posting: EntryPosting): string {
    const { account, amount } = posting;
    const { name, ofCustomer } = this.names.get(account)!;
    const line = `    ${name}  ${amount.amount} ${this.currency}`;
    if (!ofCustomer) return `${line}\n`;
    const balance = (this.#balances.get(account) ?? 0n) + parseMinor(amount.amount, this.digits);
    this.#balances.set(account, balance);
    if (!this.#lastOfMonth.has(posting)) return `${line}\n`;
    return `${line} = ${formatMinor(balance, this.digits)} ${this.currency}\n`;
  }
}

function nameOf(place: ChartAccount, accountId: string | null): string {
  const { name, division, ofCustomer } = place;
  const last = division === undefined ? [] : [escaped(division)];
  return [place.class, name, ...last, ...(ofCustomer ? [accountId ?? UNIDENTIFIED] : [])].join(':');
}

function dayOf({ effectiveAt }: ExportedEntry): string {
  return effectiveAt.slice(0, 10);
}

function endOfMonth(day: string): string {
  const [year, month] = day.split('-').map(Number) as [number, number];
  return new Date(Date.UTC(year, month, 0)).toISOString().slice(0, 10);
}

/** `bill-issued` in words: `Bill issued`. */
function payeeOf({ kind }: ExportedEntry): string {
  return kind.charAt(0).toUpperCase() + kind.slice(1).replaceAll('-', ' ');
}
