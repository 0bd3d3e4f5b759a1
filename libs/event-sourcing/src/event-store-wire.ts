/** An event as it is stored, byte for byte, with its place in its stream and in the log. */
export interface RawEvent {
  readonly id: string;
  readonly stream: string;
  readonly revision: bigint;
  /** Commit position in the log: monotonic, in bytes, never a count. */
  readonly position: bigint;
  readonly type: string;
  /** Whether whoever wrote it called its data JSON; a store looks for settings of streams in such events only. */
  readonly isJson: boolean;
  readonly data: Buffer;
  readonly metadata: Buffer;
}

/** What one answer of a read says; at most one of them. */
export interface RawRead {
  readonly event?: RawEvent;
  /** Nothing that matches lies before this position. */
  readonly passed?: bigint;
  readonly caughtUp?: true;
}

/** Decodes a `ReadResp` of the protocol: by hand, because only a few of its fields matter and reading the log is mostly this. */
export function decodeRead(bytes: Buffer): RawRead {
  const fields = new Fields(bytes);
  while (fields.next()) {
    if (fields.number === 1) return { event: readEvent(fields.nested()) };
    if (fields.number === 3) return { passed: readCheckpoint(fields.nested()) };
    if (fields.number === 8) return { caughtUp: true };
    fields.skip();
  }
  return {};
}

/** `ReadResp.ReadEvent`: the event itself; links are not resolved. */
function readEvent(fields: Fields): RawEvent | undefined {
  while (fields.next()) {
    if (fields.number === 1) return readRecorded(fields.nested());
    fields.skip();
  }
  return undefined;
}

function readCheckpoint(fields: Fields): bigint {
  let commit = 0n;
  while (fields.next()) {
    if (fields.number === 1) commit = fields.integer();
    else fields.skip();
  }
  return commit;
}

const NOTHING: Buffer = Buffer.alloc(0);

/** `ReadResp.ReadEvent.RecordedEvent`. */
function readRecorded(fields: Fields): RawEvent {
  const place = { stream: '', revision: 0n, position: 0n };
  const event = { id: '', ...place, type: '', isJson: false, data: NOTHING, metadata: NOTHING };
  while (fields.next()) {
    if (fields.number === 1) event.id = readText(fields.nested(), 2);
    else if (fields.number === 2) event.stream = readText(fields.nested(), 3);
    else if (fields.number === 3) event.revision = fields.integer();
    else if (fields.number === 5) event.position = fields.integer();
    else if (fields.number === 6) readSystemMetadata(fields.nested(), event);
    else if (fields.number === 7) event.metadata = fields.bytes();
    else if (fields.number === 8) event.data = fields.bytes();
    else fields.skip();
  }
  return event;
}

/** The one field of a message that matters. */
function readText(fields: Fields, number: number): string {
  let text = '';
  while (fields.next()) {
    if (fields.number === number) text = fields.text();
    else fields.skip();
  }
  return text;
}

/** An entry of the map of what the store says of an event. */
function readSystemMetadata(entry: Fields, event: { type: string; isJson: boolean }): void {
  let key = '';
  while (entry.next()) {
    if (entry.number === 1) key = entry.text();
    else if (entry.number === 2 && key === 'type') event.type = entry.text();
    else if (entry.number === 2 && key === 'content-type') event.isJson = entry.text() === 'application/json';
    else entry.skip();
  }
}

/** Walks the fields of one protobuf message without copying. */
class Fields {
  number = 0;
  #wireType = 0;

  constructor(
    private readonly buffer: Buffer,
    private at = 0,
    private readonly end = buffer.length,
  ) {}

  next(): boolean {
    if (this.at >= this.end) return false;
    const tag = this.#varint();
    this.number = tag >>> 3;
    this.#wireType = tag & 7;
    return true;
  }

  /** A number of up to 63 bits. */
  integer(): bigint {
    const start = this.at;
    const value = this.#varint();
    if (value <= Number.MAX_SAFE_INTEGER) return BigInt(value);
    let exact = 0n;
    for (let at = this.at - 1; at >= start; at--) exact = (exact << 7n) | BigInt(this.buffer[at]! & 0x7f);
    return exact;
  }

  nested(): Fields {
    const [start, end] = this.#span();
    return new Fields(this.buffer, start, end);
  }

  text(): string {
    const [start, end] = this.#span();
    return this.buffer.toString('utf8', start, end);
  }

  bytes(): Buffer {
    const [start, end] = this.#span();
    return this.buffer.subarray(start, end);
  }

  skip(): void {
    if (this.#wireType === 0) this.#varint();
    else if (this.#wireType === 1) this.at += 8;
    else if (this.#wireType === 2) this.#span();
    else if (this.#wireType === 5) this.at += 4;
    else throw new Error(`the event store sent a field of wire type ${this.#wireType}`);
  }

  #span(): [start: number, end: number] {
    const length = this.#varint();
    const start = this.at;
    this.at += length;
    if (this.at > this.end) throw new Error('the event store sent a message that ends too early');
    return [start, this.at];
  }

  /** Exact up to 53 bits. */
  #varint(): number {
    let value = 0;
    for (let factor = 1; ; factor *= 128) {
      const byte = this.buffer[this.at++];
      if (byte === undefined) throw new Error('the event store sent a message that ends too early');
      value += (byte & 0x7f) * factor;
      if (byte < 0x80) return value;
    }
  }
}
