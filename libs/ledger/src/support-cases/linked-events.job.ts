import { Inject, Injectable } from '@nestjs/common';
import { z } from 'zod';
import { EventStore } from '#libs/event-sourcing';
import { account } from '../billing/account.js';
import { refuse } from '../billing/rejections.js';

/** An event of the account's stream, by its place in it or by its id. */
export const EventLink = z.union(
  [
    z.strictObject({ revision: z.string().regex(/^\d{1,18}$/, 'must be a revision of the account’s stream') }),
    z.strictObject({ eventId: z.uuid('must be an event’s id, a UUID').toLowerCase() }),
  ],
  'must be { "revision": "12" } or { "eventId": "…" }: an event of the account’s history',
);
type EventLink = z.output<typeof EventLink>;

/** Finds the events that notes are about, so that no note names one that is not there. */
@Injectable()
export class LinkedEvents {
  constructor(@Inject(EventStore) private readonly store: EventStore) {}

  /** @throws Rejected EVENT_UNKNOWN, naming the link */
  async of(accountId: string, links: readonly EventLink[]) {
    const stream = `${account.category}-${accountId}`;
    const known = links.some((link) => 'eventId' in link) ? await this.#revisions(stream) : new Map<string, string>();
    return Promise.all(
      links.map(async (link, index) => {
        const revision = 'revision' in link ? link.revision : known.get(link.eventId);
        const eventId = revision === undefined ? undefined : await this.#idAt(stream, revision);
        if (revision === undefined || eventId === undefined) {
          return refuse('EVENT_UNKNOWN', 'the account’s history has no such event; look it up there', `links/${index}`);
        }
        return { stream, revision, eventId };
      }),
    );
  }

  async #idAt(stream: string, revision: string): Promise<string | undefined> {
    for await (const { id } of this.store.readStream(stream, { from: BigInt(revision), limit: 1 })) return id;
    return undefined;
  }

  async #revisions(stream: string): Promise<Map<string, string>> {
    const revisions = new Map<string, string>();
    for await (const { id, revision } of this.store.readStream(stream)) revisions.set(id, revision.toString());
    return revisions;
  }
}
