import { Controller, Get, Inject, Res } from '@nestjs/common';
import { ApiOperation, ApiResponse, ApiTags } from '@nestjs/swagger';
import { type FastifyReply } from 'fastify';
import { Metrics } from '../metrics/metrics.js';
import { Readiness, ReadinessReport } from './readiness.js';

const GAUGES = {
  paybill_event_store_up: { help: '1 when the event store answers', labels: [] },
  paybill_database_up: { help: '1 when the read-model database answers', labels: [] },
  paybill_projection_position: {
    help: 'Position in the log a projection has reached, in bytes',
    labels: ['projection'],
  },
  paybill_projection_events: {
    help: 'Events a projection has applied since its version was begun',
    labels: ['projection'],
  },
  paybill_projection_lag_bytes: { help: 'Bytes of log a projection has not passed yet', labels: ['projection'] },
  paybill_projection_lag_seconds: { help: 'For how long a projection has been seen behind', labels: ['projection'] },
  paybill_kafka_up: { help: '1 when Kafka answers', labels: [] },
  paybill_follower_position: { help: 'Position in the log the relay or a consumer has reached', labels: ['follower'] },
  paybill_follower_lag_bytes: { help: 'Bytes of log it has not passed yet', labels: ['follower'] },
  paybill_follower_lag_seconds: { help: 'For how long it has been seen behind', labels: ['follower'] },
  paybill_follower_lag_messages: { help: 'Messages of the topic it has not received yet', labels: ['follower'] },
  paybill_follower_waiting: { help: '1 when it waits for something outside itself', labels: ['follower'] },
  paybill_parked: { help: 'What a consumer could not handle and a person has to look at', labels: ['follower'] },
  paybill_checkpoint_size: { help: 'Events the last signed checkpoint covers', labels: [] },
  paybill_checkpoint_age_seconds: { help: 'How long ago the last checkpoint was signed', labels: [] },
  paybill_projection_stopped: { help: '1 when a projection stands still on an error', labels: ['projection'] },
} as const;

/** `GET /health`: the process answers. `GET /ready`: it can do its work. */
@ApiTags('operations')
@Controller()
export class HealthController {
  constructor(
    @Inject(Readiness) private readonly readiness: Readiness,
    @Inject(Metrics) metrics: Metrics,
  ) {
    metrics.observed(GAUGES, async (set) => observe(await this.readiness.check(), set));
  }

  @Get('health')
  @ApiOperation({ summary: 'Whether the process is alive' })
  health(): { status: string } {
    return { status: 'ok' };
  }

  @Get('ready')
  @ApiOperation({ summary: 'Whether the process can do its work, and how far the read models are' })
  @ApiResponse({ status: 200, standardSchema: ReadinessReport })
  @ApiResponse({
    status: 503,
    standardSchema: ReadinessReport,
    description: 'Something it needs is away or stands still',
  })
  async ready(@Res({ passthrough: true }) reply: FastifyReply): Promise<ReadinessReport> {
    const report = await this.readiness.check();
    reply.code(report.ready ? 200 : 503);
    return report;
  }
}

function observe(
  report: ReadinessReport,
  set: (name: keyof typeof GAUGES, labels: Labels, value: number) => void,
): void {
  const { eventStore, database, kafka, projections, followers, checkpoint } = report;
  if (eventStore) set('paybill_event_store_up', {}, Number(eventStore.reachable));
  if (database) set('paybill_database_up', {}, Number(database.reachable));
  if (kafka) set('paybill_kafka_up', {}, Number(kafka.reachable));
  if (checkpoint) {
    set('paybill_checkpoint_size', {}, checkpoint.size);
    set('paybill_checkpoint_age_seconds', {}, checkpoint.ageSeconds);
  }
  for (const { name, version, position, events, lagBytes, lagSeconds, error } of projections) {
    const labels = { projection: `${name}_v${version}` };
    set('paybill_projection_position', labels, Number(position));
    set('paybill_projection_events', labels, Number(events));
    set('paybill_projection_stopped', labels, Number(error !== null));
    if (lagBytes !== undefined) set('paybill_projection_lag_bytes', labels, Number(lagBytes));
    if (lagSeconds !== undefined) set('paybill_projection_lag_seconds', labels, lagSeconds);
  }
  for (const { name, position, lagBytes, lagSeconds, lagMessages, parked, waitingFor } of followers) {
    const labels = { follower: name };
    set('paybill_follower_waiting', labels, Number(waitingFor !== undefined));
    if (position !== undefined) set('paybill_follower_position', labels, Number(position));
    if (lagBytes !== undefined) set('paybill_follower_lag_bytes', labels, Number(lagBytes));
    if (lagSeconds !== undefined) set('paybill_follower_lag_seconds', labels, lagSeconds);
    if (lagMessages !== undefined) set('paybill_follower_lag_messages', labels, lagMessages);
    if (parked !== undefined) set('paybill_parked', labels, parked);
  }
}

type Labels = Record<string, string>;
