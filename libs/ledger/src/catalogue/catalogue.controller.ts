import { Controller, Get, Inject, Query } from '@nestjs/common';
import { ApiOperation, ApiResponse, ApiTags } from '@nestjs/swagger';
import { z } from 'zod';
import { AsOf } from '../reads/as-of.queries.js';
import { Catalogue, versionOn } from './catalogue.js';

/** Where the catalogue of the process is found. */
export const CATALOGUE = Symbol('CATALOGUE');

const CatalogueQuery = z.strictObject({
  on: AsOf.meta({ description: 'The day it holds on; today when it is left out' }),
});
const CatalogueAnswer = z
  .unknown()
  .meta({ id: 'CatalogueVersion', description: 'The version as it stands in the file; see docs/guides/billing.md' });

@ApiTags('subscriptions and billing')
@Controller('catalogue')
export class CatalogueController {
  constructor(@Inject(CATALOGUE) private readonly catalogue: Catalogue) {}

  @Get()
  @ApiOperation({ summary: 'What is sold and by which rules it is billed: the version that holds on a day' })
  @ApiResponse({ status: 200, standardSchema: CatalogueAnswer })
  getCatalogue(@Query({ schema: CatalogueQuery }) { on }: z.output<typeof CatalogueQuery>): unknown {
    return versionOn(this.catalogue, on);
  }
}
