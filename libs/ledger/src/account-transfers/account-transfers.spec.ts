import fc from 'fast-check';
import { type Recorded, Rejected } from '#libs/event-sourcing';
import { fold, given } from '#testing/event-sourcing';
import { accountLog } from '#testing/ledger';
import { account } from '../billing/account.js';
import { type AccountEvent } from '../billing/account-events.js';
import {
  accountClosed,
  accountOpened,
  at,
  billIssued,
  creditIssued,
  paymentApplied,
} from '../billing/account-examples.js';
import { type AccountState } from '../billing/account-state.js';
import { ApplyPayment } from '../billing/apply-payment.js';
import { RecordReturn } from '../billing/record-return.js';
import { postingsOf } from '../journal/postings.js';
import { parseMinor } from '../money/minor-units.js';
import { movedBalance } from './moved-balance.js';
import { ReceiveBalance } from './receive-balance.js';
import { TransferBalance } from './transfer-balance.js';

const id = (last: string) => `00000000-0000-4000-8000-0000000000${last}`;
const [FROM, SUCCESSOR, TRANSFER] = [id('0a'), id('0b'), id('0c')];
const [P1, C1] = [id('01'), id('02')];
const merger = {
  transferId: TRANSFER,
  successorId: SUCCESSOR,
  kind: 'merger',
  moves: 'all',
  reason: 'duplicate-account',
} as const;

const history: AccountEvent[] = [
  accountOpened(),
  billIssued('B-1', '2026-01-31', ['40.00', '9.99']),
  paymentApplied(P1, '30.00', ['B-1/L1 25.00'], '5.00'),
  creditIssued(C1, '2.50'),
];

/** Both halves of a transfer, as the process sends them. */
function transferred(from: AccountState, to: AccountState, moves: 'all' | 'debt' | 'credit' = 'all') {
  const context = { id: FROM, commandId: TRANSFER, at };
  const left = TransferBalance.decide({ ...merger, moves }, from, context);
  const data = movedBalance(from, FROM, left);
  const body = data && ReceiveBalance.schema.parse(data);
  const arrived = body ? ReceiveBalance.decide(body, to, { ...context, id: SUCCESSOR }) : [];
  for (const event of [...left, ...arrived]) account.events.check(event);
  const after = (state: AccountState, events: readonly AccountEvent[]) =>
    events.reduce((next, event) => account.evolve(next, event), state);
  return { left, arrived, from: after(from, left), to: after(to, arrived) };
}

describe('A merger of two accounts (ID2, AC5)', () => {
  it('moves open bills line by line with their due days, and credit, and closes the account', () => {
    const { left, from, to } = transferred(fold(account, history), fold(account, [accountOpened()]));
    expect(left.map(({ type }) => type)).toEqual(['CreditIssued', 'CreditTransferred', 'AccountTransferred']);
    expect(from).toMatchObject({ status: 'closed', successorId: SUCCESSOR, open: 0n, credit: 0n });
    expect(to).toMatchObject({ open: 1749n, credit: 0n });
    expect(to.bills.get('B-1')).toMatchObject({
      dueOn: '2026-01-31',
      lines: [
        { lineId: 'L1', total: 1500n, paid: 750n },
        { lineId: 'L2', total: 999n },
      ],
    });
  });

  it('is paid by credit of the successor as far as that covers nothing that was due before it', () => {
    const successor = (dueOn: string) =>
      fold(account, [accountOpened(), billIssued('B-0', dueOn, ['20.00']), creditIssued(id('03'), '22.00')]);
    const arrived = (dueOn: string) => transferred(fold(account, history), successor(dueOn), 'debt').to;
    expect(arrived('2026-01-10')).toMatchObject({ open: 4_299n, credit: 2_000n });
    expect(arrived('2026-02-10')).toMatchObject({ open: 2_299n, credit: 0n });
  });

  it('gives a bill another number when the successor has one of that number itself', () => {
    const { to } = transferred(fold(account, history), fold(account, [accountOpened(), history[1]!]));
    expect(to.openBills.map(({ billNumber }) => billNumber)).toEqual(['B-1', 'B-1/2']);
  });

  it('is refused while payments are held, to itself, and to an account that is closed', () => {
    const held: AccountEvent = { type: 'PaymentsHeld', data: { holdId: C1, reason: 'fraud', effectiveAt: at } };
    given(account, [...history, held])
      .when(TransferBalance, merger)
      .thenRejected('PAYMENTS_HELD');
    given(account, history)
      .when(TransferBalance, { ...merger, successorId: FROM })
      .thenRejected('TRANSFER_TO_ITSELF');
    given(account, [accountOpened(), accountClosed]).when(TransferBalance, merger).thenRejected('ACCOUNT_CLOSED');
  });

  it('takes no payment on the merged account itself, so that none is lost there', () => {
    const { left } = transferred(fold(account, history), fold(account, [accountOpened()]));
    const body = { amount: { amount: '1.00', currency: 'USD' }, channel: 'online', method: { kind: 'cash' } } as const;
    given(account, [...history, ...left])
      .when(ApplyPayment, body)
      .thenRejected('ACCOUNT_CLOSED');
  });

  it('lets a return that comes later reinstate the debt, which then follows (Nacha R07, R10: 60 days)', () => {
    const { left } = transferred(fold(account, history), fold(account, [accountOpened()]));
    const returned = given(account, [...history, ...left]).when(RecordReturn, { paymentId: P1, reason: 'returned' });
    // Five dollars of it had moved on as credit: they are out of the house, and a claim on the payer.
    expect(returned.events()[0]?.data).toMatchObject({ unappliedRemoved: '0.00', alreadyRefunded: '5.00' });
    const after = returned.state();
    expect(after).toMatchObject({ status: 'closed', open: 2500n });
    const followed = transferred(after, fold(account, [accountOpened()]), 'debt');
    expect(followed).toMatchObject({ from: { open: 0n }, to: { open: 2500n } });
  });
});

