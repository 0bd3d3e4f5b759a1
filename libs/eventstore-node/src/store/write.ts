import { type ExpectedRevision } from './consistency.js';
import { type ProposedEvent } from '../wire/recorded-event.js';

/** One stream of a write, with what the writer expects of it. It may be checked only, without an event for it. */
export interface StreamExpectation {
  stream: string;
  expected: ExpectedRevision;
}

/** An append: all of its events become part of the log, or none. */
export interface AppendWrite {
  kind: 'append';
  streams: StreamExpectation[];
  /** In log order; `target` is an index into `streams`. */
  events: { target: number; event: ProposedEvent }[];
}

/** A deletion: undone by a later append, or (tombstone) for ever. */
export interface DeleteWrite {
  kind: 'delete' | 'tombstone';
  stream: string;
  expected: ExpectedRevision;
}

export type Write = AppendWrite | DeleteWrite;

/** Why one stream of a write refused. */
export interface Refusal {
  target: number;
  stream: string;
  expected: ExpectedRevision;
  /** Revision of the last event, -1 when there is none. */
  actual: number;
  tombstoned: boolean;
  softDeleted: boolean;
}

export type WriteResult =
  | {
      ok: true;
      /** Last revision per stream of the write; -1 where the stream has no events. */
      lastRevisions: number[];
      /** Position of the last event of the write; undefined when it had none. */
      position?: number;
    }
  | { ok: false; refusals: Refusal[] };
