import { createTransport } from 'nodemailer';
import { DeliveryFailed } from './delivery-failed.js';
import { type Mail } from './messages.js';

/** Who mails are from. */
export interface Sender {
  readonly name: string;
  readonly address: string;
}

/** Mail by SMTP, over connections that are kept. TLS is as the URL says; `smtp:` uses STARTTLS where it is offered. */
export class SmtpMail {
  readonly #transport;

  constructor(
    url: string,
    private readonly sender: Sender,
    connections: number,
  ) {
    this.#transport = createTransport({
      pool: true,
      url,
      maxConnections: connections,
      connectionTimeout: 10_000,
      greetingTimeout: 10_000,
      socketTimeout: 20_000,
      disableFileAccess: true,
      disableUrlAccess: true,
    });
  }

  /** Hands a mail over to the server. @throws DeliveryFailed */
  async send(mail: Mail): Promise<void> {
    try {
      await this.#transport.sendMail(contentsOf(mail, this.sender));
    } catch (error) {
      throw failureOf(error);
    }
  }

  close(): void {
    this.#transport.close();
  }
}

/** A mail as the text of an .eml file. */
export async function composeMail(mail: Mail, sender: Sender): Promise<Buffer> {
  const composer = createTransport({ streamTransport: true, buffer: true, newline: 'windows' });
  const { message } = await composer.sendMail(contentsOf(mail, sender));
  if (!Buffer.isBuffer(message)) throw new Error('the mail was not composed as a whole');
  return message;
}

function contentsOf({ id, at, to, subject, text, html, attached = [] }: Mail, sender: Sender) {
  const messageId = `<${id}@${sender.address.slice(sender.address.lastIndexOf('@') + 1)}>`;
  // Automatic mail: out-of-office robots are not to answer it.
  const headers = { 'Auto-Submitted': 'auto-generated' };
  const encoding = { textEncoding: 'quoted-printable' as const };
  const attachments = attached.map((file) => ({ ...file }));
  return {
    from: { ...sender },
    to: { ...to },
    subject,
    text,
    html,
    attachments,
    messageId,
    date: at,
    headers,
    ...encoding,
  };
}

/** Steps of the conversation at which a 5xx is about this mail and not about how the server is reached. */
const ABOUT_THE_MAIL = ['MAIL FROM', 'RCPT TO', 'DATA'];

function failureOf(error: unknown): DeliveryFailed {
  const { code, responseCode, response, command } = error as Partial<Record<string, unknown>>;
  if (typeof responseCode !== 'number') {
    const known = typeof code === 'string' && /^E[A-Z]+$/.test(code) ? code : 'failure';
    return new DeliveryFailed(`SMTP: ${known}`, known === 'EENVELOPE' || known === 'EMESSAGE');
  }
  const [, detail = ''] = /^\d{3}[ -](\d\.\d{1,3}\.\d{1,3})/.exec(String(response)) ?? [];
  const step = typeof command === 'string' && /^[A-Z ]{4,16}$/.test(command) ? ` on ${command}` : '';
  const said = ['SMTP', responseCode, detail].filter((part) => part !== '').join(' ');
  return new DeliveryFailed(said + step, responseCode >= 500 && ABOUT_THE_MAIL.includes(String(command)));
}
