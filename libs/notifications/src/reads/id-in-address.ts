import { type Problem } from '#libs/platform';

const UUID = /^[\da-f]{8}-[\da-f]{4}-[\da-f]{4}-[\da-f]{4}-[\da-f]{12}$/;

/** The id an address names. @throws Problem when it can be the id of nothing */
export function idInAddress(text: string, unknown: () => Problem): string {
  const id = text.toLowerCase();
  if (UUID.test(id)) return id;
  throw unknown();
}
