// Loaded into a process under test by --import: kills it, as kill -9 would, at the n-th request of a kind to Kafka, either
// before the request is sent or after it has been answered. PAYBILL_KILL_AT=endTxn:before:2
import { createRequire } from 'node:module';

const require = createRequire(import.meta.url);
const Broker = require('kafkajs/src/broker/index.js');

const [request, when, nth] = (process.env.PAYBILL_KILL_AT ?? '').split(':');
if (request) {
  const send = Broker.prototype[request];
  let left = Number(nth);
  Broker.prototype[request] = async function (...args) {
    left -= 1;
    if (left === 0 && when === 'before') process.kill(process.pid, 'SIGKILL');
    const answer = await send.apply(this, args);
    if (left === 0) process.kill(process.pid, 'SIGKILL');
    return answer;
  };
}
