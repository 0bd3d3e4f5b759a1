import { SMTPServer } from 'smtp-server';

/** A mail server that keeps nothing of a mail but when it had been handed over whole, by its recipient. */
export class Mailbox {
  readonly arrived = new Map<string, number>();
  readonly #server = new SMTPServer({
    authOptional: true,
    disabledCommands: ['STARTTLS', 'AUTH'],
    onData: (stream, { envelope }, callback) => {
      stream.resume().once('end', () => {
        const now = performance.now();
        for (const { address } of envelope.rcptTo) this.arrived.set(address, now);
        callback();
      });
    },
  });

  private constructor() {
    // Whoever is stopped in the middle of a mail breaks the connection off.
    this.#server.on('error', () => undefined);
  }

  static async open(): Promise<Mailbox> {
    const mailbox = new Mailbox();
    await new Promise<void>((resolve) => void mailbox.#server.listen(0, '127.0.0.1', resolve));
    return mailbox;
  }

  get url(): string {
    return `smtp://127.0.0.1:${(this.#server.server.address() as { port: number }).port}`;
  }

  close(): Promise<void> {
    return new Promise((resolve) => this.#server.close(resolve));
  }
}
