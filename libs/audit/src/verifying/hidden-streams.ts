import { type RawEvent } from '#libs/event-sourcing';

/** An event by which the store withholds some or all of a stream from readers, and what it does. */
export interface Hiding {
  readonly event: RawEvent;
  readonly what: string;
}

/**
 * Which streams the store was told to hide, as far as the log has been read. The last settings of a stream count, as they do
 * for the store: a setting that was undone hides nothing any more.
 */
export class HiddenStreams {
  readonly #hidden = new Map<string, Hiding>();

  /** Takes an event the store keeps for itself: one of a metadata stream, or one whose type begins with `$`. */
  take(event: RawEvent): void {
    if (event.type === '$streamDeleted') {
      // For ever: whatever is said of the stream afterwards changes nothing.
      this.#hidden.set(event.stream, { event, what: 'deletes its stream for ever: readers see none of it' });
      return;
    }
    if (!event.stream.startsWith('$$')) return;
    const set = hidingSettings(event);
    if (set.length === 0) this.#hidden.delete(event.stream);
    else this.#hidden.set(event.stream, { event, what: `hides events of its stream from readers (${set.join(', ')})` });
  }

  get count(): number {
    return this.#hidden.size;
  }

  /** What hides something now, in the order of the log. */
  all(): Hiding[] {
    return [...this.#hidden.values()].sort((one, other) => (one.event.position < other.event.position ? -1 : 1));
  }
}

/**
 * The settings in force that withhold events. The store takes any event of a metadata stream for settings, whatever its type,
 * when it is marked as JSON and is an object; all else is no settings at all. A bound of 0 withholds nothing.
 */
function hidingSettings({ data, isJson }: RawEvent): string[] {
  const settings = isJson ? objectIn(data) : {};
  const withholds = (name: string) => typeof settings[name] === 'number' && settings[name] >= 0;
  return [
    ...(withholds('$tb') && settings['$tb'] !== 0 ? ['$tb'] : []),
    ...['$maxCount', '$maxAge'].filter((name) => withholds(name)),
  ];
}

function objectIn(data: Buffer): Record<string, unknown> {
  try {
    const json: unknown = JSON.parse(data.toString());
    return typeof json === 'object' && json !== null ? (json as Record<string, unknown>) : {};
  } catch {
    return {};
  }
}
