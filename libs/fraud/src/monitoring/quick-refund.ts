import { type RuleOf } from '../rules/rule-set.js';
import { decimalOf } from '../rules/units.js';
import { type Finding, type Sight } from './finding.js';

/** A payment is asked back soon after it was made: money goes in from one place and comes out at another. */
export function quickRefund(rule: RuleOf<'quick-refund'>, { entries, own, fact }: Sight): Finding | undefined {
  const refund = entries[own]!;
  if (refund.kind !== 'refund') return undefined;
  const { units, currency, digits } = fact.amount!;
  const least = rule.atLeast.get(currency);
  if (least === undefined || units < least) return undefined;
  const payment = entries.find(({ kind, paymentId }) => kind === 'payment' && paymentId === refund.paymentId);
  if (!payment || refund.at - payment.at >= rule.within) return undefined;
  return {
    entries: [payment, refund],
    numbers: {
      paid: decimalOf(payment.units, digits),
      refunded: decimalOf(units, digits),
      currency,
      minutesBetween: Math.floor((refund.at - payment.at) / 60_000),
    },
    from: payment.at,
    to: refund.at,
  };
}
