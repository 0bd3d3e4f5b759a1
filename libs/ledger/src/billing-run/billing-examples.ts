import { Catalogue, type CatalogueVersion } from '../catalogue/catalogue.js';
import { type SubscriptionEvent } from '../subscriptions/subscription-events.js';

/* A small catalogue and short histories for the specs of billing. Cycles begin on the 15th; amounts in USD. */

const PLANS = {
  small: {
    description: 'Small',
    charges: [
      { code: 'access', service: 'internet', description: 'Small', price: '31.00', taxCategory: 'access' },
      { code: 'router', service: 'internet', description: 'Router', price: '6.20', taxCategory: 'equipment' },
    ],
    usage: [
      {
        ...{ meter: 'data', service: 'internet', description: 'Data', unit: 'GB', included: '10' },
        tiers: [{ upTo: '20', unitPrice: '0.50' }, { unitPrice: '0.105' }],
        taxCategory: 'access',
      },
    ],
  },
  large: {
    description: 'Large',
    charges: [{ code: 'access', service: 'internet', description: 'Large', price: '62.00', taxCategory: 'access' }],
  },
  line: {
    description: 'Line',
    in: 'advance',
    charges: [{ code: 'line', service: 'phone', description: 'Line', price: '31.00', taxCategory: 'phone' }],
  },
  family: {
    description: 'Family',
    charges: [
      {
        code: 'line',
        service: 'phone',
        description: 'Family',
        price: '49.99',
        taxCategory: 'phone',
        in: 'advance',
      },
      { code: 'box', service: 'phone', description: 'Box', price: '5.01', taxCategory: 'phone' },
    ],
  },
};

/** What is sold: prices that are easily divided by days, and taxes that are not. */
export function exampleCatalogue(): CatalogueVersion {
  const { versions } = Catalogue.parse({
    versions: [
      {
        version: 'v1',
        validFrom: '2026-01-01',
        currency: 'USD',
        terms: {
          rounding: 'line',
          daysToPay: 20,
          holidays: [
            { name: 'Memorial Day', month: 5, weekday: 1, nth: -1 },
            { name: 'Independence Day', month: 7, day: 4 },
            { name: 'Thanksgiving Day', month: 11, weekday: 4, nth: 4 },
            { name: 'Christmas Day', month: 12, day: 25 },
          ],
        },
        plans: PLANS,
        oneTime: { visit: { service: 'internet', description: 'Visit', price: '60.00', taxCategory: 'equipment' } },
        discounts: {
          half: { kind: 'percent', description: 'Half off', percent: '50', months: 2 },
          loyalty: { kind: 'percent', description: 'Loyalty', percent: '10' },
          router: { kind: 'fixed', description: 'Router on us', amount: '6.20', charge: 'router' },
        },
        taxAreas: {
          'US-PA': [{ jurisdiction: 'US-PA', rate: '0.06', categories: ['equipment'] }],
          'US-NY-NYC': [
            { jurisdiction: 'US-NY', rate: '0.04', categories: ['phone'] },
            { jurisdiction: 'US-NY-NYC', rate: '0.04875', categories: ['phone'] },
          ],
          'US-OR': [],
        },
      },
    ],
  });
  return versions[0]!;
}

type Example<Type extends SubscriptionEvent['type']> = Extract<SubscriptionEvent, { type: Type }>;

export function started(
  startsOn: string,
  change: Partial<Example<'SubscriptionStarted'>['data']> = {},
): Example<'SubscriptionStarted'> {
  const home = { subscriptionId: 'home', plan: 'small', startsOn, taxArea: 'US-PA', discounts: [], cycleDay: 15 };
  return { type: 'SubscriptionStarted', data: { ...home, catalogue: 'v1', effectiveAt: instant(startsOn), ...change } };
}

export function planChanged(on: string, plan: string): Example<'PlanChanged'> {
  return { type: 'PlanChanged', data: { subscriptionId: 'home', plan, on, catalogue: 'v1', effectiveAt: instant(on) } };
}

export function stopped(on: string): Example<'SubscriptionStopped'> {
  return {
    type: 'SubscriptionStopped',
    data: { subscriptionId: 'home', on, reason: 'moved', effectiveAt: instant(on) },
  };
}

export function visit(on: string, chargeId = '00000000-0000-4000-8000-0000000000c1'): Example<'OneTimeChargeAdded'> {
  const charge = { chargeId, subscriptionId: 'home', charge: 'visit', quantity: '1', on, catalogue: 'v1' };
  return { type: 'OneTimeChargeAdded', data: { ...charge, effectiveAt: instant(on) } };
}

export function used(usedOn: string, quantity: string, usageId = `u-${usedOn}`): Example<'UsageRecorded'> {
  const usage = { usageId, subscriptionId: 'home', meter: 'data', quantity, usedOn };
  return { type: 'UsageRecorded', data: { ...usage, effectiveAt: instant(usedOn) } };
}

function instant(day: string): string {
  return `${day}T00:00:00.000Z`;
}
