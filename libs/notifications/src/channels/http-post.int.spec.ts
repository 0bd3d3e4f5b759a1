import { startHttpReceiver, type HttpReceiver } from '#testing/notifications';
import { type DeliveryFailed } from './delivery-failed.js';
import { postJson } from './http-post.js';
import { SmsGateway } from './sms.js';

describe('What is posted', () => {
  let receiver: HttpReceiver;
  beforeEach(async () => (receiver = await startHttpReceiver()));
  afterEach(() => receiver.close());

  const post = (url: string, publicOnly = false) => postJson({ url, headers: {}, body: '{}', publicOnly });
  const failure = (posted: Promise<void>): Promise<DeliveryFailed> =>
    posted.then(
      () => Promise.reject(new Error('was taken')),
      (error: DeliveryFailed) => error,
    );

  it.each([200, 201, 204])('is delivered when it is answered %d', async (status) => {
    receiver.answer = () => ({ status });
    await post(receiver.url);
  });

  it.each([
    [500, false],
    [503, false],
    [408, false],
    [429, false],
    [401, false],
    [403, false],
    [404, false],
    [400, true],
    [410, true],
    [301, true],
  ])('and answered %d has failed, for good: %s', async (status, permanent) => {
    receiver.answer = () => ({ status });
    expect(await failure(post(receiver.url))).toMatchObject({ message: `HTTP ${status}`, permanent });
  });

  it('is tried no earlier than asked, in seconds or by a date, and within a day', async () => {
    const asked = async (retryAfter: string) => {
      receiver.answer = () => ({ status: 503, headers: { 'retry-after': retryAfter } });
      return (await failure(post(receiver.url))).retryAfterMs;
    };
    expect(await asked('30')).toBe(30_000);
    expect(await asked(new Date(Date.now() + 60_000).toUTCString())).toBeGreaterThan(55_000);
    expect(await asked('999999999')).toBe(86_400_000);
    expect(await asked('soon')).toBe(0);
    expect(await asked(new Date(0).toUTCString())).toBe(0);
  });

  it('to where nobody listens has failed for now', async () => {
    const { url } = receiver;
    await receiver.close();
    expect(await failure(post(url))).toMatchObject({ message: 'HTTP: ECONNREFUSED', permanent: false });
  });

  it.each([
    'http://127.0.0.1/',
    'http://[::1]/',
    'http://[::ffff:127.0.0.1]/',
    'http://10.1.2.3/',
    'http://169.254.169.254/latest/meta-data/',
    'http://2130706433/',
    'http://0x7f.1/',
    'http://[fd00::1]/',
    'http://localhost/',
  ])('to %s is refused where only public addresses are called', async (url) => {
    const failed = await failure(post(url, true));
    expect(failed).toMatchObject({ permanent: true });
    expect(failed.message).toContain('private network');
  });

  it('as a text message names it to the gateway, so that a repeat is no second one', async () => {
    const message = { id: 'b7d7', type: 'bill-ready', at: new Date(), to: '+15550100', text: 'Su factura está lista' };
    await new SmsGateway(receiver.url, 'secret-token').send(message);
    const [{ headers, body }] = receiver.received as [(typeof receiver.received)[number]];
    expect(JSON.parse(body)).toEqual({ to: '+15550100', text: 'Su factura está lista' });
    expect(headers).toMatchObject({ authorization: 'Bearer secret-token', 'idempotency-key': 'b7d7' });
  });
});
