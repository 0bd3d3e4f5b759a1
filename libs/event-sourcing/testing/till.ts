import {
  defineCommand,
  eventRegistry,
  type Decider,
  type EventOf,
  type Projection,
  Rejected,
} from '#libs/event-sourcing';
import { sql } from 'kysely';
import { z } from 'zod';

/* The smallest ledger there is, for tests of the machinery: a till that counts what is put in and taken out. */

const tillEvents = eventRegistry({
  Put: {
    version: 2,
    schema: z.strictObject({ amount: z.int(), by: z.string() }),
    upcasters: { 1: (data) => ({ ...data, by: 'unknown' }) },
  },
  Taken: { version: 1, schema: z.strictObject({ amount: z.int() }) },
});

export type TillEvent = EventOf<typeof tillEvents>;

const till: Decider<number, TillEvent> = {
  category: 'till',
  events: tillEvents,
  initialState: 0,
  evolve: (held, event) => held + (event.type === 'Put' ? event.data.amount : -event.data.amount),
};

export const Put = defineCommand({
  type: 'Put',
  decider: till,
  schema: z.strictObject({ amount: z.int(), times: z.int().default(1) }),
  decide: ({ amount, times }): TillEvent[] =>
    Array.from({ length: times }, () => ({ type: 'Put', data: { amount, by: 'somebody' } })),
});

export const Take = defineCommand({
  type: 'Take',
  decider: till,
  schema: z.strictObject({ amount: z.int() }),
  decide({ amount }, held): TillEvent[] {
    if (amount > held) throw new Rejected('NOT_ENOUGH', `the till holds ${held}`, 'amount');
    return [{ type: 'Taken', data: { amount } }];
  },
});

/** What every till holds, and how many events made it so. */
export function tillProjection(
  name = 'tills',
  refuse: (event: TillEvent) => boolean = () => false,
): Projection<TillEvent> {
  return {
    name,
    code: 'a till',
    category: 'till',
    events: tillEvents,
    tables: [{ name, key: ['id'] }],
    ddl: [`create table ${name} (id text primary key, held bigint not null, events bigint not null)`],
    async apply(tx, batch) {
      const changes = new Map<string, { held: number; events: number }>();
      for (const event of batch) {
        if (refuse(event)) throw new Error('cannot be applied');
        const change = changes.get(event.entityId) ?? { held: 0, events: 0 };
        changes.set(event.entityId, { held: till.evolve(change.held, event), events: change.events + 1 });
      }
      const all = [...changes.values()];
      await sql`insert into ${sql.id(name)} (id, held, events) select * from unnest(${[...changes.keys()]}::text[],
          ${all.map(({ held }) => String(held))}::bigint[], ${all.map(({ events }) => String(events))}::bigint[])
        on conflict (id) do update set held = ${sql.id(name)}.held + excluded.held,
          events = ${sql.id(name)}.events + excluded.events`.execute(tx);
    },
  };
}
