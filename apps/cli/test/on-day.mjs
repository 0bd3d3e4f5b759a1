// Loaded into a process under test by --import: the day on its clock is the one that the file PAYBILL_TEST_DAY has in it.
import { readFileSync } from 'node:fs';

const file = process.env.PAYBILL_TEST_DAY;
const Real = Date;
const DAY_MS = 24 * 60 * 60 * 1000;
const now = () => Real.parse(readFileSync(file, 'utf8')) + (Real.now() % DAY_MS);

if (file) {
  globalThis.Date = new Proxy(Real, {
    construct: (date, parts) => new date(...(parts.length === 0 ? [now()] : parts)),
    get: (date, name) => (name === 'now' ? now : date[name]),
  });
}
