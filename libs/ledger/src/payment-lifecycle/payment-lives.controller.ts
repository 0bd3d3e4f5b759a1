import { Body, Controller, Get, Inject, Param, Post, Query } from '@nestjs/common';
import { ApiOperation, ApiResponse, ApiTags } from '@nestjs/swagger';
import { z } from 'zod';
import { CommandHandling, ReadBarrier } from '#libs/event-sourcing';
import { CallOf, TakesCommand } from '#http/platform';
import { type Call, type Page, pageAnswer, Problem } from '#libs/platform';
import { ApplyPayment } from '../billing/apply-payment.js';
import { RefundPayment } from '../billing/refund-payment.js';
import { type Done, Money } from '../command-answers.js';
import { accountIdOf, CommandDoor, idFrom, metadataOf, paymentIdOf } from '../command-door.js';
import { formatMinor } from '../money/minor-units.js';
import { Fresh, FreshPage, positionOf } from '../reads/page.queries.js';
import { CollectPayment, type PaymentPolicy } from './collect-payment.js';
import { Collecting } from './collecting.js';
import { heldOf, payment, PAYMENT_STATUSES, type PaymentState } from './payment.js';
import { type PaymentEvent } from './payment-events.js';
import { PAYMENT_LIVES } from './payment-lives.projection.js';
import { type PaymentLife, PaymentLivesQueries, type PaymentLifeSummary } from './payment-lives.queries.js';
import { RecordRefundCheque, RequestRefund } from './refund-collected.js';
import { RepresentChargeback } from './represent-chargeback.js';
import { VoidPayment } from './void-payment.js';

const CollectPaymentRequest = CollectPayment.schema.omit({ accountId: true, gateway: true, policy: true }).meta({
  id: 'CollectPaymentRequest',
  examples: [
    {
      amount: { amount: '57.23', currency: 'USD' },
      channel: 'online',
      method: { kind: 'card', token: 'tok_1NirD82eZvKYlo2C' },
    },
  ],
});
const VoidPaymentRequest = VoidPayment.schema.meta({ id: 'VoidPaymentRequest', examples: [{ reason: 'payer-asked' }] });
const RequestRefundRequest = RequestRefund.schema.meta({
  id: 'RequestRefundRequest',
  examples: [{ amount: { amount: '12.50', currency: 'USD' }, reason: 'overpaid' }],
});
const RecordRefundChequeRequest = RecordRefundCheque.schema
  .omit({ refundId: true })
  .meta({ id: 'RecordRefundChequeRequest', examples: [{ chequeNumber: '100217' }] });
const RepresentChargebackRequest = RepresentChargeback.schema.meta({
  id: 'RepresentChargebackRequest',
  examples: [{ evidence: 'case-4711' }],
});

const PaymentReceipt = z
  .object({
    commandId: z.uuid(),
    paymentId: z.uuid(),
    revision: z.string().meta({ description: 'Revision of the payment’s stream after the command' }),
    position: z
      .string()
      .meta({ description: 'Give it to a list as ?after= to see what this command did', examples: ['48213'] }),
    repeated: z.boolean().meta({ description: 'true when the command had been carried out before' }),
  })
  .meta({ id: 'PaymentReceipt' });
const PaymentCollectedAnswer = PaymentReceipt.extend({
  accountId: z.uuid(),
  confirmationNumber: z.string().meta({ description: 'The payer’s; that of the payment on the account too' }),
  state: z.enum(['scheduled', 'pending']),
  amount: Money,
  payOn: z.iso.date().nullable(),
}).meta({ id: 'PaymentCollectedAnswer' });
const RefundRequestedAnswer = PaymentReceipt.extend({ refundId: z.uuid() }).meta({ id: 'RefundRequestedAnswer' });

const state = z.enum(PAYMENT_STATUSES);
const LivesQuery = FreshPage.extend({
  accountId: z.uuid('must be an account’s id, a UUID').optional(),
  state: state.optional(),
  refused: z
    .enum(['true'], 'must be true, or left out')
    .optional()
    .meta({ description: 'Only payments that their account would not take: work for a person' }),
});
const Life = z
  .object({
    paymentId: z.uuid(),
    accountId: z.uuid(),
    confirmationNumber: z.string(),
    state,
    amount: Money,
    held: Money.meta({ description: 'What is there of it: captured less refunded, returned and charged back' }),
    channel: z.string(),
    method: z.object({ kind: z.enum(['card', 'bank-account']) }),
    gateway: z.string(),
    payOn: z.iso.date().nullable(),
    posting: z.enum(['none', 'posted', 'reversed']).meta({ description: 'Where the money stands on the account' }),
    postingRefused: z.string().nullable().meta({ description: 'The account’s code when it would not take it' }),
    declineCode: z.string().nullable(),
    askedAt: z.iso.datetime(),
    changedAt: z.iso.datetime(),
  })
  .meta({ id: 'PaymentLifeSummary' });
