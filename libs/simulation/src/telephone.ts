import { createHash } from 'node:crypto';
import { type CommandMetadata } from '#libs/event-sourcing';
import {
  account,
  addDays,
  answered,
  ApplyPayment,
  compared,
  hear,
  notTaken,
  paid,
  payByNumber,
  payeeOf,
  type PhoneCall,
  SendCode,
  SetPin,
  SetSecurityQuestion,
  type Turn,
  verification,
  VerifyIdentity,
} from '#libs/ledger';
import { SECRET_HASHING } from '#libs/platform';
import { act } from './act.js';
import { usd } from './customers.js';
import { diceFor } from './dice.js';
import { idOf, type Subscriber } from './subscriber.js';
import { type World } from './world.js';

/** How many of ten thousand days somebody forgets the PIN on, or sets it anew. */
const FORGETS = 15;
const RESETS = 20;
const SECRET = { hashing: SECRET_HASHING };

type PhoneDeed = 'sets secrets' | 'forgets the PIN' | 'sets the PIN anew';

/** What somebody does about PIN and question on a day; on most days nothing. */
export function phoneDeedOn(seed: number, { index, opensOn }: Subscriber, day: string): PhoneDeed | undefined {
  const first = addDays(opensOn, 3);
  if (day <= first) return day === first ? 'sets secrets' : undefined;
  const thrown = diceFor(seed, 'telephone', index, day).between(1, 10_000);
  if (thrown <= FORGETS) return 'forgets the PIN';
  return thrown <= FORGETS + RESETS ? 'sets the PIN anew' : undefined;
}

/** The keys of somebody who pays, some of whom mistake the PIN at first. */
export function keysToPay(seed: number, { index }: Subscriber, day: string, payee: PinOf, amount: bigint): string[] {
  const isMistaken = diceFor(seed, 'keypad', index, day).percent(15);
  return [...(isMistaken ? wrongKeys(seed, payee) : []), ...rightKeys(seed, payee), `${amount}#`, '1'];
}

/** A pay bill number, and the account whose PIN goes with it. */
interface PinOf {
  readonly payBillNumber: string;
  readonly accountId: string;
}

function rightKeys(seed: number, { payBillNumber, accountId }: PinOf): string[] {
  return [`${payBillNumber}#`, `${pinOf(seed, accountId)}#`];
}

function wrongKeys(seed: number, { payBillNumber, accountId }: PinOf): string[] {
  const pin = Number(pinOf(seed, accountId));
  return [`${payBillNumber}#`, `${pin === 9_999 ? 1_000 : pin + 1}#`];
}

function pinOf(seed: number, accountId: string): string {
  return String(diceFor(seed, 'PIN', accountId).between(1_000, 9_999));
}

/**
 * Customers with their keypad, and who they prove to be by it. A call is the ledger's own; what a PIN is compared by is made
 * without a key here, so that nobody who starts Paybill on what was simulated gets in by any.
 */
export class Telephone {
  constructor(private readonly world: World) {}

