import { readFileSync } from 'node:fs';
import { backtest, DEFAULT_RULES, readRules } from '#libs/fraud';
import { alertsOf, score, simulate } from '#testing/fraud';

const rules = readRules(readFileSync(DEFAULT_RULES, 'utf8'), DEFAULT_RULES);
const simulation = simulate({ seed: 7, accounts: 300, days: 300, patterns: 3 });

async function* replayed() {
  for (const message of simulation.messages) yield await Promise.resolve(message);
}

describe('A back-test', () => {
  it('finds what monitoring would have found, and reports it by rule', async () => {
    const live = alertsOf(rules, simulation.messages);
    const report = await backtest({ rules, messages: replayed() });
    expect(report.messages).toBe(simulation.messages.length);
    expect(report.ruleSetVersion).toBe(rules.version);
    for (const { id, alerts, accounts, samples } of report.rules) {
      const mine = live.filter(({ ruleId }) => ruleId === id);
      expect(alerts).toBe(mine.length);
      expect(accounts).toBe(new Set(mine.map(({ accountId }) => accountId)).size);
      expect(samples).toEqual(mine.slice(0, 5));
    }
  });

  it('adds up exactly what set a rule off', async () => {
    const report = await backtest({ rules, messages: replayed() });
    const returns = report.rules.find(({ id }) => id === 'repeated-returns');
    expect(returns?.alerts).toBeGreaterThan(0);
    expect(returns?.amounts['USD']).toMatch(/^\d+\.\d\d$/);
    expect(Date.parse(returns?.first ?? '')).toBeLessThanOrEqual(Date.parse(returns?.last ?? ''));
  });

  it('comes to the same when only what was seen recently is kept, as long as that is enough', async () => {
    const bounded = await backtest({ rules, messages: replayed(), mostKeys: 2_500 });
    expect(bounded).toEqual(await backtest({ rules, messages: replayed() }));
  });
});

describe('A simulation', () => {
  it('is the same for the same seed, and another for another', () => {
    const options = { accounts: 20, days: 60, patterns: 1 };
    expect(simulate({ seed: 1, ...options })).toEqual(simulate({ seed: 1, ...options }));
    expect(simulate({ seed: 1, ...options }).messages).not.toEqual(simulate({ seed: 2, ...options }).messages);
  });

  it('shows every shipped rule to find its pattern mostly, and little else', async () => {
    for (const { ruleId, frauds, recall, precision } of await score(rules, simulation)) {
      expect({ ruleId, tried: frauds > 0, finds: recall >= 0.6, honest: precision >= 0.6 }).toEqual({
        ruleId,
        tried: true,
        finds: true,
        honest: true,
      });
    }
  });
});
