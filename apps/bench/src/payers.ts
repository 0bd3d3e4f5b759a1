import { type CommandHandling, type CommandMetadata, type CommandResult, type Submitted } from '#libs/event-sourcing';
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
  return (await accountsWith(handling, count, [])).map(({ id }) => id);
}

/** The same with a payment each. @returns the payments as they were taken, and where in the log the last one is. */
export async function openPaidAccounts(handling: CommandHandling, count: number) {
  const accounts = await accountsWith(handling, count, [payment]);
  const positions = accounts.map(({ results }) => results.at(-1)!.position);
  const payments = accounts.flatMap(({ results }) =>
    results.flatMap(({ events }) => events.flatMap((event) => (event.type === 'PaymentApplied' ? [event.data] : []))),
  );
  return { payments, position: positions.reduce((last, one) => (one > last ? one : last), 0n) };
}

async function accountsWith(
  handling: CommandHandling,
  count: number,
  payments: readonly z.output<typeof ApplyPayment.schema>[],
): Promise<{ id: string; results: CommandResult<AccountEvent>[] }[]> {
  const accounts: { id: string; results: CommandResult<AccountEvent>[] }[] = [];
  await closedLoop({ inFlight: 64, count }, async (index) => {
    const id = randomUUID();
    const opening = { payBillNumber: candidatePayBillNumber(id, 0), currency: 'USD', openedOn: '2026-01-01' };
    const history = [
      submitted(OpenAccount, OpenAccount.schema.parse(opening)),
      submitted(IssueBill, bill),
      ...payments.map((one) => submitted(ApplyPayment, one)),
    ];
    accounts[index] = { id, results: await handling.handleAll(id, history, { isNew: true }) };
  });
  return accounts;
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
