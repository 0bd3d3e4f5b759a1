import { type CommandHandling, type EventStore } from '#libs/event-sourcing';
import { type FoundPayment } from '../bank-items/take-back.job.js';
import { consolidatedPayment, wholeOf } from '../consolidated-payments/consolidated-payment.js';
import { receipt, type ReceiptState } from './receipt.js';

/** A receipt as somebody works on it. */
export interface ReceiptView extends ReceiptState {
  readonly receiptId: string;
}

/** All receipts there have been, in the order they were recorded, from the log. */
export async function allReceipts(store: EventStore): Promise<ReceiptView[]> {
  const states = new Map<string, ReceiptState>();
  const enough = new AbortController();
  const reading = store.subscribe({ after: 0n, categories: [receipt.category], signal: enough.signal });
  try {
    for await (const batch of reading) {
      for (const message of batch) {
        if (message.kind === 'caught-up') return listed(states);
        if (message.kind !== 'event') continue;
        const { stream, type, data, metadata } = message.event;
        const id = stream.slice(receipt.category.length + 1);
        const event = receipt.events.read(type, metadata.schemaVersion, data);
        states.set(id, receipt.evolve(states.get(id) ?? receipt.initialState, event));
      }
    }
  } finally {
    enough.abort();
  }
  return listed(states);
}

function listed(states: ReadonlyMap<string, ReceiptState>): ReceiptView[] {
  return [...states].map(([receiptId, state]) => ({ receiptId, ...state }));
}

/**
 * Payments by confirmation number of which something was left over. One that was left over whole is on no account, so that the
 * read models of accounts do not know it.
 */
export async function paymentsLeft(
  store: EventStore,
  handling: CommandHandling,
): Promise<ReadonlyMap<string, FoundPayment>> {
  const found = new Map<string, FoundPayment>();
  const left = (await allReceipts(store)).flatMap(({ recorded }) => recorded?.leftOf ?? []);
  for (const id of new Set(left)) {
    const { state } = await handling.current(id, consolidatedPayment);
    if (state.status === 'new') continue;
    const whole = wholeOf(id, state.asked);
    found.set(state.asked.confirmationNumber, { ...whole, partOf: whole });
  }
  return found;
}
