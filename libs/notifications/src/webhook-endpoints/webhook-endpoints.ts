import { randomBytes } from 'node:crypto';
import { sql } from 'kysely';
import { type Database } from '#libs/platform';
import { type PersonalDataKeys } from '../personal-data.js';

/** Where notifications are posted to. */
export interface WebhookEndpoint {
  readonly id: string;
  readonly sequence: string;
  readonly url: string;
  /** Types that are posted; null for all. */
  readonly types: readonly string[] | null;
  readonly addedBy: string;
  readonly addedAt: Date;
}

interface NewEndpoint {
  /** A UUID that is the same when the same request comes again. */
  readonly id: string;
  readonly url: string;
  readonly types: readonly string[] | null;
  readonly addedBy: string;
}

const COLUMNS = sql`id, sequence, url, types, added_by as "addedBy", added_at as "addedAt"`;

/** The webhooks that are called. Secrets are kept sealed and are told once, to who adds the endpoint. */
export class WebhookEndpoints {
  constructor(
    private readonly db: Database,
    private readonly personalData: PersonalDataKeys,
  ) {}

  /** Adds an endpoint. @returns its secret, the same for the same request again; undefined when the id is another's */
  async add({ id, url, types, addedBy }: NewEndpoint): Promise<{ secret: string; repeated: boolean } | undefined> {
    const subject = subjectOf(id);
    const secret = `whsec_${randomBytes(32).toString('base64')}`;
    const sealed = await this.personalData.seal(subject, 'secret', secret);
    const wanted = types === null ? null : JSON.stringify(types);
    const { numAffectedRows } = await sql`
      insert into notifications.webhook_endpoints (id, url, types, secret, added_by)
      values (${id}::uuid, ${url}, ${wanted}::jsonb, ${sealed}, ${addedBy}) on conflict (id) do nothing`.execute(
      this.db.sql,
    );
    if (numAffectedRows === 1n) return { secret, repeated: false };
    const { rows } = await sql<{ secret: string }>`
      select secret from notifications.webhook_endpoints
      where id = ${id}::uuid and url = ${url} and types is not distinct from ${wanted}::jsonb`.execute(this.db.sql);
    const first = rows[0] && (await this.personalData.open(subject, 'secret', rows[0].secret));
    return first === undefined ? undefined : { secret: first, repeated: true };
  }

  /** Those in use, the first added first. */
  async list(after: string, limit: number): Promise<WebhookEndpoint[]> {
    const { rows } = await sql<WebhookEndpoint>`
      select ${COLUMNS} from notifications.webhook_endpoints
      where removed_at is null and sequence > ${after}::bigint order by sequence limit ${limit}`.execute(this.db.sql);
    return rows;
  }

  /** What waits for a removed endpoint is not sent any more. @returns false when there is none with this id */
  async remove(id: string): Promise<boolean> {
    return this.db.sql.transaction().execute(async (tx) => {
      const { numAffectedRows } = await sql`
        update notifications.webhook_endpoints set removed_at = now()
        where id = ${id}::uuid and removed_at is null`.execute(tx);
      await sql`
        update notifications.deliveries set state = 'suppressed', last_error = 'endpoint-removed'
        where endpoint_id = ${id}::uuid and state in ('pending', 'parked')`.execute(tx);
      return numAffectedRows === 1n;
    });
  }
}

/** Whose key a secret is sealed with. */
export function subjectOf(endpointId: string): string {
  return `webhook-endpoint-${endpointId}`;
}
