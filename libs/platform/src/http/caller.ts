import { type IncomingHttpHeaders } from 'node:http';

/** Who calls and why: what the headers of a request say. */
export interface Caller {
  /** Opaque id of the user, service or job; never a name or an e-mail address, for it is stored with every event. */
  readonly actor: string;
  readonly onBehalfOf?: string;
  /** In which role the actor acts, as whoever signed it in says; undefined when nobody says. */
  readonly role?: string;
  readonly correlationId: string;
  /** W3C trace context. */
  readonly traceparent?: string;
}

/** Who calls, why, and under which key: what the headers of a command request say. */
export interface Call extends Caller {
  /** The client's own key for this command: sent again with a retry, so that it is carried out once. */
  readonly idempotencyKey: string;
  /** Says in the answer that the command had been carried out before and this is its first result again. */
  markReplayed(): void;
}

/** A request that carries a signature, which is over the bytes that were sent. */
export interface Signed {
  readonly body: string;
  readonly headers: IncomingHttpHeaders;
}
