import { sql } from 'kysely';
import { type Recorded } from '#libs/event-sourcing';
import { type ColumnTypes, fromRows, insertRows } from '#libs/platform';
import { type AccountEvent } from '../billing/account-events.js';
import { type ReadModel } from '../reads/read-model.js';
import { type Role } from './adjustment-policy.js';

type Of<Type extends AccountEvent['type']> = Extract<Recorded<AccountEvent>, { type: Type }>;

/** An adjustment as it was proposed. Amounts are decimal strings. */
export interface ProposedRow {
  account_id: string;
  adjustment_id: string;
  /** Of the event in its stream, and in the log: what an account's, and all, are listed by. */
  revision: string;
  position: string;
  kind: 'credit' | 'charge-reversal' | 'dispute';
  bill_number: string | null;
  line_id: string | null;
  dispute_id: string | null;
  currency: string;
  amount: string;
  reason: string;
  policy: string;
  proposed_by: string;
  role: Role;
  proposed_at: string;
}

/** What became of it. */
export interface DecidedRow {
  account_id: string;
  adjustment_id: string;
  state: 'approved' | 'refused';
  approval: 'within-limit' | 'second-person' | null;
  refusal: string | null;
  decided_by: string | null;
  decided_at: string;
}

const PROPOSED: ColumnTypes<ProposedRow> = {
  account_id: 'uuid',
  adjustment_id: 'uuid',
  revision: 'bigint',
  position: 'bigint',
  kind: 'text',
  bill_number: 'text',
  line_id: 'text',
  dispute_id: 'uuid',
  currency: 'text',
  amount: 'numeric',
  reason: 'text',
  policy: 'text',
  proposed_by: 'text',
  role: 'text',
  proposed_at: 'timestamptz',
};

const DECIDED: ColumnTypes<DecidedRow> = {
  account_id: 'uuid',
  adjustment_id: 'uuid',
  state: 'text',
  approval: 'text',
  refusal: 'text',
  decided_by: 'text',
  decided_at: 'timestamptz',
};

/** Adjustments, and who decided them. */
export const adjustmentsProjection: ReadModel = {
  tables: [{ name: 'adjustments', key: ['account_id', 'adjustment_id'] }],
  ddl: [
    `create table adjustments (
      account_id uuid not null, adjustment_id uuid not null, revision bigint not null, position bigint not null,
      kind text not null, bill_number text, line_id text, dispute_id uuid, currency text not null, amount numeric not null,
      reason text not null, policy text not null, proposed_by text not null, role text not null,
      proposed_at timestamptz not null, state text not null default 'proposed', approval text, refusal text,
      decided_by text, decided_at timestamptz,
      primary key (account_id, adjustment_id))`,
  ],
  indexes: [
    `create index if not exists adjustments_in_order on adjustments (account_id, revision)`,
    `create index if not exists adjustments_to_decide on adjustments (position) where state = 'proposed'`,
  ],
  async apply(tx, batch) {
    const proposed: ProposedRow[] = [];
    const decided: DecidedRow[] = [];
    for (const { event } of batch) {
      if (event.type === 'AdjustmentProposed') proposed.push(proposedRow(event));
      else if (event.type === 'AdjustmentApproved') decided.push(approvedRow(event));
      else if (event.type === 'AdjustmentRefused') decided.push(refusedRow(event));
    }
    await insertRows(tx, 'adjustments', PROPOSED, proposed);
    if (decided.length === 0) return;
    const { numAffectedRows } = await sql`
      update adjustments as a set state = r.state, approval = r.approval, refusal = r.refusal,
        decided_by = r.decided_by, decided_at = r.decided_at
      from ${fromRows(DECIDED, decided)}
      where a.account_id = r.account_id and a.adjustment_id = r.adjustment_id`.execute(tx);
    if (numAffectedRows !== BigInt(decided.length)) throw new Error('an adjustment was decided that nobody proposed');
  },
};

function proposedRow({ entityId, revision, position, data }: Of<'AdjustmentProposed'>): ProposedRow {
  const { adjustmentId, proposed, amount, reason, adjustmentPolicy, proposedBy, role, effectiveAt } = data;
  const ofCharge = proposed.kind === 'charge-reversal' ? proposed : undefined;
  return {
    account_id: entityId,
    adjustment_id: adjustmentId,
    revision: revision.toString(),
    position: position.toString(),
    kind: proposed.kind,
    bill_number: ofCharge?.billNumber ?? null,
    line_id: ofCharge?.lineId ?? null,
    dispute_id: proposed.kind === 'dispute' ? proposed.disputeId : null,
    currency: amount.currency,
    amount: amount.amount,
    reason,
    policy: adjustmentPolicy,
    proposed_by: proposedBy,
    role,
    proposed_at: effectiveAt,
  };
}

function approvedRow({ entityId, data }: Of<'AdjustmentApproved'>): DecidedRow {
  const { adjustmentId, approval, approvedBy = null, effectiveAt } = data;
  const decision = { state: 'approved', approval, refusal: null, decided_by: approvedBy } as const;
  return { account_id: entityId, adjustment_id: adjustmentId, ...decision, decided_at: effectiveAt };
}

function refusedRow({ entityId, data }: Of<'AdjustmentRefused'>): DecidedRow {
  const { adjustmentId, reason, refusedBy, effectiveAt } = data;
  const decision = { state: 'refused', approval: null, refusal: reason, decided_by: refusedBy } as const;
  return { account_id: entityId, adjustment_id: adjustmentId, ...decision, decided_at: effectiveAt };
}
