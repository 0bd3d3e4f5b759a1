import { SaxesParser } from 'saxes';
import { BankFileRefused } from '../bank-file.js';

/** Between two tags of a statement there is never more text than this. */
const MAX_SILENCE = 1_000_000;
const MAX_DEPTH = 64;

/** What is told of a document, element by element; names are without their namespace prefix. */
export interface XmlListener {
  /** @param qualified the name with its prefix */
  open(name: string, attributes: Readonly<Record<string, string>>, line: number, qualified: string): void;
  close(name: string, text: string): void;
}

/**
 * Reads XML a piece at a time in constant memory. Document types are refused, and with them every entity that is declared
 * in one: a statement has none, and they are how XML attacks its readers.
 */
export class XmlSource {
  readonly #parser = new SaxesParser({ xmlns: false });
  #decoder: InstanceType<typeof TextDecoder> | undefined;
  #depth = 0;
  #text = '';
  #silence = 0;
  #lastLine: number | undefined;

  constructor(listener: XmlListener) {
    this.#parser.on('error', (error) => {
      throw new BankFileRefused(this.line, `is not well-formed XML: ${error.message.replace(/^\d+:\d+: /, '')}`);
    });
    this.#parser.on('doctype', () => {
      throw new BankFileRefused(this.line, 'a document type is declared, which a statement never has');
    });
    this.#parser.on('opentag', ({ name, attributes }) => {
      this.#silence = 0;
      this.#depth += 1;
      if (this.#depth > MAX_DEPTH)
        throw new BankFileRefused(this.line, 'elements are nested deeper than any statement has');
      this.#text = '';
      listener.open(localName(name), attributes, this.line, name);
    });
    this.#parser.on('text', (text) => (this.#text += text));
    this.#parser.on('cdata', (text) => (this.#text += text));
    this.#parser.on('closetag', ({ name }) => {
      this.#silence = 0;
      this.#depth -= 1;
      listener.close(localName(name), this.#text.trim());
      this.#text = '';
    });
  }

  get line(): number {
    return this.#lastLine ?? this.#parser.line;
  }

  write(bytes: Uint8Array): void {
    this.#decoder ??= new TextDecoder(encodingOf(bytes), { fatal: true });
    this.#silence += bytes.byteLength;
    this.#parser.write(this.#decode(() => this.#decoder!.decode(bytes, { stream: true })));
    if (this.#silence > MAX_SILENCE) throw new BankFileRefused(this.line, 'there is more text than any field holds');
  }

  end(): void {
    this.#parser.write(this.#decode(() => this.#decoder?.decode() ?? ''));
    // A parser that is closed begins to count anew.
    const { line } = this.#parser;
    this.#parser.close();
    this.#lastLine = line;
  }

  #decode(decode: () => string): string {
    try {
      return decode();
    } catch {
      throw new BankFileRefused(this.line, 'there are bytes that are no text in the encoding of the file');
    }
  }
}

function localName(name: string): string {
  return name.slice(name.indexOf(':') + 1);
}

/** By byte order mark or by the XML declaration; UTF-8 unless either says otherwise (XML 1.0, appendix F). */
function encodingOf(bytes: Uint8Array): string {
  if (bytes[0] === 0xff && bytes[1] === 0xfe) return 'utf-16le';
  if (bytes[0] === 0xfe && bytes[1] === 0xff) return 'utf-16be';
  const start = Buffer.from(bytes.slice(0, 200)).toString('latin1');
  const [, declared = 'utf-8'] = /^[^<]*<\?xml[^>]*encoding\s*=\s*["']([\w.-]+)["']/.exec(start) ?? [];
  try {
    return new TextDecoder(declared).encoding;
  } catch {
    throw new BankFileRefused(1, 'the file is in an encoding that is not known');
  }
}
