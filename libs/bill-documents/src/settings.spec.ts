import { BillDocumentSettings, billerOf } from './settings.js';

const read = (environment: Record<string, string>) => billerOf('Lakeside', BillDocumentSettings.parse(environment));

describe('The biller on its bills', () => {
  it('has no address until one is set: money must not be sent to a made-up one', () => {
    expect(read({})).toMatchObject({ name: 'Lakeside', address: [], remitTo: [] });
  });

  it('has coupons sent to its own address unless another is set', () => {
    const PAYBILL_BILLER_ADDRESS = '410 Harbor Street; Burlington, VT 05401';
    expect(read({ PAYBILL_BILLER_ADDRESS }).remitTo).toEqual(['410 Harbor Street', 'Burlington, VT 05401']);
    const lockbox = read({ PAYBILL_BILLER_ADDRESS, PAYBILL_REMIT_ADDRESS: 'P.O. Box 4100;Burlington, VT 05402' });
    expect(lockbox).toMatchObject({ address: ['410 Harbor Street', 'Burlington, VT 05401'] });
    expect(lockbox.remitTo).toEqual(['P.O. Box 4100', 'Burlington, VT 05402']);
  });

  it.each([
    ['an empty line', '410 Harbor Street;;VT'],
    ['more than five lines', 'a;b;c;d;e;f'],
    ['a line that has no room', 'x'.repeat(61)],
  ])('refuses an address with %s', (_, PAYBILL_BILLER_ADDRESS) => {
    expect(() => read({ PAYBILL_BILLER_ADDRESS })).toThrow('must be 1 to 5 lines of at most 60 characters');
  });
});
