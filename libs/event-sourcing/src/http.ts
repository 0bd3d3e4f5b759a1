export { Commands, CommandsModule } from './commands.module.js';
export { ProjectionsModule } from './projections/projections.module.js';
