import { Body, Controller, Get, Inject, Param, Post, Query } from '@nestjs/common';
import { ApiOperation, ApiResponse, ApiTags } from '@nestjs/swagger';
import { z } from 'zod';
import { ReadBarrier, Rejected } from '#libs/event-sourcing';
import { CallOf, TakesCommand } from '#http/platform';
import { type Call, isUuid, type Page, pageAnswer } from '#libs/platform';
import { silentAboutAccount } from '../billing/pay-by-number.controller.js';
import { refuse } from '../billing/rejections.js';
import { type Done, Money } from '../command-answers.js';
import { CommandDoor, paymentIdOf } from '../command-door.js';
import { MoneyInput } from '../money/money.js';
import { Fresh, FreshPage, positionOf } from '../reads/page.queries.js';
import { ApproveTillDifference, CloseTillBatch, RecordTillDeposit, RecountTillBatch } from './close-till-batch.js';
import { OpenTillBatch, TillName } from './open-till-batch.js';
import { TillMethod, VoidTillPayment } from './take-till-payment.js';
import { type TillBatchEvent } from './till-batch-events.js';
import { staffOf, Tills, type TillStep } from './tills.job.js';
import { TILLS } from './tills.projection.js';
import {
  type TillBatchSummary,
  TillsQueries,
  type TillStanding,
  totalOf,
  type WholeTillBatch,
} from './tills.queries.js';

const OpenTillBatchRequest = OpenTillBatch.schema.omit({ agent: true }).meta({
  id: 'OpenTillBatchRequest',
  examples: [{ location: 'harrisburg-01', till: 'till-2', number: 1 }],
});
const TillPaymentRequest = z
  .strictObject({
    payBillNumber: z.string('must be the number on the bill').max(64, 'is longer than any pay bill number'),
    amount: MoneyInput,
    method: TillMethod,
  })
  .meta({
    id: 'TillPaymentRequest',
    examples: [
      { payBillNumber: '12345678901244', amount: { amount: '57.23', currency: 'USD' }, method: { kind: 'cash' } },
    ],
  });
const VoidTillPaymentRequest = VoidTillPayment.schema
  .pick({ reason: true })
  .meta({ id: 'VoidTillPaymentRequest', examples: [{ reason: 'wrong-amount' }] });
const CountTillBatchRequest = CloseTillBatch.schema.omit({ countedBy: true }).meta({
  id: 'CountTillBatchRequest',
  examples: [{ counts: [{ means: 'cash', amount: { amount: '57.00', currency: 'USD' } }] }],
});
const ApproveTillDifferenceRequest = ApproveTillDifference.schema
  .pick({ reason: true })
  .meta({ id: 'ApproveTillDifferenceRequest', examples: [{ reason: 'miscount-explained' }] });
const RecordTillDepositRequest = RecordTillDeposit.schema
  .pick({ reference: true })
  .meta({ id: 'RecordTillDepositRequest', examples: [{ reference: 'SLIP-4711' }] });

const STATES = ['open', 'awaiting-approval', 'closed', 'deposited'] as const;
const state = z.enum(STATES);
const means = TillMethod.shape.kind;

const TillBatchReceipt = z
  .object({
    commandId: z.uuid(),
    batchId: z.uuid(),
    revision: z.string().meta({ description: 'Revision of the batch’s stream after the command' }),
    position: z
      .string()
      .meta({ description: 'Give it to a list as ?after= to see what this command did', examples: ['48213'] }),
    repeated: z.boolean().meta({ description: 'true when the command had been carried out before' }),
  })
  .meta({ id: 'TillBatchReceipt' });
const Total = z
  .object({
    means,
    payments: z.int().meta({ description: 'Taken and not voided' }),
    expected: Money.meta({ description: 'Taken less voided' }),
    counted: Money.nullable().meta({ description: 'Null while the batch is open' }),
    difference: Money.nullable().meta({ description: 'Counted less expected: over is positive, short negative' }),
  })
  .meta({ id: 'TillTotal' });
const CountedAnswer = TillBatchReceipt.extend({
  state: z.enum(['closed', 'awaiting-approval']),
  totals: z.array(Total),
}).meta({ id: 'TillBatchCountedAnswer' });
const PaymentAnswer = z
  .object({
    batchId: z.uuid(),
    paymentId: z.uuid(),
    confirmationNumber: z.string(),
    amount: Money,
    status: z.enum(['taken', 'voided']),
    position: z.string(),
    repeated: z.boolean(),
  })
  .meta({ id: 'TillPaymentAnswer' });
const DepositAnswer = TillBatchReceipt.extend({ reference: z.string(), amounts: z.array(Money) }).meta({
  id: 'TillDepositAnswer',
});

