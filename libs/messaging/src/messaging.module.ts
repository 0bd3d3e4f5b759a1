import { type DynamicModule, Module } from '@nestjs/common';
import { type Database } from '#libs/platform';
import { ParkedMessages } from './consuming/parked-messages.js';
import { ParkedMessagesController } from './consuming/parked-messages.controller.js';

/** What consumers have parked, over HTTP. */
@Module({})
export class MessagingModule {
  static forRoot({ db }: { readonly db: Database }): DynamicModule {
    return {
      module: MessagingModule,
      controllers: [ParkedMessagesController],
      providers: [{ provide: ParkedMessages, useValue: new ParkedMessages(db) }],
    };
  }
}
