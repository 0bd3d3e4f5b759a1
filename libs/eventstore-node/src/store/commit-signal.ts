/** Wakes those who wait for new events. */
export class CommitSignal {
  readonly #listeners = new Set<() => void>();

  /** Calls the listener after every commit, until the returned function is called. */
  listen(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  notify(): void {
    for (const listener of this.#listeners) listener();
  }
}
