const UUID = /^[\da-f]{8}-[\da-f]{4}-[\da-f]{4}-[\da-f]{4}-[\da-f]{12}$/;

/** Whether a text is a UUID of whatever version, in small letters. */
export function isUuid(text: string): boolean {
  return UUID.test(text);
}
