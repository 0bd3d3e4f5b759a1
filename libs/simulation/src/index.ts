export { simulate, simulatedIn, type Simulated } from './open-simulation.js';
export { daysBetween, endOf, FIRST_DAY, firstDayOf } from './days.js';
export { type Plan } from './plan.js';
