export { fold, given } from './given.js';
