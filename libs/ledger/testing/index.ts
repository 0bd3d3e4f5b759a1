export { accountLog, scatteredAccountLog, someMoments } from './account-log.js';
export { byHand, countsByHand, type HandFold } from './as-of-by-hand.js';
