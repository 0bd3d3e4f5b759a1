import { mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { composeMail, type Sender } from './email.js';
import { type Mail, type TextMessage } from './messages.js';

/** What an outbox file is called: `20260131T120000000Z-bill-ready-<delivery id>.eml`, so that names sort by time. */
const NAME = /^\d{8}T\d{9}Z-[a-z-]{1,40}-[\da-f-]{36}\.(eml|txt)$/;
const MOST_FILES = 1_000;

/** A directory that mails and text messages are written into where there is no way to send them; keeps the newest. */
export class Outbox {
  constructor(
    private readonly directory: string,
    private readonly most = MOST_FILES,
  ) {}

  /** Writes a mail as a file that a mail program opens. */
  async mail(mail: Mail, sender: Sender): Promise<void> {
    await this.#write(nameOf(mail, 'eml'), await composeMail(mail, sender));
  }

  async text(message: TextMessage): Promise<void> {
    await this.#write(nameOf(message, 'txt'), `To: ${message.to}\n\n${message.text}\n`);
  }

  /** Names of the files, the newest first. */
  async list(): Promise<string[]> {
    const names = await readdir(this.directory).catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return [];
      throw error;
    });
    return names
      .filter((name) => NAME.test(name))
      .sort()
      .reverse();
  }

  /** What is in a file; undefined when there is none by that name, whatever else the name may lead to. */
  async read(name: string): Promise<string | undefined> {
    if (!NAME.test(name)) return undefined;
    return readFile(join(this.directory, name), 'utf8').catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return undefined;
      throw error;
    });
  }

  /** A reader sees a file whole or not at all. Sent again, a message replaces its own file. */
  async #write(name: string, content: string | Buffer): Promise<void> {
    await mkdir(this.directory, { recursive: true });
    const unfinished = join(this.directory, `.${name}.unfinished`);
    await writeFile(unfinished, content, { mode: 0o600 });
    await rename(unfinished, join(this.directory, name));
    const names = await this.list();
    await Promise.all(names.slice(this.most).map((old) => rm(join(this.directory, old), { force: true })));
  }
}

function nameOf({ id, type, at }: Mail | TextMessage, extension: 'eml' | 'txt'): string {
  return `${at.toISOString().replace(/[-:.]/g, '')}-${type}-${id}.${extension}`;
}
