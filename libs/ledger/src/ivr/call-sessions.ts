/**
 * The calls that are going on, so many at most and each for so long: what began first is forgotten first. A call that is
 * going on is never given up for a new one. Nothing that must outlive the process is in here: attempts are counted in the
 * stream, payments are recognised by the call's id.
 */
export class CallSessions<Session> {
  readonly #sessions = new Map<string, { readonly session: Session; readonly endsAt: number }>();

  /** @param lifeMs how long a call lasts at most, whatever is keyed meanwhile */
  constructor(
    private readonly most = 10_000,
    private readonly lifeMs = 15 * 60_000,
  ) {}

  /** @param now in milliseconds. @returns false when there are too many calls already */
  begin(callId: string, session: Session, now: number): boolean {
    for (const [id, { endsAt }] of this.#sessions) {
      if (endsAt > now) break;
      this.#sessions.delete(id);
    }
    if (this.#sessions.size >= this.most) return false;
    this.#sessions.set(callId, { session, endsAt: now + this.lifeMs });
    return true;
  }

  /** The call, unless it has taken too long. */
  find(callId: string, now: number): Session | undefined {
    const found = this.#sessions.get(callId);
    return found && found.endsAt > now ? found.session : undefined;
  }
}
