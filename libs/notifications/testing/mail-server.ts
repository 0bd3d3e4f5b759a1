import { simpleParser, type ParsedMail } from 'mailparser';
import { SMTPServer } from 'smtp-server';

/** A real SMTP server on this machine. */
export interface MailServer {
  readonly url: string;
  readonly mails: ParsedMail[];
  /** What a recipient is answered; undefined takes the mail. */
  answer: (recipient: string) => { code: number; text: string } | undefined;
  close(): Promise<void>;
}

/** @param port the one a server had before, to come back as that server */
export async function startMailServer(port = 0): Promise<MailServer> {
  const mails: ParsedMail[] = [];
  const server = new SMTPServer({
    authOptional: true,
    disabledCommands: ['STARTTLS', 'AUTH'],
    onRcptTo: ({ address }, _session, callback) => {
      const refusal = running.answer(address);
      callback(refusal && Object.assign(new Error(refusal.text), { responseCode: refusal.code }));
    },
    onData: (stream, _session, callback) => {
      simpleParser(stream).then((mail) => {
        mails.push(mail);
        callback();
      }, callback);
    },
  });
  server.on('error', () => undefined);
  await new Promise<void>((resolve) => void server.listen(port, '127.0.0.1', resolve));
  const address = server.server.address() as { port: number };
  const running: MailServer = {
    url: `smtp://127.0.0.1:${address.port}`,
    mails,
    answer: () => undefined,
    close: () => new Promise((resolve) => server.close(resolve)),
  };
  return running;
}
