import { z } from 'zod';
import { DeliveryFailed } from '../channels/delivery-failed.js';
import { type Attachment, type Mail, type TextMessage } from '../channels/messages.js';
import { callWebhook } from '../channels/webhook.js';
import { type PersonalDataKeys } from '../personal-data.js';
import { localDay } from '../recipients/local-time.js';
import { quietUntil } from '../recipients/quiet-hours.js';
import { type Recipient } from '../recipients/recipients.js';
import { AT_ONCE, type Contents } from '../telling/notification.js';
import { wantedChannels } from '../telling/tell.js';
import { variablesOf } from '../templates/template-contents.js';
import { type Templates } from '../templates/templates.js';
import { type Claim, type Outcome } from './claims.js';
import { subjectOf } from '../webhook-endpoints/webhook-endpoints.js';

/** How things leave the process. */
export interface Ways {
  /** @throws DeliveryFailed */
  mail(mail: Mail): Promise<void>;
  /** @throws DeliveryFailed */
  text(message: TextMessage): Promise<void>;
  /** Whether webhooks into private networks are refused. */
  readonly publicWebhooksOnly: boolean;
}

/** Makes a bill as a PDF. */
export type BillDocument = (accountId: string, billNumber: string) => Promise<Omit<Attachment, 'contentType'>>;

/** What is assumed of customers who have not said, and what the biller is called. */
export interface Usual {
  readonly channels: readonly string[];
  readonly timeZone: string;
  readonly biller: string;
}

const Address = z.email();
const DELIVERED: Outcome = { kind: 'delivered' };
const NO_ADDRESS: Outcome = { kind: 'suppressed', reason: 'no-address' };
/** A code that nobody could use any more. */
const EXPIRED: Outcome = { kind: 'suppressed', reason: 'expired' };
/** Paid while the reminder waited. */
const SETTLED: Outcome = { kind: 'suppressed', reason: 'settled' };

/** Makes one delivery: looks again whether it is still wanted, opens the address, writes the text, hands it over. */
export class Carrier {
  constructor(
    private readonly ways: Ways,
    private readonly templates: Templates,
    private readonly personalData: PersonalDataKeys,
    private readonly usual: Usual,
    /** Without it no bill goes with the mail that says it is ready. */
    private readonly billDocument?: BillDocument,
  ) {}

  /** @throws DeliveryFailed */
  async carry(claim: Claim, now: Date): Promise<Outcome> {
    if (claim.settled) return SETTLED;
    if ('expiresAt' in claim.content && claim.content.expiresAt <= now.toISOString()) return EXPIRED;
    if (claim.channel === 'webhook') return this.#webhook(claim);
    const { recipient, type } = claim;
    if (recipient === null) return NO_ADDRESS;
    if (!wantedChannels(recipient, type, this.usual.channels).includes(claim.channel)) {
      return { kind: 'suppressed', reason: 'not-wanted' };
    }
    const until = this.#quietUntil(recipient, type, now);
    if (until !== undefined) return { kind: 'quiet', until };
    return claim.channel === 'email' ? this.#email(claim, recipient) : this.#sms(claim, recipient);
  }

  #quietUntil({ quietHours, timeZone }: Recipient, type: string, now: Date): Date | undefined {
    if (quietHours === null || AT_ONCE.has(type)) return undefined;
    return quietUntil(now, timeZone ?? this.usual.timeZone, quietHours);
  }

  async #email(claim: Claim, recipient: Recipient): Promise<Outcome> {
    const address = await this.#open(recipient, 'email');
    if (address === undefined) return NO_ADDRESS;
    if (!Address.safeParse(address).success) throw new DeliveryFailed('the e-mail address is no address', true);
    const { id, type, toldAt: at } = claim;
    const name = await this.#open(recipient, 'name');
    const variables = await this.#variables(claim, recipient, name);
    const [subject, text, html] = await Promise.all(
      (['subject', 'text', 'html'] as const).map((part) => this.#write(type, part, variables)),
    );
    await this.ways.mail({
      id,
      type,
      at,
      to: { name: name ?? '', address },
      subject: subject!,
      text: text!,
      html: html!,
      attached: await this.#attachedTo(claim, recipient),
    });
    return DELIVERED;
  }

  /**
   * The bill itself goes with the mail to those who want `bill-document` by e-mail, the paperless: it carries the whole pay
   * bill number, and so goes to nobody who has not asked for it.
   */
  async #attachedTo({ content, type, accountId }: Claim, recipient: Recipient): Promise<Attachment[]> {
    if (type !== 'bill-ready' || !('billNumber' in content) || !this.billDocument) return [];
    if (!wantedChannels(recipient, 'bill-document', []).includes('email')) return [];
    try {
      return [{ ...(await this.billDocument(accountId, content.billNumber)), contentType: 'application/pdf' }];
    } catch (error) {
      // The kind says what is away; a text might say whose bill it is.
      throw new DeliveryFailed(`the bill document cannot be made: ${(error as Error).name}`, false);
    }
  }

  async #sms(claim: Claim, recipient: Recipient): Promise<Outcome> {
    const to = await this.#open(recipient, 'phone');
    if (to === undefined) return NO_ADDRESS;
    const { id, type, toldAt: at } = claim;
    const name = await this.#open(recipient, 'name');
    const text = await this.#write(type, 'sms', await this.#variables(claim, recipient, name));
    await this.ways.text({ id, type, at, to, text });
    return DELIVERED;
  }

  async #webhook({ id, endpoint, type, toldAt, accountId, notificationId, content }: Claim): Promise<Outcome> {
    if (endpoint === null) return { kind: 'suppressed', reason: 'endpoint-removed' };
    const secret = await this.personalData.open(subjectOf(endpoint.id), 'secret', endpoint.secret);
    if (secret === undefined) return { kind: 'suppressed', reason: 'endpoint-removed' };
    const data = { notificationId, accountId, ...content };
    const call = { id, url: endpoint.url, secret, type, at: toldAt, data };
    await callWebhook(call, this.ways.publicWebhooksOnly);
    return DELIVERED;
  }

  async #variables({ content }: Claim, recipient: Recipient, name: string | undefined) {
    const { biller, timeZone } = this.usual;
    const locale = this.templates.localeFor(recipient.locale);
    const common = { biller, locale, name: name ?? null, accountEnding: recipient.payBillNumberEnding };
    const code = 'codeId' in content ? { code: await this.#code(recipient, content) } : {};
    const variables = variablesOf(content, common, (instant) =>
      localDay(Date.parse(instant), recipient.timeZone ?? timeZone),
    );
    return { ...variables, ...code };
  }

  #code({ accountId }: Recipient, { codeId, digits }: Contents['verification-code']): Promise<string> {
    return this.personalData.oneTimeCode(accountId, codeId, digits);
  }

  /** A text that cannot be written now cannot be written later either. */
  async #write(...[type, part, variables]: Parameters<Templates['render']>): Promise<string> {
    try {
      return await this.templates.render(type, part, variables);
    } catch {
      throw new DeliveryFailed(`the template ${type}.${part} cannot be filled in`, true);
    }
  }

  async #open({ accountId, ...recipient }: Recipient, field: 'name' | 'email' | 'phone'): Promise<string | undefined> {
    const sealed = recipient[field];
    return sealed === null ? undefined : this.personalData.open(accountId, field, sealed);
  }
}
