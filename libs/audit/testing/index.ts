export { AUDITED, AuditedLog } from './audited-log.js';
