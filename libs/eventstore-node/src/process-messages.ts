import { type EventStoreNodeOptions } from './node.js';

/** Options as they cross the process boundary, where buffers become text. */
export type WireOptions = Omit<EventStoreNodeOptions, 'onFatal' | 'tls'> & { tls?: { cert: string; key: string } };

export type ToChild = { kind: 'start'; options: WireOptions } | { kind: 'stop' };

export type ToParent =
  { kind: 'started'; host: string; port: number; connectionString: string } | { kind: 'failed'; reason: string };

export const encodeOptions = ({ tls, ...rest }: Omit<EventStoreNodeOptions, 'onFatal'>): WireOptions => ({
  ...rest,
  ...(tls && { tls: { cert: tls.cert.toString('base64'), key: tls.key.toString('base64') } }),
});

export const decodeOptions = ({ tls, ...rest }: WireOptions): EventStoreNodeOptions => ({
  ...rest,
  ...(tls && { tls: { cert: Buffer.from(tls.cert, 'base64'), key: Buffer.from(tls.key, 'base64') } }),
});