const Summary = z
  .object({
    batchId: z.uuid(),
    location: z.string(),
    till: z.string(),
    number: z.int(),
    agent: z.string(),
    state,
    openedAt: z.iso.datetime(),
    changedAt: z.iso.datetime(),
    totals: z.array(Total),
    countedBy: z.string().nullable(),
    depositReference: z.string().nullable(),
  })
  .meta({ id: 'TillBatchSummary' });
const Whole = Summary.omit({ changedAt: true })
  .extend({
    approvedBy: z.string().nullable(),
    deposit: z.object({ reference: z.string(), amounts: z.array(Money) }).nullable(),
    payments: z.array(
      z.object({
        paymentId: z.uuid(),
        accountId: z.uuid(),
        confirmationNumber: z.string(),
        amount: Money,
        means,
        status: z
          .enum(['begun', 'taken', 'refused', 'voiding', 'voided'])
          .meta({ description: 'What is begun or voiding is being asked of the account' }),
        at: z.iso.datetime(),
        reason: z.string().nullable().meta({ description: 'Why it was voided' }),
        refused: z.string().nullable().meta({ description: 'The account’s code when it refused' }),
      }),
    ),
    revision: z.string(),
  })
  .meta({ id: 'TillBatch' });
const Standing = z
  .object({
    location: z.string(),
    till: z.string(),
    nextNumber: z.int().meta({ description: 'What its next batch is numbered' }),
    openBatchId: z.uuid().nullable(),
  })
  .meta({ id: 'TillStanding' });

const BatchesQuery = FreshPage.extend({
  location: TillName.optional(),
  till: TillName.optional(),
  agent: z.string().max(128).optional(),
  state: state.optional(),
});

/** Payments in person: an agent's batch at a till, from opening to the deposit. */
@ApiTags('tills')
@Controller()
export class TillsController {
  constructor(
    @Inject(Tills) private readonly tills: Tills,
    @Inject(CommandDoor) private readonly door: CommandDoor,
    @Inject(TillsQueries) private readonly queries: TillsQueries,
    @Inject(ReadBarrier) private readonly barrier: ReadBarrier,
  ) {}

  @Post('till-batches')
  @TakesCommand({
    summary: 'Open the next batch of a till',
    description: 'Who calls (X-Actor) is its agent. A till has one open batch at a time; its batches are 1, 2, 3 …',
    answer: TillBatchReceipt,
  })
  async openTillBatch(
    @Body({ schema: OpenTillBatchRequest }) body: z.output<typeof OpenTillBatchRequest>,
    @CallOf() call: Call,
  ): Promise<z.output<typeof TillBatchReceipt>> {
    return receipt(await this.tills.open(body, call));
  }

  @Get('till-batches')
  @ApiOperation({ summary: 'Batches of tills, the latest opened first' })
  @ApiResponse({ status: 200, standardSchema: pageAnswer(Summary, 'TillBatchPage') })
  async getTillBatches(
    @Query({ schema: BatchesQuery }) query: z.output<typeof BatchesQuery>,
  ): Promise<Page<TillBatchSummary>> {
    await this.barrier.waitFor(TILLS, positionOf(query));
    return this.queries.batches(query, query.limit, query.cursor);
  }

  @Get('till-batches/:batchId')
  @ApiOperation({ summary: 'One batch with its payments and totals, as it stands now' })
  @ApiResponse({ status: 200, standardSchema: Whole })
  getTillBatch(
    @Param('batchId') batchId: string,
    @Query({ schema: Fresh }) _query: z.output<typeof Fresh>,
  ): Promise<WholeTillBatch> {
    return this.queries.batch(batchIdOf(batchId));
  }

  @Get('tills/:location/:till')
  @ApiOperation({ summary: 'How a till stands: its open batch, and what the next one is numbered' })
  @ApiResponse({ status: 200, standardSchema: Standing })
  async getTill(
    @Param('location') location: string,
    @Param('till') till: string,
    @Query({ schema: Fresh }) query: z.output<typeof Fresh>,
  ): Promise<TillStanding> {
    await this.barrier.waitFor(TILLS, positionOf(query));
    return this.queries.standing(location, till);
  }

  @Post('till-batches/:batchId/payments')
  @TakesCommand({
    summary: 'Take a payment at the till, by pay bill number',
    description: 'It is on the account, and confirmed, when this answers. It says nothing else about the account.',
    answer: PaymentAnswer,
  })
  async takeTillPayment(
    @Param('batchId') batchId: string,
    @Body({ schema: TillPaymentRequest }) body: z.output<typeof TillPaymentRequest>,
    @CallOf() call: Call,
  ): Promise<z.output<typeof PaymentAnswer>> {
    try {
      return taken(await this.tills.take(batchIdOf(batchId), body, call));
    } catch (error) {
      throw silentAboutAccount(error);
    }
  }

