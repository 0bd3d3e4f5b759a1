import { type DynamicModule, Module } from '@nestjs/common';
import { type Database } from '#libs/platform';
import { type EventStore } from '../event-store.js';
import { type AnyProjection } from './projection.js';
import { Projections } from './projections.js';
import { ProjectionsController } from './projections.controller.js';

/** How projections stand and what is done about them, over HTTP. */
@Module({})
export class ProjectionsModule {
  static forRoot(connections: {
    readonly store: EventStore;
    readonly db: Database;
    readonly projections: readonly AnyProjection[];
  }): DynamicModule {
    const { store, db, projections } = connections;
    return {
      module: ProjectionsModule,
      controllers: [ProjectionsController],
      providers: [{ provide: Projections, useValue: new Projections(store, db, projections) }],
    };
  }
}
