import { Controller, Get, Header, Inject, Param, Query, StreamableFile } from '@nestjs/common';
import { ApiOperation, ApiProduces, ApiResponse, ApiTags } from '@nestjs/swagger';
import { z } from 'zod';
import { Accessed } from '#http/platform';
import { Problem } from '#libs/platform';
import { Identifier } from '../billing/command-fields.js';
import { accountIdOf } from '../command-door.js';
import { BillDocuments, NameLocked } from './bill-documents.queries.js';

@ApiTags('bills')
@Controller('accounts/:accountId/bills/:billNumber/document')
export class BillDocumentsController {
  constructor(@Inject(BillDocuments) private readonly documents: BillDocuments) {}

  @Get()
  @Accessed('bill-document', ['billNumber'])
  @Header('cache-control', 'no-store')
  @ApiOperation({
    summary: 'The bill itself, as a PDF',
    description:
      'As it was issued, with the whole pay bill number, and a coupon when there is something to pay; one that has been reversed as a whole says so. The same bill gives the same bytes.',
  })
  @ApiProduces('application/pdf')
  @ApiResponse({ status: 200, schema: { type: 'string', format: 'binary' } })
  async getBillDocument(
    @Param('accountId') accountId: string,
    @Param('billNumber', { schema: Identifier }) billNumber: string,
    @Query({ schema: z.strictObject({}) }) _query: object,
  ): Promise<StreamableFile> {
    const { filename, content } = await this.#pdf(accountIdOf(accountId), billNumber);
    return new StreamableFile(content, { type: 'application/pdf', disposition: `inline; filename="${filename}"` });
  }

  async #pdf(accountId: string, billNumber: string): ReturnType<BillDocuments['pdf']> {
    try {
      return await this.documents.pdf(accountId, billNumber);
    } catch (error) {
      if (!(error instanceof NameLocked)) throw error;
      const detail = 'this server was started without PAYBILL_MASTER_KEY and cannot open the name on the bill';
      throw new Problem(503, 'PERSONAL_DATA_LOCKED', detail);
    }
  }
}
