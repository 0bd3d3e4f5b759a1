import fc from 'fast-check';
import { fold, given, goldenEvents } from '#testing/event-sourcing';
import { ApproveTillDifference, CloseTillBatch, RecordTillDeposit, RecountTillBatch } from './close-till-batch.js';
import { OpenTillBatch } from './open-till-batch.js';
import { BeginTillPayment, RecordTillOutcome, VoidTillPayment } from './take-till-payment.js';
import { requireOpened, tillBatch } from './till-batch.js';
import {
  batchOpened,
  closed,
  OTHER_PAYMENT,
  PAYMENT,
  paymentBegun,
  refused,
  taken,
  voidBegun,
  voided,
} from './till-batch-examples.js';
import { tillBatchEvents, type TillBatchEvent } from './till-batch-events.js';
import { tillPostingsOf } from './till-postings.js';

const USD = (amount: string) => ({ amount, currency: 'USD' });
const agent = 'agent-7';
const accountId = '00000000-0000-4000-8000-0000000000ac';
const cash = (amount: string) => ({ means: 'cash' as const, amount: USD(amount) });
const oneTaken = [batchOpened, paymentBegun('57.23'), taken()];
const open = { location: 'harrisburg-01', till: 'till-2', number: 1, agent };
const pay = { paymentId: PAYMENT, accountId, amount: USD('57.23'), method: { kind: 'cash' as const }, agent };
const supervisor = { approvedBy: 'supervisor-1', reason: 'miscount-explained' };

describe('Opening a batch of a till (PA1, in person)', () => {
  it('says whose it is, and a number is used once', () => {
    given(tillBatch).when(OpenTillBatch, open).then([batchOpened]);
    given(tillBatch, [batchOpened]).when(OpenTillBatch, open).thenRejected('TILL_BATCH_EXISTS', 'number');
  });
});

describe('Taking a payment at a till (PA1, in person)', () => {
  it('writes the intent with its confirmation number before the account hears of it (PA3)', () => {
    given(tillBatch, [batchOpened])
      .when(BeginTillPayment, pay)
      .then([paymentBegun('57.23')]);
    given(tillBatch, [batchOpened, paymentBegun('57.23')])
      .when(BeginTillPayment, pay)
      .thenNothing();
  });

  it('notes once what the account did', () => {
    const past = [batchOpened, paymentBegun('57.23')];
    given(tillBatch, past).when(RecordTillOutcome, { paymentId: PAYMENT }).then([taken()]);
    given(tillBatch, [...past, taken()])
      .when(RecordTillOutcome, { paymentId: PAYMENT })
      .thenNothing();
    const no = { paymentId: PAYMENT, refused: 'ACCOUNT_CLOSED' };
    given(tillBatch, past)
      .when(RecordTillOutcome, no)
      .then([refused('ACCOUNT_CLOSED')]);
    given(tillBatch, [...past, refused('ACCOUNT_CLOSED')])
      .when(RecordTillOutcome, { paymentId: PAYMENT })
      .thenNothing();
  });

  it('is done by the agent whose drawer it is, in an open batch', () => {
    const other = { ...pay, agent: 'agent-8' };
    given(tillBatch).when(BeginTillPayment, pay).thenRejected('TILL_BATCH_UNKNOWN');
    given(tillBatch, [batchOpened]).when(BeginTillPayment, other).thenRejected('TILL_AGENT_DIFFERS');
    for (const approval of ['needed', 'not-needed'] as const) {
      given(tillBatch, [...oneTaken, closed('57.23', '57.23', '0.00', approval)])
        .when(BeginTillPayment, { ...pay, paymentId: OTHER_PAYMENT })
        .thenRejected('TILL_BATCH_CLOSED');
    }
  });

  it('refuses what is no money, and a card that is its number (SE4)', () => {
    const refuses = (change: object, code: string, field: string) =>
      given(tillBatch, [batchOpened])
        .when(BeginTillPayment, { ...pay, ...change })
        .thenRejected(code, field);
    refuses({ amount: USD('0') }, 'AMOUNT_NOT_POSITIVE', 'amount/amount');
    refuses({ amount: USD('1.001') }, 'AMOUNT_TOO_PRECISE', 'amount/amount');
    refuses({ method: { kind: 'card' } }, 'TILL_CARD_TOKEN_MISSING', 'method/token');
    refuses({ method: { kind: 'card', token: '4111111111111111' } }, 'CARD_NUMBER_REFUSED', 'method/token');
  });
});