describe('A transfer of debt or credit alone (AC5)', () => {
  it('moves what the command says, and the account stays open under its own number', () => {
    const debt = transferred(fold(account, history), fold(account, [accountOpened()]), 'debt');
    expect(debt.from).toMatchObject({ status: 'open', successorId: undefined, open: 0n, credit: 750n });
    expect(debt.to).toMatchObject({ open: 2499n, credit: 0n });
    const credit = transferred(fold(account, history), fold(account, [accountOpened()]), 'credit');
    expect(credit.from).toMatchObject({ status: 'open', open: 2499n, credit: 0n });
    expect(credit.to).toMatchObject({ open: 0n, credit: 750n });
  });

  it('is refused when there is nothing of what is to move', () => {
    given(account, [accountOpened()])
      .when(TransferBalance, { ...merger, moves: 'credit' })
      .thenRejected('NOTHING_TO_TRANSFER');
  });
});

describe('Whatever happened on two accounts before', () => {
  it('is the sum of both the same after a transfer, the books are balanced, and nothing is left in between (AQ3)', () => {
    fc.assert(
      fc.property(accountLog, fc.constantFrom('all', 'debt', 'credit'), (log, moves) => {
        const states = new Map<string, AccountState>();
        for (const event of log) states.set(event.entityId, account.evolve(stateOf(states, event), event));
        const [from, to] = [...states.values()].filter(({ currency }) => currency === 'USD');
        if (!from || !to) return;
        let done;
        try {
          done = transferred(from, to, moves);
        } catch (error) {
          if (error instanceof Rejected) return;
          throw error;
        }
        expect(done.from.open + done.to.open - done.from.credit - done.to.credit).toBe(
          from.open + to.open - from.credit - to.credit,
        );
        expect(done.from.writtenOff + done.to.writtenOff).toBe(from.writtenOff + to.writtenOff);
        if (moves === 'all') expect(done.from).toMatchObject({ open: 0n, credit: 0n });
        const books = new Map<string, bigint>();
        for (const { account: name, amount } of [...done.left, ...done.arrived].flatMap(postingsOf)) {
          books.set(name, (books.get(name) ?? 0n) + parseMinor(amount, 2));
        }
        expect(books.get('Account Transfers') ?? 0n).toBe(0n);
        expect([...books.values()].reduce((sum, amount) => sum + amount, 0n)).toBe(0n);
        expect([...books.keys()].filter((name) => /^(Revenue|Tax|Cash)/.test(name))).toEqual([]);
      }),
      { numRuns: 200 },
    );
  });
});

function stateOf(states: ReadonlyMap<string, AccountState>, { entityId }: Recorded<AccountEvent>): AccountState {
  return states.get(entityId) ?? account.initialState;
}
