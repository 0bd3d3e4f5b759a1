export { AUDITED, AuditedLog, relink } from './audited-log.js';
