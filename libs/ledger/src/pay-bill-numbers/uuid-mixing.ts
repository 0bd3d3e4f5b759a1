/**
 * Two well-spread 32-bit numbers from a UUID and a salt, by integer mixing (the finaliser of MurmurHash3). Numbers made
 * from an id this way are the same on every machine and every retry, look unrelated for neighbouring ids, and need
 * neither randomness nor a counter. It is not a secret and not a signature.
 */
export function mixUuid(uuid: string, salt: number): readonly [number, number] {
  const hex = uuid.replaceAll('-', '');
  let left = Math.imul(salt + 1, 0x9e3779b1);
  let right = Math.imul(salt + 1, 0x85ebca77);
  for (let at = 0; at < hex.length; at += 8) {
    const word = Number.parseInt(hex.slice(at, at + 8), 16);
    left = finalise(left ^ word);
    right = finalise(Math.imul(right, 31) ^ word ^ left);
  }
  return [left >>> 0, right >>> 0];
}

function finalise(value: number): number {
  let mixed = value ^ (value >>> 16);
  mixed = Math.imul(mixed, 0x85ebca6b);
  mixed ^= mixed >>> 13;
  mixed = Math.imul(mixed, 0xc2b2ae35);
  return mixed ^ (mixed >>> 16);
}
