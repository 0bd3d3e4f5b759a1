import { ADVISORY_LOCKS } from './advisory-locks.js';

it('No two advisory locks are the same number', () => {
  const numbers = Object.values(ADVISORY_LOCKS);
  expect(new Set(numbers).size).toBe(numbers.length);
});
