import { lookup } from 'node:dns';
import { request as requestHttp } from 'node:http';
import { request as requestHttps } from 'node:https';
import { BlockList, isIP, type LookupFunction } from 'node:net';
import { DeliveryFailed } from './delivery-failed.js';

interface Post {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  /** Refuses addresses of private networks and of this machine. */
  readonly publicOnly: boolean;
}

const TIMEOUT_MS = 15_000;
const LONGEST_WAIT_MS = 86_400_000;
/**
 * Answers besides 5xx after which the same request may succeed later. Those about who may come and what is there are often
 * of a receiver that is being set up or mended; one that is gone for good says 410.
 */
const PASSING = [401, 403, 404, 408, 425, 429];

/** Posts JSON and wants a 2xx for it. Redirects are not followed. @throws DeliveryFailed */
export async function postJson(post: Post): Promise<void> {
  const { status, retryAfter } = await answerTo(post);
  if (status >= 200 && status < 300) return;
  const passing = status >= 500 || PASSING.includes(status);
  throw new DeliveryFailed(`HTTP ${status}`, !passing, passing ? waitOf(retryAfter) : 0);
}

function answerTo(post: Post): Promise<{ status: number; retryAfter: string | undefined }> {
  const url = new URL(post.url);
  if (url.protocol !== 'http:' && url.protocol !== 'https:') {
    throw new DeliveryFailed('only http and https addresses are posted to', true);
  }
  if (post.publicOnly && isIP(bare(url.hostname)) !== 0 && isPrivate(bare(url.hostname))) throw refused();
  const send = url.protocol === 'https:' ? requestHttps : requestHttp;
  const options = {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'content-length': Buffer.byteLength(post.body), ...post.headers },
    signal: AbortSignal.timeout(TIMEOUT_MS),
    ...(post.publicOnly && { lookup: publicLookup }),
  };
  return new Promise((resolve, reject) => {
    const request = send(url, options, (response) => {
      resolve({ status: response.statusCode ?? 0, retryAfter: response.headers['retry-after'] });
      // What the answer says further is of no interest, and might never end.
      response.destroy();
    });
    request.once('error', (error) => reject(failureOf(error)));
    request.end(post.body);
  });
}

function failureOf(error: Error & { code?: unknown }): DeliveryFailed {
  if (error instanceof DeliveryFailed) return error;
  if (error.name === 'AbortError' || error.name === 'TimeoutError')
    return new DeliveryFailed('HTTP: no answer in time', false);
  const code = typeof error.code === 'string' && /^[A-Z_]+$/.test(error.code) ? error.code : 'failure';
  return new DeliveryFailed(`HTTP: ${code}`, false);
}

/** `Retry-After`, seconds or a date, in milliseconds from now; a day at most. */
function waitOf(retryAfter: string | undefined): number {
  if (retryAfter === undefined) return 0;
  const wait = /^\d{1,9}$/.test(retryAfter) ? Number(retryAfter) * 1000 : Date.parse(retryAfter) - Date.now();
  return Number.isNaN(wait) ? 0 : Math.min(Math.max(wait, 0), LONGEST_WAIT_MS);
}

/** Looks a name up and refuses what it leads to at the moment of connecting: a name may lead elsewhere than before. */
const publicLookup: LookupFunction = (hostname, options, callback) => {
  lookup(hostname, { ...options, all: true }, (error, addresses) => {
    if (error) return callback(error, '', 0);
    const first = addresses[0];
    if (first === undefined || addresses.some(({ address }) => isPrivate(address))) return callback(refused(), '', 0);
    return options.all ? callback(null, addresses) : callback(null, first.address, first.family);
  });
};

function refused(): DeliveryFailed {
  return new DeliveryFailed('the address lies in a private network or on this machine', true);
}

/** IPv6 addresses stand in brackets in a URL. */
function bare(hostname: string): string {
  return hostname.replace(/^\[|\]$/g, '');
}

const PRIVATE = new BlockList();
for (const [network, bits] of [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.0.0.0', 24],
  ['192.168.0.0', 16],
  ['198.18.0.0', 15],
  ['224.0.0.0', 3],
] as const) {
  PRIVATE.addSubnet(network, bits, 'ipv4');
}
for (const [network, bits] of [
  ['::', 128],
  ['::1', 128],
  ['64:ff9b::', 96],
  ['fc00::', 7],
  ['fe80::', 10],
  ['ff00::', 8],
] as const) {
  PRIVATE.addSubnet(network, bits, 'ipv6');
}

function isPrivate(address: string): boolean {
  // An IPv4 address in the form of IPv6 is checked as the IPv4 address it is by the block list itself.
  return PRIVATE.check(address, isIP(address) === 6 ? 'ipv6' : 'ipv4');
}
