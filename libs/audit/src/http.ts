export { AuditModule, auditProblemOf } from './audit.module.js';
