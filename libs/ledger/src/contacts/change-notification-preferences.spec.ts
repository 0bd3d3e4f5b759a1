import { given } from '#testing/event-sourcing';
import { account } from '../billing/account.js';
import { accountOpened, at } from '../billing/account-examples.js';
import { type AccountEvent } from '../billing/account-events.js';
import { ChangeNotificationPreferences } from './change-notification-preferences.js';

const body = {
  locale: 'en-US',
  timeZone: 'America/New_York',
  channels: { 'payment-confirmation': ['email' as const, 'sms' as const], 'bill-ready': ['email' as const] },
  quietHours: { from: '22:00', to: '07:00' },
};
const changed = (data: object): AccountEvent =>
  ({ type: 'NotificationPreferencesChanged', data: { ...data, effectiveAt: at } }) as AccountEvent;

describe('ChangeNotificationPreferences', () => {
  it('says the whole of how the customer wants to be told', () => {
    given(account, [accountOpened()])
      .when(ChangeNotificationPreferences, body)
      .then([changed(body)]);
    const { quietHours: _, ...disturbed } = body;
    given(account, [accountOpened(), changed(body)])
      .when(ChangeNotificationPreferences, disturbed)
      .then([changed(disturbed)]);
  });

  it('does nothing when it is so already, in whatever order it is written', () => {
    const { channels, ...rest } = body;
    const turned = { 'bill-ready': channels['bill-ready'], 'payment-confirmation': ['sms' as const, 'email' as const] };
    given(account, [accountOpened(), changed(body)])
      .when(ChangeNotificationPreferences, { ...rest, locale: 'EN-us', channels: turned })
      .thenNothing();
  });

  it('refuses an unknown account', () => {
    given(account).when(ChangeNotificationPreferences, body).thenRejected('ACCOUNT_UNKNOWN');
  });

  it.each([
    ['a locale that is none', { locale: 'not a locale' }, 'locale'],
    ['a time zone that is none', { timeZone: 'Mars/Olympus' }, 'timeZone'],
    ['an offset, which knows no summer', { timeZone: '+05:00' }, 'timeZone'],
    ['a channel that is none', { channels: { 'bill-ready': ['fax'] } }, 'channels/bill-ready/0'],
    ['a type of notification in free text', { channels: { 'Bill Ready!': ['email'] } }, 'channels/Bill Ready!'],
    ['an hour that does not exist', { quietHours: { from: '25:00', to: '07:00' } }, 'quietHours/from'],
    ['quiet hours of no length', { quietHours: { from: '07:00', to: '07:00' } }, 'quietHours/to'],
  ])('names the field of %s', (_, change, field) => {
    const { error } = ChangeNotificationPreferences.schema.safeParse({ ...body, ...change });
    expect(error?.issues.map(({ path }) => path.join('/'))).toEqual([field]);
  });
});
