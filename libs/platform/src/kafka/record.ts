import { type KafkaMessage } from 'kafkajs';

/** A record of a topic as text: keys, values and headers of ours are all UTF-8. */
export interface KafkaRecord {
  readonly partition: number;
  readonly offset: bigint;
  readonly key: string;
  readonly value: string;
  readonly headers: Readonly<Record<string, string>>;
}

export function recordOf(partition: number, { offset, key, value, headers }: KafkaMessage): KafkaRecord {
  const texts: Record<string, string> = {};
  for (const [name, content] of Object.entries(headers ?? {})) {
    texts[textOf(name)] = textOf(Array.isArray(content) ? content[0] : content);
  }
  return { partition, offset: BigInt(offset), key: textOf(key), value: textOf(value), headers: texts };
}

/** What is no text is somebody else's, and shows as such; a NUL could not even be kept, for PostgreSQL has none in texts. */
function textOf(content: Buffer | string | null | undefined): string {
  return (content ?? '').toString().replaceAll('\0', '\uFFFD');
}
