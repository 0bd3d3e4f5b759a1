import { sql } from 'kysely';
import { type CommandHandling, type CommandMetadata, Rejected } from '#libs/event-sourcing';
import { type Database } from '#libs/platform';
import { type z } from 'zod';
import { caseIdOf, commandIdOf } from '../ids.js';
import { AddAlert } from './add-alert.js';
import { type AlertNote } from './case-events.js';
import { OpenCase } from './open-case.js';

interface AlertRow {
  id: string;
  rule_id: string;
  rule_version: number;
  severity: 'low' | 'medium' | 'high';
  action: 'alert' | 'hold';
  account_id: string;
  message_id: string;
}

const AT_ONCE = 100;

/**
 * Sees to it that every alert is in a case: the undecided one of its account, or a new one. The case comes first and the
 * mark on the alert after it; ids of cases and commands follow from the alert, so that one who is killed in between does
 * the same again and nothing twice. So it is, too, when alerts are made anew from all messages.
 */
export class CaseWorker {
  constructor(
    private readonly db: Database,
    private readonly handling: CommandHandling,
  ) {}

  /** Acts on the next alerts nobody has acted on, in order. @returns how many there were. */
  async actOnAlerts(): Promise<number> {
    const { rows } = await sql<AlertRow>`
      select id, rule_id, rule_version, severity, action, account_id, message_id from fraud.alerts
      where acted_at is null and not historic order by number limit ${AT_ONCE}`.execute(this.db.sql);
    for (const row of rows) await this.#mark(row, await this.#place(row));
    return rows.length;
  }

  /** Puts an alert into a case. @returns the case. */
  async #place(row: AlertRow): Promise<string> {
    const { id, account_id: accountId } = row;
    const alert: z.output<typeof AlertNote> = {
      alertId: id,
      ruleId: row.rule_id,
      ruleVersion: row.rule_version,
      severity: row.severity,
      action: row.action,
      messageId: row.message_id,
    };
    const metadata = (command: string): CommandMetadata => ({
      commandId: commandIdOf(command, id),
      correlationId: row.message_id,
      causationId: row.message_id,
      actor: 'fraud-monitor',
    });
    const current = await this.#currentCase(accountId);
    if (current !== undefined) {
      try {
        await this.handling.handle(current, { definition: AddAlert, data: { alert }, metadata: metadata('AddAlert') });
        return current;
      } catch (error) {
        if (!(error instanceof Rejected && error.code === 'CASE_DECIDED')) throw error;
      }
    }
    const caseId = caseIdOf(accountId, id);
    const data = { accountId, alert };
    await this.handling.handleAll(caseId, [{ definition: OpenCase, data, metadata: metadata('OpenCase') }], {
      isNew: true,
    });
    return caseId;
  }

  async #currentCase(accountId: string): Promise<string | undefined> {
    const { rows } = await sql<{ case_id: string }>`
      select case_id from fraud.current_cases where account_id = ${accountId}::uuid`.execute(this.db.sql);
    return rows[0]?.case_id;
  }

  async #mark({ id, account_id: accountId }: AlertRow, caseId: string): Promise<void> {
    await this.db.sql.transaction().execute(async (tx) => {
      await sql`update fraud.alerts set acted_at = now(), case_id = ${caseId}::uuid where id = ${id}::uuid`.execute(tx);
      await sql`insert into fraud.current_cases (account_id, case_id) values (${accountId}::uuid, ${caseId}::uuid)
        on conflict (account_id) do update set case_id = excluded.case_id`.execute(tx);
    });
  }
}
