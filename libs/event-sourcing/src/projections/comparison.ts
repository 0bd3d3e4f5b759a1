import { type RawBuilder, sql } from 'kysely';
import { type Tx } from '#libs/platform';
import { type AnyProjection, type ProjectionTable } from './projection.js';
import { type Version, viewsOf, withinSchema } from './versions.js';

/** A version, seen by a transaction in which it stands still. */
export interface Side {
  readonly tx: Tx;
  readonly version: Version;
}

/** A row that is not the same in both versions; null where it is not there. */
interface DifferingRow {
  readonly key: Readonly<Record<string, string | null>>;
  /** The columns that differ, or all of them where the other side has no such row; values as PostgreSQL writes them. */
  readonly before: Readonly<Record<string, string | null>> | null;
  readonly after: Readonly<Record<string, string | null>> | null;
}

/** What comparing one table of two versions came to. */
export interface TableComparison {
  readonly table: string;
  readonly rows: { readonly before: string; readonly after: string };
  /** Sums of a 64-bit hash of each row: they do not depend on the order of the rows. */
  readonly checksums: { readonly before: string; readonly after: string };
  /** Columns that only one side has, and that were therefore not compared. */
  readonly columns: { readonly added: readonly string[]; readonly removed: readonly string[] };
  /** How many rows differ. */
  readonly differing: number;
  /** The first of them. */
  readonly examples: readonly DifferingRow[];
  /** Why the rows could not be compared, where they could not. */
  readonly notCompared?: string;
}

const BUCKETS = 256;
const EXAMPLES = 20;

/** Whether two versions have the same rows, as far as they have the same columns. */
export function agrees({ differing, notCompared }: TableComparison): boolean {
  return differing === 0 && notCompared === undefined;
}

/**
 * Compares two versions of a projection table by table: by number and checksum of the rows in each of 256 buckets, and in
 * buckets that are not the same row by row, so that memory is bounded by a bucket.
 */
export async function compareVersions(
  projection: AnyProjection,
  before: Side,
  after: Side,
  onTable: (table: string) => Promise<void>,
): Promise<TableComparison[]> {
  const compared: TableComparison[] = [];
  for (const table of projection.tables) {
    await onTable(table.name);
    compared.push(await compareTable(table, before, after));
  }
  const named = new Set(projection.tables.map(({ name }) => name));
  for (const table of await viewsOf(before.tx, projection.name)) {
    if (!named.has(table)) compared.push(notCompared(table, 'the new version has no such table'));
  }
  return compared;
}

async function compareTable(table: ProjectionTable, before: Side, after: Side): Promise<TableComparison> {
  // Its select statement may name what the tables of older code do not have.
  const had = await columnsOf(before, table).catch((error: Error) => error);
  if (had instanceof Error) {
    return notCompared(table.name, `the version in service has no such table: ${had.message}`);
  }
  const has = await columnsOf(after, table);
  const columns = {
    added: has.filter((column) => !had.includes(column)),
    removed: had.filter((column) => !has.includes(column)),
  };
  const common = has.filter((column) => had.includes(column));
  const missing = table.key.filter((column) => !common.includes(column));
  if (missing.length > 0) {
    return { ...notCompared(table.name, `only one version has ${missing.join(', ')}`), columns };
  }
  const found = await compareRows(new Rows(table, common, before), new Rows(table, common, after));
  return { table: table.name, columns, ...found };
}

function notCompared(table: string, why: string): TableComparison {
  return {
    table,
    rows: { before: '0', after: '0' },
    checksums: { before: '0', after: '0' },
    columns: { added: [], removed: [] },
    differing: 0,
    examples: [],
    notCompared: why,
  };
}

/** The columns of what is compared of a table. */
async function columnsOf({ tx, version }: Side, table: ProjectionTable): Promise<string[]> {
  await sql`savepoint columns`.execute(tx);
  try {
    await withinSchema(tx, version);
    const { rows } = await sql<object>`
      select t.* from (select 1) as one left join ${relation(table)} as t on true limit 1`.execute(tx);
    return Object.keys(rows[0] ?? {});
  } catch (error) {
    await sql`rollback to savepoint columns`.execute(tx);
    throw error;
  }
}

