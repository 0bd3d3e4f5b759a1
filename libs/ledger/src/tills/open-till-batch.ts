import { z } from 'zod';
import { defineCommand } from '#libs/event-sourcing';
import { refuse } from '../billing/rejections.js';
import { tillBatch } from './till-batch.js';
import { type TillBatchEvent } from './till-batch-events.js';

/** A location or a till, as signs and slips have it. */
export const TillName = z
  .string('must be a short name such as "harrisburg-01"')
  .regex(/^[a-z0-9]+(-[a-z0-9]+)*$/, 'must be lower-case letters, figures and hyphens, such as "harrisburg-01"')
  .max(64, 'must have at most 64 characters');

/** The user who does it: an opaque id. */
export const Staff = z.string().min(1).max(128);

const BatchNumber = z
  .int('must be a whole number')
  .min(1, 'must be at least 1')
  .max(9_999_999, 'must be at most 9999999');

/** An agent begins to take payments at a till. That the till's batch before it is closed is seen to before (ADR 0038). */
export const OpenTillBatch = defineCommand({
  type: 'OpenTillBatch',
  decider: tillBatch,
  schema: z.strictObject({ location: TillName, till: TillName, number: BatchNumber, agent: Staff }),
  decide(body, state, { at }): TillBatchEvent[] {
    if (state.status !== 'unknown') {
      refuse('TILL_BATCH_EXISTS', 'the till has had a batch of this number; take the next one', 'number');
    }
    return [{ type: 'TillBatchOpened', data: { ...body, effectiveAt: at } }];
  },
});
