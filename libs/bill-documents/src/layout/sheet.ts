import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** US Letter in points; what is printed keeps three quarters of an inch from the sides. */
export const PAGE = { width: 612, height: 792, left: 54, right: 558, top: 42, bottom: 738 } as const;

export const COLOURS = {
  ink: '#1b2330',
  quiet: '#5b6470',
  rule: '#cfd5dd',
  tint: '#eef2f7',
  accent: '#1f4e79',
  alarm: '#a3231f',
};

type Face = 'regular' | 'bold' | 'figures';

const FACES: Readonly<Record<Face, string>> = {
  regular: import.meta.resolve('@expo-google-fonts/ibm-plex-sans/400Regular/IBMPlexSans_400Regular.ttf'),
  bold: import.meta.resolve('@expo-google-fonts/ibm-plex-sans/600SemiBold/IBMPlexSans_600SemiBold.ttf'),
  // Every figure 0.6 of its size wide: at 12 points ten to the inch, as lockboxes read.
  figures: import.meta.resolve('@expo-google-fonts/ibm-plex-mono/500Medium/IBMPlexMono_500Medium.ttf'),
};

export interface Style {
  readonly size?: number;
  readonly face?: Face;
  readonly colour?: string;
  /** Where the text ends, instead of beginning at x. */
  readonly align?: 'left' | 'right';
  /** Made smaller until it is no wider than this. */
  readonly within?: number;
}

const SIZE = 9;
const SMALLEST = 4;

/** What pdfkit keeps of the font it writes with, and does not tell. */
interface Font {
  readonly _font: { readonly font: { hasGlyphForCodePoint(codePoint: number): boolean } };
}

/** A document that is written page by page, at places given from the upper left corner. */
export class Sheet {
  readonly #chunks: Buffer[] = [];
  readonly #doc: PDFKit.PDFDocument;

  private constructor(doc: PDFKit.PDFDocument) {
    this.#doc = doc;
    for (const [face, file] of Object.entries(FACES)) doc.registerFont(face, fontFile(file));
    doc.on('data', (chunk: Buffer) => this.#chunks.push(chunk));
  }

  /** A document without a page yet, dated a day. */
  static async open(title: string, author: string, day: string): Promise<Sheet> {
    // Every process that has to do with the ledger has this library, and few of them ever write a bill.
    const { default: PDFDocument } = await import('pdfkit');
    // The same bill is the same file, byte for byte: pdfkit makes the file's id from what stands here.
    const at = new Date(`${day}T00:00:00Z`);
    const info = {
      Title: title,
      Author: author,
      Creator: 'Paybill',
      Producer: 'Paybill',
      CreationDate: at,
      ModDate: at,
    };
    const options = { size: 'LETTER', margin: 0, autoFirstPage: false, bufferPages: true, pdfVersion: '1.7' as const };
    return new Sheet(new PDFDocument({ ...options, lang: 'en-US', displayTitle: true, info }));
  }

  get pages(): number {
    return this.#doc.bufferedPageRange().count;
  }

  addPage(): void {
    this.#doc.addPage();
  }

  /** Goes on writing on a page that was written before, counted from 0. */
  turnTo(page: number): void {
    this.#doc.switchToPage(page);
  }

  /** Writes a line of text whose upper edge is at y. */
  text(text: string, x: number, y: number, style: Style = {}): void {
    const shown = this.#style(text, style);
    const left = style.align === 'right' ? x - this.#doc.widthOfString(shown) : x;
    this.#doc.fillColor(style.colour ?? COLOURS.ink).text(shown, left, y, { lineBreak: false });
  }

  /** Breaks a text into lines no wider than given: between words, and within a word that has no room by itself. */
  lines(text: string, width: number, style: Style = {}): string[] {
    const shown = this.#style(text, style);
    const fits = (line: string) => this.#doc.widthOfString(line) <= width;
    const lines: string[] = [];
    let line = '';
    for (const word of shown.split(' ')) {
      const longer = line === '' ? word : `${line} ${word}`;
      if (fits(longer)) {
        line = longer;
        continue;
      }
      if (line !== '') lines.push(line);
      line = '';
      for (const character of word) {
        if (line !== '' && !fits(line + character)) {
          lines.push(line);
          line = '';
        }
        line += character;
      }
    }
    return [...lines, line];
  }

  rule(y: number, style: { from?: number; to?: number; colour?: string; width?: number; dashed?: boolean } = {}): void {
    const { from = PAGE.left, to = PAGE.right, colour = COLOURS.rule, width = 0.6, dashed = false } = style;
    this.#doc.save().lineWidth(width).strokeColor(colour);
    if (dashed) this.#doc.dash(4, { space: 3 });
    this.#doc.moveTo(from, y).lineTo(to, y).stroke().restore();
  }

  box(x: number, y: number, width: number, height: number, style: { fill?: string; stroke?: string }): void {
    const path = this.#doc.save().lineWidth(0.9).roundedRect(x, y, width, height, 3);
    if (style.fill !== undefined) path.fill(style.fill);
    else path.stroke(style.stroke ?? COLOURS.ink);
    this.#doc.restore();
  }

  /** The whole file. */
  async finish(): Promise<Buffer> {
    const ended = new Promise<void>((resolve, reject) => this.#doc.once('end', resolve).once('error', reject));
    this.#doc.end();
    await ended;
    return Buffer.concat(this.#chunks);
  }

  /** Sets font and size, and gives the text as it can be written. */
  #style(text: string, { size = SIZE, face = 'regular', within }: Style): string {
    this.#doc.font(face).fontSize(size);
    const shown = this.#printable(text);
    for (let smaller = size; within !== undefined && smaller > SMALLEST && this.#doc.widthOfString(shown) > within;) {
      smaller -= 0.5;
      this.#doc.fontSize(smaller);
    }
    return shown;
  }

  /**
   * A character the font does not have is written as its number in Unicode, `[U+738B]`: pdfkit would print an empty box, the
   * same for each.
   */
  #printable(text: string): string {
    const { font } = (this.#doc as unknown as Font)._font;
    const has = (character: string) => font.hasGlyphForCodePoint(character.codePointAt(0)!);
    const number = (character: string) => character.codePointAt(0)!.toString(16).toUpperCase().padStart(4, '0');
    return Array.from(text.normalize('NFC'), (one) => (has(one) ? one : `[U+${number(one)}]`)).join('');
  }
}

const files = new Map<string, Buffer>();

/**
 * A font's file, with some zeros after it: fontkit reads the head of a glyph before it looks whether the glyph has an outline,
 * and a font may end with the blank.
 */
function fontFile(url: string): Buffer {
  let file = files.get(url);
  if (!file) {
    file = Buffer.concat([readFileSync(fileURLToPath(url)), Buffer.alloc(16)]);
    files.set(url, file);
  }
  return file;
}
