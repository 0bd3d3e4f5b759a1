// Loaded into a process under test by --import: kills it, as kill -9 would, at its n-th effect on the world outside: an
// append to the event store or a request to the payment gateway. PAYBILL_KILL_AT=before:1 kills it before the effect is
// sent, after:1 when it has been answered and nobody knows that yet. after:1:PaymentApplied counts appends of such an event
// and nothing else.
import { KurrentDBClient } from '@kurrent/kurrentdb-client';

const [when, nth, type] = (process.env.PAYBILL_KILL_AT ?? '').split(':');
let left = Number(nth ?? 0);

function killing(effect) {
  return async function (...args) {
    if (type && ![args[1]].flat().some((event) => event?.type === type)) return effect.apply(this, args);
    left -= 1;
    const isIt = left === 0;
    if (isIt && when === 'before') process.kill(process.pid, 'SIGKILL');
    try {
      return await effect.apply(this, args);
    } finally {
      if (isIt) process.kill(process.pid, 'SIGKILL');
    }
  };
}

if (when) {
  KurrentDBClient.prototype.appendToStream = killing(KurrentDBClient.prototype.appendToStream);
  globalThis.fetch = killing(globalThis.fetch);
}
