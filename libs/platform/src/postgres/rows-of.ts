import { type Kysely, type RawBuilder } from 'kysely';

const UNDEFINED_TABLE = '42P01';

/** The rows of a query; none while nobody has created yet what it reads. */
export async function rowsOf<Row>(query: RawBuilder<Row>, db: Kysely<unknown>): Promise<Row[]> {
  try {
    return (await query.execute(db)).rows;
  } catch (error) {
    if ((error as { code?: string }).code === UNDEFINED_TABLE) return [];
    throw error;
  }
}
