import { addDays } from '../importing/calendar.js';
import { parseMinor } from '../money/minor-units.js';
import { type AccountEvent } from './account-events.js';
import { type AccountState, type PendingAdjustment } from './account-state.js';

/* How adjustments change the account until they are posted: that is done by the events that follow them. */

type Event<Type extends AccountEvent['type']> = Extract<AccountEvent, { type: Type }>;

/** As long as any policy may look back on what was adjusted by one person alone. */
const REMEMBERED_DAYS = 92;

export function adjustmentProposed(data: Event<'AdjustmentProposed'>['data'], digits: number): PendingAdjustment {
  const { adjustmentId, proposed, amount, reason, proposedBy, effectiveAt } = data;
  const minor = parseMinor(amount.amount, digits);
  return { adjustmentId, proposed, amount: minor, reason, proposedBy, on: effectiveAt.slice(0, 10) };
}

export function adjustmentDecided(
  { adjustments, adjustedAlone }: AccountState,
  { type, data }: Event<'AdjustmentApproved' | 'AdjustmentRefused'>,
): Pick<AccountState, 'adjustments' | 'adjustedAlone'> {
  const { adjustmentId } = data;
  const decided = adjustments.find((pending) => pending.adjustmentId === adjustmentId);
  if (!decided) throw new Error(`history is broken: adjustment ${adjustmentId} was never proposed`);
  const left = adjustments.filter((pending) => pending !== decided);
  if (type !== 'AdjustmentApproved' || data.approval !== 'within-limit') return { adjustments: left, adjustedAlone };
  const { on, amount } = decided;
  const oldest = addDays(on, -REMEMBERED_DAYS);
  return { adjustments: left, adjustedAlone: [...adjustedAlone.filter((one) => one.on >= oldest), { on, amount }] };
}
