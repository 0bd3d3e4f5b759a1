export { alertsOf, ruleSet, type RuleUnderTest } from './given-rules.js';
export { idOf, MessageMaker, type Paying } from './messages.js';
export { type RuleScore, score, simulate, type Simulation, type SimulationOptions } from './simulation.js';
