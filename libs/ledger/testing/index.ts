export { accountLog } from './account-log.js';
export { accountingPrograms, type AccountingProgram } from './accounting-programs.js';
export { telcoHistory, type TelcoHistory, type TelcoLog } from './telco-history.js';
