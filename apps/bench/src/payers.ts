import { type CommandHandling, type CommandMetadata, type Submitted } from '#libs/event-sourcing';
import {
  type AccountEvent,
  type AccountState,
  ApplyPayment,
  candidatePayBillNumber,
  IssueBill,
  OpenAccount,
} from '#libs/ledger';
import { randomUUID } from 'node:crypto';
import { type z } from 'zod';
import { closedLoop } from './load.js';

/** What every payment of a bench looks like: one of an ordinary size, from an ordinary channel. */
export const PAYMENT: z.input<typeof ApplyPayment.schema> = {
  amount: { amount: '57.23', currency: 'USD' },
  channel: 'online',
  method: { kind: 'card', token: 'tok_1NirD82eZvKYlo2C' },
};

const payment = ApplyPayment.schema.parse(PAYMENT);

const bill = IssueBill.schema.parse({
  billNumber: '2026-01',
  issuedOn: '2026-01-01',
  dueOn: '2026-01-31',
  // More than will ever be paid on it, so that every payment is laid on an open bill.
  lines: [{ service: 'internet', description: 'Fibre 500', unitPrice: '999999.99' }],
});

/** Opens and bills so many accounts, each in one append. @returns their ids. */
export async function openAccounts(handling: CommandHandling, count: number): Promise<string[]> {
  const ids = Array.from({ length: count }, () => randomUUID());
  await closedLoop({ inFlight: 64, count }, async (index) => {
    const id = ids[index]!;
    const opening = { payBillNumber: candidatePayBillNumber(id, 0), currency: 'USD', openedOn: '2026-01-01' };
    const history = [submitted(OpenAccount, OpenAccount.schema.parse(opening)), submitted(IssueBill, bill)];
    await handling.handleAll(id, history, { isNew: true });
  });
  return ids;
}

/** Applies the payment to an account as a new command. */
export function pay(handling: CommandHandling, accountId: string) {
  return handling.handle(accountId, submitted(ApplyPayment, payment));
}

/** A new command with a body that has been through its schema. */
function submitted(definition: { readonly type: string }, data: object): Submitted<AccountState, AccountEvent> {
  const commandId = randomUUID();
  const metadata: CommandMetadata = { commandId, correlationId: randomUUID(), causationId: commandId, actor: 'bench' };
  return {
    definition: definition as unknown as Submitted<AccountState, AccountEvent>['definition'],
    data,
    metadata,
  };
}