const WholeLife = Life.extend({
  gatewayReference: z.string().nullable(),
  captured: Money,
  refunded: Money.meta({ description: 'What is on its way back counts, and what is still owed by cheque' }),
  returned: Money,
  chargedBack: Money,
  refunds: z.array(
    z.object({
      refundId: z.uuid(),
      by: z.enum(['original-method', 'cheque']),
      reason: z.string(),
      status: z.enum(['requested', 'refused', 'pending', 'settled', 'failed']),
      amount: Money,
    }),
  ),
  chargeback: z
    .object({
      chargebackId: z.string(),
      reasonCode: z.string(),
      status: z.enum(['open', 'representment-requested', 'represented', 'won', 'lost']),
    })
    .nullable(),
  events: z.array(
    z.object({
      what: z.string(),
      detail: z.string().nullable(),
      effectiveAt: z.iso.datetime(),
      recordedAt: z.iso.datetime(),
      actor: z.string(),
    }),
  ),
  revision: z.string(),
}).meta({ id: 'PaymentLife' });

/** Payments that a gateway collects: asked for, looked at, taken back. */
@ApiTags('payments')
@Controller()
export class PaymentLivesController {
  constructor(
    @Inject(CommandDoor) private readonly door: CommandDoor,
    @Inject(CommandHandling) private readonly handling: CommandHandling,
    @Inject(Collecting) private readonly collecting: Collecting,
    @Inject(PaymentLivesQueries) private readonly lives: PaymentLivesQueries,
    @Inject(ReadBarrier) private readonly barrier: ReadBarrier,
  ) {}

  @Post('accounts/:accountId/payments/collect')
  @TakesCommand({
    summary: 'Collect a payment by a method whose token the gateway holds',
    description:
      'Now, or on a day ahead. The payer has the confirmation number at once; whether the money comes is told by the ' +
      'payment’s life. Money that has been received already is applied by POST …/payments.',
    answer: PaymentCollectedAnswer,
  })
  async collectPayment(
    @Param('accountId') text: string,
    @Body({ schema: CollectPaymentRequest }) body: z.output<typeof CollectPaymentRequest>,
    @CallOf() call: Call,
  ): Promise<z.output<typeof PaymentCollectedAnswer>> {
    const accountId = accountIdOf(text);
    const paymentId = idFrom(`payments of account-${accountId}`, call.idempotencyKey);
    const known = await this.#refuseBeforeAsking(accountId, paymentId, body, call);
    const data = { ...body, accountId, ...this.#collectedBy(known) };
    const done = await this.door.send(CollectPayment, paymentId, data, call);
    const [begun] = done.events;
    if (begun?.type !== 'PaymentPending' && begun?.type !== 'PaymentScheduled')
      throw new Error('a payment was not begun');
    const { confirmationNumber, amount } = begun.data;
    const payOn = begun.type === 'PaymentScheduled' ? begun.data.payOn : null;
    const now = payOn === null ? 'pending' : 'scheduled';
    return { ...receipt(done), accountId, confirmationNumber, state: now, amount, payOn };
  }

  @Get('payments/lives')
  @ApiOperation({ summary: 'Payments a gateway collects, the latest first, by account and state' })
  @ApiResponse({ status: 200, standardSchema: pageAnswer(Life, 'PaymentLifePage') })
  async getPaymentLives(
    @Query({ schema: LivesQuery }) query: z.output<typeof LivesQuery>,
  ): Promise<Page<PaymentLifeSummary>> {
    await this.barrier.waitFor(PAYMENT_LIVES, positionOf(query));
    const { accountId, state: wanted, refused } = query;
    return this.lives.lives({ accountId, state: wanted, refused: refused === 'true' }, query.limit, query.cursor);
  }

  @Get('payments/:paymentId/life')
  @ApiOperation({ summary: 'One payment a gateway collects, with everything that has happened to it' })
  @ApiResponse({ status: 200, standardSchema: WholeLife })
  getPaymentLife(
    @Param('paymentId') paymentId: string,
    @Query({ schema: Fresh }) _query: z.output<typeof Fresh>,
  ): Promise<PaymentLife> {
    return this.lives.life(paymentIdOf(paymentId));
  }

  @Post('payments/:paymentId/void')
  @TakesCommand({
    summary: 'Take a payment back before it settles, or off the schedule',
    description: 'A preauthorised debit is stopped three business days ahead at the latest (12 CFR 1005.10).',
    answer: PaymentReceipt,
  })
  async voidPayment(
    @Param('paymentId') paymentId: string,
    @Body({ schema: VoidPaymentRequest }) body: z.output<typeof VoidPaymentRequest>,
    @CallOf() call: Call,
  ): Promise<z.output<typeof PaymentReceipt>> {
    return receipt(await this.door.send(VoidPayment, paymentIdOf(paymentId), body, call));
  }

  @Post('payments/:paymentId/refund')
  @TakesCommand({
    summary: 'Pay a settled payment back, or part of it',
    description: 'Of what lies on no bill: unapply the payment first to refund what lies on bills.',
    answer: RefundRequestedAnswer,
  })
  async requestRefund(
    @Param('paymentId') text: string,
    @Body({ schema: RequestRefundRequest }) body: z.output<typeof RequestRefundRequest>,
    @CallOf() call: Call,
  ): Promise<z.output<typeof RefundRequestedAnswer>> {
    const paymentId = paymentIdOf(text);
    await this.#refuseBeforeRefunding(paymentId, body, call);
    const done = await this.door.send(RequestRefund, paymentId, body, call);
    return { ...receipt(done), refundId: done.commandId };
  }

  @Post('payments/:paymentId/refunds/:refundId/cheque')
  @TakesCommand({ summary: 'Record that the cheque of a refund was sent', answer: PaymentReceipt })
  async recordRefundCheque(
    @Param('paymentId') paymentId: string,
    @Param('refundId') refundId: string,
    @Body({ schema: RecordRefundChequeRequest }) body: z.output<typeof RecordRefundChequeRequest>,
    @CallOf() call: Call,
  ): Promise<z.output<typeof PaymentReceipt>> {
    const data = { refundId: refundId.toLowerCase(), ...body };
    return receipt(await this.door.send(RecordRefundCheque, paymentIdOf(paymentId), data, call));
  }

  @Post('payments/:paymentId/representment')
  @TakesCommand({
    summary: 'Contest a chargeback',
    description: 'The debt stands on the account meanwhile; when the case is won the payment counts again.',
    answer: PaymentReceipt,
  })
  async representChargeback(
    @Param('paymentId') paymentId: string,
    @Body({ schema: RepresentChargebackRequest }) body: z.output<typeof RepresentChargebackRequest>,
    @CallOf() call: Call,
  ): Promise<z.output<typeof PaymentReceipt>> {
    return receipt(await this.door.send(RepresentChargeback, paymentIdOf(paymentId), body, call));
  }

  /** By the gateway and policy that are set; a retry by those of its first time, for else it would not be the same. */
  #collectedBy(known: PaymentState): { readonly gateway: string; readonly policy: PaymentPolicy } {
    if (known.status !== 'new') return { gateway: known.gateway, policy: known.asked.policy };
    return { gateway: firstGateway(this.collecting), policy: this.collecting.policy };
  }

