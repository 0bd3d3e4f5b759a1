export { accountLog } from './account-log.js';
