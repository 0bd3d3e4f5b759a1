#!/usr/bin/env node
/*
 * Checks a proof that Paybill has given: node verify-proof.mjs PROOF.json --key VERIFIER-KEY [--checkpoint KEPT.txt]
 *
 * Needs Node.js and nothing else: not Paybill, not its database, no network. Says yes and ends with 0, or says no with the
 * reason and ends with 1. --key takes the key itself or the name of a file that holds some, and may be given more than once.
 * With --checkpoint the proof has to be by that very checkpoint, which you have kept. Given more than once, by each of them.
 *
 * What is checked, in this order:
 * 1. The checkpoint is a signed note (https://c2sp.org/signed-note), and the signature is that of a key you gave.
 * 2. Each event's hash follows from its stored texts (docs/adr/0009), and its id from its hash.
 * 3. With the hashes of its path, each event leads to the root that the checkpoint signs (RFC 9162, section 2.1.3.2).
 * 4. Events of one stream follow each other without a gap, each naming the hash of the one before.
 * For a proof of consistency, after 1 for both checkpoints: the later log begins with all of the earlier (section 2.1.4.2).
 */
import { Buffer } from 'node:buffer';
import { createHash, createPublicKey, verify } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';

/** Something in the proof does not hold: the answer is no. */
class No extends Error {}

function no(reason) {
  throw new No(reason);
}

const sha256 = (...parts) => createHash('sha256').update(Buffer.concat(parts)).digest();
const leafHash = (hash) => sha256(Buffer.of(0), hash);
const nodeHash = (left, right) => sha256(Buffer.of(1), left, right);

function hashFrom(base64) {
  const hash = Buffer.from(String(base64), 'base64');
  return hash.length === 32 ? hash : no('a hash in the proof does not have 32 bytes');
}

/* 1. Checkpoints and keys */

/** A verifier key is `name+id+base64`: the id follows from name and key, the first byte says Ed25519. */
function readKey(text) {
  const [, name, id, encoded] = /^([^\s+]+)\+([0-9a-f]{8})\+(\S+)$/.exec(text) ?? [];
  const bytes = Buffer.from(encoded ?? '', 'base64');
  if (bytes.length !== 33 || bytes[0] !== 1) throw new Error(`this is no verifier key: ${text}`);
  const expected = sha256(Buffer.from(`${name}\n`), bytes)
    .toString('hex')
    .slice(0, 8);
  if (expected !== id) throw new Error(`the id of this verifier key does not belong to it: ${text}`);
  const der = Buffer.concat([Buffer.from('302a300506032b6570032100', 'hex'), bytes.subarray(1)]);
  return { name, id, publicKey: createPublicKey({ key: der, format: 'der', type: 'spki' }) };
}

/** A note is a text, an empty line, and signatures: `— name base64(id and signature)`. */
function readCheckpoint(note, keys) {
  if (typeof note !== 'string' || !note.endsWith('\n')) no('the checkpoint is no signed note');
  const end = note.lastIndexOf('\n\n');
  if (end < 0) no('the checkpoint is no signed note');
  const text = note.slice(0, end + 1);
  const lines = note.slice(end + 2, -1).split('\n');
  const signer = lines.map((line) => signerOf(line, text, keys)).find((name) => name !== undefined);
  if (!signer) no('the checkpoint is not signed by a key you gave');
  const [origin, size, root] = text.split('\n');
  if (!/^(0|[1-9][0-9]{0,15})$/.test(size ?? '')) no('the checkpoint says no size');
  return { origin, size: Number(size), root: hashFrom(root), signer };
}

function signerOf(line, text, keys) {
  const [, name, encoded] = /^— (\S+) (\S+)$/.exec(line) ?? no('a signature of the checkpoint cannot be read');
  const bytes = Buffer.from(encoded, 'base64');
  const key = keys.find((one) => one.name === name && one.id === bytes.toString('hex', 0, 4));
  if (!key) return undefined;
  if (!verify(null, Buffer.from(text), key.publicKey, bytes.subarray(4))) no(`the signature of ${name} does not hold`);
  return name;
}

/* 2. Events */

/** SHA-256 over previous hash, stream, revision, type, data and metadata without its last member, a line each. */
function hashOf({ stream, revision, type, id, data, metadata }) {
  const place = `${type} ${id} (${stream} revision ${revision})`;
  const [, rest, previous, stated] =
    /^([^]*,"previousHash":"([0-9a-f]{64})"),"hash":"([0-9a-f]{64})"\}$/.exec(metadata) ??
    no(`${place} carries no hash`);
  const text = [previous, stream, revision, type, data, `${rest}}`].join('\n');
  const hash = sha256(Buffer.from(text)).toString('hex');
  if (hash !== stated) no(`${place} is not what was written: it does not come to its hash`);
  const variant = ((Number.parseInt(hash[16], 16) & 3) | 8).toString(16);
  const parts = [hash.slice(0, 8), hash.slice(8, 12), `8${hash.slice(13, 16)}`, `${variant}${hash.slice(17, 20)}`];
  if (id !== `${parts.join('-')}-${hash.slice(20, 32)}`) no(`${place} has another id than follows from its hash`);
  return { place, hash, previous };
}

/* 3. Paths */

const odd = (number) => number % 2 === 1;
const half = (number) => Math.floor(number / 2);

