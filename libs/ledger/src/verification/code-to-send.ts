import { type StoredEvent } from '#libs/event-sourcing';
import { verification } from './verification.js';

/** What an event of verification asks to have sent: everything about a one-time code but the code; undefined for most. */
export function codeToSend({ stream, type, data, metadata }: StoredEvent) {
  const event = verification.events.read(type, metadata.schemaVersion, data);
  if (event.type !== 'CodeSent') return undefined;
  const { secretId: codeId, digits, purpose, expiresAt, effectiveAt: sentAt } = event.data;
  return { accountId: stream.slice(verification.category.length + 1), codeId, digits, purpose, sentAt, expiresAt };
}
