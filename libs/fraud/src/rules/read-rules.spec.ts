import { readFileSync } from 'node:fs';
import { DEFAULT_RULES, readRules, RulesRefused } from '#libs/fraud';
import { milliseconds } from './duration.js';
import { decimalOf, unitsOf } from './units.js';

const header = 'version: "1"\nrules:\n';
const velocity = (change: Readonly<Record<string, string>> = {}) => {
  const rule = {
    ...{ id: 'many-payments', version: '1', kind: 'velocity-count', scope: 'account', moreThan: '5' },
    ...{ window: 'PT1H', action: 'alert', severity: 'low', ...change },
  };
  const [first, ...others] = Object.entries(rule).map(([name, value]) => `${name}: ${value}`);
  return `  - ${first}\n${others.map((line) => `    ${line}\n`).join('')}`;
};

function refusal(text: string): string {
  try {
    readRules(text, 'rules.yaml');
  } catch (error) {
    if (error instanceof RulesRefused) return error.message;
    throw error;
  }
  throw new Error('the rules were taken; a refusal was expected');
}

describe('The rules that come with Paybill', () => {
  it('are ten or more, of every kind, and over accounts, tokens and channels', () => {
    const { rules } = readRules(readFileSync(DEFAULT_RULES, 'utf8'), DEFAULT_RULES);
    expect(rules.length).toBeGreaterThanOrEqual(10);
    expect(new Set(rules.map(({ kind }) => kind)).size).toBe(7);
    expect(new Set(rules.flatMap((rule) => ('scope' in rule ? [rule.scope] : []))).size).toBe(3);
  });
});

describe('A rules file', () => {
  it('reads durations as exact lengths and amounts as exact decimals', () => {
    const sum = velocity({ kind: 'velocity-sum', moreThan: '{ USD: "0.10", JPY: "1000" }', window: 'P1DT12H' });
    expect(readRules(header + sum, 'rules.yaml').rules[0]).toMatchObject({
      window: 36 * 3_600_000,
      moreThan: new Map([
        ['USD', 1_000n],
        ['JPY', 10_000_000n],
      ]),
    });
  });

  it.each([
    ['an unknown kind', header + velocity({ kind: 'horoscope' }), 'rules.yaml:5: rules.0.kind must be a kind of rule'],
    ['no kind', 'version: "1"\nrules:\n  - id: x-y-z\n', 'rules.yaml:3: rules.0.kind must be a kind of rule'],
    [
      'a duration in words',
      header + velocity({ window: '1 hour' }),
      'rules.yaml:8: rules.0.window must be an ISO 8601',
    ],
    ['a month, which has no length', header + velocity({ window: 'P1M' }), 'rules.yaml:8: rules.0.window must be'],
    [
      'an amount without quotes',
      header + velocity({ kind: 'velocity-sum', moreThan: '{ USD: 500.00 }' }),
      'rules.yaml:7: rules.0.moreThan.USD must be a decimal in quotes',
    ],
    [
      'an amount without a currency',
      header + velocity({ kind: 'velocity-sum', moreThan: '"500.00"' }),
      'rules.yaml:7: rules.0.moreThan must be amounts by currency',
    ],
    [
      'a count too large to keep',
      header + velocity({ moreThan: '1001' }),
      'rules.yaml:7: rules.0.moreThan must be at most',
    ],
    [
      'a setting nobody knows',
      header + velocity({ windows: 'PT1H' }),
      'rules.yaml:11: rules.0.windows is not a setting',
    ],
    ['two rules of one id', header + velocity() + velocity(), 'rules.yaml:11: rules.1.id is the id of another rule'],
    [
      'a hold for what a whole channel does',
      header + velocity({ scope: 'channel', action: 'hold' }),
      'rules.yaml:9: rules.0.action must be alert',
    ],
    ['no version', `rules:\n${velocity()}`, 'rules.yaml:1: version must be a text'],
    ['no rules', 'version: "1"\nrules: []\n', 'rules.yaml:2: rules must have one rule at least'],
    ['something that is no YAML', 'version: "1"\nrules: [\n', 'rules.yaml:3: is not YAML'],
    ['nothing', '', 'rules.yaml:1: the file'],
  ])('is refused with %s, by path and line', (_, text, message) => {
    expect(refusal(text)).toContain(message);
  });

  it('names every fault at once', () => {
    const faults = refusal(header + velocity({ window: 'soon', severity: 'dire', version: '0' })).split('\n');
    expect(faults.map((fault) => fault.split(' ')[1])).toEqual([
      'rules.0.version',
      'rules.0.window',
      'rules.0.severity',
    ]);
  });
});

describe('Durations and amounts', () => {
  it('are exact, or are none', () => {
    expect(['P2W', 'P1DT1H', 'PT90M', 'PT0.5S', 'P', 'PT', 'P1DT', 'P1Y', '1D'].map(milliseconds)).toEqual([
      1_209_600_000,
      90_000_000,
      5_400_000,
      ...Array.from({ length: 6 }, () => undefined),
    ]);
    expect(['12.34', '0.0001', '-5', '0.00001', '1e3', ''].map(unitsOf)).toEqual([
      123_400n,
      1n,
      -50_000n,
      undefined,
      undefined,
      undefined,
    ]);
    expect([decimalOf(123_400n, 2), decimalOf(10_000n, 0), decimalOf(-5n, 2), decimalOf(15_000n, 3)]).toEqual([
      '12.34',
      '1',
      '-0.0005',
      '1.500',
    ]);
  });
});
