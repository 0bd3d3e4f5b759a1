export { accountLog, scatteredAccountLog, someMoments } from './account-log.js';
export { byHand, countsByHand, type HandFold } from './as-of-by-hand.js';
export { accountingPrograms, type AccountingProgram } from './accounting-programs.js';
export { madeUpBiller } from './made-up-biller.js';
export { telcoHistory, type TelcoHistory, type TelcoLog } from './telco-history.js';
export { Fate, Killed, MortalLog } from './mortal-log.js';
