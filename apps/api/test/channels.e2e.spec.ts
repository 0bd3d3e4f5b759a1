import { randomUUID } from 'node:crypto';
import { CommandHandling } from '#libs/event-sourcing';
import { BankImport, type BankItem } from '#libs/ledger';
import { type Answer, type Api, bill, startApi } from './api-rig.js';

const USD = (amount: string) => ({ amount, currency: 'USD' });
const CARD = { kind: 'card', token: 'tok_1NirD82eZvKYlo2C' };
const PIN = '4826';

type Customer = Awaited<ReturnType<Api['open']>>;
/** A channel, how it is paid by, and the moment there is evidence of. */
type Way = [string, (customer: Customer) => Promise<string>, string | undefined];

describe('Every channel (PA1)', () => {
  let api: Api;
  beforeAll(async () => {
    api = await startApi();
  }, 60_000);
  afterAll(() => api.stop());

  const confirmed = ({ body }: Answer) => String(body['confirmationNumber']);

  const online = async ({ payBillNumber }: Customer) =>
    confirmed(
      await api.post(`/pay-bill-numbers/${payBillNumber}/payments`, {
        ...{ amount: USD('57.23'), channel: 'online', method: CARD },
      }),
    );

  const byPhone = async ({ id, payBillNumber }: Customer) => {
    await api.put(`/accounts/${id}/verification/pin`, { pin: PIN });
    let answer = await api.post('/ivr/calls', { method: CARD });
    for (const digits of [`${payBillNumber}#`, `${PIN}#`, '5723#', '1']) {
      const body = { turn: answer.body['turn'], digits };
      answer = await api.request('POST', `/ivr/calls/${String(answer.body['callId'])}/inputs`, { body });
    }
    return confirmed(answer);
  };

  const inPerson = async ({ payBillNumber }: Customer) => {
    const agent = { 'x-actor': 'agent-7' };
    const till = { location: 'harrisburg-01', till: 'till-1', number: 1 };
    const { body } = await api.post('/till-batches', till, randomUUID(), agent);
    const paying = { payBillNumber, amount: USD('57.23'), method: { kind: 'cash' } };
    return confirmed(await api.post(`/till-batches/${String(body['batchId'])}/payments`, paying, randomUUID(), agent));
  };

  /** A check in a lockbox, deposited on the day; the payer sees its number with the payment. */
  const byMail = async ({ id, payBillNumber }: Customer) => {
    const digest = 'c'.repeat(64);
    const file = { digest, format: 'BAI lockbox', sender: 'BANK', receiver: 'ACME', identification: 'F1', items: 1 };
    const amount = { minor: 5723n, currency: 'USD' };
    const references = [payBillNumber];
    const check: BankItem = { kind: 'credit', item: 1, record: 4, amount, settledOn: '2026-01-14', references };
    const importing = new BankImport(api.store, new CommandHandling(api.store), {
      actor: 'bank-import',
      findPayments: () => Promise.resolve(new Map()),
    });
    const items = async function* () {
      yield await Promise.resolve(check);
    };
    const { payments, position } = await importing.run({ ...file, createdOn: '2026-01-14' }, items());
    expect(payments).toBe(1);
    const { body } = await api.get(`/accounts/${id}/payments?after=${position}`);
    return String((body['items'] as { confirmationNumber: string }[])[0]!.confirmationNumber);
  };

  it.each<Way>([
    ['online', online, undefined],
    ['phone', byPhone, undefined],
    ['in-person', inPerson, undefined],
    ['mail-in', byMail, '2026-01-14T00:00:00.000Z'],
  ])(
    '%s: the payment has its confirmation number at once (PA3), and counts by the channel’s rule',
    async (channel, pay, evidence) => {
      const customer = await api.open();
      await api.post(`/accounts/${customer.id}/bills`, bill('B-1', '57.23'));
      const before = new Date().toISOString();
      const number = await pay(customer);
      expect(number).toMatch(/^[0-9A-HJKMNP-TV-Z]{12}$/);

      const events: Record<string, unknown>[] = [];
      for await (const { type, data } of api.store.readStream(`account-${customer.id}`)) {
        if (type === 'PaymentApplied') events.push(data as Record<string, unknown>);
      }
      expect(events).toMatchObject([{ channel, confirmationNumber: number, effectivePolicy: 'us-pa/1' }]);
      const { effectiveAt } = events[0]!;
      if (evidence !== undefined) expect(effectiveAt).toBe(evidence);
      else expect(String(effectiveAt) >= before).toBe(true);

      const after = await api.end();
      expect(await api.get(`/payments/${number}?after=${after}`)).toMatchObject({
        status: 200,
        body: { accountId: customer.id, channel, amount: USD('57.23') },
      });
    },
  );
});
