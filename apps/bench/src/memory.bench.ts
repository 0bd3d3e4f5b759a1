import { type Bar, staysUnder } from './bar.js';
import { fullHistory } from './history.js';
import { closedLoop } from './load.js';
import { type asProposed, RawAppends } from './raw-appends.js';
import { PeakMemory } from './resident.js';
import { withNode } from './scratch.js';

const EVENTS_PER_APPEND = 100;
const MILLION = { inFlight: 8, count: 1_000_000 / EVENTS_PER_APPEND };
const STANDALONE_MB = 1_000;
const NODE_MB = 300;

/** The most that is resident at any time: of standalone while it takes in the full data, and of a node at a million events. */
export async function memory(): Promise<Bar[]> {
  const { what, peak } = await fullHistory();
  const node = await nodeAtMillion();
  return [
    staysUnder('memory', `MB of standalone, ${what}`, peak.all, STANDALONE_MB),
    staysUnder('memory', `MB of standalone, without mapped files`, peak.own, STANDALONE_MB),
    staysUnder('memory', 'MB of the node, 1,000,000 events written and read', node.all, NODE_MB),
    staysUnder('memory', 'MB of the node, without mapped files', node.own, NODE_MB),
  ];
}

function nodeAtMillion() {
  return withNode(async (node) => {
    await using raw = new RawAppends(node.connectionString);
    const peak = new PeakMemory(() => Promise.resolve(node.pid));
    const events = Array<ReturnType<typeof asProposed>>(EVENTS_PER_APPEND).fill(EVENT);
    await closedLoop(MILLION, (index) => raw.append(index % 10_000, events));
    await raw.readAll();
    return peak.stop();
  });
}

/** An event of the size of a payment: data of 420 bytes and metadata of 480. */
const EVENT = {
  type: 'PaymentApplied',
  data: { text: 'x'.repeat(400) },
  metadata: new TextEncoder().encode(JSON.stringify({ text: 'x'.repeat(460) })),
};
