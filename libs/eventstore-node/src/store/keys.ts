/** Key of an event. Keys sort as the numbers in them do. */
export function positionKey(position: number): Buffer {
  const key = Buffer.alloc(8);
  key.writeUIntBE(position, 2, 6);
  return key;
}

export const positionOfKey = (key: Buffer): number => key.readUIntBE(2, 6);

/** After every position there can be. */
export const LAST_KEY = Buffer.alloc(8, 0xff);

/** Key of a stream's revision. */
export function indexKey(streamId: number, revision: number): Buffer {
  const key = Buffer.allocUnsafe(12);
  key.writeUIntBE(streamId, 0, 6);
  key.writeUIntBE(revision, 6, 6);
  return key;
}
