import { Body, Controller, Get, Header, Inject, Param, Post, Put } from '@nestjs/common';
import { ApiOperation, ApiResponse, ApiTags } from '@nestjs/swagger';
import { z } from 'zod';
import { CommandHandling } from '#libs/event-sourcing';
import { CallOf, TakesCommand } from '#http/platform';
import { type Call, Problem } from '#libs/platform';
import { type Done, made, madeOf, receipt, VerificationReceipt } from '../command-answers.js';
import { accountIdOf, CommandDoor } from '../command-door.js';
import { IdentityChecks } from './identity-checks.job.js';
import { UnlockVerification } from './unlock-verification.js';
import { lockAt, recentFailures, verification } from './verification.js';
import { AskedBy, Method, Purpose, type VerificationEvent } from './verification-events.js';
import { VERIFICATION_POLICY } from './verification-policy.js';
import { Trail, VerificationTrail } from './verification-trail.queries.js';

const { pin, questions } = VERIFICATION_POLICY;
const PIN = `must be a PIN of ${pin.leastDigits} to ${pin.mostDigits} digits, as a string`;
const SetPinRequest = z
  .strictObject({ pin: z.string(PIN).regex(new RegExp(`^\\d{${pin.leastDigits},${pin.mostDigits}}$`), PIN) })
  .meta({ id: 'SetPinRequest', examples: [{ pin: '4826' }] });
const SetSecurityQuestionRequest = z
  .strictObject({
    question: z.string().max(64).meta({ description: 'Code of one of the questions of GET /verification-policy' }),
    answer: z.string('must be a text').max(200, 'must have at most 200 characters'),
  })
  .meta({ id: 'SetSecurityQuestionRequest', examples: [{ question: 'first-concert', answer: 'The Kinks' }] });
const CheckIdentityRequest = z
  .strictObject({
    method: Method,
    purpose: Purpose.meta({ description: 'What is to be done once the customer is known' }),
    askedBy: AskedBy.meta({ description: 'Where the customer was asked' }),
    secret: z.string('must be a text').min(1, 'must not be empty').max(200, 'must have at most 200 characters'),
  })
  .meta({
    id: 'CheckIdentityRequest',
    examples: [{ method: 'pin', purpose: 'account-access', askedBy: 'phone', secret: '4826' }],
  });
const SendCodeRequest = z
  .strictObject({ purpose: Purpose.meta({ description: 'What the code is good for; it opens nothing else' }) })
  .meta({ id: 'SendCodeRequest', examples: [{ purpose: 'account-access' }] });
const UnlockVerificationRequest = UnlockVerification.schema.meta({
  id: 'UnlockVerificationRequest',
  examples: [{ reason: 'identified-in-person' }],
});

const SecretSetAnswer = VerificationReceipt.extend({ policy: z.string() }).meta({ id: 'SecretSetAnswer' });
const IdentityCheckedAnswer = VerificationReceipt.extend({
  verified: z.boolean(),
  attemptsLeft: z.int().nullable().meta({ description: 'Before the account is locked; null when verified' }),
  lockedUntil: z.iso
    .datetime()
    .nullable()
    .meta({ description: 'When this wrong secret locked the account for a time' }),
}).meta({ id: 'IdentityCheckedAnswer' });
const CodeSentAnswer = VerificationReceipt.extend({
  codeId: z.uuid(),
  purpose: Purpose,
  digits: z.int(),
  expiresAt: z.iso.datetime(),
}).meta({ id: 'CodeSentAnswer' });
const UnlockedAnswer = VerificationReceipt.extend({
  unlocked: z.boolean().meta({ description: 'false when there was nothing to unlock and nothing to forgive' }),
}).meta({ id: 'VerificationUnlockedAnswer' });

const VerificationAnswer = z
  .object({
    accountId: z.uuid(),
    pinSetAt: z.iso.datetime().nullable(),
    question: z.string().nullable().meta({ description: 'Code of the question the customer has chosen' }),
    questionText: z.string().nullable(),
    locked: z.boolean(),
    lockedUntil: z.iso.datetime().nullable().meta({ description: 'null while locked: until staff unlocks' }),
    attemptsLeft: z.int(),
    trail: z.array(Trail).meta({ description: 'What happened last, the latest first; no secret is in it' }),
  })
  .meta({ id: 'Verification' });
const PolicyAnswer = z
  .object({
    version: z.string(),
    pin: z.object({ leastDigits: z.int(), mostDigits: z.int() }),
    questions: z.record(z.string(), z.string()),
    attempts: z.int(),
    windowMinutes: z.int(),
    lockMinutes: z.array(z.int()).readonly(),
    mostInARow: z.int(),
    code: z.object({ digits: z.int(), lifeMinutes: z.int(), attempts: z.int(), sendsPerHour: z.int() }),
  })
  .meta({ id: 'VerificationPolicy' });

/** How customers prove who they are (VE3): for staff, and for the portals that act for customers. */
@ApiTags('verification')
@Controller()
export class VerificationController {
  constructor(
    @Inject(IdentityChecks) private readonly checks: IdentityChecks,
    @Inject(CommandDoor) private readonly door: CommandDoor,
    @Inject(CommandHandling) private readonly handling: CommandHandling,
    @Inject(VerificationTrail) private readonly trail: VerificationTrail,
  ) {}

