import { z } from 'zod';
import { defineCommand } from '#libs/event-sourcing';
import { account } from '../billing/account.js';
import { type AccountEvent } from '../billing/account-events.js';
import { Day, effectiveMoment, Identifier, Instant, startOf } from '../billing/command-fields.js';
import { refuse } from '../billing/rejections.js';
import { digitsOf } from '../money/money.js';
import { PayBillNumberInput } from '../pay-bill-numbers/pay-bill-number.js';

/** Opens a billing account under its pay bill number, in the one currency it will be kept in. */
export const OpenAccount = defineCommand({
  type: 'OpenAccount',
  decider: account,
  schema: z
    .strictObject({
      payBillNumber: PayBillNumberInput,
      currency: z
        .string('must be an ISO 4217 code such as "USD"')
        .regex(/^[A-Z]{3}$/, 'must be an ISO 4217 code in capitals, such as "USD"'),
      /** The biller's own key for the customer; opaque, never a name. */
      customerReference: Identifier.optional(),
      openedOn: Day.optional(),
      effectiveAt: Instant.optional(),
    })
    .refine(({ openedOn, effectiveAt }) => openedOn === undefined || effectiveAt === undefined, {
      path: ['effectiveAt'],
      error: 'give either openedOn or effectiveAt, not both',
    }),
  decide(body, state, context): AccountEvent[] {
    if (state.status !== 'unknown') {
      refuse('ACCOUNT_EXISTS', 'an account with this id has been opened; use it, or take a new id');
    }
    digitsOf(body.currency, 'currency');
    const named = body.effectiveAt ?? (body.openedOn && startOf(body.openedOn));
    return [
      {
        type: 'AccountOpened',
        data: {
          accountId: context.id,
          payBillNumber: body.payBillNumber,
          currency: body.currency,
          ...(body.customerReference !== undefined && { customerReference: body.customerReference }),
          effectiveAt: effectiveMoment(named, context, body.openedOn ? 'openedOn' : 'effectiveAt'),
        },
      },
    ];
  },
});
