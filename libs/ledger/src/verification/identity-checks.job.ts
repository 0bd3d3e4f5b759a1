import { Inject, Injectable } from '@nestjs/common';
import { setTimeout as delay } from 'node:timers/promises';
import { CommandHandling, EventStore, Rejected } from '#libs/event-sourcing';
import {
  type Call,
  hashSecret,
  isSecretHashing,
  PersonalData,
  PersonalDataErased,
  Problem,
  SECRET_HASHING,
} from '#libs/platform';
import { account } from '../billing/account.js';
import { type Done } from '../command-answers.js';
import { CommandDoor, metadataOf } from '../command-door.js';
import { holderOf } from '../pay-bill-numbers/holder.job.js';
import { accountUnknown } from '../reads/answers.js';
import { isSimplePin, normalAnswer } from './simple-secrets.js';
import { SendCode } from './send-code.js';
import { SetPin, SetSecurityQuestion } from './set-secrets.js';
import { refuseVerification, secretFor, verification, type VerificationState } from './verification.js';
import { type Method, type Purpose, type VerificationEvent } from './verification-events.js';
import { VERIFICATION_POLICY } from './verification-policy.js';
import { VerifyIdentity } from './verify-identity.js';

/** A secret somebody gives, to be compared. */
export interface Proof {
  readonly method: Method;
  readonly purpose: Purpose;
  readonly askedBy: 'online' | 'phone' | 'in-person';
  readonly secret: string;
}

type Checked = Promise<Done<VerificationEvent>>;

const TRIES = 3;
/**
 * When the answer to a number and a PIN is given, at the earliest: longer than any way to it takes, so that the time says
 * nothing about the number.
 */
const ANSWER_AFTER_MS = 300;

/**
 * Turns the secrets that customers give into what they are compared by, and sends the commands. Secrets in the clear come
 * this far and no further: commands, events and their hashes see verifiers, which are made with the account's own key and
 * can neither be opened nor tried out by whoever has the log (ADR 0033).
 */
@Injectable()
export class IdentityChecks {
  constructor(
    @Inject(CommandDoor) private readonly door: CommandDoor,
    @Inject(CommandHandling) private readonly handling: CommandHandling,
    @Inject(EventStore) private readonly store: EventStore,
    @Inject(PersonalData) private readonly personalData: PersonalData | null,
  ) {}

