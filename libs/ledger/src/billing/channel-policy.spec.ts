import fc from 'fast-check';
import { type ChannelPolicy, effectiveByChannel } from './channel-policy.js';

const context = { id: 'a', commandId: 'c', at: '2026-01-15T22:30:00.000Z' };
const CHANNELS = ['online', 'autopay', 'phone', 'in-person', 'mail-in'] as const;
/** A biller in New York that posts online payments of the evening on the next day. */
const evening: ChannelPolicy = {
  version: 'us-ny-evening/1',
  channels: {
    online: { counts: 'from-receipt', cutOff: { time: '17:00', timeZone: 'America/New_York' } },
    autopay: { counts: 'from-receipt', cutOff: { time: '17:00', timeZone: 'America/New_York' } },
    phone: { counts: 'from-receipt' },
    'in-person': { counts: 'from-receipt' },
    'mail-in': { counts: 'from-evidence' },
  },
};
const on = (channel: (typeof CHANNELS)[number], named?: string) =>
  effectiveByChannel(channel, named, context, evening).effectiveAt;

describe('When a payment counts, by its channel (PA1)', () => {
  it('is by default at its receipt, in person and by phone at once, by mail as its postmark or deposit says (52 Pa. Code §56.21)', () => {
    for (const channel of CHANNELS) {
      expect(effectiveByChannel(channel, undefined, context)).toEqual({
        effectiveAt: context.at,
        effectivePolicy: 'us-pa/1',
      });
    }
    const postmark = '2026-01-12T00:00:00.000Z';
    expect(effectiveByChannel('mail-in', postmark, context).effectiveAt).toBe(postmark);
  });

  it('is the next day for what comes online after the cut-off, where the policy has one', () => {
    expect(on('online', '2026-01-15T21:59:00.000Z')).toBe('2026-01-15T21:59:00.000Z');
    expect(on('online', '2026-01-15T22:00:00.000Z')).toBe('2026-01-16T05:00:00.000Z');
    // 20:30 there, and the next day in UTC already.
    expect(on('autopay', '2026-01-16T01:30:00.000Z')).toBe('2026-01-16T05:00:00.000Z');
    expect(effectiveByChannel('online', undefined, context, evening)).toEqual({
      effectiveAt: '2026-01-16T05:00:00.000Z',
      effectivePolicy: 'us-ny-evening/1',
    });
  });

  it('has no cut-off in person, by phone and by mail', () => {
    for (const channel of ['phone', 'in-person', 'mail-in'] as const) expect(on(channel)).toBe(context.at);
  });

  it('finds the beginning of a day on which the clocks change', () => {
    // 2026-03-08 begins with the old offset and ends with the new; 2026-11-01 the other way round.
    const at = '2026-12-31T00:00:00.000Z';
    const online = (named: string) => effectiveByChannel('online', named, { ...context, at }, evening).effectiveAt;
    expect(online('2026-03-07T23:00:00.000Z')).toBe('2026-03-08T05:00:00.000Z');
    expect(online('2026-03-08T22:00:00.000Z')).toBe('2026-03-09T04:00:00.000Z');
    expect(online('2026-11-01T23:00:00.000Z')).toBe('2026-11-02T05:00:00.000Z');
  });

  it('is never before the receipt, less than a day after it, and counts once and for all', () => {
    const instant = fc.date({ min: new Date('2020-01-01'), max: new Date('2025-12-31'), noInvalidDate: true });
    fc.assert(
      fc.property(instant, fc.constantFrom(...CHANNELS), (received, channel) => {
        const effective = Date.parse(on(channel, received.toISOString()));
        const later = effective - received.getTime();
        expect(later).toBeGreaterThanOrEqual(0);
        expect(later).toBeLessThanOrEqual(7 * 3_600_000);
        expect(Date.parse(on(channel, new Date(effective).toISOString()))).toBe(effective);
      }),
    );
  });
});
