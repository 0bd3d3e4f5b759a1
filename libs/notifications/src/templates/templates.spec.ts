import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { NOTIFICATION_TYPES } from '../telling/notification.js';
import { EXAMPLES, LEAST } from './template-contents.js';
import { Templates } from './templates.js';

const OWN = join(import.meta.dirname, '../../templates');
const directory = mkdtempSync(join(tmpdir(), 'paybill-templates-'));
afterAll(() => rmSync(directory, { recursive: true }));

const confirmation = (locale: string) => ({ ...EXAMPLES['payment-confirmation'], locale });

/** A code is in no subject: those are read on locked screens. */
function about(type: string, part: string): RegExp {
  if (type === 'card-expiring') return /03\/2027/;
  if (['autopay-enrolled', 'autopay-cancelled', 'autopay-stopped'].includes(type)) return /autopay|pago automático/i;
  if (type === 'service-restored') return /restored|restablec/;
  // Of service that is suspended for another reason than debt there is no amount.
  if (type === 'service-suspended') return /suspend/;
  if (type !== 'verification-code') return /1[.,]?234[.,]50/;
  return part === 'subject' ? /^(?!.*048261).*c(o|ó)d(e|igo)/ : /048261/;
}

describe('Templates', () => {
  const templates = new Templates('en');

  it.each(NOTIFICATION_TYPES)('say of %s what it is about, in every part and language', async (type) => {
    for (const locale of ['en', 'es']) {
      for (const part of ['subject', 'text', 'html', 'sms'] as const) {
        const text = await templates.render(type, part, { ...EXAMPLES[type], locale });
        expect(text).toMatch(about(type, part));
        expect(text).not.toContain('{{');
        expect(text).not.toContain('undefined');
        if (part === 'subject' || part === 'sms') expect(text).not.toContain('\n');
        if (part === 'sms') expect(text.length).toBeLessThanOrEqual(160);
      }
    }
  });

  it('write money and days as the customer does', async () => {
    expect(await templates.render('payment-confirmation', 'text', confirmation('en-US'))).toContain(
      'We received: $1,234.50\nConfirmation number: 7K2M-9QXD-4TRA\nReceived: January 31, 2026\nPaid: online\nBill B-2026-001: $1,234.50\n',
    );
    expect(await templates.render('payment-confirmation', 'text', confirmation('es-MX'))).toContain(
      'Hemos recibido: USD\u00a01,234.50\nNúmero de confirmación: 7K2M-9QXD-4TRA\nRecibido: 31 de enero de 2026\n',
    );
  });

  it('lose no cent of an amount that no binary number holds', async () => {
    const amount = { amount: '90071992547409931.07', currency: 'USD' };
    const text = await templates.render('bill-ready', 'sms', { ...EXAMPLES['bill-ready'], amount, locale: 'en' });
    expect(text).toContain('$90,071,992,547,409,931.07');
  });

  it('take what is nearest to the customer’s language, else the default with its way of writing', () => {
    expect(templates.localeFor('es-MX')).toBe('es-MX');
    expect(templates.localeFor('fr-FR')).toBe('en');
    expect(templates.localeFor('not a locale')).toBe('en');
    expect(templates.localeFor(null)).toBe('en');
    expect(new Templates('es').localeFor('fr')).toBe('es');
  });

  it('show a name with markup in it as the name it is', async () => {
    const html = await templates.render('payment-confirmation', 'html', {
      ...confirmation('en'),
      name: '<img src=x onerror=alert(1)>',
    });
    expect(html).toContain('&lt;img src=x onerror=alert(1)&gt;');
    expect(html).not.toContain('<img');
  });

  it('say of autopay that ended with its account so, and nothing of bills that could not be debited', async () => {
    for (const locale of ['en', 'es']) {
      for (const part of ['subject', 'text', 'html', 'sms'] as const) {
        for (const [code, why] of [
          ['account-closed', /closed|cerrada|ended|terminado/],
          ['account-transferred', /transferred|traspasado|ended|terminado/],
        ] as const) {
          const text = await templates.render('autopay-stopped', part, {
            ...EXAMPLES['autopay-stopped'],
            locale,
            code,
          });
          expect(text).toMatch(why);
          expect(text).not.toMatch(new RegExp(`${code}|could not|no se pudieron`));
          if (part === 'text') expect(text).not.toMatch(/\n\n\n/);
          if (part === 'sms') expect(text.length).toBeLessThanOrEqual(160);
        }
      }
    }
  });

  it('do without a name and an account ending', async () => {
    const text = await templates.render('bill-ready', 'text', {
      ...EXAMPLES['bill-ready'],
      name: null,
      accountEnding: null,
    });
    expect(text).toMatch(/^Hello,\n/);
    expect(text).toMatch(/\nPaybill$/);
  });
});

