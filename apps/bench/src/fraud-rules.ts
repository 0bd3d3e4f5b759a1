import { score, simulate } from '#testing/fraud';
import { type Message } from '#libs/contracts';
import { CommandHandling, EventStore } from '#libs/event-sourcing';
import { openFraudMonitor, type RuleSet, RulesFile } from '#libs/fraud';
import { AccountHolds } from '#libs/ledger';
import { type Arrival, Consumer } from '#libs/messaging';
import { createLogger, type Database, openDatabase } from '#libs/platform';
import { type Bar, notMeasured, reaches, told } from './bar.js';
import { interleaved } from './measuring.js';
import { withPostgres } from './postgres.js';
import { inScratch, withNode } from './scratch.js';

/** About 50,000 messages, all of which rules look at: who pays once a month for a year, and frauds among them. */
const LOAD = { seed: 3, accounts: 4_000, patterns: 5 };
const SIMULATION = { seed: 1, accounts: 2_000, patterns: 20 };
/** As many as a consumer is given at once. */
const BATCH = 1_000;
const PER_CORE = 5_000;

type FraudMonitor = Awaited<ReturnType<typeof openFraudMonitor>>;
type Opened = (db: Database) => Promise<FraudMonitor>;

/** What the rules that come with Paybill cost and how well they find what is there. */
export async function fraudRules(): Promise<Bar[]> {
  const { rules } = await RulesFile.open();
  return withNode(async (node) => {
    const store = new EventStore(node.connectionString);
    const handling = new CommandHandling(store);
    const holds = new AccountHolds(handling, 'bench');
    const log = createLogger({ level: 'warn', name: 'bench' });
    const monitor: Opened = (db) => openFraudMonitor({ db, store, handling, holds, log });
    const bars = [...(await rates(monitor, rules.rules.length)), ...(await quality(rules))];
    await store.close();
    return bars;
  });
}

async function rates(monitor: Opened, rules: number): Promise<Bar[]> {
  const { messages } = simulate(LOAD);
  const name = (engine: string) => `messages/s a core through ${rules} fraud rules, ${engine}`;
  return withPostgres(async (server) => {
    const embedded = () =>
      inScratch(async (dataDir) => {
        await using db = await openDatabase({ dataDir });
        return await perSecondOfCore(db, monitor, messages);
      });
    const postgres = server && (() => server.inDatabase((db) => perSecondOfCore(db, monitor, messages)));
    const measured = await interleaved<string>({ PGlite: embedded, ...(postgres && { PostgreSQL: postgres }) });
    const bars = Object.entries(measured).map(([engine, rate]) => reaches('fanout', name(engine), rate, PER_CORE, 1));
    return server ? bars : [...bars, notMeasured('fanout', name('PostgreSQL'), 'there is no PostgreSQL')];
  });
}

/** By the clock, or by the CPU of this process and its threads where that was more than one core. */
async function perSecondOfCore(db: Database, monitor: Opened, messages: readonly Message[]): Promise<number> {
  const { handler } = await monitor(db);
  const consumer = new Consumer(db, handler);
  await consumer.install();
  const arrivals: Arrival[] = messages.map((message) => ({ origin: message.id, key: message.key, message }));
  const signal = new AbortController().signal;
  const began = performance.now();
  const cpu = process.cpuUsage();
  for (let from = 0; from < arrivals.length; from += BATCH)
    await consumer.receive(arrivals.slice(from, from + BATCH), signal);
  const { user, system } = process.cpuUsage(cpu);
  return messages.length / Math.max((performance.now() - began) / 1e3, (user + system) / 1e6);
}

/** How much of what was injected each rule finds, and how much of what it finds was injected. */
async function quality(rules: RuleSet): Promise<Bar[]> {
  const scores = await score(rules, simulate(SIMULATION));
  return scores.flatMap(({ ruleId, alerts, precision, frauds, recall }) => [
    told('fanout', `precision of ${ruleId}, ${alerts} alerts`, precision),
    told('fanout', `recall of ${ruleId}, ${frauds} frauds`, recall),
  ]);
}