  @Post('till-batches/:batchId/payments/:paymentId/void')
  @TakesCommand({
    summary: 'Take a payment of an open batch back, and give the money back',
    description: 'The debt stands on the account again.',
    answer: PaymentAnswer,
  })
  async voidTillPayment(
    @Param('batchId') batchId: string,
    @Param('paymentId') paymentId: string,
    @Body({ schema: VoidTillPaymentRequest }) { reason }: z.output<typeof VoidTillPaymentRequest>,
    @CallOf() call: Call,
  ): Promise<z.output<typeof PaymentAnswer>> {
    const step = await this.tills.void(batchIdOf(batchId), paymentIdOf(paymentId), reason, call);
    if (step.payment.status === 'taken') throw refusalOf(step);
    return { ...answerOf(step), status: 'voided' };
  }

  @Post('till-batches/:batchId/close')
  @TakesCommand({
    summary: 'Close a batch with what was counted',
    description: 'A difference above the limit of the policy waits for a supervisor; a smaller one is posted at once.',
    answer: CountedAnswer,
  })
  async closeTillBatch(
    @Param('batchId') batchId: string,
    @Body({ schema: CountTillBatchRequest }) body: z.output<typeof CountTillBatchRequest>,
    @CallOf() call: Call,
  ): Promise<z.output<typeof CountedAnswer>> {
    return counted(await this.tills.count(CloseTillBatch, batchIdOf(batchId), body, call));
  }

  @Post('till-batches/:batchId/recount')
  @TakesCommand({ summary: 'Count again while the difference waits for its approval', answer: CountedAnswer })
  async recountTillBatch(
    @Param('batchId') batchId: string,
    @Body({ schema: CountTillBatchRequest }) body: z.output<typeof CountTillBatchRequest>,
    @CallOf() call: Call,
  ): Promise<z.output<typeof CountedAnswer>> {
    return counted(await this.tills.count(RecountTillBatch, batchIdOf(batchId), body, call));
  }

  @Post('till-batches/:batchId/approval')
  @TakesCommand({
    summary: 'Approve the difference of a batch, as a supervisor',
    description: 'By neither the agent nor who counted. The difference is posted.',
    answer: TillBatchReceipt,
  })
  async approveTillDifference(
    @Param('batchId') batchId: string,
    @Body({ schema: ApproveTillDifferenceRequest }) { reason }: z.output<typeof ApproveTillDifferenceRequest>,
    @CallOf() call: Call,
  ): Promise<z.output<typeof TillBatchReceipt>> {
    const data = { reason, approvedBy: staffOf(call) };
    return receipt(await this.door.send(ApproveTillDifference, batchIdOf(batchId), data, call));
  }

  @Post('till-batches/:batchId/deposit')
  @TakesCommand({ summary: 'Say by which slip cash and checks went to the bank', answer: DepositAnswer })
  async recordTillDeposit(
    @Param('batchId') batchId: string,
    @Body({ schema: RecordTillDepositRequest }) { reference }: z.output<typeof RecordTillDepositRequest>,
    @CallOf() call: Call,
  ): Promise<z.output<typeof DepositAnswer>> {
    const data = { reference, depositedBy: staffOf(call) };
    const done = await this.door.send(RecordTillDeposit, batchIdOf(batchId), data, call);
    const [event] = done.events;
    if (event?.type !== 'TillBatchDeposited') throw new Error('a deposit was recorded without its event');
    return { ...receipt(done), reference: event.data.reference, amounts: event.data.amounts };
  }
}

/** What is no batch's id names none, and is never made part of a stream's name. */
function batchIdOf(text: string): string {
  const id = text.toLowerCase();
  if (isUuid(id)) return id;
  return refuse('TILL_BATCH_UNKNOWN', 'no batch with this id was opened; check the id, or open one');
}

function receipt({ commandId, id: batchId, revision, position, repeated }: Done<TillBatchEvent>) {
  return { commandId, batchId, revision: String(revision), position: String(position), repeated };
}

function counted(done: Done<TillBatchEvent>): z.output<typeof CountedAnswer> {
  const [event] = done.events;
  if (event?.type !== 'TillBatchClosed' && event?.type !== 'TillBatchRecounted') {
    throw new Error('a batch was counted without its event');
  }
  const { approval, totals } = event.data;
  return {
    ...receipt(done),
    state: approval === 'needed' ? 'awaiting-approval' : 'closed',
    totals: totals.map(totalOf),
  };
}

/** A payment that was taken, also when it has been voided since: a retry is answered with what happened first. */
function taken(step: TillStep): z.output<typeof PaymentAnswer> {
  if (step.payment.status === 'refused') throw refusalOf(step);
  return { ...answerOf(step), status: 'taken' };
}

function answerOf({ batchId, payment, position, repeated }: TillStep) {
  const { paymentId, confirmationNumber, amount } = payment;
  return { batchId, paymentId, confirmationNumber, amount, position: String(position), repeated };
}

/** The account refused between being asked and being told; it says why by its code. */
function refusalOf({ payment: { refused = 'PAYMENT_UNKNOWN' } }: TillStep): Rejected {
  return new Rejected(refused, 'the account refused; the batch has it as it was before');
}
