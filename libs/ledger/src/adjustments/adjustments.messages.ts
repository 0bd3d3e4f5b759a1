import { type AccountEvent } from '../billing/account-events.js';
import { type About, type MessageContent } from '../message-content.js';

type AdjustmentEvent = Extract<
  AccountEvent,
  { type: 'AdjustmentProposed' | 'AdjustmentApproved' | 'AdjustmentRefused' }
>;

/** The messages of adjustments. Who proposed and who decided, and by which policy, are the ledger's own and stay in it. */
export function adjustmentsMessage({ type, data }: AdjustmentEvent, { accountId, effectiveAt }: About): MessageContent {
  const { adjustmentId } = data;
  switch (type) {
    case 'AdjustmentProposed': {
      const { proposed, amount, reason } = data;
      return {
        type: 'adjustment.proposed',
        data: { accountId, effectiveAt, adjustmentId, ...proposed, amount, reason },
      };
    }
    case 'AdjustmentApproved':
      return { type: 'adjustment.approved', data: { accountId, effectiveAt, adjustmentId, approval: data.approval } };
    case 'AdjustmentRefused':
      return { type: 'adjustment.refused', data: { accountId, effectiveAt, adjustmentId, reason: data.reason } };
  }
}