describe('Voiding a payment of an open batch', () => {
  const voiding = { paymentId: PAYMENT, reason: 'wrong-amount', agent };

  it('writes the intent first, and takes it from what is expected when the account has let go of it', () => {
    given(tillBatch, oneTaken).when(VoidTillPayment, voiding).then([voidBegun()]);
    given(tillBatch, [...oneTaken, voidBegun()])
      .when(RecordTillOutcome, { paymentId: PAYMENT })
      .then([voided()]);
    const before = requireOpened(fold(tillBatch, [...oneTaken, voidBegun()]));
    expect(before.expected).toMatchObject([{ payments: 1, amount: 5723n }]);
    const after = requireOpened(fold(tillBatch, [...oneTaken, voidBegun(), voided()]));
    expect(after.expected).toMatchObject([{ payments: 0, amount: 0n }]);
  });

  it('leaves it taken when the account will not', () => {
    const no = { paymentId: PAYMENT, refused: 'PAYMENT_UNKNOWN' };
    const past = [...oneTaken, voidBegun()];
    const [event] = given(tillBatch, past).when(RecordTillOutcome, no).events();
    expect(requireOpened(fold(tillBatch, [...past, event!])).expected).toMatchObject([{ payments: 1, amount: 5723n }]);
  });

  it('is of a payment that was taken, and not in a closed batch', () => {
    given(tillBatch, [batchOpened]).when(VoidTillPayment, voiding).thenRejected('TILL_PAYMENT_UNKNOWN', 'paymentId');
    for (const past of [[refused('ACCOUNT_CLOSED')], [taken(), voidBegun()], [taken(), voidBegun(), voided()], []]) {
      given(tillBatch, [batchOpened, paymentBegun('57.23'), ...past])
        .when(VoidTillPayment, voiding)
        .thenRejected('TILL_PAYMENT_NOT_TAKEN');
    }
    given(tillBatch, [...oneTaken, closed('57.23', '57.23', '0.00', 'not-needed')])
      .when(VoidTillPayment, voiding)
      .thenRejected('TILL_BATCH_CLOSED');
  });
});

