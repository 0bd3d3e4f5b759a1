export { type Alert } from './monitoring/alert.js';
export { type Activity } from './monitoring/activity.js';
export { evaluate } from './monitoring/evaluate.js';
export { monitoringOf } from './monitoring/monitoring.js';
export { backtest, type BacktestReport } from './monitoring/backtest.js';
export { RuleSet } from './rules/rule-set.js';
export { readRules, RulesRefused } from './rules/read-rules.job.js';
export { DEFAULT_RULES, FraudSettings, RulesFile } from './rules/rules-file.job.js';
