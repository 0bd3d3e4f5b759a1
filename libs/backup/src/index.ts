export { COPIES, LATER_KEYS } from './database-copies.js';
export { type Manifest, PARTS, readManifest } from './manifest.js';
export { BackupRefused } from './refused.js';
export { restoreBackup } from './restore-backup.js';
export { addLaterKeys, copyClosedDatabase, hasDatabase, type OnStage, takeBackup } from './take-backup.js';
export { type VerifiedBackup, verifyBackup } from './verify-backup.js';
