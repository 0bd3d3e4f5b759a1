import { AUDIT, auditEvents } from '#libs/audit';
import { fraudCase } from '#libs/fraud';
import { account, payBillNumber } from '#libs/ledger';
import { Command } from 'commander';
import { z } from 'zod';

export function eventsCommand(): Command {
  return new Command('events').description('print the catalogue of stored events, as Markdown').action(() => {
    process.stdout.write(eventCatalogue());
  });
}

/** All that Paybill stores: stream categories with the types of their events. */
export const STORED = [account, payBillNumber, fraudCase, { category: AUDIT, events: auditEvents }] as const;

/** The catalogue of stored events as Markdown, made from the schemas that every append is checked against. */
function eventCatalogue(): string {
  const categories = STORED.map(({ category, events }) => {
    const types = Object.entries(events.definitions).map(([type, { version, schema }]) =>
      [`### ${type}`, '', `Version ${version}.`, '', '```json', jsonSchema(schema), '```'].join('\n'),
    );
    return [`## Streams \`${category}-<id>\``, ...types].join('\n\n');
  });
  return `# Stored events

What Paybill keeps in the event store, by stream category: the data of every event type in its current version, as JSON
Schema. These are storage formats and private to Paybill; a change is an addition or a new version with an upcaster.
Written by \`npm run generate\`.

${categories.join('\n\n')}
`;
}

function jsonSchema(schema: z.ZodType): string {
  const { $schema: _dialect, ...rest } = z.toJSONSchema(schema);
  return JSON.stringify(rest, null, 2);
}
