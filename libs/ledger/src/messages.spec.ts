import fc from 'fast-check';
import { readdirSync, readFileSync } from 'node:fs';
import { fromWire, type Message, MESSAGES, toWire } from '#libs/contracts';
import { type Recorded, type StoredEvent, UnknownEvent } from '#libs/event-sourcing';
import { accountLog } from '#testing/ledger';
import { accountEvents, type AccountEvent } from './billing/account-events.js';
import { publicMessage } from './messages.js';

const ACCOUNT = '7b0c2f4e-5a53-4c1b-9d5e-0f7d0a1c2b00';

const folder = new URL('billing/golden/', import.meta.url);
const goldens = readdirSync(folder).map((file) => ({
  file,
  ...(JSON.parse(readFileSync(new URL(file, folder), 'utf8')) as { type: string; version: number; data: object }),
}));

function stored(type: string, data: unknown, schemaVersion = 1, traceparent?: string): StoredEvent {
  return {
    id: '0f8fad5b-d9cb-869f-a165-70867728950e',
    stream: `account-${ACCOUNT}`,
    revision: 7n,
    position: 48_213n,
    type,
    data,
    metadata: {
      commandId: ACCOUNT,
      commandHash: '',
      correlationId: 'call-9001',
      causationId: 'request-1',
      actor: 'agent:42',
      onBehalfOf: 'customer:7',
      ...(traceparent !== undefined && { traceparent }),
      schemaVersion,
      recordedAt: '2026-01-15T12:00:00.000Z',
      previousHash: '',
      hash: '',
    },
  };
}

const storedAgain = ({ type, data, entityId, ...place }: Recorded<AccountEvent>): StoredEvent => ({
  ...place,
  stream: `account-${entityId}`,
  type,
  data,
});

/** Has the shape it is published with, no field more and none less, also after its way over the wire. */
function expectPublished(message: Message): void {
  expect(MESSAGES[message.type].schema.parse(message.data)).toStrictEqual(message.data);
  expect(message.version).toBe(MESSAGES[message.type].version);
  expect(fromWire(toWire(message))).toStrictEqual(message);
}

describe('The public message of an event', () => {
  it.each(goldens)('has the published shape for $file, as old as it may be', ({ type, version, data }) => {
    expectPublished(publicMessage(stored(type, data, version)));
  });

  it('has the published shape for whatever the commands of the ledger make', () => {
    fc.assert(
      fc.property(accountLog, (log) => {
        for (const event of log) expectPublished(publicMessage(storedAgain(event)));
      }),
      { numRuns: 50 },
    );
  });

  it('is of a type of its own for every type of event', () => {
    const types = goldens.map(({ type, version, data }) => publicMessage(stored(type, data, version)).type);
    expect(new Set(types).size).toBe(Object.keys(accountEvents.definitions).length);
  });

  it('carries the event’s id and its place, and who caused it but not who did it', () => {
    const traceparent = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01';
    const data = { reason: 'moved-away', effectiveAt: '2026-01-14T00:00:00.000Z' };
    expect(publicMessage(stored('AccountClosed', data, 1, traceparent))).toStrictEqual({
      id: '0f8fad5b-d9cb-869f-a165-70867728950e',
      type: 'account.closed',
      version: 1,
      key: ACCOUNT,
      sequence: 7n,
      position: 48_213n,
      time: '2026-01-15T12:00:00.000Z',
      correlationId: 'call-9001',
      causationId: 'request-1',
      traceparent,
      data: { accountId: ACCOUNT, effectiveAt: '2026-01-14T00:00:00.000Z', reason: 'moved-away' },
    });
  });

  it('says each amount with its currency', () => {
    const applied = goldens.find(({ type }) => type === 'PaymentApplied')!;
    expect(publicMessage(stored(applied.type, applied.data)).data).toMatchObject({
      allocations: [
        { billNumber: '2026-01-C-77', lineId: 'L1', amount: { amount: '46.63', currency: 'USD' } },
        { billNumber: '2026-01-C-77', lineId: 'L2', amount: { amount: '0.94', currency: 'USD' } },
      ],
      unapplied: { amount: '2.43', currency: 'USD' },
    });
  });

  it('says what of which dispute a reversal settles, and nothing of disputes it does not touch (CS2)', () => {
    const { type, data } = goldens.find((one) => one.type === 'ChargeReversed')!;
    expect(publicMessage(stored(type, data)).data).not.toHaveProperty('disputes');
    const settling = publicMessage(stored(type, { ...data, disputes: [{ disputeId: ACCOUNT, amount: '7.00' }] }));
    expectPublished(settling);
    expect(settling.data).toMatchObject({
      disputes: [{ disputeId: ACCOUNT, amount: { amount: '7.00', currency: 'USD' } }],
    });
  });

  it('says which bill a corrected one takes the place of', () => {
    const { type, data } = goldens.find((one) => one.type === 'BillIssued')!;
    const corrected = publicMessage(stored(type, { ...data, corrects: '2025-12-C-77' }));
    expectPublished(corrected);
    expect(corrected.data).toMatchObject({ corrects: '2025-12-C-77' });
  });

  it('shows of a pay bill number its last four figures and no more (ID5)', () => {
    const opened = goldens.find(({ type }) => type === 'AccountOpened')!;
    const { value } = toWire(publicMessage(stored(opened.type, opened.data)));
    expect(JSON.parse(value)).toMatchObject({ payBillNumberEnding: '1244' });
    expect(value).not.toContain('12345678901244');
  });

  it('is not made for an event this build does not know: that is said aloud and nothing is skipped', () => {
    expect(() => publicMessage(stored('AccountPainted', {}))).toThrow(UnknownEvent);
    expect(() => publicMessage(stored('AccountClosed', {}, 99))).toThrow(UnknownEvent);
  });
});
