import { AUDITED_CATEGORIES } from '#libs/audit';
import { STORED } from './events.command.js';

describe('The catalogue of stored events', () => {
  it('names the same stream categories as the tree that auditors rely on: nothing that is stored is left out of it', () => {
    expect(STORED.map(({ category }) => category)).toEqual(AUDITED_CATEGORIES);
  });
});
