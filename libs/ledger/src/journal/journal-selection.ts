/** Which part of the journal; every bound is included, and what is left out bounds nothing. */
export interface JournalSelection {
  /** Nothing that came into the log after this position. */
  readonly position: string;
  /** Days on which entries are effective, in UTC. */
  readonly from?: string | undefined;
  readonly to?: string | undefined;
  /** A day or an instant: only what was recorded until then, as the books were believed to be. */
  readonly recordedAt?: string | undefined;
  /** Ids of accounts, in their order as texts. */
  readonly accountFrom?: string | undefined;
  readonly accountTo?: string | undefined;
}
