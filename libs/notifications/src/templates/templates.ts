import { existsSync, readdirSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Context, Liquid, type Template } from 'liquidjs';
import { LRUCache } from 'lru-cache';
import { NOTIFICATION_TYPES, type NotificationType } from '../telling/notification.js';
import { EXAMPLES, LEAST } from './template-contents.js';

const PARTS = ['subject', 'text', 'html', 'sms'] as const;
type Part = (typeof PARTS)[number];

/** Directories that hold a language are named by it; others hold what languages share. */
const LANGUAGE = /^[a-z]{2,3}(-[A-Za-z0-9]{2,8})*$/;

/** Templates that cannot be used: each fault with its file and line. The process is not to start with them. */
class WrongTemplates extends Error {
  // Told at the start like any other setting that is wrong.
  override readonly name = 'WrongConfiguration';
}

/**
 * The texts customers get, by language and type: `en/bill-ready.text.liquid`. All of them are read and checked when the
 * process starts, so that no mail fails on a template later.
 */
export class Templates {
  readonly #parsed = new Map<string, Template[]>();
  readonly #plain: Liquid;
  readonly #html: Liquid;

  /** @throws WrongTemplates when a template is missing, cannot be read or names what its type does not have */
  constructor(
    private readonly defaultLocale: string,
    private readonly directory = ownDirectory(),
  ) {
    const options = { root: directory, cache: true, strictVariables: true, strictFilters: true, ownPropertyOnly: true };
    this.#plain = new Liquid(options);
    this.#html = new Liquid({ ...options, outputEscape: 'escape' });
    for (const engine of [this.#plain, this.#html]) {
      engine.registerFilter('money', function (value: Money | null | undefined) {
        if (!value) throw new Error('money of what may be absent; put it into {% if … %}');
        return moneyText(value, localeIn(this.context));
      });
      engine.registerFilter('day', function (value: string) {
        return dayText(value, localeIn(this.context));
      });
    }
    const faults = this.#load();
    if (faults.length > 0) throw new WrongTemplates(`wrong templates in ${directory}: ${faults.join('; ')}`);
  }

  /**
   * The locale a customer's texts are written in: the language of the templates is the customer's own, or else the default
   * one, in which then money and days are written too.
   */
  localeFor(wanted: string | null): string {
    const given = canonical(wanted) ?? this.defaultLocale;
    return this.#languageOf(given) === undefined ? this.defaultLocale : given;
  }

  /** @param variables what the type has, `locale` being one that {@link localeFor} gave */
  async render(type: NotificationType, part: Part, variables: Readonly<Record<string, unknown>>): Promise<string> {
    const language = this.#languageOf(String(variables['locale'])) ?? this.defaultLocale;
    const template = this.#parsed.get(fileOf(language, type, part));
    if (!template) throw new Error(`there is no template ${fileOf(language, type, part)}`);
    const text = String(await this.#engine(part).render(template, variables));
    return part === 'html' ? text : text.trim();
  }

  /** Of `es-MX`, `es` when there are templates for no more than that. */
  #languageOf(locale: string): string | undefined {
    for (let language = locale; language !== ''; language = language.slice(0, Math.max(language.lastIndexOf('-'), 0))) {
      if (this.#parsed.has(fileOf(language, 'bill-ready', 'subject'))) return language;
    }
    return undefined;
  }

  #load(): string[] {
    const languages = existsSync(this.directory)
      ? readdirSync(this.directory).filter((name) => LANGUAGE.test(name))
      : [];
    const faults: string[] = [];
    for (const language of languages) {
      for (const type of NOTIFICATION_TYPES) {
        for (const part of PARTS) faults.push(...this.#loadOne(language, type, part));
      }
    }
    if (faults.length === 0 && this.#languageOf(this.defaultLocale) === undefined) {
      faults.push(`there are none for the default locale ${this.defaultLocale}`);
    }
    return faults;
  }

  #loadOne(language: string, type: NotificationType, part: Part): string[] {
    const file = fileOf(language, type, part);
    if (!existsSync(join(this.directory, file))) return [`${file} is missing`];
    const engine = this.#engine(part);
    try {
      const template = engine.parseFileSync(file);
      const unknown = this.#unknownVariables(engine, template, type);
      if (unknown.length > 0) return unknown;
      // What the analysis does not see (members of what a loop goes over, what may be absent) the examples show.
      for (const example of [EXAMPLES[type], ...LEAST[type]]) engine.renderSync(template, example);
      this.#parsed.set(file, template);
      return [];
    } catch (error) {
      const [reason = ''] = (error as Error).message.split('\n');
      return [reason.includes('file:') ? reason.replaceAll(`${this.directory}/`, '') : `${file}: ${reason}`];
    }
  }

  #unknownVariables(engine: Liquid, template: Template[], type: NotificationType): string[] {
    const globals = Object.values(engine.analyzeSync(template).globals).flat();
    return globals
      .filter((variable) => !isIn(EXAMPLES[type], variable.toArray()))
      .map((variable) => {
        const { file, row } = variable.location;
        const where = file === undefined ? 'a template' : relative(this.directory, file);
        return `${where}, line ${row}: ${type} has no ${variable.toString()}`;
      });
  }

  #engine(part: Part): Liquid {
    return part === 'html' ? this.#html : this.#plain;
  }
}

interface Money {
  readonly amount: string;
  readonly currency: string;
}

function isIn(example: unknown, [first, ...rest]: readonly unknown[]): boolean {
  if (typeof first !== 'string') return true;
  if (typeof example !== 'object' || example === null || !Object.hasOwn(example, first)) {
    return Array.isArray(example) && ['size', 'first', 'last'].includes(first);
  }
  return rest.length === 0 || isIn((example as Record<string, unknown>)[first], rest);
}

function fileOf(language: string, type: NotificationType, part: Part): string {
  return `${language}/${type}.${part}.liquid`;
}

// To make a formatter takes far longer than to use it. Customers may name more locales than anybody wants to remember.
const moneyFormats = new LRUCache<string, Intl.NumberFormat>({
  max: 200,
  memoMethod: (key) => {
    const [locale, currency] = key.split(' ');
    return new Intl.NumberFormat(locale, { style: 'currency', currency });
  },
});
const dayFormats = new LRUCache<string, Intl.DateTimeFormat>({
  max: 200,
  memoMethod: (locale) => new Intl.DateTimeFormat(locale, { dateStyle: 'long', timeZone: 'UTC' }),
});

/** Decimal texts go into Intl as they are: no cent is lost to a binary number. */
function moneyText({ amount, currency }: Money, locale: string): string {
  return moneyFormats.memo(`${locale} ${currency}`).format(amount as Intl.StringNumericLiteral);
}

function dayText(day: string, locale: string): string {
  return dayFormats.memo(locale).format(new Date(`${day}T00:00:00Z`));
}

function localeIn(context: Context): string {
  return String(context.getSync(['locale']));
}

function canonical(locale: string | null): string | undefined {
  try {
    return locale === null ? undefined : Intl.getCanonicalLocales(locale)[0];
  } catch {
    return undefined;
  }
}

/** The templates that come with Paybill: beside the sources, from which the built program finds them too. */
function ownDirectory(): string {
  for (let place = dirname(fileURLToPath(import.meta.url)); ; place = dirname(place)) {
    const found = join(place, 'libs/notifications/templates');
    if (existsSync(found)) return found;
    if (dirname(place) === place) throw new Error('the templates of notifications are not beside the program');
  }
}