  /**
   * No money moves for an account that would not take it (VE1): the posting is tried on the account.
   * @returns the payment as it is. A retry is not tried again, for it is answered by what happened first.
   */
  async #refuseBeforeAsking(
    accountId: string,
    paymentId: string,
    body: z.output<typeof CollectPaymentRequest>,
    call: Call,
  ): Promise<PaymentState> {
    const { state: known } = await this.handling.current(paymentId, payment);
    if (known.status !== 'new') return known;
    const { amount, channel, method, allocation } = body;
    const metadata = metadataOf(call, `account-${accountId}`);
    await this.handling.rehearse(accountId, {
      definition: ApplyPayment,
      data: { amount, channel, method, allocation },
      metadata,
    });
    return known;
  }

  /** A refund that the account would refuse is refused at once; what it says in the end is decided there. */
  async #refuseBeforeRefunding(paymentId: string, body: z.output<typeof RequestRefundRequest>, call: Call) {
    const metadata = metadataOf(call, `payment-${paymentId}`);
    const { state } = await this.handling.current(paymentId, payment);
    if (state.status !== 'settled' || state.posting !== 'posted') return;
    if (state.refunds.some(({ refundId }) => refundId === metadata.commandId)) return;
    const { currency } = state.asked.amount;
    const { amount = { amount: formatMinor(heldOf(state), state.digits), currency }, reason } = body;
    const data = { paymentId, amount, reason };
    await this.handling.rehearse(state.asked.accountId, { definition: RefundPayment, data, metadata });
  }
}

/** The name of the gateway that new payments are collected by. @throws Problem GATEWAY_MISSING */
export function firstGateway({ gateways: [first] }: Collecting): string {
  if (first) return first.name;
  throw new Problem(
    409,
    'GATEWAY_MISSING',
    'no payment gateway is configured here (PAYBILL_GATEWAY); record money that was received by POST …/payments',
  );
}

function receipt({ commandId, id: paymentId, revision, position, repeated }: Done<PaymentEvent>) {
  return { commandId, paymentId, revision: String(revision), position: String(position), repeated };
}
