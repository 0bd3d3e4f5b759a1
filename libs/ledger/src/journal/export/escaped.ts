/** What may mean something to either program: all but letters, figures, some signs, and single blanks between them. */
const MEANINGFUL = /[^\p{L}\p{M}\p{N} \-_./#&+']|^ | $| (?= )/gu;

const utf8 = new TextEncoder();

/**
 * A text as part of a plain-text journal: no text can end the name it stands in, open a sub-account or begin a comment.
 * Whatever might is written as in URLs, `%3B` for a semicolon, so that it can be read back by any URL decoder.
 */
export function escaped(text: string): string {
  return text.replace(MEANINGFUL, (sign) =>
    [...utf8.encode(sign)].map((byte) => `%${byte.toString(16).toUpperCase().padStart(2, '0')}`).join(''),
  );
}
