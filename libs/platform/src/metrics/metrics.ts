import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client';

/** What a process tells Prometheus. One per process; no label ever holds an id, an address or an amount. */
export class Metrics {
  readonly #registry = new Registry();
  readonly #requests = new Histogram({
    name: 'paybill_http_request_duration_seconds',
    help: 'Time from the request’s arrival to the end of its answer, by route pattern',
    labelNames: ['method', 'route', 'status'] as const,
    buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5],
    registers: [this.#registry],
  });
  readonly #commands = new Counter({
    name: 'paybill_commands_total',
    help: 'Commands by type and outcome: accepted, repeated, the code of a refusal, or failed',
    labelNames: ['type', 'outcome'] as const,
    registers: [this.#registry],
  });

  constructor() {
    collectDefaultMetrics({ register: this.#registry });
  }

  request(method: string, route: string, status: number, seconds: number): void {
    this.#requests.labels(method, route, String(status)).observe(seconds);
  }

  command(type: string, outcome: string): void {
    this.#commands.labels(type, outcome).inc();
  }

  /** Creates gauges whose values are found out when somebody asks for the metrics. */
  observed(gauges: Readonly<Record<string, { help: string; labels: readonly string[] }>>, collect: Collect): void {
    const made = new Map(
      Object.entries(gauges).map(([name, { help, labels }]) => [
        name,
        new Gauge({ name, help, labelNames: [...labels], registers: [this.#registry] }),
      ]),
    );
    this.#collectors.push(async () => {
      for (const gauge of made.values()) gauge.reset();
      await collect((name, labels, value) => made.get(name)?.set(labels, value));
    });
  }

  /** All metrics in the text format of Prometheus. */
  async text(): Promise<{ contentType: string; text: string }> {
    for (const collect of this.#collectors) await collect();
    return { contentType: this.#registry.contentType, text: await this.#registry.metrics() };
  }

  readonly #collectors: (() => Promise<void>)[] = [];
}

type Collect = (set: (name: string, labels: Record<string, string>, value: number) => void) => Promise<void>;
