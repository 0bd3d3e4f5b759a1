import { exampleCatalogue } from '../billing-run/billing-examples.js';
import { Catalogue, versionNamed, versionOn } from './catalogue.js';
import { dueDate } from './due-date.js';

const version = exampleCatalogue();
const issuesOf = (change: object, more: object[] = []) =>
  Catalogue.safeParse({ versions: [{ ...version, ...change }, ...more] }).error?.issues.map(
    ({ path, message }) => `${path.join('.')} ${message}`,
  );

describe('A catalogue', () => {
  it('holds by the day, one version after the other', () => {
    const catalogue = Catalogue.parse({ versions: [version, { ...version, version: 'v2', validFrom: '2026-07-01' }] });
    expect(versionOn(catalogue, '2026-06-30').version).toBe('v1');
    expect(versionOn(catalogue, '2026-07-01').version).toBe('v2');
    expect(() => versionOn(catalogue, '2025-12-31')).toThrow('the first is of 2026-01-01');
    expect(versionNamed(catalogue, 'v2').validFrom).toBe('2026-07-01');
    expect(() => versionNamed(catalogue, 'v3')).toThrow('has no version v3');
  });

  it('is refused with the place that is wrong', () => {
    expect(issuesOf({}, [{ ...version, version: 'v2' }])).toEqual([
      'versions must stand in the order of validFrom, and no two of the same day',
    ]);
    expect(
      issuesOf({ discounts: { odd: { kind: 'fixed', description: 'Odd', amount: '1.005', charge: 'access' } } }),
    ).toEqual(['versions.0.discounts.odd.amount must have at most 2 decimals: it is divided by days to the cent']);
    const [meter] = version.plans['small']!.usage;
    const tiers = [{ upTo: '10', unitPrice: '1' }, { unitPrice: '2' }];
    const plans = { small: { ...version.plans['small'], usage: [{ ...meter, tiers }] } };
    expect(issuesOf({ plans })).toEqual([
      'versions.0.plans.small.usage.0.tiers.0.upTo must be more than what is included and than the tier before',
    ]);
    expect(issuesOf({ currency: 'XXX' })).toEqual(['versions.0.currency must be an active ISO 4217 code']);
  });
});

describe('The due date', () => {
  it('is at least 20 days after issue, and rolled to the next business day (52 Pa. Code §56.21)', () => {
    const due = (issuedOn: string) => dueDate(issuedOn, version.terms);
    // A Tuesday; a Saturday; a Sunday.
    expect(due('2026-01-14')).toBe('2026-02-03');
    expect(due('2026-01-18')).toBe('2026-02-09');
    expect(due('2026-01-19')).toBe('2026-02-09');
    // Christmas on a Friday; Memorial Day on 25 May; Thanksgiving on 26 November.
    expect(due('2026-12-05')).toBe('2026-12-28');
    expect(due('2026-05-05')).toBe('2026-05-26');
    expect(due('2026-11-06')).toBe('2026-11-27');
    // 4 July 2027 is a Sunday, kept on Monday the 5th; in 2026 it is a Saturday, and Friday the 3rd is a business day.
    expect(due('2027-06-14')).toBe('2027-07-06');
    expect(due('2026-06-13')).toBe('2026-07-03');
  });
});