  @Get('verification-policy')
  @ApiOperation({ summary: 'The rules in force: PINs, questions, attempts, locks, codes' })
  @ApiResponse({ status: 200, standardSchema: PolicyAnswer })
  getVerificationPolicy(): z.output<typeof PolicyAnswer> {
    const { answer: _, ...policy } = VERIFICATION_POLICY;
    return policy;
  }

  @Get('accounts/:accountId/verification')
  @Header('cache-control', 'no-store')
  @ApiOperation({ summary: 'What the customer of an account has set, whether it is locked, and what happened last' })
  @ApiResponse({ status: 200, standardSchema: VerificationAnswer })
  async getVerification(@Param('accountId') text: string): Promise<z.output<typeof VerificationAnswer>> {
    const accountId = accountIdOf(text);
    const trail = await this.trail.latest(accountId);
    const { state } = await this.handling.current(accountId, verification);
    const now = new Date().toISOString();
    const lock = lockAt(state, now);
    const question = state.question?.question ?? null;
    return {
      accountId,
      pinSetAt: state.pin?.setAt ?? null,
      question,
      questionText: question === null ? null : (questions[question] ?? null),
      locked: lock !== undefined,
      lockedUntil: lock?.until ?? null,
      attemptsLeft: lock ? 0 : VERIFICATION_POLICY.attempts - recentFailures(state, now, VERIFICATION_POLICY),
      trail,
    };
  }

  @Put('accounts/:accountId/verification/pin')
  @TakesCommand({
    summary: 'Set the customer’s PIN',
    description: 'Refused when it is one of those that are tried first. A lock that stands goes on.',
    answer: SecretSetAnswer,
  })
  async setPin(
    @Param('accountId') accountId: string,
    @Body({ schema: SetPinRequest }) body: z.output<typeof SetPinRequest>,
    @CallOf() call: Call,
  ): Promise<z.output<typeof SecretSetAnswer>> {
    return secretSet(await this.checks.setPin(accountIdOf(accountId), body.pin, call));
  }

  @Put('accounts/:accountId/verification/security-question')
  @TakesCommand({
    summary: 'Set the customer’s security question and its answer',
    description: 'The answer is compared without regard to case, accents, blanks and punctuation.',
    answer: SecretSetAnswer,
  })
  async setSecurityQuestion(
    @Param('accountId') accountId: string,
    @Body({ schema: SetSecurityQuestionRequest }) body: z.output<typeof SetSecurityQuestionRequest>,
    @CallOf() call: Call,
  ): Promise<z.output<typeof SecretSetAnswer>> {
    const { question, answer } = body;
    return secretSet(await this.checks.setSecurityQuestion(accountIdOf(accountId), question, answer, call));
  }

  @Post('accounts/:accountId/verification/codes')
  @TakesCommand({
    summary: 'Send the customer a one-time code',
    description:
      'By every channel the customer has, or has chosen for verification-code. It works once, for this purpose, and until ' +
      'it expires; one sent before for the same purpose is void. The code is in no answer.',
    answer: CodeSentAnswer,
  })
  async sendCode(
    @Param('accountId') accountId: string,
    @Body({ schema: SendCodeRequest }) body: z.output<typeof SendCodeRequest>,
    @CallOf() call: Call,
  ): Promise<z.output<typeof CodeSentAnswer>> {
    const done = await this.checks.sendCode(accountIdOf(accountId), body.purpose, call);
    const { secretId: codeId, purpose, expiresAt, digits } = made(done, 'CodeSent');
    return { ...receipt(done), codeId, purpose, expiresAt, digits };
  }

  @Post('accounts/:accountId/verification/checks')
  @TakesCommand({
    summary: 'Compare a PIN, an answer or a code with what the customer has set or was sent',
    description: 'A wrong one is counted and answered with verified: false. Enough of them lock the account.',
    answer: IdentityCheckedAnswer,
  })
  async checkIdentity(
    @Param('accountId') accountId: string,
    @Body({ schema: CheckIdentityRequest }) body: z.output<typeof CheckIdentityRequest>,
    @CallOf() call: Call,
  ): Promise<z.output<typeof IdentityCheckedAnswer>> {
    const done = await this.checks.check(accountIdOf(accountId), body, call);
    const failed = madeOf(done, 'VerificationFailed');
    return {
      ...receipt(done),
      verified: failed === undefined,
      attemptsLeft: failed?.attemptsLeft ?? null,
      lockedUntil: madeOf(done, 'VerificationLocked')?.until ?? null,
    };
  }

  @Post('accounts/:accountId/verification/unlock')
  @TakesCommand({
    summary: 'Unlock verification (staff)',
    description: 'Ends a lock and forgives what was counted. X-Actor has to say who does it, the reason why.',
    answer: UnlockedAnswer,
  })
  async unlockVerification(
    @Param('accountId') text: string,
    @Body({ schema: UnlockVerificationRequest }) body: z.output<typeof UnlockVerificationRequest>,
    @CallOf() call: Call,
  ): Promise<z.output<typeof UnlockedAnswer>> {
    if (call.actor === 'anonymous') {
      throw new Problem(400, 'ACTOR_MISSING', 'who unlocks is kept for ever: send your id as X-Actor');
    }
    const accountId = accountIdOf(text);
    await this.trail.requireAccount(accountId);
    const done = await this.door.send(UnlockVerification, accountId, body, call);
    return { ...receipt(done), unlocked: done.events.length > 0 };
  }
}

function secretSet(done: Done<VerificationEvent>): z.output<typeof SecretSetAnswer> {
  return { ...receipt(done), policy: VERIFICATION_POLICY.version };
}
