import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { z } from 'zod';
import { PaybillApi } from './paybill-api.js';

/** A subscriber who has just paid, and where the confirmation is. */
export interface LiveSubscriber {
  readonly accountId: string;
  readonly confirmationNumber: string;
  /** The mail's file; undefined when it left by a mail server. */
  readonly mail?: string;
  /** Whether it was handed over in time. */
  readonly confirmed: boolean;
}

const Opened = z.object({ accountId: z.string() });
const Paid = z.object({ confirmationNumber: z.string() });
const Done = z.object({ position: z.string() });
const Delivery = z.object({ id: z.string(), type: z.string(), state: z.string() });

const DAY_MS = 86_400_000;
/** Notifications read the whole history first; on a slow machine that takes its time. */
const PATIENCE_MS = 60_000;

/**
 * One subscriber beside the imported history to whom everything happens today: reached by mail, billed, and paying. On
 * the same day it is the same subscriber, however often this is called.
 */
export async function liveSubscriber(url: string, outbox: string): Promise<LiveSubscriber> {
  const api = new PaybillApi(url, 'demo');
  const today = new Date().toISOString().slice(0, 10);
  const send = <Schema extends z.ZodType>(answer: Schema, method: 'POST' | 'PUT', path: string, body: object) =>
    api.ask(answer, path, { method, body, idempotencyKey: `demo-${today}-${path.split('/').at(-1)}` });

  const { accountId } = await send(Opened, 'POST', '/accounts', { currency: 'USD', customerReference: 'DEMO-JANE' });
  const account = `/accounts/${accountId}`;
  await send(Done, 'PUT', `${account}/contact`, { name: 'Jane Q. Public', email: 'jane@example.com' });
  await send(Done, 'POST', `${account}/bills`, {
    billNumber: today,
    issuedOn: today,
    dueOn: new Date(Date.parse(today) + 5 * DAY_MS).toISOString().slice(0, 10),
    lines: [{ service: 'internet', description: 'Fibre 500', unitPrice: '59.99' }],
  });
  const { confirmationNumber } = await send(Paid, 'POST', `${account}/payments`, {
    amount: { amount: '59.99', currency: 'USD' },
    channel: 'online',
    method: { kind: 'card', token: 'tok_demo_jane' },
  });
  const delivered = await confirmationOf(api, accountId);
  const mail = delivered === undefined ? undefined : await fileOf(outbox, delivered);
  return { accountId, confirmationNumber, confirmed: delivered !== undefined, ...(mail !== undefined && { mail }) };
}

/** Waits until the confirmation has been delivered. @returns the delivery's id; undefined when it was not in time */
async function confirmationOf(api: PaybillApi, accountId: string): Promise<string | undefined> {
  for (const deadline = performance.now() + PATIENCE_MS; performance.now() < deadline; await delay(100)) {
    const deliveries = await api.all(Delivery, `/notifications/deliveries?account=${accountId}`);
    const confirmation = deliveries.find(({ type, state }) => type === 'payment-confirmation' && state === 'delivered');
    if (confirmation) return confirmation.id;
  }
  return undefined;
}

async function fileOf(outbox: string, deliveryId: string): Promise<string | undefined> {
  const names = await readdir(outbox).catch(() => []);
  const name = names.find((one) => one.endsWith(`-${deliveryId}.eml`));
  return name === undefined ? undefined : join(outbox, name);
}
