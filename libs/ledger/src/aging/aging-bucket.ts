/**
 * The buckets receivables are aged in, by days past due: a bill due on the day it is looked at, or later, is current; one
 * due the day before is one day past due. The last has no end.
 */
export const AGING_BUCKETS = [
  { name: 'current', from: null, to: 0 },
  { name: 'days1To30', from: 1, to: 30 },
  { name: 'days31To60', from: 31, to: 60 },
  { name: 'days61To90', from: 61, to: 90 },
  { name: 'days91To120', from: 91, to: 120 },
  { name: 'over120Days', from: 121, to: null },
] as const;

export type AgingBucket = (typeof AGING_BUCKETS)[number]['name'];
