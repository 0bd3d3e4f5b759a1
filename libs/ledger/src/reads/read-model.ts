import { type ProjectionTable, type Recorded } from '#libs/event-sourcing';
import { type Tx } from '#libs/platform';
import { type Movements } from '../balances/movements.js';
import { type AccountEvent } from '../billing/account-events.js';

/** An event with what it moves; nothing for one that moves no money. */
export interface AccountChange {
  readonly event: Recorded<AccountEvent>;
  readonly movements: Movements | undefined;
}

/** One part of the ledger's projection: its tables and how changes become rows (see Projection). */
export interface ReadModel {
  readonly tables: readonly ProjectionTable[];
  readonly ddl: readonly string[];
  readonly indexes?: readonly string[];
  apply(tx: Tx, batch: readonly AccountChange[], writer: number): Promise<void>;
}
