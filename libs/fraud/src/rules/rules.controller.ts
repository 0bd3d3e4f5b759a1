import { Controller, Get, Inject } from '@nestjs/common';
import { ApiOperation, ApiResponse, ApiTags } from '@nestjs/swagger';
import { sql } from 'kysely';
import { z } from 'zod';
import { type Database, DATABASE, Problem, rowsOf } from '#libs/platform';

const RulesInForce = z
  .object({
    path: z.string(),
    version: z.string(),
    since: z.iso.datetime(),
    rules: z.unknown().meta({ description: 'The rule set as it stands in the file' }),
    refused: z
      .object({ reason: z.string(), at: z.iso.datetime() })
      .nullable()
      .meta({ description: 'Why a newer file was not taken, with path and line; the old rules stay in force' }),
  })
  .meta({ id: 'FraudRulesInForce' });

interface Row {
  path: string;
  version: string;
  rules: unknown;
  since: Date;
  refused: string | null;
  refused_at: Date | null;
}

@ApiTags('fraud')
@Controller('fraud/rules')
export class RulesController {
  constructor(@Inject(DATABASE) private readonly db: Database) {}

  @Get()
  @ApiOperation({ summary: 'The fraud rules in force, and why a newer file was not taken' })
  @ApiResponse({ status: 200, standardSchema: RulesInForce })
  async getFraudRules(): Promise<z.output<typeof RulesInForce>> {
    const rows = await rowsOf(
      sql<Row>`
      select path, version, rules, since, refused, refused_at from fraud.rules_in_force`,
      this.db.sql,
    );
    const row = rows[0];
    if (!row) throw new Problem(404, 'FRAUD_RULES_UNKNOWN', 'fraud monitoring has not run here yet; start it');
    const { path, version, rules, since, refused, refused_at: at } = row;
    const reason = refused !== null && at !== null ? { reason: refused, at: at.toISOString() } : null;
    return { path, version, since: since.toISOString(), rules, refused: reason };
  }
}
