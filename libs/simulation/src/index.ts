export { simulate, type Simulated } from './open-simulation.js';
export { daysBetween, endOf, FIRST_DAY } from './days.js';
export { type Plan } from './plan.js';
