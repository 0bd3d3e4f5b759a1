export { accountLog } from './account-log.js';
export { telcoHistory, type TelcoHistory, type TelcoLog } from './telco-history.js';
