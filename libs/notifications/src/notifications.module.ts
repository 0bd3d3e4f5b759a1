import { type DynamicModule, Module } from '@nestjs/common';
import { type Database, DATABASE } from '#libs/platform';
import { Outbox } from './channels/outbox.js';
import { DeliveriesController } from './deliveries/deliveries.controller.js';
import { DeliveriesQueries } from './deliveries/deliveries.queries.js';
import { ParkedDeliveries } from './deliveries/parked-deliveries.js';
import { OutboxController } from './outbox/outbox.controller.js';
import { LOCKED, type PersonalDataKeys } from './personal-data.js';
import { NotificationsController } from './telling/notifications.controller.js';
import { NotificationsQueries } from './telling/notifications.queries.js';
import { WebhookEndpoints } from './webhook-endpoints/webhook-endpoints.js';
import { WebhookEndpointsController } from './webhook-endpoints/webhook-endpoints.controller.js';

interface NotificationsConnections {
  readonly db: Database;
  /** Seals the secrets of webhooks; a process that has no master key goes without, and adds none. */
  readonly personalData?: PersonalDataKeys | undefined;
  /** Directory of the outbox, to be shown on /dev/outbox; not shown without it. */
  readonly outbox?: string;
  /** Where deliveries are made in this process too: told that a retry waits. */
  readonly wake?: () => void;
}

/** Notifications over HTTP: what customers were told, what became of it, webhooks, and in embedded mode the outbox. */
@Module({})
export class NotificationsModule {
  static forRoot({ db, personalData = LOCKED, outbox, wake }: NotificationsConnections): DynamicModule {
    const shown = outbox === undefined ? [] : [{ provide: Outbox, useValue: new Outbox(outbox) }];
    return {
      module: NotificationsModule,
      controllers: [
        NotificationsController,
        DeliveriesController,
        WebhookEndpointsController,
        ...(outbox === undefined ? [] : [OutboxController]),
      ],
      providers: [
        { provide: DATABASE, useValue: db },
        { provide: NotificationsQueries, useValue: new NotificationsQueries(db) },
        { provide: DeliveriesQueries, useValue: new DeliveriesQueries(db) },
        { provide: ParkedDeliveries, useValue: new ParkedDeliveries(db, wake) },
        { provide: WebhookEndpoints, useValue: new WebhookEndpoints(db, personalData) },
        ...shown,
      ],
    };
  }
}
