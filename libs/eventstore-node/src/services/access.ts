import { createHash, timingSafeEqual } from 'node:crypto';
import { type Metadata } from '@grpc/grpc-js';
import { type EventLog } from '../store/event-log.js';
import { isMetadataStream, isSystemStream, streamOfMetadata, type StreamAcl } from '../store/stream-metadata.js';
import { accessDenied, unauthenticated } from './rpc-error.js';

/** The name under which permission to read the whole log is looked up. */
export const ALL = '$all';

export type Operation = 'read' | 'write' | 'delete';

const ON_METADATA = { read: 'metaRead', write: 'metaWrite', delete: 'metaWrite' } as const;
const EVERYBODY = '$all';
const ADMINS = '$admins';

const digest = (text: string): Buffer => createHash('sha256').update(text).digest();

/** Who calls, and whether they may. Without configured users everybody may do everything, as on an insecure real server. */
export class Access {
  readonly #passwords: Map<string, Buffer> | undefined;

  constructor(
    private readonly log: EventLog,
    users?: Record<string, string>,
  ) {
    if (!users) return;
    this.#passwords = new Map(Object.entries(users).map(([name, password]) => [name, digest(`${name}:${password}`)]));
  }

  /** Refuses the call unless its user may do this with the stream. */
  check(call: Metadata, operation: Operation, stream: string): void {
    if (!this.#passwords) return;
    const user = this.#user(call, this.#passwords);
    const roles = [user, EVERYBODY, ...(user === 'admin' ? [ADMINS] : []), ...(user === 'ops' ? ['$ops'] : [])];
    if (roles.includes(ADMINS)) return;
    if (!this.#allowed(operation, stream).some((name) => roles.includes(name))) throw accessDenied();
  }

  #user(call: Metadata, passwords: Map<string, Buffer>): string {
    const [header] = call.get('authorization');
    const [scheme, encoded] = String(header ?? '').split(' ');
    if (scheme?.toLowerCase() !== 'basic' || !encoded) throw unauthenticated();
    const credentials = Buffer.from(encoded, 'base64').toString();
    const name = credentials.slice(0, credentials.indexOf(':'));
    const expected = passwords.get(name);
    if (!expected || !timingSafeEqual(expected, digest(credentials))) throw unauthenticated();
    return name;
  }

  #allowed(operation: Operation, stream: string): string[] {
    const onMetadata = isMetadataStream(stream);
    const governed = onMetadata ? streamOfMetadata(stream) : stream;
    const key: keyof StreamAcl = onMetadata ? ON_METADATA[operation] : operation;
    return this.log.head(governed).metadata?.acl?.[key] ?? [isSystemStream(governed) ? ADMINS : EVERYBODY];
  }
}
