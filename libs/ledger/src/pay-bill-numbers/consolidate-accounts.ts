import { z } from 'zod';
import { defineCommand } from '#libs/event-sourcing';
import { ReasonCode } from '../billing/command-fields.js';
import { refuse } from '../billing/rejections.js';
import { payBillNumber, type PayBillNumberEvent } from './assign-pay-bill-number.js';

/** As many accounts as one payment is divided over. */
const MOST_ACCOUNTS = 100;

const Membership = z.strictObject({ accountId: z.uuid('must be the account’s id, a UUID'), reason: ReasonCode });

/** Puts an account under a pay bill number (ID3): a payment to it is allocated over the open bills of all accounts there. */
export const ConsolidateAccount = defineCommand({
  type: 'ConsolidateAccount',
  decider: payBillNumber,
  schema: Membership,
  decide({ accountId, reason }, { accountId: holder, others }, { id, at }): PayBillNumberEvent[] {
    if (holder === undefined) refuseUnknown();
    if (accountId === holder || others.includes(accountId)) return [];
    if (others.length + 1 >= MOST_ACCOUNTS) {
      refuse(
        'CONSOLIDATION_FULL',
        `${MOST_ACCOUNTS} accounts are under this number; use another for more`,
        'accountId',
      );
    }
    return [{ type: 'AccountConsolidated', data: { payBillNumber: id, accountId, reason, effectiveAt: at } }];
  },
});

/** Takes an account from under a pay bill number again. What was paid on it by the number stays. */
export const SeparateAccount = defineCommand({
  type: 'SeparateAccount',
  decider: payBillNumber,
  schema: Membership,
  decide({ accountId, reason }, { accountId: holder, others }, { id, at }): PayBillNumberEvent[] {
    if (holder === undefined) refuseUnknown();
    if (!others.includes(accountId)) {
      refuse(
        'ACCOUNT_NOT_CONSOLIDATED',
        'the account is not under this number; look up under which it is',
        'accountId',
      );
    }
    return [{ type: 'AccountSeparated', data: { payBillNumber: id, accountId, reason, effectiveAt: at } }];
  },
});

function refuseUnknown(): never {
  refuse('PAY_BILL_NUMBER_UNKNOWN', 'no account has this number; read it again from the bill', 'payBillNumber');
}