  /** Presses the keys one after the other, until they have been pressed or the call is over. */
  async call(callId: string, keys: readonly string[]): Promise<void> {
    let { call } = answered();
    for (const [press, pressed] of keys.entries()) {
      const heard = hear(call, pressed);
      if (heard.kind === 'turn') ({ call } = heard.turn);
      else if (heard.kind === 'pay') ({ call } = await this.#pay(callId, call, heard));
      else ({ call } = await this.#compare(call, heard, this.#by(callId, `press ${press}`)));
    }
  }

  async setSecrets({ accountId }: Subscriber): Promise<void> {
    await this.#setPin(accountId);
    const question = { ...SECRET, question: 'first-job', verifier: this.#verifier(accountId, 'answer') };
    await this.world.do(accountId, act(SetSecurityQuestion, accountId, question));
  }

  /** Two calls with three guesses each: more than are allowed. */
  async guess({ index }: Subscriber, day: string, payee: PinOf): Promise<void> {
    const { seed } = this.world.plan;
    for (const call of [1, 2]) {
      const keys = Array.from({ length: 3 }, () => wrongKeys(seed, payee)).flat();
      await this.call(idOf(seed, 'guesses', index, day, call), keys);
    }
  }

  /** Shows by a code that was sent, and by the question, who this is, and sets the PIN once more. */
  async setPinAnew({ accountId }: Subscriber): Promise<void> {
    const given = this.#verifier(accountId, 'code');
    await this.world.do(accountId, act(SendCode, accountId, { purpose: 'pin-reset', verifier: given }));
    const { codes, question } = (await this.world.handling.current(accountId, verification)).state;
    const code = codes['pin-reset'];
    if (!code || !question) return;
    const byCode = { method: 'code', purpose: 'pin-reset', askedBy: 'phone', secretId: code.secretId, given } as const;
    await this.world.do(accountId, act(VerifyIdentity, accountId, byCode, { about: 'code' }));
    const answer = { secretId: question.secretId, given: this.#verifier(accountId, 'answer') };
    const byAnswer = { method: 'security-question', purpose: 'account-access', askedBy: 'phone', ...answer } as const;
    await this.world.do(accountId, act(VerifyIdentity, accountId, byAnswer, { about: 'answer' }));
    await this.#setPin(accountId);
  }

  async #setPin(accountId: string): Promise<void> {
    const verifier = this.#verifier(accountId, pinOf(this.world.plan.seed, accountId));
    await this.world.do(accountId, act(SetPin, accountId, { ...SECRET, verifier }));
  }

  async #compare(
    call: PhoneCall,
    { payBillNumber, pin }: { readonly payBillNumber: string; readonly pin: string },
    metadata: CommandMetadata,
  ): Promise<Turn> {
    const { world } = this;
    const payee = await payeeOf(world.handling, payBillNumber, metadata.commandId);
    const known = payee && (await world.before(payee.accountId, verification)).pin;
    if (!known) return compared(call, undefined);
    const { accountId } = payee;
    const asked = { method: 'pin', purpose: 'phone-payment', askedBy: 'phone', secretId: known.secretId } as const;
    const data = { ...asked, given: this.#verifier(accountId, pin) };
    const result = await world.notRefused(() =>
      world.handling.handle(accountId, { definition: VerifyIdentity, data, metadata }),
    );
    if (!result?.events.some(({ type }) => type === 'VerificationSucceeded')) return compared(call, undefined);
    const { holds, status, open } = await world.before(accountId, account);
    if (holds.length > 0 || (status === 'closed' && open === 0n)) return notTaken(call);
    return compared(call, { payBillNumber, accountId, currency: 'USD', digits: 2 });
  }

  async #pay(
    callId: string,
    call: PhoneCall,
    { payee, amount }: Extract<ReturnType<typeof hear>, { kind: 'pay' }>,
  ): Promise<Turn> {
    const { handling } = this.world;
    const metadata = this.#by(callId, 'pay');
    const method = { kind: 'card', token: 'sim_ok' } as const;
    const data = ApplyPayment.schema.parse({ amount: usd(amount), channel: 'phone', method });
    const done = await this.world.notRefused(async () => {
      const found = (await payeeOf(handling, payee.payBillNumber, metadata.commandId)) ?? payee;
      return payByNumber(handling, found, payee.payBillNumber, data, metadata);
    });
    return done ? paid(call, callId, amount, payee) : notTaken(call);
  }

  /** All that comes of a call has its id for a cause. */
  #by(callId: string, about: string): CommandMetadata {
    const commandId = idOf(this.world.plan.seed, callId, about);
    return { commandId, correlationId: callId, causationId: callId, actor: 'ivr' };
  }

  #verifier(accountId: string, secret: string): string {
    return createHash('sha256').update(`${this.world.plan.seed}\n${accountId}\n${secret}`).digest('base64url');
  }
}
