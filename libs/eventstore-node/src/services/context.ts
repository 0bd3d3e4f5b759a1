import { type EventStore } from '../store/event-store.js';
import { type Access } from './access.js';

/** What every service works with. */
export interface ServiceContext {
  store: EventStore;
  access: Access;
  /** Bytes one append may carry. */
  maxAppendSize: number;
}

/** Bytes one append may carry unless configured otherwise: the default of the real server. */
export const DEFAULT_MAX_APPEND_SIZE = 1024 * 1024;
/** Bytes one event may have. */
export const MAX_EVENT_SIZE = 16 * 1024 * 1024;
