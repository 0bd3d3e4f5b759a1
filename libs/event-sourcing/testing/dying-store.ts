import { type EventStore } from '#libs/event-sourcing';

/** A store whose process dies at the first append: before it is sent, or after it was stored and nobody was told. */
export function dyingStore(store: EventStore, when: 'before' | 'after'): EventStore {
  return new Proxy(store, {
    get(target, name) {
      const value: unknown = Reflect.get(target, name, target);
      if (typeof value !== 'function') return value;
      if (name !== 'append') return (value as () => unknown).bind(target);
      return async (...args: Parameters<EventStore['append']>) => {
        if (when === 'after') await target.append(...args);
        throw new Error('killed');
      };
    },
  });
}