  /** @throws Rejected PIN_TOO_SIMPLE, ACCOUNT_UNKNOWN, VERIFICATION_FORGOTTEN */
  async setPin(accountId: string, pin: string, call: Call): Checked {
    await this.#payBillNumberOf(accountId);
    const { payBillNumber, ownNumbers } = (await this.handling.current(accountId, account)).state;
    if ([...ownNumbers, payBillNumber].some((number) => isSimplePin(pin, number))) {
      const message =
        'this PIN is among the first that are tried: no sequences, repetitions, years or figures of the bill';
      refuseVerification('PIN_TOO_SIMPLE', message, 'pin');
    }
    return this.door.send(SetPin, accountId, await this.#remembered(accountId, 'pin', pin, call), call);
  }

  /** @throws Rejected QUESTION_UNKNOWN, ANSWER_TOO_SHORT, ACCOUNT_UNKNOWN, VERIFICATION_FORGOTTEN */
  async setSecurityQuestion(accountId: string, question: string, answer: string, call: Call): Checked {
    const { questions, answer: rule } = VERIFICATION_POLICY;
    if (!Object.hasOwn(questions, question)) {
      refuseVerification('QUESTION_UNKNOWN', 'ask one of the questions of GET /verification-policy', 'question');
    }
    const normal = normalAnswer(answer);
    if (normal.length < rule.leastCharacters) {
      const message = `an answer has at least ${rule.leastCharacters} letters or figures`;
      refuseVerification('ANSWER_TOO_SHORT', message, 'answer');
    }
    await this.#payBillNumberOf(accountId);
    const remembered = await this.#remembered(accountId, 'security-question', normal, call);
    return this.door.send(SetSecurityQuestion, accountId, { ...remembered, question }, call);
  }

  /**
   * Has a one-time code sent to wherever the customer is reached. The code is made from the command's id and the account's
   * key, here to be compared and again where it is sent, so that it is stored and passed on nowhere.
   * @throws Rejected VERIFICATION_LOCKED, CODES_TOO_MANY, ACCOUNT_UNKNOWN, VERIFICATION_FORGOTTEN
   */
  async sendCode(accountId: string, purpose: Purpose, call: Call): Checked {
    await this.#payBillNumberOf(accountId);
    const { commandId } = metadataOf(call, `${verification.category}-${accountId}`);
    const { digits } = VERIFICATION_POLICY.code;
    const code = await this.#withKey((keys) => keys.oneTimeCode(accountId, commandId, digits));
    const verifier = await this.#verifier(accountId, 'code', code, commandId, undefined);
    return this.door.send(SendCode, accountId, { purpose, verifier }, call);
  }

  /**
   * Compares a secret with what the customer has set. The result is in the stream before it is returned.
   * @throws Rejected ACCOUNT_UNKNOWN, and each of VERIFICATION_REJECTIONS
   */
  async check(accountId: string, proof: Proof, call: Call): Checked {
    const { method, purpose, askedBy } = proof;
    for (let tries = 1; ; tries++) {
      const { state } = await this.handling.current(accountId, verification);
      const secret = secretFor(state, method, purpose);
      if (!secret) {
        await this.#payBillNumberOf(accountId);
        refuseVerification('VERIFICATION_NOT_SET_UP', 'there is nothing to compare this with; use another method');
      }
      const given = await this.#given(accountId, state, proof, secret.secretId);
      const { secretId } = secret;
      try {
        return await this.door.send(VerifyIdentity, accountId, { method, purpose, askedBy, secretId, given }, call);
      } catch (error) {
        const changed = error instanceof Rejected && error.code === 'VERIFICATION_CHANGED';
        if (!changed || tries === TRIES) throw error;
      }
    }
  }

  /**
   * The account of a number when the PIN is its customer's. One who knows only a number learns nothing by it (ID5): whether
   * it belongs to nobody, has no PIN, is locked, or the PIN is another, it takes as long and is answered the same.
   */
  async accountOf(payBillNumber: string, pin: string, call: Call): Promise<string | undefined> {
    const [outcome] = await Promise.allSettled([this.#compared(payBillNumber, pin, call), delay(ANSWER_AFTER_MS)]);
    if (outcome.status === 'rejected') throw outcome.reason;
    return outcome.value;
  }

  async #compared(payBillNumber: string, pin: string, call: Call): Promise<string | undefined> {
    const accountId = await holderOf(this.handling, payBillNumber);
    const known = accountId !== undefined && (await this.handling.current(accountId, verification)).state.pin;
    if (!known) {
      // As much work as there is for a PIN that exists.
      await hashSecret(pin, Buffer.alloc(16), SECRET_HASHING);
      return undefined;
    }
    try {
      const proof: Proof = { method: 'pin', purpose: 'phone-payment', askedBy: 'phone', secret: pin };
      const { events } = await this.check(accountId, proof, call);
      return events.some(({ type }) => type === 'VerificationSucceeded') ? accountId : undefined;
    } catch (error) {
      if (error instanceof Rejected) return undefined;
      throw error;
    }
  }

  /** What a new secret will be compared by. */
  async #remembered(accountId: string, method: Method, secret: string, call: Call) {
    const { commandId } = metadataOf(call, `${verification.category}-${accountId}`);
    const verifier = await this.#verifier(accountId, method, secret, commandId, SECRET_HASHING);
    return { verifier, hashing: SECRET_HASHING };
  }

  /** What somebody gives, made into what the secret it is for would be compared by if it were the same. */
  async #given(accountId: string, state: VerificationState, { method, secret }: Proof, secretId: string) {
    switch (method) {
      case 'pin':
        return this.#verifier(accountId, method, secret, secretId, state.pin?.hashing);
      case 'security-question':
        return this.#verifier(accountId, method, normalAnswer(secret), secretId, state.question?.hashing);
      case 'code':
        return this.#verifier(accountId, method, secret, secretId, undefined);
    }
  }

  /** @param hashing for what people remember, which is guessed easily by whoever has the key; a code expires before. */
  async #verifier(accountId: string, method: Method, secret: string, secretId: string, hashing: string | undefined) {
    return this.#withKey(async (keys) => {
      let text = secret;
      if (hashing !== undefined) {
        if (!isSecretHashing(hashing)) throw new Error(`this build knows no way of hashing called ${hashing}`);
        text = await hashSecret(secret, await keys.fingerprint(accountId, 'salt', secretId), hashing);
      }
      return (await keys.fingerprint(accountId, method, `${secretId} ${text}`)).toString('base64url');
    });
  }

  async #withKey<Made>(make: (keys: PersonalData) => Promise<Made>): Promise<Made> {
    try {
      return await make(this.#unlocked());
    } catch (error) {
      if (!(error instanceof PersonalDataErased)) throw error;
      const message = 'the personal data of this customer was erased, and PIN and answers with it';
      return refuseVerification('VERIFICATION_FORGOTTEN', message);
    }
  }

  /** Before anything is made with a key: a request for an account that is not there must not leave a key behind. */
  async #payBillNumberOf(accountId: string): Promise<string> {
    for await (const { type, data, metadata } of this.store.readStream(`${account.category}-${accountId}`, {
      limit: 1,
    })) {
      const opened = account.events.read(type, metadata.schemaVersion, data);
      if (opened.type === 'AccountOpened') return opened.data.payBillNumber;
    }
    throw accountUnknown();
  }

  #unlocked(): PersonalData {
    if (this.personalData) return this.personalData;
    const detail = 'this server was started without PAYBILL_MASTER_KEY and can compare no secrets';
    throw new Problem(503, 'PERSONAL_DATA_LOCKED', detail);
  }
}
