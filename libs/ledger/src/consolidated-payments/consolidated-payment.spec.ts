import { fold, given, goldenEvents } from '#testing/event-sourcing';
import { confirmationNumber } from '../billing/confirmation-number.js';
import {
  consolidatedPayment,
  consolidatedPaymentEvents,
  DivideConsolidatedPayment,
  MoveConsolidatedPart,
  ReceiveConsolidatedPayment,
  RecordPartsDone,
  ReturnConsolidatedPayment,
} from './consolidated-payment.js';

const id = '00000000-0000-4000-8000-00000000000a';
const body = {
  payBillNumber: '1234 5678 9012 44',
  amount: { amount: '70.00', currency: 'USD' },
  channel: 'online',
  method: { kind: 'card', token: 'tok_1' },
} as const;

describe('A payment over several accounts (ID3)', () => {
  const read = goldenEvents(consolidatedPaymentEvents, import.meta.url);
  const received = read('ConsolidatedPaymentReceived');
  const divided = [received, read('ConsolidatedPaymentDivided')];
  const applied = [...divided, read('ConsolidatedPaymentApplied')];

  it('is one payment with one confirmation number that follows from its id (PA3)', () => {
    const [event] = given(consolidatedPayment).when(ReceiveConsolidatedPayment, body).events();
    expect(event?.data).toMatchObject({ payBillNumber: '12345678901244', confirmationNumber: confirmationNumber(id) });
    given(consolidatedPayment, [received]).when(ReceiveConsolidatedPayment, body).thenRejected('PAYMENT_EXISTS');
  });

  it('that is left of another has the number of that, and goes back with it alone', () => {
    const partOf = { paymentId: '00000000-0000-4000-8000-00000000000b', amount: { amount: '90.00', currency: 'USD' } };
    const [event] = given(consolidatedPayment)
      .when(ReceiveConsolidatedPayment, { ...body, partOf })
      .events();
    expect(event?.data).toMatchObject({ partOf, confirmationNumber: confirmationNumber(partOf.paymentId) });
    const left = [event!, ...applied.slice(1)];
    const back = { reason: 'insufficient-funds' };
    given(consolidatedPayment, left).when(ReturnConsolidatedPayment, back).thenRejected('PAYMENT_IS_PART');
    const returned = given(consolidatedPayment, left).when(ReturnConsolidatedPayment, {
      ...back,
      partOf: partOf.paymentId,
    });
    expect(returned.state()).toMatchObject({ status: 'returning', taken: back });
  });

  it('takes no card number and no amount of nothing (SE4)', () => {
    const card = { kind: 'card', token: '4242424242424242' } as const;
    given(consolidatedPayment)
      .when(ReceiveConsolidatedPayment, { ...body, method: card })
      .thenRejected('CARD_NUMBER_REFUSED');
    given(consolidatedPayment)
      .when(ReceiveConsolidatedPayment, { ...body, amount: { amount: '0.00', currency: 'USD' } })
      .thenRejected('AMOUNT_NOT_POSITIVE');
  });

  it('is divided once, and keeps its parts', () => {
    const again = { parts: [{ accountId: id, paymentId: id, amount: '70.00' }], allocationPolicy: 'other' };
    given(consolidatedPayment, divided).when(DivideConsolidatedPayment, again).thenNothing();
  });

  it('says which account would not take its part, once for each reason', () => {
    const refused = { done: 'refused', accountId: id, code: 'PAYMENTS_HELD' } as const;
    const noted = given(consolidatedPayment, divided).when(RecordPartsDone, refused);
    expect(noted.state()).toMatchObject({ status: 'divided', refused: { accountId: id, code: 'PAYMENTS_HELD' } });
    given(consolidatedPayment, [...divided, ...noted.events()])
      .when(RecordPartsDone, refused)
      .thenNothing();
  });

  it('moves a part whose account was closed, once: what takes its place, and what is left, come to it', () => {
    const moved = read('ConsolidatedPartMoved');
    const { effectiveAt: _, ...body } = moved.data;
    const refused = read('ConsolidatedPartRefused');
    const state = fold(consolidatedPayment, [...divided, refused, moved]);
    expect(state).toMatchObject({
      status: 'divided',
      parts: [{ amount: '40.00' }, { amount: '20.00', insteadOf: body.paymentId }],
      left: [body.left],
    });
    expect(state).not.toHaveProperty('refused');
    given(consolidatedPayment, [...divided, moved])
      .when(MoveConsolidatedPart, body)
      .thenNothing();
    given(consolidatedPayment, applied).when(MoveConsolidatedPart, body).thenNothing();
  });

  it('is returned as a whole, once, and not while parts are on their way (PA5)', () => {
    const back = { returnCode: 'R01', reason: 'insufficient-funds' };
    const returned = given(consolidatedPayment, applied).when(ReturnConsolidatedPayment, back);
    expect(returned.state()).toMatchObject({ status: 'returning', taken: back });
    given(consolidatedPayment, [...applied, ...returned.events()])
      .when(ReturnConsolidatedPayment, back)
      .thenRejected('PAYMENT_ALREADY_RETURNED');
    given(consolidatedPayment, divided).when(ReturnConsolidatedPayment, back).thenRejected('PAYMENT_NOT_APPLIED');
    given(consolidatedPayment).when(ReturnConsolidatedPayment, back).thenRejected('PAYMENT_UNKNOWN');
  });

  it('folds from stored events to what it has always come to', () => {
    const refused = fold(consolidatedPayment, [...divided, read('ConsolidatedPartRefused')]);
    expect(refused).toMatchObject({ status: 'divided', refused: { code: 'PAYMENTS_HELD' } });
    const state = fold(consolidatedPayment, [...applied, read('ConsolidatedReturnReceived')]);
    expect(state).toMatchObject({ status: 'returning', taken: { returnCode: 'R01' } });
    const returned = consolidatedPayment.evolve(state, read('ConsolidatedPaymentReturned'));
    expect(returned).toMatchObject({ status: 'returned', parts: [{ amount: '40.00' }, { amount: '30.00' }] });
  });
});
