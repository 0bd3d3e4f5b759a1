import { GatewayTimedOut, GatewayUnavailable, WebhookRefused } from '#libs/ledger';
import { startStripeDouble, type StripeDouble } from '#testing/gateways';
import { StripeGateway } from './stripe-gateway.js';

const SECRET = 'whsec_double';
const paymentId = '00000000-0000-4000-8000-00000000000a';
const refundId = '00000000-0000-4000-8000-00000000000b';
const asked = { paymentId, idempotencyKey: paymentId, reference: undefined };
const charge = (token: string, kind: 'card' | 'bank-account' = 'card') => ({
  ...asked,
  ...{ accountId: '00000000-0000-4000-8000-0000000000aa', amount: 6000n, currency: 'USD', method: { kind, token } },
});

describe('The Stripe gateway, against a double that checks keys and signatures', () => {
  let double: StripeDouble;
  let stripe: StripeGateway;
  const options = () => ({ key: 'sk_test_double', webhookSecret: SECRET, timeoutMs: 300, url: double.url });

  beforeEach(async () => {
    double = await startStripeDouble();
    stripe = new StripeGateway(options());
  });
  afterEach(() => double.close());

  const charged = async (kind?: 'bank-account') => {
    const { reference } = await stripe.charge(charge('pm_card_visa', kind));
    return { ...asked, reference };
  };

  it('charges a card once for each key, however often it is asked, with what was found out about the payer (VE2)', async () => {
    const report = await stripe.charge(charge('pm_card_visa'));
    expect(report).toMatchObject({ status: 'settled', verification: { cvv: 'pass', avs: 'fail' }, refunds: [] });
    expect(await stripe.charge(charge('pm_card_visa'))).toEqual(report);
    expect(double.effects).toEqual([`POST /v1/payment_intents ${paymentId}`]);
    await expect(stripe.charge({ ...charge('pm_card_visa'), amount: 6001n })).rejects.toThrow('other parameters');
  });

  it('tells a decline, a method that is not there, and a debit that takes its time from each other', async () => {
    const declined = await stripe.charge(charge('pm_card_visa_chargeDeclinedInsufficientFunds'));
    expect(declined).toMatchObject({ reference: 'pi_1', status: 'failed', declineCode: 'insufficient_funds' });
    const other = { ...charge('pm_unknown'), idempotencyKey: 'other' };
    expect(await stripe.charge(other)).toMatchObject({ status: 'failed', declineCode: 'resource_missing' });
    const debit = { ...charge('pm_usBankAccount', 'bank-account'), idempotencyKey: 'debit' };
    expect(await stripe.charge(debit)).toMatchObject({ status: 'pending' });
  });

  it('does not know what came of a charge without an answer, and finds it by asking or by the same key (PA5)', async () => {
    double.next('/v1/payment_intents', 'hang-after');
    await expect(stripe.charge(charge('pm_card_visa'))).rejects.toBeInstanceOf(GatewayTimedOut);
    expect(await stripe.find(asked)).toMatchObject({ reference: 'pi_1', status: 'settled' });
    expect(await stripe.charge(charge('pm_card_visa'))).toMatchObject({ reference: 'pi_1' });
    expect(double.effects).toHaveLength(1);
    expect(await stripe.find({ ...asked, paymentId: refundId })).toBeUndefined();
  });

  it('tells what may have been done from what surely was not', async () => {
    double.next('/v1/payment_intents', 500);
    await expect(stripe.charge(charge('pm_card_visa'))).rejects.toBeInstanceOf(GatewayTimedOut);
    double.next('/v1/payment_intents', 429);
    await expect(stripe.charge(charge('pm_card_visa'))).rejects.toBeInstanceOf(GatewayUnavailable);
    const wrongKey = new StripeGateway({ ...options(), key: 'sk_test_other' });
    await expect(wrongKey.charge(charge('pm_card_visa'))).rejects.toBeInstanceOf(GatewayUnavailable);
    const nobody = new StripeGateway({ ...options(), url: 'http://127.0.0.1:1' });
    await expect(nobody.charge(charge('pm_card_visa'))).rejects.toBeInstanceOf(GatewayUnavailable);
    expect(double.effects).toEqual([]);
  });

  it('refunds once for each key, and says when Stripe will not', async () => {
    const payment = await charged();
    const order = { ...payment, refundId, refundKey: refundId, amount: 4000n };
    const refunds = [{ refundId, reference: 're_1', status: 'settled' }];
    expect(await stripe.refund(order)).toMatchObject({ refunds });
    expect(await stripe.refund(order)).toMatchObject({ refunds });
    const beyond = await stripe.refund({ ...order, refundId: paymentId, refundKey: 'second' });
    expect(beyond.refunds.at(-1)).toMatchObject({ status: 'failed', failureCode: 'charge_already_refunded' });
  });

  it('voids what has not settled, and says that it cannot what has', async () => {
    expect(await stripe.void(await charged())).toMatchObject({
      status: 'settled',
      voidRefused: 'payment_intent_unexpected_state',
    });
    const debit = { ...charge('pm_usBankAccount', 'bank-account'), idempotencyKey: 'debit' };
    const { reference } = await stripe.charge(debit);
    expect(await stripe.void({ ...asked, idempotencyKey: 'debit', reference })).toMatchObject({ status: 'voided' });
  });

  it('reports a chargeback until it is decided, and contests it once (representment)', async () => {
    const payment = await charged();
    double.dispute(payment.reference, 'warning_needs_response');
    expect(await stripe.find(payment)).not.toHaveProperty('chargeback');
    const chargebackId = double.dispute(payment.reference, 'needs_response');
    expect(await stripe.find(payment)).toMatchObject({ chargeback: { chargebackId, status: 'open' } });
    const represented = { chargeback: { chargebackId, status: 'represented', reasonCode: 'fraudulent' } };
    expect(await stripe.represent(payment, chargebackId, 'case-4711')).toMatchObject(represented);
    expect(await stripe.represent(payment, chargebackId, 'case-4711')).toMatchObject(represented);
    expect(double.effects.filter((effect) => effect.includes('disputes'))).toHaveLength(1);
  });

  it('reports a debit that the bank gave back as a return', async () => {
    const payment = await charged('bank-account');
    double.dispute(payment.reference, 'lost', 'insufficient_funds');
    expect(await stripe.find(payment)).toMatchObject({ return: { reason: 'insufficient-funds' } });
    expect(await stripe.find(payment)).not.toHaveProperty('chargeback');
  });

  it('believes a webhook that Stripe has signed over its bytes, and no other', async () => {
    const read = (body: string, signature: string) => stripe.readWebhook(body, { 'stripe-signature': signature });
    const { reference } = await charged();
    const direct = double.webhook({ metadata: { paybill_payment_id: paymentId } }, SECRET);
    expect(await read(direct.body, direct.signature)).toEqual([paymentId]);
    const dispute = double.webhook({ object: 'dispute', payment_intent: reference }, SECRET);
    expect(await read(dispute.body, dispute.signature)).toEqual([paymentId]);
    const foreign = double.webhook({ object: 'payout' }, SECRET);
    expect(await read(foreign.body, foreign.signature)).toEqual([]);
    const forged = double.webhook({ metadata: { paybill_payment_id: paymentId } }, 'whsec_other');
    await expect(read(forged.body, forged.signature)).rejects.toBeInstanceOf(WebhookRefused);
    await expect(read(`${direct.body} `, direct.signature)).rejects.toBeInstanceOf(WebhookRefused);
    await expect(read(direct.body, '')).rejects.toBeInstanceOf(WebhookRefused);
  });
});
