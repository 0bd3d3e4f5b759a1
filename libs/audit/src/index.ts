export { AUDIT, auditEvents } from './audit-events.js';
export { auditKeys, type AuditKeys, rotated } from './checkpoints/audit-keys.js';
export { auditKeyFile, auditKeysIn, AuditSettings, freshSignerKey } from './checkpoints/audit-keys.job.js';
