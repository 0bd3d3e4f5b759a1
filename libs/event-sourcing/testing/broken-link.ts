import { type RawEvent, storedLink } from '#libs/event-sourcing';

/** Why a stored event does not continue the chain, or undefined when it does. */
export function brokenLink(event: RawEvent, previousHash: string): string | undefined {
  const link = storedLink(event);
  if (!link) return 'it carries no hash';
  if (link.previousHash !== previousHash) return 'the previous hash is not the hash of the event before';
  if (link.hash !== link.computed) return 'the content does not match its hash';
  return link.idFollows ? undefined : 'the id does not follow from the hash';
}
