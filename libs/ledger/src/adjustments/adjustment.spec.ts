import { type z } from 'zod';
import { given } from '#testing/event-sourcing';
import { account } from '../billing/account.js';
import { type AccountEvent } from '../billing/account-events.js';
import { accountOpened, billIssued, dataOf, share, USD } from '../billing/account-examples.js';
import { ApproveAdjustment, RefuseAdjustment } from './decide-adjustment.js';
import { ProposeAdjustment } from './propose-adjustment.js';

const adjustmentId = '11111111-1111-4111-8111-111111111111';
const disputeId = '22222222-2222-4222-8222-222222222222';
const agent = { actor: 'agent:42', role: 'agent' } as const;
const colleague = { actor: 'agent:43', role: 'agent' } as const;
const finance = { actor: 'finance:7', role: 'finance' } as const;
const owing = [accountOpened(), billIssued('B-1', '2026-01-21', ['200.00', '80.00'])];
const credit = (amount: string) => ({ kind: 'credit', amount: USD(amount), reason: 'goodwill' }) as const;
const types = (events: readonly AccountEvent[]) => events.map(({ type }) => type);

type Adjustment = z.input<typeof ProposeAdjustment.schema>['adjustment'];
type By = z.input<typeof ProposeAdjustment.schema>['by'];

function propose(past: readonly AccountEvent[], adjustment: Adjustment, by: By = agent) {
  return given(account, past).when(ProposeAdjustment, { adjustment, by }, { commandId: adjustmentId });
}
/** The stream with the proposal. */
function after(past: readonly AccountEvent[], adjustment: Adjustment): AccountEvent[] {
  return [...past, ...propose(past, adjustment).events()];
}

describe('ProposeAdjustment', () => {
  it('posts at once what the role may do alone, and says that nobody else has looked at it (CS5)', () => {
    const done = propose(owing, credit('50.00'));
    const [proposed, approved, posted] = done.events();
    expect(dataOf(proposed, 'AdjustmentProposed')).toEqual({
      ...{ adjustmentId, proposed: { kind: 'credit' }, amount: USD('50.00'), reason: 'goodwill' },
      ...{ proposedBy: 'agent:42', role: 'agent', adjustmentPolicy: 'adjustments/1' },
      effectiveAt: '2026-01-15T12:00:00.000Z',
    });
    expect(dataOf(approved, 'AdjustmentApproved')).toMatchObject({ adjustmentId, approval: 'within-limit' });
    expect(dataOf(posted, 'CreditIssued')).toMatchObject({
      amount: USD('50.00'),
      allocations: [share('B-1/L1 50.00')],
    });
    expect(done.state()).toMatchObject({ open: 23_000n, adjustments: [] });
  });

  it('waits for a second person above that, and posts nothing until then', () => {
    const done = propose(owing, credit('50.01'));
    expect(types(done.events())).toEqual(['AdjustmentProposed']);
    expect(done.state()).toMatchObject({ open: 28_000n, credit: 0n, adjustments: [{ adjustmentId, amount: 5_001n }] });
    expect(types(propose(owing, credit('50.01'), finance).events())).toHaveLength(3);
  });

  it('counts together what was adjusted alone in thirty days, so that a large amount is not made of small ones', () => {
    const first = after(owing, credit('30.00'));
    const again = (at: string, amount = '20.01') =>
      types(
        given(account, first)
          .when(ProposeAdjustment, { adjustment: credit(amount), by: colleague }, { commandId: disputeId, at })
          .events(),
      );
    expect(again('2026-02-13T12:00:00.000Z')).toEqual(['AdjustmentProposed']);
    expect(again('2026-02-13T12:00:00.000Z', '20.00')).toHaveLength(3);
    expect(again('2026-02-14T12:00:00.000Z')).toHaveLength(3);
  });

  it('reverses charges and grants disputes by the same limits', () => {
    const reversal = { kind: 'charge-reversal', billNumber: 'B-1', lineId: 'L2', reason: 'outage' } as const;
    expect(types(propose(owing, reversal).events())).toEqual(['AdjustmentProposed']);
    expect(types(propose(owing, { ...reversal, amount: USD('40.00') }).events()).at(-1)).toBe('ChargeReversed');
    const disputed: AccountEvent = {
      type: 'DisputeOpened',
      data: {
        ...{ disputeId, subject: { kind: 'charge', billNumber: 'B-1', lineId: 'L2' }, amount: USD('80.00') },
        ...{ shares: [share('B-1/L2 80.00')], reason: 'outage', disputePolicy: 'us-billing-error/1' },
        effectiveAt: '2026-01-10T00:00:00.000Z',
      },
    };
    const grant = { kind: 'dispute', disputeId, reason: 'outage-confirmed' } as const;
    const pending = after([...owing, disputed], grant);
    expect(pending.at(-1)?.type).toBe('AdjustmentProposed');
    const approved = given(account, pending).when(ApproveAdjustment, { adjustmentId, by: finance });
    expect(types(approved.events())).toEqual(['AdjustmentApproved', 'ChargeReversed', 'DisputeResolved']);
    expect(approved.state()).toMatchObject({ open: 20_000n, disputes: [] });
  });

  it('refuses at once what could not be posted, and whoever does not say who it is', () => {
    propose(owing, { kind: 'charge-reversal', billNumber: 'B-9', lineId: 'L1', reason: 'outage' }).thenRejected(
      'BILL_UNKNOWN',
    );
    propose(owing, credit('0.00')).thenRejected('AMOUNT_NOT_POSITIVE');
    propose(owing, credit('1.00'), { ...agent, actor: 'anonymous' }).thenRejected('ACTOR_UNKNOWN');
    propose([], credit('1.00')).thenRejected('ACCOUNT_UNKNOWN');
  });

  it('lets a role without a limit propose and nothing more, in every currency that has none', () => {
    const customer = { actor: 'customer:7', role: 'customer' } as const;
    expect(types(propose(owing, credit('0.01'), customer).events())).toEqual(['AdjustmentProposed']);
    const euros = { ...credit('1.00'), amount: { amount: '1.00', currency: 'EUR' } };
    expect(types(propose([accountOpened('EUR')], euros, finance).events())).toEqual(['AdjustmentProposed']);
  });
});

