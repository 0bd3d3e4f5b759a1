import { Controller, Get, Inject, Logger, Query, Res, StreamableFile } from '@nestjs/common';
import { ApiOperation, ApiProduces, ApiResponse, ApiTags } from '@nestjs/swagger';
import { type FastifyReply } from 'fastify';
import { Readable } from 'node:stream';
import { z } from 'zod';
import { ReadBarrier } from '#libs/event-sourcing';
import { Accessed } from '#http/platform';
import { Moment } from '../../as-of/moment.js';
import { LEDGER } from '../../reads/ledger.js';
import { Fresh, inOrder, Period, Position, positionOf } from '../../reads/page.queries.js';
import { RECEIPTS } from '../../receipts/receipts.projection.js';
import { TILLS } from '../../tills/tills.projection.js';
import { JOURNAL_FORMATS, journalFormat, type JournalFormatName } from './formats.js';
import { JournalExport } from './journal-export.queries.js';

// Where a share of all accounts ends there need be no account, nor an id that would be a good one.
const AccountBound = z
  .guid('must be an account’s id, a UUID')
  .overwrite((id) => id.toLowerCase())
  .optional();

const NAMES = Object.keys(JOURNAL_FORMATS) as JournalFormatName[];

const ExportQuery = inOrder(
  Fresh.extend({
    format: z.enum(NAMES, `must be one of ${NAMES.join(', ')}`),
    ...Period,
    recordedAt: Moment.optional().meta({
      description:
        'Only what was recorded until then, a day (its end in UTC) or an instant: the books as they were believed to be',
    }),
    position: Position.optional().meta({
      description:
        'Only what was in the log up to this position; what the read models have, when it is left out. The same position always gives the same export',
    }),
    accountFrom: AccountBound.meta({ description: 'The first account, in the order of ids' }),
    accountTo: AccountBound.meta({ description: 'The last account; what tills were over and short comes after it' }),
  }),
).refine(({ accountFrom = '', accountTo = '~' }) => accountFrom <= accountTo, {
  path: ['accountTo'],
  error: 'must not come before accountFrom',
});

const HEADERS = {
  'Journal-Position': { description: 'Up to which position of the log it goes', schema: { type: 'string' } },
  'Journal-Entries': { description: 'How many entries of events it holds', schema: { type: 'string' } },
} as const;

@ApiTags('journal')
@Controller('journal/export')
export class JournalExportController {
  readonly #log = new Logger('JournalExport');

  constructor(
    @Inject(JournalExport) private readonly journal: JournalExport,
    @Inject(ReadBarrier) private readonly barrier: ReadBarrier,
  ) {}

  @Get()
  @Accessed('journal-export', ['format', 'from', 'to', 'recordedAt', 'position', 'accountFrom', 'accountTo'])
  @ApiOperation({
    summary: 'The double-entry journal for other accounting programs',
    description:
      'Account by account, each in the order in which its entries count. As text with balance assertions (hledger and ledger read the same), CSV with a line for each posting, or JSON Lines as the items of GET /journal. An answer that is cut short ends with an error.',
  })
  @ApiProduces('text/plain', 'text/csv', 'application/jsonl')
  @ApiResponse({ status: 200, headers: HEADERS, schema: { type: 'string' } })
  async exportJournal(
    @Query({ schema: ExportQuery }) query: z.output<typeof ExportQuery>,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<StreamableFile> {
    const { format: name, after: _, position, ...bounds } = query;
    await this.barrier.waitFor(LEDGER, positionOf(query));
    if (position !== undefined) await this.barrier.waitFor(LEDGER, BigInt(position));
    const selection = { ...bounds, position: position ?? String(await this.barrier.reached(LEDGER)) };
    const { position: end } = selection;
    await Promise.all([TILLS, RECEIPTS].map((books) => this.barrier.waitFor(books, BigInt(end))));
    const extent = await this.journal.extent(selection);
    const format = journalFormat(name, selection);
    reply.header('journal-position', extent.position).header('journal-entries', extent.entries);
    return new StreamableFile(Readable.from(this.#told(this.journal.text(extent, format)), { objectMode: false }), {
      type: format.mediaType,
      disposition: `attachment; filename="paybill.${JOURNAL_FORMATS[name]}"`,
    });
  }

  /** Once its answer has begun, a request that fails can only be cut off: why has to be said here. */
  async *#told(text: AsyncIterable<string>): AsyncGenerator<string> {
    try {
      yield* text;
    } catch (error) {
      this.#log.error(`an export was cut off: ${error instanceof Error ? error.message : String(error)}`);
      throw error;
    }
  }
}