describe('Closing a batch with what was counted', () => {
  const close = (amount: string) => ({ counts: [cash(amount)], countedBy: agent });

  it('tells the difference, and a small one is in the books at once (policy us-retail/1)', () => {
    given(tillBatch, oneTaken)
      .when(CloseTillBatch, close('57.23'))
      .then([closed('57.23', '57.23', '0.00', 'not-needed')]);
    given(tillBatch, oneTaken)
      .when(CloseTillBatch, close('37.23'))
      .then([closed('57.23', '37.23', '-20.00', 'not-needed')]);
    given(tillBatch, oneTaken)
      .when(CloseTillBatch, close('37.22'))
      .then([closed('57.23', '37.22', '-20.01', 'needed')]);
    given(tillBatch, oneTaken)
      .when(CloseTillBatch, close('77.24'))
      .then([closed('57.23', '77.24', '20.01', 'needed')]);
  });

  it('lets over not make up for short', () => {
    const past = [...oneTaken, paymentBegun('30.00', 'check', OTHER_PAYMENT), taken(OTHER_PAYMENT)];
    const counts = [cash('68.23'), { means: 'check' as const, amount: USD('19.00') }];
    const [event] = given(tillBatch, past).when(CloseTillBatch, { counts, countedBy: agent }).events();
    expect(event).toMatchObject({
      data: { approval: 'needed', totals: [{ difference: '11.00' }, { difference: '-11.00' }] },
    });
  });

  it('accepts no difference in a currency the policy gives no limit for', () => {
    const counts = [cash('57.23'), { means: 'cash' as const, amount: { amount: '0.01', currency: 'EUR' } }];
    const [event] = given(tillBatch, oneTaken).when(CloseTillBatch, { counts, countedBy: agent }).events();
    expect(event).toMatchObject({ data: { approval: 'needed', totals: [{}, { payments: 0, difference: '0.01' }] } });
  });

  it('counts everything that was taken, once', () => {
    const refuses = (counts: readonly ReturnType<typeof cash>[], code: string, field: string) =>
      given(tillBatch, oneTaken)
        .when(CloseTillBatch, { counts: [...counts], countedBy: agent })
        .thenRejected(code, field);
    refuses([], 'TILL_COUNT_MISSING', 'counts');
    refuses([cash('57.23'), cash('1.00')], 'TILL_COUNT_TWICE', 'counts/1');
    refuses([cash('57.231')], 'AMOUNT_TOO_PRECISE', 'counts/0/amount/amount');
    expect(() => CloseTillBatch.schema.parse({ counts: [cash('-1.00')], countedBy: agent })).toThrow('zero or more');
  });

  it('waits until it is known what became of every payment', () => {
    for (const past of [[paymentBegun('57.23')], [paymentBegun('57.23'), taken(), voidBegun()]]) {
      given(tillBatch, [batchOpened, ...past])
        .when(CloseTillBatch, close('57.23'))
        .thenRejected('TILL_PAYMENTS_UNFINISHED');
    }
  });

  it('is done once; what waits for approval may be counted again', () => {
    const awaiting = [...oneTaken, closed('57.23', '7.23', '-50.00', 'needed')];
    given(tillBatch, awaiting).when(CloseTillBatch, close('57.23')).thenRejected('TILL_BATCH_CLOSED');
    const { data } = closed('57.23', '57.23', '0.00', 'not-needed');
    given(tillBatch, awaiting)
      .when(RecountTillBatch, close('57.23'))
      .then([{ type: 'TillBatchRecounted', data }]);
    given(tillBatch, oneTaken).when(RecountTillBatch, close('57.23')).thenRejected('TILL_APPROVAL_NOT_DUE');
    given(tillBatch, [...awaiting, { type: 'TillBatchRecounted', data }])
      .when(RecountTillBatch, close('57.23'))
      .thenRejected('TILL_APPROVAL_NOT_DUE');
  });
});

describe('Approving a difference above the limit', () => {
  const awaiting = [...oneTaken, closed('57.23', '7.23', '-50.00', 'needed')];

  it('is for a supervisor who neither took nor counted the money', () => {
    const [event] = given(tillBatch, awaiting).when(ApproveTillDifference, supervisor).events();
    expect(event).toMatchObject({ data: { differences: [{ means: 'cash', currency: 'USD', difference: '-50.00' }] } });
    given(tillBatch, awaiting)
      .when(ApproveTillDifference, { ...supervisor, approvedBy: agent })
      .thenRejected('TILL_APPROVER_INVOLVED');
    const { data } = closed('57.23', '7.23', '-50.00', 'needed');
    const byOther = { type: 'TillBatchRecounted', data: { ...data, countedBy: 'supervisor-1' } } as const;
    given(tillBatch, [...awaiting, byOther])
      .when(ApproveTillDifference, supervisor)
      .thenRejected('TILL_APPROVER_INVOLVED');
  });

  it('is not asked for where nothing waits', () => {
    given(tillBatch, oneTaken).when(ApproveTillDifference, supervisor).thenRejected('TILL_APPROVAL_NOT_DUE');
    const small = [...oneTaken, closed('57.23', '57.00', '-0.23', 'not-needed')];
    given(tillBatch, small).when(ApproveTillDifference, supervisor).thenRejected('TILL_APPROVAL_NOT_DUE');
  });
});

