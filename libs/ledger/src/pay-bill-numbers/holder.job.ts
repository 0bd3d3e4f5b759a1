import { type EventStore } from '#libs/event-sourcing';
import { payBillNumber } from './assign-pay-bill-number.js';

/** The account that holds a number, from the number's own stream: it is certain there, a read model may be behind. */
export async function holderOf(store: EventStore, number: string): Promise<string | undefined> {
  let state = payBillNumber.initialState;
  for await (const { type, data, metadata } of store.readStream(`${payBillNumber.category}-${number}`)) {
    state = payBillNumber.evolve(state, payBillNumber.events.read(type, metadata.schemaVersion, data));
  }
  return state.accountId;
}
