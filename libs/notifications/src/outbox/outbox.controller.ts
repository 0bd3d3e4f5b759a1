import { Controller, Get, Header, Inject, Param } from '@nestjs/common';
import { ApiExcludeController } from '@nestjs/swagger';
import { Problem } from '#libs/platform';
import { Outbox } from '../channels/outbox.js';
import { htmlOf } from './eml.js';

const HTML = 'text/html; charset=utf-8';
/** Nothing runs and nothing is fetched, neither by these pages nor by the mails they show. */
const POLICY = "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'";

/** The mails and text messages that a Paybill without a mail server wrote into its outbox, for whoever tries it out. */
@ApiExcludeController()
@Controller('dev/outbox')
export class OutboxController {
  constructor(@Inject(Outbox) private readonly outbox: Outbox) {}

  @Get()
  @Header('content-type', HTML)
  @Header('content-security-policy', POLICY)
  async getOutbox(): Promise<string> {
    const names = await this.outbox.list();
    const rows = names.map((name) => {
      const [at = '', ...type] = name.slice(0, -41).split('-');
      const kind = name.endsWith('.eml') ? 'mail' : 'text message';
      const time = at.replace(/^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d).*/, '$1-$2-$3 $4:$5:$6 UTC');
      return `<tr><td>${escaped(time)}</td><td><a href="/dev/outbox/${escaped(name)}">${escaped(type.join(' '))}</a></td><td>${kind}</td></tr>`;
    });
    const found = names.length === 0 ? '<p>Nothing has been sent yet.</p>' : `<table>${rows.join('')}</table>`;
    return page('Outbox', `<h1>Outbox</h1>${found}`);
  }

  @Get(':name')
  @Header('content-type', HTML)
  @Header('content-security-policy', POLICY)
  async getOutboxFile(@Param('name') name: string): Promise<string> {
    const text = await this.outbox.read(name);
    if (text === undefined) throw new Problem(404, 'OUTBOX_FILE_UNKNOWN', 'there is no such file; see /dev/outbox');
    const html = htmlOf(text);
    // Sandboxed without any allowance: a mail is shown, and that is all it can do.
    const shown = html === undefined ? '' : `<iframe sandbox="" srcdoc="${escaped(html)}"></iframe>`;
    const back = '<p><a href="/dev/outbox">Outbox</a></p>';
    return page(
      name,
      `${back}${shown}<details${html === undefined ? ' open' : ''}><summary>As written</summary>
      <pre>${escaped(text)}</pre></details>`,
    );
  }
}

function page(title: string, body: string): string {
  return `<!doctype html><html lang="en"><head><meta charset="utf-8"><title>${escaped(title)}</title>
<meta name="viewport" content="width=device-width, initial-scale=1"><style>
:root{color-scheme:light dark}body{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem}
td{padding:.3rem 1.5rem .3rem 0}iframe{width:100%;height:44rem;border:1px solid #8886;border-radius:8px;background:#fff}
pre{white-space:pre-wrap;overflow-wrap:anywhere}</style></head><body>${body}</body></html>`;
}

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

function escaped(text: string): string {
  return text.replace(/[&<>"']/g, (character) => ENTITIES[character]!);
}
