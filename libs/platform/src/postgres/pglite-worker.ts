import { PGlite, types } from '@electric-sql/pglite';
import { parentPort, workerData } from 'node:worker_threads';

/*
 * The thread that PGlite runs in. Its statements take the processor for as long as they take; here that holds up nobody
 * who answers requests or decodes events.
 */

/** One statement to carry out; answers come in the order of the requests. */
export interface PgliteRequest {
  readonly text: string;
  readonly parameters: readonly unknown[];
}

export type PgliteAnswer =
  | { readonly rows: readonly unknown[]; readonly affectedRows: number | undefined }
  | {
      readonly error: {
        readonly message: string;
        readonly code?: string | undefined;
        readonly detail?: string | undefined;
      };
    };

const { dataDir } = workerData as { dataDir: string | undefined };
const port = parentPort!;
const db = await PGlite.create({
  ...(dataDir === undefined ? {} : { dataDir }),
  // Memory is what an embedded database has to be modest with; the system's page cache stands behind these buffers.
  postgresqlconf: ['shared_buffers = 64MB'],
  // As `pg` does: a bigint does not fit a JS number.
  parsers: { [types.INT8]: (value: string) => value },
});

async function answer(request: PgliteRequest): Promise<PgliteAnswer> {
  try {
    const { rows, affectedRows } = await db.query(request.text, [...request.parameters]);
    return { rows, affectedRows };
  } catch (error) {
    const { message, code, detail } = error as Error & { code?: string; detail?: string };
    return { error: { message, code, detail } };
  }
}

port.on('message', (request: PgliteRequest | 'close') => {
  if (request === 'close') void db.close().then(() => port.close());
  else void answer(request).then((result) => port.postMessage(result));
});
port.postMessage('ready');
