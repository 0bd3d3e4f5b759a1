import 'reflect-metadata';
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { EventStore } from '#libs/event-sourcing';
import { readCatalogue, readCollectionPolicy } from '#libs/ledger';
import { createHttpApp, openApiDocument } from '#http/platform';
import { createLogger, HttpSettings, openDatabase, readConfig } from '#libs/platform';
import { featuresOn } from './features.js';

/*
 * Writes the OpenAPI document of the API: `node dist/apps/api/src/openapi.js docs/generated/openapi.json`. The document
 * follows from the code alone: the connections below are never made, for both connect when they are first used.
 */
const file = process.argv[2] ?? 'docs/generated/openapi.json';
const store = new EventStore('kurrentdb://127.0.0.1:1?tls=false');
const db = await openDatabase({ url: 'postgres://127.0.0.1:1/none' });
const app = await createHttpApp({
  ...featuresOn({ store, db, catalogue: await readCatalogue(), collectionPolicy: await readCollectionPolicy() }),
  settings: readConfig(HttpSettings, {}),
  log: createLogger({ level: 'warn' }),
});
await mkdir(dirname(file), { recursive: true });
await writeFile(file, `${JSON.stringify(openApiDocument(app), null, 2)}\n`);
await app.close();
await store.close();
await db.close();
