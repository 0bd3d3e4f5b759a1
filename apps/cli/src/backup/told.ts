import { type Manifest } from '#libs/backup';
import { properties } from '../table.js';

/** What of a manifest is worth telling. */
export function summary({ files, ...manifest }: Manifest) {
  const bytes = files.reduce((sum, file) => sum + file.bytes, 0);
  const { createdAt, paybill, log, database, masterKey, auditKey, verifierKeys } = manifest;
  return { createdAt, paybill, log, database, masterKey, auditKey, verifierKeys, files: files.length, bytes };
}

/** A backup, or the data directory made of one, for people. */
export function told(directory: string, manifest: Manifest): string {
  const { createdAt, log, database, masterKey, auditKey, bytes, files } = summary(manifest);
  return properties([
    ['directory', directory],
    ['taken', createdAt],
    ['log', `${log.events.toLocaleString('en')} events, up to position ${log.position}`],
    ['database', database ? 'in it' : 'NOT in it'],
    ['master key', masterKey ? 'in it: keep it as safe as the key itself' : 'not in it: keep master.key elsewhere'],
    ['signing key', auditKey ? 'in it: keep it as safe as the key itself' : 'not in it: keep audit.key elsewhere'],
    ['size', `${Math.ceil(bytes / 1_000_000).toLocaleString('en')} MB in ${files} files`],
  ]);
}