describe('ApproveAdjustment', () => {
  const pending = after(owing, credit('90.00'));

  it('posts what was proposed, with the approval or not at all, and keeps both names (CS5)', () => {
    const done = given(account, pending).when(ApproveAdjustment, { adjustmentId, by: colleague });
    expect(dataOf(done.events()[0], 'AdjustmentApproved')).toMatchObject({
      ...{ adjustmentId, approval: 'second-person', approvedBy: 'agent:43', role: 'agent' },
    });
    expect(done.state()).toMatchObject({ open: 19_000n, adjustments: [] });
  });

  it('is never given by the one who proposed it, in whatever role', () => {
    given(account, pending)
      .when(ApproveAdjustment, { adjustmentId, by: { ...finance, actor: agent.actor } })
      .thenRejected('ADJUSTMENT_OWN');
  });

  it('is not given for more than the role may approve', () => {
    const much = after(owing, credit('100.01'));
    given(account, much)
      .when(ApproveAdjustment, { adjustmentId, by: colleague })
      .thenRejected('ADJUSTMENT_ABOVE_LIMIT');
    expect(given(account, much).when(ApproveAdjustment, { adjustmentId, by: finance }).state().open).toBe(17_999n);
  });

  it('is given once, and not after a refusal', () => {
    const approved = given(account, pending).when(ApproveAdjustment, { adjustmentId, by: finance }).events();
    given(account, [...pending, ...approved])
      .when(ApproveAdjustment, { adjustmentId, by: finance })
      .thenRejected('ADJUSTMENT_UNKNOWN', 'adjustmentId');
    const refused = given(account, pending).when(RefuseAdjustment, { adjustmentId, reason: 'no-reason', by: finance });
    given(account, [...pending, ...refused.events()])
      .when(ApproveAdjustment, { adjustmentId, by: finance })
      .thenRejected('ADJUSTMENT_UNKNOWN');
  });

  it('does not post what is not there any more: the charge was reversed meanwhile', () => {
    const reversal = { kind: 'charge-reversal', billNumber: 'B-1', lineId: 'L2', reason: 'outage' } as const;
    const waiting = after(owing, reversal);
    const first = given(account, waiting).when(ApproveAdjustment, { adjustmentId, by: finance }).events();
    const meanwhile = first.filter(({ type }) => type === 'ChargeReversed');
    given(account, [...waiting, ...meanwhile])
      .when(ApproveAdjustment, { adjustmentId, by: finance })
      .thenRejected('CHARGE_ALREADY_REVERSED');
  });
});

describe('RefuseAdjustment', () => {
  const pending = after(owing, credit('90.00'));
  const refusal = { adjustmentId, reason: 'no-outage-found' };

  it('posts nothing, and keeps who refused and why', () => {
    const done = given(account, pending).when(RefuseAdjustment, { ...refusal, by: finance });
    expect(dataOf(done.events()[0], 'AdjustmentRefused')).toMatchObject({ ...refusal, refusedBy: 'finance:7' });
    expect(done.state()).toMatchObject({ open: 28_000n, adjustments: [] });
  });

  it('is open to the one who proposed it, and to roles that decide, to no other', () => {
    expect(
      given(account, pending)
        .when(RefuseAdjustment, { ...refusal, by: agent })
        .events(),
    ).toHaveLength(1);
    given(account, pending)
      .when(RefuseAdjustment, { ...refusal, by: { actor: 'operator:1', role: 'operations' } })
      .thenRejected('ADJUSTMENT_ABOVE_LIMIT');
  });
});
