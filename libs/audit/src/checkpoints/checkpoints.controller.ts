import { Controller, Get, Headers, HttpCode, Inject, Param, Post, Query, Res } from '@nestjs/common';
import { ApiOperation, ApiResponse, ApiTags } from '@nestjs/swagger';
import { z } from 'zod';
import { EventStore } from '#libs/event-sourcing';
import { Accessed, CallerOf } from '#http/platform';
import { type Caller, type Page, pageAnswer, Paged, Problem } from '#libs/platform';
import { AccessLog } from '../accesses/access-log.job.js';
import { AuditQueries, CheckpointView } from '../audit.queries.js';
import { AUDIT_KEYS, type AuditKeys } from './audit-keys.js';
import { CheckpointSigner, lastCheckpoint, type SignedCheckpoint } from './checkpoint-signer.job.js';

const KeysAnswer = z
  .object({
    signer: z.string().nullable().meta({ description: 'Who signs here; null when nobody does' }),
    verifierKeys: z
      .array(z.string())
      .meta({ description: 'Whose signatures this Paybill believes, the signer’s first' }),
  })
  .meta({ id: 'AuditKeys' });

type Reply = { type(mediaType: string): unknown };

/** Signed states of the log, for auditors to keep outside. */
@ApiTags('audit')
@Controller('audit')
export class CheckpointsController {
  constructor(
    @Inject(EventStore) private readonly store: EventStore,
    @Inject(AuditQueries) private readonly audit: AuditQueries,
    @Inject(AccessLog) private readonly accesses: AccessLog,
    @Inject(AUDIT_KEYS) private readonly keys: AuditKeys,
    @Inject(CheckpointSigner) private readonly signer: CheckpointSigner | null,
  ) {}

  @Get('keys')
  @Accessed('audit-keys')
  @ApiOperation({ summary: 'The verifier keys of this log; ask for them by another way too before you believe them' })
  @ApiResponse({ status: 200, standardSchema: KeysAnswer })
  getAuditKeys(): z.output<typeof KeysAnswer> {
    const { signer, verifiers } = this.keys;
    return { signer: signer?.verifier.text ?? null, verifierKeys: verifiers.map(({ text }) => text) };
  }

  @Get('checkpoints')
  @Accessed('checkpoints')
  @ApiOperation({ summary: 'Signed checkpoints, the latest first' })
  @ApiResponse({ status: 200, standardSchema: pageAnswer(CheckpointView, 'CheckpointPage') })
  getCheckpoints(@Query({ schema: Paged }) query: z.output<typeof Paged>): Promise<Page<CheckpointView>> {
    return this.audit.checkpoints(query.limit, query.cursor);
  }

  @Get('checkpoints/latest')
  @Accessed('checkpoint')
  @ApiOperation({ summary: 'The last checkpoint; asked for as text/plain it is the signed note alone' })
  @ApiResponse({ status: 200, standardSchema: CheckpointView })
  async getLatestCheckpoint(
    @Headers('accept') accept: string | undefined,
    @Res({ passthrough: true }) reply: Reply,
  ): Promise<CheckpointView | string> {
    const last = await lastCheckpoint(this.store);
    if (!last) throw unknown('no checkpoint was signed yet; ask for one by POST /audit/checkpoints');
    return shown(viewOf(last), accept, reply);
  }

  @Get('checkpoints/:size')
  @Accessed('checkpoint', ['size'])
  @ApiOperation({ summary: 'The checkpoint over so many events; asked for as text/plain it is the signed note alone' })
  @ApiResponse({ status: 200, standardSchema: CheckpointView })
  async getCheckpoint(
    @Param('size') size: string,
    @Headers('accept') accept: string | undefined,
    @Res({ passthrough: true }) reply: Reply,
  ): Promise<CheckpointView | string> {
    const found = /^\d{1,15}$/.test(size) ? await this.audit.checkpointAt(Number(size)) : undefined;
    if (!found) throw unknown('no checkpoint was signed over so many events; list the checkpoints');
    return shown(found, accept, reply);
  }

  @Post('checkpoints')
  @HttpCode(200)
  @ApiOperation({
    summary: 'Sign a checkpoint over all there is',
    description: 'When nothing was recorded since the last one but itself, that one is the answer.',
  })
  @ApiResponse({ status: 200, standardSchema: CheckpointView })
  async signCheckpoint(@CallerOf() caller: Caller): Promise<CheckpointView> {
    if (!this.signer) {
      const detail = 'this server was started without a signing key (PAYBILL_AUDIT_KEY) and signs no checkpoints';
      throw new Problem(503, 'NO_SIGNING_KEY', detail);
    }
    // The request itself is recorded first: up to it, the tree has all that whoever asks can know of.
    const asked = { by: caller, what: 'sign-checkpoint', parameters: {}, outcome: 'answered' };
    return viewOf(await this.signer.signNow(caller, await this.accesses.record(asked)));
  }
}

function viewOf({ size, root, note, verifierKey, signedAt }: SignedCheckpoint): CheckpointView {
  return { size, rootHash: root.toString('base64'), signedAt, note, verifierKey };
}

function shown(checkpoint: CheckpointView, accept: string | undefined, reply: Reply): CheckpointView | string {
  if (!accept?.includes('text/plain')) return checkpoint;
  reply.type('text/plain; charset=utf-8');
  return checkpoint.note;
}

function unknown(detail: string): Problem {
  return new Problem(404, 'CHECKPOINT_UNKNOWN', detail);
}
