import { fold, given, goldenEvents } from '#testing/event-sourcing';
import { AcceptBankFile, bankFile, bankFileEvents, FinishBankFile } from './bank-file-intake.js';

const digest = 'a'.repeat(64);
const file = {
  digest,
  format: 'NACHA',
  sender: 'BANK',
  createdOn: '2026-11-24',
  identification: '12104288 2026-11-24 A',
  items: 3,
};
const counts = { digest, payments: 1, returns: 1, receipts: 1, passedOver: 0 };
const at = '2026-01-15T12:00:00.000Z';
const accepted = { type: 'BankFileAccepted', data: { ...file, effectiveAt: at } } as const;
const applied = { type: 'BankFileApplied', data: { ...counts, effectiveAt: at } } as const;

describe('A bank file', () => {
  it('is accepted once', () => {
    given(bankFile).when(AcceptBankFile, file).then([accepted]);
  });

  it('is taken again, and nothing is written, while it has not been applied to its end', () => {
    given(bankFile, [accepted]).when(AcceptBankFile, file).thenNothing();
    given(bankFile, [accepted]).when(FinishBankFile, counts).then([applied]);
    given(bankFile, [accepted, applied]).when(FinishBankFile, counts).thenNothing();
  });

  it('is refused as a duplicate when it has been applied (PA9)', () => {
    given(bankFile, [accepted, applied]).when(AcceptBankFile, file).thenRejected('BANK_FILE_ALREADY_APPLIED');
  });

  it('is refused as a duplicate when another file has the same identification, applied or not (PA9)', () => {
    for (const past of [[accepted], [accepted, applied]]) {
      given(bankFile, past)
        .when(AcceptBankFile, { ...file, digest: 'b'.repeat(64) })
        .thenRejected('BANK_FILE_IDENTITY_USED');
    }
  });
});

describe('Events of bank files stored by earlier builds', () => {
  const read = goldenEvents(bankFileEvents, import.meta.url);

  it('fold to the file they have always come to', () => {
    const state = fold(bankFile, [read('BankFileAccepted'), read('BankFileApplied')]);
    expect(state).toEqual({ digest: '5d0f'.repeat(16), acceptedAt: '2026-11-24T12:00:00.000Z', isApplied: true });
  });
});
