import { type DynamicModule, Module } from '@nestjs/common';
import { CommandsModule } from '#http/event-sourcing';
import { AlertsController } from './alerts/alerts.controller.js';
import { AlertsQueries } from './alerts/alerts.queries.js';
import { AssignCase } from './cases/assign-case.js';
import { CasesController } from './cases/cases.controller.js';
import { CasesQueries } from './cases/cases.queries.js';
import { ConfirmCase, DismissCase } from './cases/decide-case.js';
import { RulesController } from './rules/rules.controller.js';

/**
 * Cases, alerts and rules over HTTP. DATABASE, CommandHandling and ReadBarrier come from a global module of the process;
 * its refusals are answered by `fraudProblemOf`.
 */
@Module({})
export class FraudModule {
  static forRoot(): DynamicModule {
    return {
      module: FraudModule,
      imports: [CommandsModule.register([AssignCase, ConfirmCase, DismissCase])],
      controllers: [CasesController, AlertsController, RulesController],
      providers: [CasesQueries, AlertsQueries],
    };
  }
}
