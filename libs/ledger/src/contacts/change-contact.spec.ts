import { given } from '#testing/event-sourcing';
import { account } from '../billing/account.js';
import { accountClosed, accountOpened, at } from '../billing/account-examples.js';
import { type AccountEvent } from '../billing/account-events.js';
import { ChangeContact } from './change-contact.js';

const [jane, janesMail, otherMail] = ['v1.amFuZQ', 'v1.bWFpbA', 'v1.b3RoZXI'];
const known: AccountEvent = {
  type: 'ContactChanged',
  data: { contact: { name: jane, email: janesMail }, changed: ['name', 'email'], effectiveAt: at },
};
const change = (body: object, past: readonly AccountEvent[] = [accountOpened(), known]) =>
  given(account, past).when(ChangeContact, body);

describe('ChangeContact', () => {
  it('says the whole contact as it is afterwards, and what of it changed', () => {
    change({ email: otherMail }).then([
      {
        type: 'ContactChanged',
        data: { contact: { name: jane, email: otherMail }, changed: ['email'], effectiveAt: at },
      },
    ]);
  });

  it('says when there was no address before, whatever the name was, and that alone', () => {
    const first = (body: object, past: readonly AccountEvent[]) =>
      change(body, past)
        .events()
        .map(({ data }) => 'first' in data && data.first);
    const named: AccountEvent = {
      type: 'ContactChanged',
      data: { contact: { name: jane }, changed: ['name'], effectiveAt: at },
    };
    expect(first({ name: jane, email: janesMail }, [accountOpened()])).toEqual([true]);
    expect(first({ email: janesMail }, [accountOpened(), named])).toEqual([true]);
    expect(first({ email: otherMail }, [accountOpened(), known])).toEqual([false]);
    expect(first({ phone: 'v1.cGhvbmU' }, [accountOpened(), known])).toEqual([false]);
    expect(first({ email: null }, [accountOpened(), known])).toEqual([false]);
  });

  it('removes what is set to null, and leaves what is left out', () => {
    expect(change({ email: null }).state().contact).toEqual({ name: jane });
    expect(change({ name: null, email: null }).state().contact).toEqual({});
  });

  it('does nothing when all is as it says already', () => {
    change({ name: jane, email: janesMail }).thenNothing();
    change({ phone: null }).thenNothing();
    change({}).thenNothing();
  });

  it('is taken on a closed account, and on no unknown one', () => {
    expect(change({ email: otherMail }, [accountOpened(), accountClosed]).events()).toHaveLength(1);
    change({ email: otherMail }, []).thenRejected('ACCOUNT_UNKNOWN');
  });

  it('takes sealed texts and nothing in the clear', () => {
    expect(ChangeContact.schema.safeParse({ email: 'jane@example.com' }).success).toBe(false);
    expect(ChangeContact.schema.safeParse({ name: 'Jane' }).success).toBe(false);
  });
});
