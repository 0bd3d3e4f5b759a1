import { fold, given, goldenEvents } from '#testing/event-sourcing';
import {
  accountTransfer,
  accountTransferEvents,
  FinishAccountTransfer,
  RequestAccountTransfer,
} from './account-transfer.js';

const asked = {
  fromAccountId: '11111111-1111-4111-8111-111111111111',
  successorId: '22222222-2222-4222-8222-222222222222',
  kind: 'transfer',
  reason: 'moved-in',
} as const;
const at = '2026-01-15T12:00:00.000Z';
const requested = {
  type: 'AccountTransferRequested',
  data: { ...asked, moves: 'all', newPayBillNumber: false, effectiveAt: at },
} as const;

describe('A transfer between accounts', () => {
  it('is asked for once, and moves everything unless it says otherwise', () => {
    given(accountTransfer).when(RequestAccountTransfer, asked).then([requested]);
    given(accountTransfer, [requested]).when(RequestAccountTransfer, asked).thenRejected('TRANSFER_EXISTS');
  });

  it('is completed or refused once', () => {
    const completed = { type: 'AccountTransferCompleted', data: { effectiveAt: at } } as const;
    given(accountTransfer, [requested]).when(FinishAccountTransfer, {}).then([completed]);
    given(accountTransfer, [requested, completed]).when(FinishAccountTransfer, { refused: 'X' }).thenNothing();
    given(accountTransfer, [requested])
      .when(FinishAccountTransfer, { refused: 'ACCOUNT_CLOSED' })
      .then([{ type: 'AccountTransferRefused', data: { code: 'ACCOUNT_CLOSED', effectiveAt: at } }]);
  });
});

describe('Events of transfers stored by earlier builds', () => {
  const read = goldenEvents(accountTransferEvents, import.meta.url);

  it('fold to the transfer they have always come to', () => {
    const begun = read('AccountTransferRequested');
    expect(fold(accountTransfer, [begun, read('AccountTransferCompleted')])).toMatchObject({ status: 'completed' });
    expect(fold(accountTransfer, [begun, read('AccountTransferRefused')])).toMatchObject({
      status: 'refused',
      refused: 'ACCOUNT_CLOSED',
      asked: { kind: 'merger', moves: 'all', newPayBillNumber: true },
    });
  });
});