function relation({ name, compared }: ProjectionTable): RawBuilder<unknown> {
  return compared === undefined ? sql`${sql.table(name)}` : sql`(${sql.raw(compared)})`;
}

async function compareRows(before: Rows, after: Rows) {
  const [was, is] = [await before.buckets(), await after.buckets()];
  const examples: DifferingRow[] = [];
  let differing = 0;
  for (let bucket = 0; bucket < BUCKETS; bucket++) {
    if (was[bucket]?.checksum === is[bucket]?.checksum && was[bucket]?.rows === is[bucket]?.rows) continue;
    for (const row of differences(await before.of(bucket), await after.of(bucket), before.key)) {
      differing += 1;
      if (examples.length < EXAMPLES) examples.push(row);
    }
  }
  const sum = (buckets: Buckets, of: 'rows' | 'checksum') =>
    String(Object.values(buckets).reduce((total, bucket) => total + BigInt(bucket[of]), 0n));
  return {
    rows: { before: sum(was, 'rows'), after: sum(is, 'rows') },
    checksums: { before: sum(was, 'checksum'), after: sum(is, 'checksum') },
    differing,
    examples,
  };
}

type Buckets = Readonly<Record<number, { readonly rows: string; readonly checksum: string }>>;

/** The rows of a table on one side. */
class Rows {
  readonly key: readonly string[];

  constructor(
    private readonly table: ProjectionTable,
    private readonly columns: readonly string[],
    private readonly side: Side,
  ) {
    this.key = table.key;
  }

  async buckets(): Promise<Buckets> {
    await withinSchema(this.side.tx, this.side.version);
    const { rows } = await sql<{ bucket: number; rows: string; checksum: string }>`
      select ${this.#bucket} as bucket, count(*) as rows,
        sum(hashtextextended(row(${columns(this.columns)})::text, 0)::numeric) as checksum
      from ${relation(this.table)} as t group by 1`.execute(this.side.tx);
    return Object.fromEntries(rows.map((row) => [row.bucket, row]));
  }

  /** The rows of a bucket as JSON texts, by the JSON of their key. */
  async of(bucket: number): Promise<Map<string, string>> {
    await withinSchema(this.side.tx, this.side.version);
    const { rows } = await sql<{ key: string; row: string }>`
      select json_build_array(${columns(this.key)})::text as key, to_json(c)::text as row
      from (select ${asText(this.columns)} from ${relation(this.table)} as t where ${this.#bucket} = ${bucket}) as c`.execute(
      this.side.tx,
    );
    return new Map(rows.map(({ key, row }) => [key, row]));
  }

  get #bucket(): RawBuilder<number> {
    return sql`(hashtext(row(${columns(this.key)})::text) & ${sql.lit(BUCKETS - 1)})`;
  }
}

function columns(names: readonly string[]): RawBuilder<unknown> {
  return sql.join(names.map((name) => sql.id(name)));
}

/** As texts, so that an amount keeps all of its digits. */
function asText(names: readonly string[]): RawBuilder<unknown> {
  return sql.join(names.map((name) => sql`${sql.id(name)}::text as ${sql.id(name)}`));
}

function* differences(
  before: ReadonlyMap<string, string>,
  after: ReadonlyMap<string, string>,
  key: readonly string[],
): Generator<DifferingRow> {
  for (const id of new Set([...before.keys(), ...after.keys()])) {
    const [was, is] = [before.get(id), after.get(id)];
    if (was !== is) yield differingRow(id, was, is, key);
  }
}

function differingRow(
  id: string,
  was: string | undefined,
  is: string | undefined,
  key: readonly string[],
): DifferingRow {
  const values = JSON.parse(id) as (string | null)[];
  const [before, after] = [parsed(was), parsed(is)];
  const differ = (column: string) => before?.[column] !== after?.[column];
  const only = (row: Record<string, string | null> | null) =>
    row && Object.fromEntries(Object.entries(row).filter(([column]) => !key.includes(column) && differ(column)));
  return {
    key: Object.fromEntries(key.map((column, index) => [column, values[index] ?? null])),
    before: only(before),
    after: only(after),
  };
}

function parsed(row: string | undefined): Record<string, string | null> | null {
  return row === undefined ? null : (JSON.parse(row) as Record<string, string | null>);
}
