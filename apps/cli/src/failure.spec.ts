import { jest } from '@jest/globals';
import { BackupRefused } from '#libs/backup';
import { EventStoreUnavailable, Rejected } from '#libs/event-sourcing';
import { RulesRefused } from '#libs/fraud';
import { CatalogueRefused, CollectionPolicyRefused, SourceRefused } from '#libs/ledger';
import { RelaySuperseded } from '#libs/messaging';
import { TopicStalled } from '#libs/platform';
import { reportFailure } from './failure.js';
import { WrongOption } from './options.js';
import { RefusedByPaybill } from './paybill-api.js';
import { NoTarget } from './target.js';
import { NotWritten } from './whole-file.js';

describe('A failure', () => {
  const told = jest.spyOn(console, 'error').mockImplementation(() => undefined);
  afterEach(() => told.mockClear());
  afterAll(() => told.mockRestore());

  it.each([
    [2, new WrongOption('why')],
    [1, new SourceRefused('why')],
    [1, new RulesRefused('why')],
    [1, new CatalogueRefused('why')],
    [1, new CollectionPolicyRefused('why')],
    [1, new RelaySuperseded('why')],
    [1, new BackupRefused('why')],
    [3, new NotWritten('why')],
    [3, new NoTarget('why')],
    [3, new EventStoreUnavailable('why')],
    [3, new TopicStalled('why')],
  ])('that a person can mend ends with %i and one sentence: %p', (exitCode, error) => {
    expect(reportFailure(error, true)).toBe(exitCode);
    expect(told.mock.calls).toEqual([[JSON.stringify({ error: { message: 'why', exitCode } })]]);
  });

  it.each([new Rejected('CODE', 'why (CODE)'), new RefusedByPaybill('why', 'CODE')])(
    'that Paybill would not have tells its code: %p',
    (error) => {
      expect(reportFailure(error, true)).toBe(1);
      expect(told.mock.calls).toEqual([
        [JSON.stringify({ error: { message: 'why (CODE)', exitCode: 1, code: 'CODE' } })],
      ]);
    },
  );

  it.each([new Error('why'), new TypeError('why'), 'why'])('of Paybill’s own is shown whole: %p', (error) => {
    expect(reportFailure(error, false)).toBe(70);
    expect(told.mock.calls).toEqual([[error]]);
  });
});