describe('The deposit of a batch', () => {
  const deposit = { reference: 'SLIP-4711', depositedBy: agent };

  it('is of the cash and checks that were counted, once, after the difference is accepted', () => {
    const past = [...oneTaken, closed('57.23', '57.00', '-0.23', 'not-needed')];
    const [event] = given(tillBatch, past).when(RecordTillDeposit, deposit).events();
    expect(event).toMatchObject({ data: { reference: 'SLIP-4711', amounts: [USD('57.00')] } });
    given(tillBatch, [...past, event!])
      .when(RecordTillDeposit, deposit)
      .thenRejected('TILL_BATCH_DEPOSITED');
    given(tillBatch, oneTaken).when(RecordTillDeposit, deposit).thenRejected('TILL_BATCH_NOT_CLOSED');
    given(tillBatch, [...oneTaken, closed('57.23', '7.23', '-50.00', 'needed')])
      .when(RecordTillDeposit, deposit)
      .thenRejected('TILL_BATCH_NOT_CLOSED');
    given(tillBatch, past)
      .when(RecordTillDeposit, { ...deposit, reference: '4111 1111 1111 1111' })
      .thenRejected('CARD_NUMBER_REFUSED', 'reference');
  });

  it('is not of what the terminal charged', () => {
    const counts = [{ means: 'card' as const, amount: USD('57.23') }];
    const past = [batchOpened, paymentBegun('57.23', 'card'), taken()];
    const [event] = given(tillBatch, past).when(CloseTillBatch, { counts, countedBy: agent }).events();
    given(tillBatch, [...past, event!])
      .when(RecordTillDeposit, deposit)
      .thenRejected('TILL_NOTHING_TO_DEPOSIT');
  });
});

/** A batch in which each payment has come to what is drawn, with what was counted in the end. */
const anyBatch = fc.record({
  payments: fc.array(
    fc.record({
      cents: fc.integer({ min: 1, max: 100_000 }),
      currency: fc.constantFrom('USD', 'EUR'),
      kind: fc.constantFrom('cash', 'check', 'card' as const),
      end: fc.constantFrom('taken', 'refused', 'voided', 'void-refused' as const),
    }),
    { maxLength: 12 },
  ),
  off: fc.array(fc.integer({ min: -3_000, max: 3_000 }), { minLength: 6, maxLength: 6 }),
});
type AnyBatch = typeof anyBatch extends fc.Arbitrary<infer Drawn> ? Drawn : never;

const decimal = (cents: number) => `${Math.floor(cents / 100)}.${String(cents % 100).padStart(2, '0')}`;

/** Every step through its command, as it happens. */
function played({ payments, off }: AnyBatch) {
  let events: TillBatchEvent[] = [...given(tillBatch).when(OpenTillBatch, open).events()];
  const drawer = new Map<string, number>();
  payments.forEach(({ cents, currency, kind, end }, index) => {
    const paymentId = `00000000-0000-4000-8000-${String(index).padStart(12, '0')}`;
    const method = { kind, ...(kind === 'card' && { token: 'tok_1' }) };
    const amount = { amount: decimal(cents), currency };
    const then = (more: readonly TillBatchEvent[]) => (events = [...events, ...more]);
    then(
      given(tillBatch, events)
        .when(BeginTillPayment, { ...pay, paymentId, amount, method })
        .events(),
    );
    const outcome = { paymentId, ...(end === 'refused' && { refused: 'ACCOUNT_CLOSED' }) };
    then(given(tillBatch, events).when(RecordTillOutcome, outcome).events());
    if (end === 'voided' || end === 'void-refused') {
      then(given(tillBatch, events).when(VoidTillPayment, { paymentId, reason: 'wrong-amount', agent }).events());
      const answer = { paymentId, ...(end === 'void-refused' && { refused: 'PAYMENT_UNKNOWN' }) };
      then(given(tillBatch, events).when(RecordTillOutcome, answer).events());
    }
    const key = `${kind} ${currency}`;
    if (end !== 'refused') drawer.set(key, drawer.get(key) ?? 0);
    if (end === 'taken' || end === 'void-refused') drawer.set(key, drawer.get(key)! + cents);
  });
  const counts = [...drawer].map(([key, cents], index) => {
    const [means, currency] = key.split(' ') as ['cash' | 'check' | 'card', string];
    return { means, amount: { amount: decimal(Math.max(0, cents + off[index]!)), currency } };
  });
  return { events, drawer, counts };
}

