import { z } from 'zod';

/*
 * What a proof consists of: enough to check it with a verifier key and nothing else. infra/audit/verify-proof.mjs checks it,
 * and docs/guides/proof.md describes it. Hashes are base64.
 */

const Path = z.array(z.string()).meta({ description: 'Hashes from the leaf up' });

/** An event as it is stored, and its place in the tree. */
export const ProvedEvent = z
  .object({
    stream: z.string(),
    revision: z.string(),
    type: z.string(),
    id: z.uuid(),
    data: z.string().meta({ description: 'The stored text, to the byte' }),
    metadata: z.string().meta({ description: 'The stored text, to the byte' }),
    leaf: z.int().meta({ description: 'Place in the tree, from 0' }),
    path: Path,
  })
  .meta({ id: 'ProvedEvent' });
export type ProvedEvent = z.output<typeof ProvedEvent>;

/** Events are in the log over which a checkpoint was signed. */
export const EventsProof = z
  .object({
    format: z.literal('paybill-proof/1'),
    kind: z.literal('events'),
    checkpoint: z.string().meta({ description: 'The signed note' }),
    events: z.array(ProvedEvent),
    notSigned: z.int().meta({ description: 'Later events of the stream that no checkpoint covers yet' }),
    next: z.string().nullable().meta({ description: 'Revision to go on from; null when this was all' }),
  })
  .meta({ id: 'EventsProof' });
export type EventsProof = z.output<typeof EventsProof>;

/** A later checkpoint was signed over a log that begins with all of an earlier one's. */
export const ConsistencyProof = z
  .object({
    format: z.literal('paybill-proof/1'),
    kind: z.literal('consistency'),
    before: z.string().meta({ description: 'The earlier signed note' }),
    after: z.string().meta({ description: 'The later signed note' }),
    path: Path,
  })
  .meta({ id: 'ConsistencyProof' });
export type ConsistencyProof = z.output<typeof ConsistencyProof>;
