import { Controller, Get, Inject, Query } from '@nestjs/common';
import { ApiOperation, ApiResponse, ApiTags } from '@nestjs/swagger';
import { z } from 'zod';
import { ReadBarrier } from '#libs/event-sourcing';
import { Accessed } from '#http/platform';
import { type Page, pageAnswer } from '#libs/platform';
import { MomentsAnswer, MomentsQuery, toldMoments } from '../as-of/moment.js';
import { Money } from '../command-answers.js';
import { HISTORY_KINDS } from '../history/history-entry.js';
import { LEDGER } from '../reads/ledger.js';
import { Fresh, FreshPage, inOrder, Period, positionOf } from '../reads/page.queries.js';
import { RECEIPTS } from '../receipts/receipts.projection.js';
import { TILLS } from '../tills/tills.projection.js';
import { type JournalEntry, RECEIPT_JOURNAL_KINDS, TILL_DIFFERENCE } from './journal-entry.js';
import { JournalQueries } from './journal.queries.js';

/** The projections that the books are of. */
const BOOKS = [LEDGER, TILLS, RECEIPTS];

const JournalQuery = inOrder(
  FreshPage.extend({ ...Period, accountId: z.uuid('must be an account’s id, a UUID').optional() }),
);

const JournalAnswer = pageAnswer(
  z
    .object({
      position: z.string(),
      accountId: z.uuid().nullable().meta({
        description:
          'Null for the difference of a till and the claim of a receipt that went out twice; batch or receipt is the reference',
      }),
      revision: z.string(),
      eventId: z.uuid(),
      kind: z.enum([...HISTORY_KINDS, TILL_DIFFERENCE, ...RECEIPT_JOURNAL_KINDS]),
      reference: z.string().nullable(),
      reason: z.string().nullable(),
      effectiveAt: z.iso.datetime(),
      recordedAt: z.iso.datetime(),
      postings: z
        .array(z.object({ account: z.string(), amount: Money }))
        .meta({ description: 'Debit is positive; they sum to zero' }),
    })
    .meta({ id: 'JournalEntry' }),
  'JournalPage',
);

const TrialBalanceQuery = Fresh.extend(MomentsQuery);

const TrialBalanceAnswer = z
  .object({
    ...MomentsAnswer,
    currencies: z.array(
      z.object({
        currency: z.string(),
        debit: Money,
        credit: Money,
        difference: Money.meta({ description: 'Debit less credit: always zero' }),
        accounts: z.array(z.object({ account: z.string(), debit: Money, credit: Money, balance: Money })),
      }),
    ),
  })
  .meta({ id: 'TrialBalance' });

@ApiTags('journal')
@Controller('journal')
export class JournalController {
  constructor(
    @Inject(JournalQueries) private readonly journal: JournalQueries,
    @Inject(ReadBarrier) private readonly barrier: ReadBarrier,
  ) {}

  @Get()
  @Accessed('journal', ['from', 'to'])
  @ApiOperation({ summary: 'The double-entry journal in the order of the log, by account and effective day' })
  @ApiResponse({ status: 200, standardSchema: JournalAnswer })
  async getJournal(@Query({ schema: JournalQuery }) query: z.output<typeof JournalQuery>): Promise<Page<JournalEntry>> {
    await Promise.all(BOOKS.map((books) => this.barrier.waitFor(books, positionOf(query))));
    return this.journal.entries(query, query.limit, query.cursor);
  }

  @Get('trial-balance')
  @Accessed('trial-balance', ['effectiveAt', 'recordedAt'])
  @ApiOperation({
    summary: 'Totals of every general-ledger account, by currency, at a moment, as far as known at another',
  })
  @ApiResponse({ status: 200, standardSchema: TrialBalanceAnswer })
  async getTrialBalance(@Query({ schema: TrialBalanceQuery }) query: z.output<typeof TrialBalanceQuery>) {
    await Promise.all(BOOKS.map((books) => this.barrier.waitFor(books, positionOf(query))));
    return { ...toldMoments(query), currencies: await this.journal.trialBalance(query) };
  }
}