describe('Laws of a till’s batch', () => {
  it('expects what was taken less what was voided, of each means and currency', () => {
    fc.assert(
      fc.property(anyBatch, (drawn) => {
        const { events, drawer } = played(drawn);
        const { expected, unfinished } = requireOpened(fold(tillBatch, events));
        expect(
          new Map(expected.map(({ means, currency, amount }) => [`${means} ${currency}`, Number(amount)])),
        ).toEqual(drawer);
        expect(unfinished).toEqual([]);
      }),
    );
  });

  it('balances its entries, and leaves in Cash Clearing what was counted, whether a supervisor had to look or not', () => {
    fc.assert(
      fc.property(anyBatch, (drawn) => {
        const { events, drawer, counts } = played(drawn);
        const [closing] = given(tillBatch, events).when(CloseTillBatch, { counts, countedBy: agent }).events();
        let all = [...events, closing!];
        if (requireOpened(fold(tillBatch, all)).status === 'awaiting-approval') {
          expect(all.flatMap(tillPostingsOf)).toEqual([]);
          all = [...all, ...given(tillBatch, all).when(ApproveTillDifference, supervisor).events()];
        }
        const entries = all.flatMap(tillPostingsOf);
        const cents = (amount: string) => Number(amount.replace('.', ''));
        for (const entry of entries) expect(entry.reduce((sum, { amount }) => sum + cents(amount), 0)).toBe(0);
        for (const currency of ['USD', 'EUR']) {
          // What the payments themselves have put there, and the difference.
          const taken = [...drawer]
            .filter(([key]) => key.endsWith(currency))
            .reduce((sum, [, amount]) => sum + amount, 0);
          const posted = entries
            .flat()
            .filter((posting) => posting.currency === currency && posting.account === 'Cash Clearing')
            .reduce((sum, { amount }) => sum + cents(amount), 0);
          const counted = counts
            .filter(({ amount }) => amount.currency === currency)
            .reduce((sum, { amount: { amount } }) => sum + cents(amount), 0);
          expect(taken + posted).toBe(counted);
        }
      }),
    );
  });
});

describe('Events of tills stored by earlier builds', () => {
  const read = goldenEvents(tillBatchEvents, import.meta.url);

  it('fold to the batch they have always come to', () => {
    const past = [
      ...[read('TillBatchOpened'), read('TillPaymentBegun'), read('TillPaymentTaken'), read('TillVoidBegun')],
      ...[read('TillVoidRefused'), read('TillBatchClosed'), read('TillBatchRecounted')],
      ...[read('TillDifferenceApproved'), read('TillBatchDeposited')],
    ];
    expect(fold(tillBatch, past)).toMatchObject({
      status: 'deposited',
      expected: [{ means: 'cash', currency: 'USD', payments: 1, amount: 5723n }],
      counted: { approval: 'needed', totals: [{ difference: '-50.00' }] },
      deposit: { reference: 'SLIP-4711' },
    });
    const [refusedPayment, voidedPayment] = [read('TillPaymentRefused'), read('TillPaymentVoided')];
    const begun = [read('TillBatchOpened'), read('TillPaymentBegun')];
    expect(requireOpened(fold(tillBatch, [...begun, refusedPayment])).expected).toEqual([]);
    expect(
      requireOpened(fold(tillBatch, [...begun, read('TillPaymentTaken'), read('TillVoidBegun'), voidedPayment]))
        .expected,
    ).toMatchObject([{ payments: 0, amount: 0n }]);
  });
});
