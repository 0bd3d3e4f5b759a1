export { accountLog, scatteredAccountLog, someMoments } from './account-log.js';
export { byHand, type HandFold } from './as-of-by-hand.js';
