import { sql } from 'kysely';
import { type Recorded } from '#libs/event-sourcing';
import { type ColumnTypes, fromRows, insertRows, type Tx } from '#libs/platform';
import { type AccountEvent } from '../billing/account-events.js';
import { type ReadModel } from '../reads/read-model.js';

type Of<Type extends AccountEvent['type']> = Extract<Recorded<AccountEvent>, { type: Type }>;

/** A dispute as it was opened. Amounts are decimal strings; `disputed` is what is in dispute by now. */
export interface OpenedRow {
  account_id: string;
  dispute_id: string;
  revision: string;
  subject: 'bill' | 'charge' | 'payment';
  bill_number: string | null;
  line_id: string | null;
  payment_id: string | null;
  currency: string;
  amount: string;
  disputed: string;
  reason: string;
  policy: string;
  opened_by: string;
  effective_at: string;
  recorded_at: string;
}

/** What its resolution adds. */
export interface ResolvedRow {
  account_id: string;
  dispute_id: string;
  outcome: 'customer' | 'company';
  granted: string;
  payable_by: string | null;
  resolution: string;
  resolved_by: string;
  resolved_at: string;
}

/** What a reversal settles of it. */
interface SettledRow {
  account_id: string;
  dispute_id: string;
  amount: string;
}

const OPENED: ColumnTypes<OpenedRow> = {
  account_id: 'uuid',
  dispute_id: 'uuid',
  revision: 'bigint',
  subject: 'text',
  bill_number: 'text',
  line_id: 'text',
  payment_id: 'uuid',
  currency: 'text',
  amount: 'numeric',
  disputed: 'numeric',
  reason: 'text',
  policy: 'text',
  opened_by: 'text',
  effective_at: 'timestamptz',
  recorded_at: 'timestamptz',
};

const RESOLVED: ColumnTypes<ResolvedRow> = {
  account_id: 'uuid',
  dispute_id: 'uuid',
  outcome: 'text',
  granted: 'numeric',
  payable_by: 'date',
  resolution: 'text',
  resolved_by: 'text',
  resolved_at: 'timestamptz',
};

const SETTLED: ColumnTypes<SettledRow> = { account_id: 'uuid', dispute_id: 'uuid', amount: 'numeric' };

/** Disputes and how they were decided. */
export const disputesProjection: ReadModel = {
  tables: [{ name: 'disputes', key: ['account_id', 'dispute_id'] }],
  ddl: [
    `create table disputes (
      account_id uuid not null, dispute_id uuid not null, revision bigint not null,
      subject text not null, bill_number text, line_id text, payment_id uuid,
      currency text not null, amount numeric not null, disputed numeric not null check (disputed between 0 and amount),
      reason text not null, policy text not null, opened_by text not null,
      effective_at timestamptz not null, recorded_at timestamptz not null,
      outcome text, granted numeric, payable_by date, resolution text, resolved_by text, resolved_at timestamptz,
      state text generated always as (case when outcome is null then 'open' else 'resolved' end) stored,
      primary key (account_id, dispute_id))`,
  ],
  indexes: [
    `create index if not exists disputes_in_order on disputes (account_id, revision)`,
    `create index if not exists disputes_open on disputes (recorded_at) where outcome is null`,
  ],
  async apply(tx, batch) {
    const opened: OpenedRow[] = [];
    const settled: SettledRow[] = [];
    const resolved: ResolvedRow[] = [];
    for (const { event } of batch) {
      if (event.type === 'DisputeOpened') opened.push(openedRow(event));
      else if (event.type === 'ChargeReversed') settled.push(...settledRows(event));
      else if (event.type === 'DisputeResolved') resolved.push(resolvedRow(event));
    }
    await insertRows(tx, 'disputes', OPENED, opened);
    await settle(tx, settled);
    await resolve(tx, resolved);
  },
};

async function settle(tx: Tx, settled: readonly SettledRow[]): Promise<void> {
  if (settled.length === 0) return;
  await sql`
    update disputes as d set disputed = d.disputed - r.amount
    from (select account_id, dispute_id, sum(amount) as amount from ${fromRows(SETTLED, settled)}
      group by account_id, dispute_id) as r
    where d.account_id = r.account_id and d.dispute_id = r.dispute_id`.execute(tx);
}

async function resolve(tx: Tx, resolved: readonly ResolvedRow[]): Promise<void> {
  if (resolved.length === 0) return;
  const { numAffectedRows } = await sql`
    update disputes as d set disputed = 0, outcome = r.outcome, granted = r.granted, payable_by = r.payable_by,
      resolution = r.resolution, resolved_by = r.resolved_by, resolved_at = r.resolved_at
    from ${fromRows(RESOLVED, resolved)}
    where d.account_id = r.account_id and d.dispute_id = r.dispute_id`.execute(tx);
  if (numAffectedRows !== BigInt(resolved.length)) throw new Error('a dispute was resolved that was never opened');
}

function openedRow({ entityId, revision, data, metadata }: Of<'DisputeOpened'>): OpenedRow {
  const { disputeId, subject, amount, reason, disputePolicy, effectiveAt } = data;
  return {
    account_id: entityId,
    dispute_id: disputeId,
    revision: revision.toString(),
    subject: subject.kind,
    bill_number: subject.kind === 'payment' ? null : subject.billNumber,
    line_id: subject.kind === 'charge' ? subject.lineId : null,
    payment_id: subject.kind === 'payment' ? subject.paymentId : null,
    currency: amount.currency,
    amount: amount.amount,
    disputed: amount.amount,
    reason,
    policy: disputePolicy,
    opened_by: metadata.actor,
    effective_at: effectiveAt,
    recorded_at: metadata.recordedAt,
  };
}

function settledRows({ entityId, data: { disputes = [] } }: Of<'ChargeReversed'>): SettledRow[] {
  return disputes.map(({ disputeId, amount }) => ({ account_id: entityId, dispute_id: disputeId, amount }));
}

function resolvedRow({ entityId, data, metadata }: Of<'DisputeResolved'>): ResolvedRow {
  const { disputeId, outcome, granted, payableBy = null, reason, effectiveAt } = data;
  return {
    account_id: entityId,
    dispute_id: disputeId,
    outcome,
    granted: granted.amount,
    payable_by: payableBy,
    resolution: reason,
    resolved_by: metadata.actor,
    resolved_at: effectiveAt,
  };
}
