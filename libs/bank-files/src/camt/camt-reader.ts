import {
  type BankFileHeader,
  BankFileRefused,
  type FormatReader,
  type MinorUnitDigits,
  type TakeItem,
} from '../bank-file.js';
import { dayOf } from '../days.js';
import { Element } from './element.js';
import { Statement } from './statement.js';
import { XmlSource } from './xml-source.js';

const MESSAGES: Readonly<Record<string, { readonly format: 'camt.053' | 'camt.054'; readonly report: string }>> = {
  BkToCstmrStmt: { format: 'camt.053', report: 'Stmt' },
  BkToCstmrDbtCdtNtfctn: { format: 'camt.054', report: 'Ntfctn' },
};
/** Elements that are looked at as a whole when they end; what is in none of them belongs to the report or the group header. */
const WHOLE = new Set(['GrpHdr', 'Bal', 'TxsSummry', 'Ntry', 'Btch', 'TxDtls']);

/**
 * Reads ISO 20022 camt.053 (statements) and camt.054 (notifications) of any version and namespace prefix. Statements must
 * foot: opening balance and booked entries make the closing balance, in one currency, and statements of one account chain.
 * Numbers and sums that a file gives of its entries, and of the transactions in one, are verified.
 */
export class CamtReader implements FormatReader {
  header: BankFileHeader | undefined;
  readonly #xml: XmlSource;
  /** The names on the way from the root to here. */
  readonly #path: string[] = [];
  /** The wholes that are open, the innermost last. */
  readonly #open: Element[] = [];
  #groupHeader: Element | undefined;
  #statement: Statement | undefined;
  #message: (typeof MESSAGES)[string] | undefined;
  #version: string | undefined;
  #statements = 0;
  readonly #closings = new Map<string, bigint>();

  constructor(
    private readonly item: TakeItem,
    private readonly digits: MinorUnitDigits,
  ) {
    this.#xml = new XmlSource({
      open: (name, attributes, line, qualified) => this.#openTag(name, attributes, line, qualified),
      close: (name, text) => this.#closeTag(name, text),
    });
  }

  get records(): number {
    return this.#xml.line;
  }

  write(bytes: Uint8Array): void {
    this.#xml.write(bytes);
  }

  end(): void {
    this.#xml.end();
    if (this.#statements === 0) throw new BankFileRefused(this.records, 'the file holds no statement or notification');
  }

  #openTag(name: string, attributes: Readonly<Record<string, string>>, line: number, qualified: string): void {
    this.#path.push(name);
    const depth = this.#path.length;
    if (depth === 1) return this.#root(name, attributes, line, qualified);
    if (depth === 2) return this.#messageOf(name, line);
    if (depth === 3 && name === this.#message!.report) {
      this.#readHeader(line);
      this.#statement = new Statement(new Element(name, line, depth), {
        header: this.header!,
        digits: this.digits,
        take: this.item,
        closings: this.#closings,
      });
      this.#statements += 1;
      return;
    }
    if (depth === 3 && name !== 'GrpHdr' && name !== 'SplmtryData') {
      throw new BankFileRefused(line, `${name} does not belong here`);
    }
    if (this.#isWhole(name, depth)) this.#open.push(new Element(name, line, depth));
    const currency = attributes['Ccy'];
    if (currency !== undefined) this.#add('@Ccy', currency);
  }

  #closeTag(name: string, text: string): void {
    const depth = this.#path.length;
    const innermost = this.#open.at(-1);
    if (innermost?.depth === depth && innermost.name === name) {
      this.#open.pop();
      this.#whole(innermost);
    } else {
      this.#add('', text);
    }
    if (depth === 3 && this.#statement && name === this.#message!.report) {
      this.#statement.close();
      this.#statement = undefined;
    }
    this.#path.pop();
  }

  #root(name: string, attributes: Readonly<Record<string, string>>, line: number, qualified: string): void {
    if (name !== 'Document') throw new BankFileRefused(line, 'the root element must be Document of ISO 20022');
    const namespace = attributes[qualified === name ? 'xmlns' : `xmlns:${qualified.slice(0, -name.length - 1)}`];
    if (namespace === undefined || namespace === '') return;
    this.#version = /camt\.\d{3}\.\d{3}\.\d{2}/.exec(namespace)?.[0];
    if (this.#version === undefined) throw new BankFileRefused(line, 'the namespace of the document is none of camt');
  }

  #messageOf(name: string, line: number): void {
    if (this.#message) throw new BankFileRefused(line, 'the document holds a second message');
    this.#message = Object.hasOwn(MESSAGES, name) ? MESSAGES[name] : undefined;
    if (name === 'BkToCstmrAcctRpt') {
      throw new BankFileRefused(
        line,
        'camt.052 reports entries that are not final; send the statement (camt.053) instead',
      );
    }
    if (!this.#message) throw new BankFileRefused(line, 'the message is neither camt.053 nor camt.054');
    if (this.#version !== undefined && !this.#version.startsWith(this.#message.format)) {
      throw new BankFileRefused(
        line,
        `the namespace says ${this.#version}, and the message is ${this.#message.format}`,
      );
    }
  }

  #isWhole(name: string, depth: number): boolean {
    if (!WHOLE.has(name)) return false;
    if (name === 'GrpHdr') return depth === 3;
    if (name === 'Btch' || name === 'TxDtls') return this.#path[depth - 2] === 'NtryDtls' && depth === 6;
    return depth === 4;
  }

  /** A leaf, or an attribute of what is open, put where it belongs. */
  #add(suffix: string, text: string): void {
    if (text === '') return;
    const element = this.#open.at(-1) ?? this.#statement?.report;
    element?.add(this.#path.slice(element.depth).join('/') + suffix, text);
  }

  #whole(element: Element): void {
    const statement = this.#statement;
    switch (element.name) {
      case 'GrpHdr':
        if (this.#groupHeader) throw element.refused('a second group header (GrpHdr)');
        this.#groupHeader = element;
        return;
      case 'Bal':
        return statement?.balance(element);
      case 'TxsSummry':
        return statement?.summary(element);
      case 'Btch':
        return statement?.batch(element, this.#open.at(-1)!);
      case 'TxDtls':
        return statement?.transaction(element, this.#open.at(-1)!);
      case 'Ntry':
        return statement?.entry(element);
    }
  }

  #readHeader(line: number): void {
    if (this.header) return;
    const group = this.#groupHeader;
    if (!group) throw new BankFileRefused(line, 'there is no group header (GrpHdr) before the first statement');
    const identification = group.required('message identification', 'MsgId');
    const created = group.required('creation time', 'CreDtTm');
    const [, year, month, day] = /^(\d{4})-(\d{2})-(\d{2})/.exec(created) ?? [];
    const createdOn = dayOf(Number(year), Number(month), Number(day));
    if (createdOn === undefined) throw group.refused('CreDtTm of GrpHdr is no date');
    this.header = {
      format: this.#message!.format,
      ...(this.#version !== undefined && { version: this.#version }),
      sender: group.text('MsgSndr/Nm') ?? '',
      receiver: group.text('MsgRcpt/Nm') ?? '',
      createdOn,
      identification,
    };
  }
}
