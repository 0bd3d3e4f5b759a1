import { type Kafka, type RecordToWrite } from '#libs/platform';
import { randomUUID } from 'node:crypto';

type Producer = ReturnType<Kafka['producer']>;

/**
 * A transactional producer as a good user of kafkajs writes it, and nothing around it: one send for each transaction,
 * partitions by the client, each step awaited. The floor that the relay is held against.
 */
export class RawProducer {
  private constructor(private readonly producer: Producer) {}

  static async open(kafka: Kafka): Promise<RawProducer> {
    const producer = kafka.producer({
      transactionalId: `bench-${randomUUID()}`,
      idempotent: true,
      maxInFlightRequests: 1,
      // The cluster winds a transaction up behind its answer, and refuses the next one for some milliseconds. With the
      // client's usual 300 the floor would be that of a pause.
      retry: { initialRetryTime: 2, multiplier: 1.5, retries: 20 },
    });
    await producer.connect();
    return new RawProducer(producer);
  }

  async write(topic: string, records: readonly RecordToWrite[]): Promise<void> {
    const transaction = await this.producer.transaction();
    await transaction.send({ topic, messages: records.map(asMessage) });
    await transaction.commit();
  }

  async close(): Promise<void> {
    await this.producer.disconnect();
  }
}

function asMessage({ key, value, headers }: RecordToWrite) {
  return { key, value, headers: { ...headers } };
}
