import { Inject, Injectable } from '@nestjs/common';
import { type RawBuilder, sql } from 'kysely';
import { z } from 'zod';
import { type Database, DATABASE, keyOf, type Page, pageOf, rowsOf } from '#libs/platform';

/** An alert as it is answered, with everything that is needed to check it by hand. */
export const AlertView = z
  .object({
    alertId: z.uuid(),
    ruleId: z.string(),
    ruleVersion: z.int(),
    ruleSetVersion: z.string(),
    kind: z.string(),
    action: z.enum(['alert', 'hold']),
    severity: z.enum(['low', 'medium', 'high']),
    accountId: z.uuid(),
    key: z.string().meta({ description: 'What the rule counts by', examples: ['account:…', 'channel:online'] }),
    messageId: z.uuid().meta({ description: 'The public message that set the rule off' }),
    effectiveAt: z.iso.datetime(),
    recordedAt: z.iso.datetime(),
    historic: z.boolean().meta({ description: 'It counted long before it was recorded: noted, and no case opened' }),
    evidence: z.object({
      events: z.array(z.string()).meta({ description: 'Ids of the messages the rule looked at' }),
      eventCount: z.int(),
      numbers: z.record(z.string(), z.union([z.string(), z.number()])),
      window: z.object({ from: z.iso.datetime(), to: z.iso.datetime() }),
    }),
    caseId: z.uuid().nullable(),
  })
  .meta({ id: 'FraudAlert' });
export type AlertView = z.output<typeof AlertView>;

const COLUMNS = sql`id, number, rule_id, rule_version, rule_set_version, kind, action, severity, account_id, key,
  message_id, effective_at, recorded_at, historic, evidence, case_id`;

interface Row {
  id: string;
  number: string;
  rule_id: string;
  rule_version: number;
  rule_set_version: string;
  kind: string;
  action: AlertView['action'];
  severity: AlertView['severity'];
  account_id: string;
  key: string;
  message_id: string;
  effective_at: Date;
  recorded_at: Date;
  historic: boolean;
  evidence: AlertView['evidence'];
  case_id: string | null;
}

/** Which alerts to list; all of them when nothing is said. */
export interface AlertFilter {
  readonly accountId?: string | undefined;
  readonly ruleId?: string | undefined;
  readonly historic?: boolean | undefined;
}

@Injectable()
export class AlertsQueries {
  constructor(@Inject(DATABASE) private readonly db: Database) {}

  /** Alerts, the latest noted first. */
  async alerts({ accountId, ruleId, historic }: AlertFilter, limit: number, cursor?: string): Promise<Page<AlertView>> {
    const before = keyOf(cursor);
    const conditions: RawBuilder<unknown>[] = [sql`true`];
    if (accountId !== undefined) conditions.push(sql`account_id = ${accountId}::uuid`);
    if (ruleId !== undefined) conditions.push(sql`rule_id = ${ruleId}`);
    if (historic !== undefined) conditions.push(sql`historic = ${historic}`);
    if (before !== null) conditions.push(sql`number < ${before}::bigint`);
    const rows = await rowsOf(
      sql<Row>`select ${COLUMNS} from fraud.alerts
      where ${sql.join(conditions, sql` and `)} order by number desc limit ${limit + 1}`,
      this.db.sql,
    );
    return pageOf(rows, limit, (row) => row.number, alertOf);
  }

  /** The alerts of a case, the earliest first. */
  async alertsOf(caseId: string): Promise<AlertView[]> {
    const rows = await rowsOf(
      sql<Row>`
      select ${COLUMNS} from fraud.alerts where case_id = ${caseId}::uuid order by number`,
      this.db.sql,
    );
    return rows.map(alertOf);
  }
}

function alertOf(row: Row): AlertView {
  return {
    alertId: row.id,
    ruleId: row.rule_id,
    ruleVersion: row.rule_version,
    ruleSetVersion: row.rule_set_version,
    kind: row.kind,
    action: row.action,
    severity: row.severity,
    accountId: row.account_id,
    key: row.key,
    messageId: row.message_id,
    effectiveAt: row.effective_at.toISOString(),
    recordedAt: row.recorded_at.toISOString(),
    historic: row.historic,
    evidence: row.evidence,
    caseId: row.case_id,
  };
}
