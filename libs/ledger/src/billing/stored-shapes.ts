import { z } from 'zod';

/* What events of an account's stream are made of. Storage format, as account-events.ts. */

/** A calendar day, `2026-01-31`. */
export const Day = z.iso.date();

/** An ISO 8601 instant in UTC. */
export const Instant = z.iso.datetime();

/** An exact decimal as a string; in the event's currency, at its minor unit unless said otherwise. */
export const Amount = z.string().regex(/^-?\d+(\.\d+)?$/);
export const Money = z.strictObject({ amount: Amount, currency: z.string().length(3) });

/** Money of one source laid on one line of one bill; the source is the payment or credit the event is about. */
export const Allocation = z.strictObject({ billNumber: z.string(), lineId: z.string(), amount: Amount });
