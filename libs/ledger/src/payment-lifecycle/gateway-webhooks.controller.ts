import { Controller, HttpCode, Inject, Param, Post } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import { SignedBy } from '#http/platform';
import { type Database, DATABASE, isUuid, Problem, type Signed } from '#libs/platform';
import { Collecting } from './collecting.js';
import { GatewayTimedOut, GatewayUnavailable, WebhookRefused } from './payment-gateway.js';
import { StreamWork } from '../processes/stream-work.job.js';
import { PAYMENT_WORK } from './payment-process.job.js';

/**
 * Where gateways say that something has happened to a payment. What it is they are asked: nothing of a webhook is believed
 * but that its sender knows the secret. It is answered when it can no longer be lost.
 */
@ApiTags('payments')
@Controller('gateway-webhooks')
export class GatewayWebhooksController {
  readonly #work: StreamWork;

  constructor(
    @Inject(DATABASE) db: Database,
    @Inject(Collecting) private readonly collecting: Collecting,
  ) {
    this.#work = new StreamWork(db, PAYMENT_WORK);
  }

  @Post(':gateway')
  @HttpCode(204)
  @ApiOperation({ summary: 'For the payment gateway alone: something happened to a payment; signed by it' })
  async takeGatewayWebhook(@Param('gateway') name: string, @SignedBy() { body, headers }: Signed): Promise<void> {
    const gateway = this.collecting.gateways.find((one) => one.name === name);
    if (!gateway) throw new Problem(404, 'GATEWAY_UNKNOWN', 'no payment gateway of this name is configured here');
    try {
      // A payment that is none of ours has whatever id its maker gave it.
      const paymentIds = (await gateway.readWebhook(body, headers)).filter(isUuid);
      if (paymentIds.length > 0) await this.#work.askSoon(paymentIds);
    } catch (error) {
      if (error instanceof GatewayUnavailable || error instanceof GatewayTimedOut) {
        throw new Problem(503, 'GATEWAY_UNAVAILABLE', 'the gateway does not answer; send the webhook again');
      }
      if (!(error instanceof WebhookRefused)) throw error;
      throw new Problem(401, 'WEBHOOK_REFUSED', 'the signature does not hold, or is too old; check the webhook secret');
    }
  }
}
