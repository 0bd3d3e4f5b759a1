import { createServer, type Server } from 'node:net';
import { type DeliveryFailed } from './delivery-failed.js';
import { SmtpMail } from './email.js';

/** Speaks just enough SMTP to fail at one step in one way. */
function failingServer(answers: Readonly<Record<string, string>>): Promise<{ url: string; server: Server }> {
  const server = createServer((socket) => {
    socket.on('error', () => undefined);
    socket.write('220 test\r\n');
    socket.on('data', (chunk) => {
      const command = chunk.toString().slice(0, 4).toUpperCase();
      socket.write(`${answers[command] ?? (command === 'EHLO' ? '250-test\r\n250 AUTH PLAIN' : '250 OK')}\r\n`);
    });
  });
  return new Promise((resolve) => {
    server.listen(0, '127.0.0.1', () => {
      resolve({ url: `127.0.0.1:${(server.address() as { port: number }).port}`, server });
    });
  });
}

const mail = {
  id: '0b5b7f0e-4b7f-5b0a-9d52-0a1b2c3d4e5f',
  type: 'bill-ready',
  at: new Date(),
  to: { name: 'Ada', address: 'ada@example.com' },
  subject: 'x',
  text: 'x',
  html: '<p>x</p>',
};

describe('A mail', () => {
  it.each([
    ['MAIL', '451 4.3.0 try later', false, 'SMTP 451 4.3.0 on MAIL FROM'],
    ['RCPT', '452 4.2.2 ada@example.com is over quota', false, 'SMTP 452 4.2.2 on RCPT TO'],
    ['RCPT', '550 no such user ada@example.com', true, 'SMTP 550 on RCPT TO'],
    ['DATA', '554 5.7.1 spam', true, 'SMTP 554 5.7.1 on DATA'],
    ['EHLO', '421 4.3.2 closing', false, 'SMTP 421 4.3.2'],
    // Credentials are mended by an operator and not by parking every mail there is.
    ['AUTH', '535 5.7.8 bad credentials', false, 'SMTP 535 5.7.8'],
  ])('refused at %s with %s has failed, for good: %s', async (step, answer, permanent, message) => {
    const { url, server } = await failingServer({ [step]: answer });
    const credentials = step === 'AUTH' ? 'user:password@' : '';
    const smtp = new SmtpMail(`smtp://${credentials}${url}`, { name: 'Paybill', address: 'billing@example.com' }, 1);
    const failed = (await smtp.send(mail).catch((error: DeliveryFailed) => error)) as DeliveryFailed;
    expect(failed.permanent).toBe(permanent);
    expect(failed.message.startsWith(message)).toBe(true);
    expect(failed.message).not.toContain('example.com');
    smtp.close();
    await new Promise((resolve) => server.close(resolve));
  });
});