describe('What may be absent', () => {
  const templates = new Templates('en');

  it.each(NOTIFICATION_TYPES)('leaves no gap in %s, in any part and language', async (type) => {
    for (const [locale, example] of ['en', 'es'].flatMap((each) =>
      LEAST[type].map((least) => [each, least] as const),
    )) {
      for (const part of ['subject', 'text', 'html', 'sms'] as const) {
        const text = await templates.render(type, part, { ...example, locale });
        expect(text).toMatch(about(type, part));
        expect(text).not.toMatch(/null|undefined/);
      }
    }
  });
});

describe('Templates that cannot be used are named with file and line before anything starts:', () => {
  const broken = (file: string, change: (text: string) => string | undefined) => {
    cpSync(OWN, directory, { recursive: true });
    const changed = change(readFileSync(join(directory, file), 'utf8'));
    if (changed === undefined) rmSync(join(directory, file));
    else writeFileSync(join(directory, file), changed);
    return () => new Templates('en', directory);
  };

  it('a variable that the type does not have', () => {
    const load = broken('es/bill-ready.text.liquid', (text) => `${text}\n{{ confirmationNumber }}`);
    expect(load).toThrow('es/bill-ready.text.liquid, line 15: bill-ready has no confirmationNumber');
  });

  it('a member that a variable does not have', () => {
    const load = broken('en/bill-ready.sms.liquid', () => 'x\n{{ amount.value }}');
    expect(load).toThrow('en/bill-ready.sms.liquid, line 2: bill-ready has no amount.value');
  });

  it('a member that what is repeated does not have', () => {
    const load = broken(
      'en/payment-returned.sms.liquid',
      () => '{% for bill in bills %}\n{{ bill.total }}{% endfor %}',
    );
    expect(load).toThrow('en/payment-returned.sms.liquid: undefined variable: bill.total, line:2');
  });

  it('money that may be absent, unless the template asks whether it is there', () => {
    const file = 'en/payment-confirmation.sms.liquid';
    expect(broken(file, () => '{{ amount | money }}\n{{ credit | money }}')).toThrow(
      /money of what may be absent; put it into {% if … %}, file:en\/payment-confirmation.sms.liquid, line:2/,
    );
    expect(broken(file, () => '{% if credit %}{{ credit | money }}{% endif %}')).not.toThrow();
  });

  it('the first of the bills, unless the template asks whether there is one', () => {
    const file = 'en/payment-returned.sms.liquid';
    expect(broken(file, () => '{{ bills[0].billNumber }}')).toThrow('en/payment-returned.sms.liquid');
    expect(broken(file, () => '{% if bills.size > 0 %}{{ bills[0].billNumber }}{% endif %}')).not.toThrow();
  });

  it('not one that knows that a payment without credit has paid bills', () => {
    const text = '{% if credit %}{{ credit | money }}{% else %}{{ bills[0].amount | money }}{% endif %}';
    expect(broken('en/payment-confirmation.sms.liquid', () => text)).not.toThrow();
  });

  it('a filter that is none', () => {
    const load = broken('en/bill-ready.subject.liquid', () => '{{ amount | cash }}');
    expect(load).toThrow(/undefined filter: cash, file:en\/bill-ready.subject.liquid, line:1/);
  });

  it('a tag that is not closed', () => {
    const load = broken('en/bill-ready.html.liquid', (text) => text.replace('{% endblock %}', ''));
    expect(load).toThrow(/en\/bill-ready.html.liquid, line:/);
  });

  it('a file that is missing', () => {
    expect(broken('es/bill-overdue.html.liquid', () => undefined)).toThrow('es/bill-overdue.html.liquid is missing');
  });

  it('none for the default locale', () => {
    expect(() => new Templates('de')).toThrow('there are none for the default locale de');
  });

  it('all of them at once', () => {
    const load = broken('en/bill-overdue.sms.liquid', () => '{{ wrong }}');
    writeFileSync(join(directory, 'es/bill-ready.sms.liquid'), '\n{{ wrong }}');
    expect(load).toThrow(/en\/bill-overdue.sms.liquid, line 1.*es\/bill-ready.sms.liquid, line 2/);
  });
});
