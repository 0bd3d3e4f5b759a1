import { z } from 'zod';
import { MomentsAnswer, MomentsQuery } from '../as-of/moment.js';
import { Money } from '../command-answers.js';
import { Period } from '../reads/page.queries.js';
import { type RecordedPeriod } from './roll-forward.queries.js';

/* The query and the answer of a period, which statements and roll-forwards have in common. */

export const RecordedPeriodQuery = {
  from: Period.from.meta({ description: 'The first day (UTC); without it, from the beginning' }),
  to: Period.to.meta({ description: 'The last day (UTC); without it, everything after' }),
  recordedAt: MomentsQuery.recordedAt,
} as const;

export const PeriodAnswer = {
  from: z.iso.date().nullable().meta({ description: 'As asked; null: from the beginning' }),
  to: z.iso.date().nullable().meta({ description: 'As asked; null: no end' }),
  recordedAt: MomentsAnswer.recordedAt,
} as const;

export function toldPeriod({ from, to, recordedAt }: RecordedPeriod) {
  return { from: from ?? null, to: to ?? null, recordedAt: recordedAt ?? null };
}

export const RollForwardAnswer = {
  opening: Money.meta({ description: 'What was owed before the period' }),
  billed: Money,
  paid: Money,
  returned: Money.meta({ description: 'Payments that came back' }),
  refunded: Money.meta({ description: 'What of payments was paid back to the payers' }),
  claimed: Money.meta({ description: 'What of returned had been refunded: a claim on the payer, in no balance' }),
  adjusted: Money.meta({ description: 'Reversals and credits, as a negative amount' }),
  writtenOff: Money.meta({ description: 'Debt that was written off' }),
  reinstated: Money.meta({ description: 'What of written-off debt is on the books again' }),
  closing: Money.meta({ description: 'What was owed after it' }),
  difference: Money.meta({
    description:
      'Opening + billed − paid + returned + refunded − claimed + adjusted − writtenOff + reinstated − closing: always zero',
  }),
} as const;
