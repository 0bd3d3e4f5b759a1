import { isPassing } from './passing.js';

const errorOf = (message: string, code?: string) =>
  Object.assign(new Error(message), code === undefined ? {} : { code });

describe('A database error', () => {
  it.each([
    ['that the server is not there', errorOf('connect ECONNREFUSED', 'ECONNREFUSED')],
    ['that no way leads there', errorOf('connect EHOSTUNREACH', 'EHOSTUNREACH')],
    ['that the server shuts down', errorOf('terminating connection due to administrator command', '57P01')],
    ['that two transactions were in each other’s way', errorOf('deadlock detected', '40P01')],
    ['that the server is a stand-by', errorOf('cannot execute INSERT in a read-only transaction', '25006')],
    ['that the connection broke', errorOf('Connection terminated unexpectedly')],
    [
      'that a roll-back could not be sent, the connection having broken',
      errorOf('Client has encountered a connection error and is not queryable'),
    ],
  ])('%s passes', (_, error) => expect(isPassing(error)).toBe(true));

  it.each([
    ['of a value that does not fit', errorOf('invalid input syntax', '22P02')],
    ['of a table that is not there', errorOf('relation does not exist', '42P01')],
    ['of our own', errorOf('cannot be applied')],
    ['that is none', 'away'],
  ])('%s does not', (_, error) => expect(isPassing(error)).toBe(false));
});
