import { type Random, seededRandom } from '#libs/ledger';

/**
 * Dice of their own for what the names say: what they show depends on seed and names alone, and not on how often others were
 * thrown before. So a day that is lived through again, after a crash, is the same day.
 */
export function diceFor(seed: number, ...names: readonly (string | number)[]): Random {
  return seededRandom(fnv1a(`${seed}\n${names.join('\n')}`));
}

/** FNV-1a of 32 bits (Fowler, Noll, Vo) over UTF-16 code units. */
function fnv1a(text: string): number {
  let hash = 0x811c9dc5;
  for (let place = 0; place < text.length; place++) hash = Math.imul(hash ^ text.charCodeAt(place), 0x01000193);
  return hash >>> 0;
}