function rootFrom(leaf, size, hash, path) {
  if (!Number.isSafeInteger(leaf) || leaf < 0 || leaf >= size) no('the place of an event is not within the checkpoint');
  let [index, last, root] = [leaf, size - 1, hash];
  for (const sibling of path) {
    if (last === 0) no('the path of an event is too long');
    if (odd(index) || index === last) {
      root = nodeHash(sibling, root);
      while (!odd(index) && index !== 0) [index, last] = [half(index), half(last)];
    } else root = nodeHash(root, sibling);
    [index, last] = [half(index), half(last)];
  }
  return last === 0 ? root : no('the path of an event is too short');
}

function checkConsistency(before, after, path) {
  if (before.origin !== after.origin) no(`the checkpoints are of two logs, ${before.origin} and ${after.origin}`);
  if (before.size > after.size) no('the earlier checkpoint is over more events than the later one');
  if (before.size === after.size && !before.root.equals(after.root))
    no('two histories were signed over as many events');
  if (before.size === 0 || before.size === after.size) return path.length > 0 && no('the path is too long');
  let [index, last] = [before.size - 1, after.size - 1];
  while (odd(index)) [index, last] = [half(index), half(last)];
  const [first, ...others] = index === 0 ? [before.root, ...path] : path;
  if (!first) no('the path is too short');
  let [earlier, later] = [first, first];
  for (const hash of others) {
    if (last === 0) no('the path is too long');
    if (odd(index) || index === last) {
      [earlier, later] = [nodeHash(hash, earlier), nodeHash(hash, later)];
      while (!odd(index) && index !== 0) [index, last] = [half(index), half(last)];
    } else later = nodeHash(later, hash);
    [index, last] = [half(index), half(last)];
  }
  if (last !== 0) no('the path is too short');
  if (!earlier.equals(before.root) || !later.equals(after.root))
    no('the later log does not begin with the earlier one');
}

/* The whole proof */

function checkEvents(proof, keys, kept) {
  const checkpoint = readCheckpoint(proof.checkpoint, keys);
  if (kept.some((note) => note !== proof.checkpoint)) no('the proof is by another checkpoint than the one you kept');
  if (!Array.isArray(proof.events) || proof.events.length === 0) no('the proof holds no event');
  const streams = new Map();
  for (const event of proof.events) {
    const { place, hash, previous } = hashOf(event);
    const path = event.path.map(hashFrom);
    const root = rootFrom(event.leaf, checkpoint.size, leafHash(Buffer.from(hash, 'hex')), path);
    if (!root.equals(checkpoint.root)) no(`${place} is not in the log that was signed`);
    // 4. Where an earlier event of the stream is in the proof, this one has to be the next.
    const before = streams.get(event.stream);
    const revision = Number(event.revision);
    if (before && revision !== before.revision + 1)
      no(`between revision ${before.revision} and ${place} events are missing`);
    if (before && previous !== before.hash) no(`${place} does not continue the event before it`);
    if (revision === 0 && previous !== '0'.repeat(64)) no(`${place} is not the first of its stream`);
    streams.set(event.stream, { from: before?.from ?? revision, revision, hash });
  }
  const { origin, size, signer } = checkpoint;
  const spans = [...streams].map(([stream, { from, revision }]) => {
    const beginning = from > 0 ? ', whose beginning is NOT in this proof' : '';
    return `${stream} (revisions ${from} to ${revision}${beginning})`;
  });
  return `${proof.events.length} event(s) of ${spans.join(', ')} are in the log ${origin} over whose ${size} events ${signer} has signed`;
}

function checkProof(proof, keys, kept) {
  if (proof?.format !== 'paybill-proof/1') no('this is no proof that Paybill has given');
  if (proof.kind === 'events') return checkEvents(proof, keys, kept);
  if (proof.kind !== 'consistency') no(`nobody knows what a proof of the kind ${proof.kind} shows`);
  if (kept.some((note) => note !== proof.before && note !== proof.after)) no('neither checkpoint is the one you kept');
  const [before, after] = [readCheckpoint(proof.before, keys), readCheckpoint(proof.after, keys)];
  checkConsistency(before, after, proof.path.map(hashFrom));
  return `the log ${after.origin} of ${after.size} events begins with all ${before.size} that were signed before`;
}

/* The command line */

function main([file, ...rest]) {
  const options = { '--key': [], '--checkpoint': [] };
  for (let at = 0; at < rest.length; at += 2) {
    if (!options[rest[at]] || rest[at + 1] === undefined)
      throw new Error(`${rest[at]} is no option, or lacks its value`);
    options[rest[at]].push(rest[at + 1]);
  }
  const texts = options['--key'].flatMap((key) => (existsSync(key) ? readFileSync(key, 'utf8').split(/\s+/) : [key]));
  const keys = texts.filter((text) => text !== '').map(readKey);
  if (!file || keys.length === 0)
    throw new Error('usage: verify-proof.mjs PROOF.json --key VERIFIER-KEY [--checkpoint KEPT.txt]');
  const kept = options['--checkpoint'].map((name) => readFileSync(name, 'utf8'));
  return checkProof(JSON.parse(readFileSync(file, 'utf8')), keys, kept);
}

try {
  console.log(`yes: ${main(process.argv.slice(2))}`);
} catch (error) {
  console.log(error instanceof No ? `no: ${error.message}` : `no answer: ${error.message}`);
  process.exitCode = error instanceof No ? 1 : 2;
}
