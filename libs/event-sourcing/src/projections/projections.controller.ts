import { Body, Controller, Get, HttpCode, Inject, Param, Post } from '@nestjs/common';
import { ApiOperation, ApiResponse, ApiTags } from '@nestjs/swagger';
import { z } from 'zod';
import { ActorOf } from '#http/platform';
import { type ProjectionView, Projections } from './projections.js';

const Amount = z.string().meta({ description: 'A position in the log, or bytes of it' });
const Texts = z.record(z.string(), z.string().nullable());

const ProjectionAnswer = z
  .object({
    name: z.string(),
    versions: z
      .array(
        z.object({
          version: z.int(),
          state: z.enum(['building', 'active', 'closing', 'retired']),
          retiredAt: z.iso.datetime().nullable().meta({ description: 'When another last took its place' }),
          sameCode: z.boolean().meta({ description: 'This build’s code wrote it, and so can go on writing it' }),
          createdAt: z.iso.datetime(),
          writers: z.int(),
          position: Amount,
          lagBytes: Amount,
          events: z.string().meta({ description: 'Events applied since it was begun' }),
          updatedAt: z.iso.datetime(),
          error: z.string().nullable().meta({ description: 'Why it stands still, naming the event' }),
          errorPosition: Amount.nullable().meta({ description: 'Where in the log the event is that it stands at' }),
        }),
      )
      .meta({ description: 'The latest first' }),
    behindSince: z.iso
      .datetime()
      .nullable()
      .meta({ description: 'When the first event was recorded that the version in service has not applied' }),
    job: z
      .object({
        id: z.uuid(),
        kind: z.enum(['rebuild', 'rollback']),
        phase: z.enum(['waiting', 'building', 'comparing', 'switching', 'done', 'differs', 'failed', 'cancelled']),
        version: z.int().nullable(),
        writers: z.int(),
        acceptDifferences: z.boolean(),
        asItStood: z.boolean(),
        requestedBy: z.string(),
        requestedAt: z.iso.datetime(),
        finishedAt: z.iso.datetime().nullable(),
        note: z.string().nullable(),
        error: z.string().nullable(),
        comparison: z
          .array(
            z.object({
              table: z.string(),
              rows: z.object({ before: z.string(), after: z.string() }),
              checksums: z.object({ before: z.string(), after: z.string() }),
              columns: z.object({ added: z.array(z.string()), removed: z.array(z.string()) }),
              differing: z.int().meta({ description: 'How many rows are not the same' }),
              examples: z.array(z.object({ key: Texts, before: Texts.nullable(), after: Texts.nullable() })),
              notCompared: z.string().optional(),
            }),
          )
          .nullable()
          .meta({ description: 'The version in service against the new one, at the same position' }),
      })
      .nullable()
      .meta({ description: 'The latest rebuild or roll-back' }),
  })
  .meta({ id: 'Projection' });
type ProjectionAnswer = z.output<typeof ProjectionAnswer>;

const Rebuild = z
  .strictObject({
    writers: z.int('must be a whole number').min(1, 'must be at least 1').max(8, 'must be at most 8').default(1).meta({
      description: 'How many write side by side; the embedded database has one session and takes one',
    }),
    acceptDifferences: z.boolean().default(false).meta({ description: 'Switch although rows differ' }),
  })
  .meta({ id: 'RebuildProjectionRequest' });

const Rollback = z
  .strictObject({
    asItStood: z.boolean().default(false).meta({ description: 'Without bringing it up to date first' }),
  })
  .meta({ id: 'RollBackProjectionRequest' });

const Pruned = z
  .object({ dropped: z.array(z.object({ name: z.string(), version: z.int() })) })
  .meta({ id: 'PrunedProjections' });

/** How the read models stand, and what operators do about them. */
@ApiTags('operations')
@Controller('projections')
export class ProjectionsController {
  constructor(@Inject(Projections) private readonly projections: Projections) {}

  @Get()
  @ApiOperation({ summary: 'How every projection stands, with all its versions and its latest rebuild' })
  @ApiResponse({ status: 200, standardSchema: z.object({ projections: z.array(ProjectionAnswer) }) })
  async getProjections(): Promise<{ projections: ProjectionAnswer[] }> {
    return { projections: (await this.projections.list()).map(answerOf) };
  }

  @Get(':name')
  @ApiOperation({ summary: 'How a projection stands' })
  @ApiResponse({ status: 200, standardSchema: ProjectionAnswer })
  async getProjection(@Param('name') name: string): Promise<ProjectionAnswer> {
    return answerOf(await this.projections.one(name));
  }

  @Post(':name/rebuild')
  @HttpCode(202)
  @ApiOperation({ summary: 'Build a new version beside the one in service, compare both, and switch' })
  @ApiResponse({ status: 202, standardSchema: ProjectionAnswer })
  async rebuildProjection(
    @Param('name') name: string,
    @Body({ schema: Rebuild }) options: z.output<typeof Rebuild>,
    @ActorOf() actor: string,
  ): Promise<ProjectionAnswer> {
    return answerOf(await this.projections.rebuild(name, options, actor));
  }

  @Post(':name/rollback')
  @HttpCode(202)
  @ApiOperation({ summary: 'Put the version before in service again' })
  @ApiResponse({ status: 202, standardSchema: ProjectionAnswer })
  async rollBackProjection(
    @Param('name') name: string,
    @Body({ schema: Rollback }) { asItStood }: z.output<typeof Rollback>,
    @ActorOf() actor: string,
  ): Promise<ProjectionAnswer> {
    return answerOf(await this.projections.rollback(name, asItStood, actor));
  }

  @Post(':name/adopt')
  @HttpCode(200)
  @ApiOperation({ summary: 'Have this build’s code go on with the version in service: it makes the same rows' })
  @ApiResponse({ status: 200, standardSchema: ProjectionAnswer })
  async adoptProjection(@Param('name') name: string): Promise<ProjectionAnswer> {
    return answerOf(await this.projections.adopt(name));
  }

  @Post(':name/cancel')
  @HttpCode(200)
  @ApiOperation({ summary: 'Give up a rebuild or roll-back that is not done' })
  @ApiResponse({ status: 200, standardSchema: ProjectionAnswer })
  async cancelProjectionJob(@Param('name') name: string): Promise<ProjectionAnswer> {
    return answerOf(await this.projections.cancel(name));
  }

  @Post('prune')
  @HttpCode(200)
  @ApiOperation({ summary: 'Drop all versions that are neither in service nor being built' })
  @ApiResponse({ status: 200, standardSchema: Pruned })
  async pruneProjections(): Promise<z.output<typeof Pruned>> {
    return { dropped: await this.projections.prune() };
  }
}

function answerOf({ name, versions, behindSince, job }: ProjectionView): ProjectionAnswer {
  return {
    name,
    behindSince,
    versions: versions.map((version) => ({
      ...version,
      createdAt: version.createdAt.toISOString(),
      retiredAt: version.retiredAt?.toISOString() ?? null,
      updatedAt: version.updatedAt.toISOString(),
      position: String(version.position),
      lagBytes: String(version.lagBytes),
      events: String(version.events),
      errorPosition: version.errorPosition === null ? null : String(version.errorPosition),
    })),
    job: job && {
      ...job,
      requestedAt: job.requestedAt.toISOString(),
      finishedAt: job.finishedAt?.toISOString() ?? null,
      comparison: job.comparison as ProjectionAnswer['job'] extends { comparison: infer C } | null ? C : never,
    },
  };
}
