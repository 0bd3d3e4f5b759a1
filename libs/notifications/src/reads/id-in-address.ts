import { type Problem, isUuid } from '#libs/platform';

/** The id an address names. @throws Problem when it can be the id of nothing */
export function idInAddress(text: string, unknown: () => Problem): string {
  const id = text.toLowerCase();
  if (isUuid(id)) return id;
  throw unknown();
}
