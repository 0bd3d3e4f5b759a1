/** The HTML of a mail that Paybill composed itself: quoted-printable in one part of type text/html. */
export function htmlOf(eml: string): string | undefined {
  const start = /^content-type: text\/html\b[^\r\n]*(?:\r?\n[^\r\n]+)*\r?\n\r?\n/im.exec(eml);
  const [, boundary] = /^content-type: multipart\/alternative;\s*boundary="([^"]+)"/im.exec(eml) ?? [];
  if (!start || boundary === undefined) return undefined;
  const from = start.index + start[0].length;
  const end = eml.indexOf(`\n--${boundary}`, from);
  return decoded(eml.slice(from, end < 0 ? undefined : end));
}

function decoded(quotedPrintable: string): string {
  const text = quotedPrintable.replace(/=\r?\n/g, '');
  const bytes = text.replace(/=([\dA-F]{2})/gi, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
  return Buffer.from(bytes, 'latin1').toString('utf8');
}
