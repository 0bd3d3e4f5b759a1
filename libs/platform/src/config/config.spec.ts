import { ConnectionSettings, HttpSettings, readConfig, WrongConfiguration } from './config.js';

describe('Configuration', () => {
  it('binds to loopback and limits bodies to one MiB unless told otherwise', () => {
    expect(readConfig(HttpSettings, {})).toMatchObject({
      PAYBILL_HOST: '127.0.0.1',
      PAYBILL_PORT: 3000,
      PAYBILL_BODY_LIMIT: 1_048_576,
      LOG_LEVEL: 'info',
    });
    expect(readConfig(HttpSettings, { PAYBILL_PORT: '' }).PAYBILL_PORT).toBe(3000);
  });

  it.each([
    ['PAYBILL_PORT', '65536'],
    ['PAYBILL_PORT', '80x'],
    ['LOG_LEVEL', 'loud'],
    ['PAYBILL_BODY_LIMIT', '-1'],
    ['PAYBILL_RATE_LIMIT', '1.5'],
    ['PAYBILL_TRUST_PROXY', 'everybody'],
  ])('ends the start when %s is %s, naming the variable', (name, value) => {
    expect(() => readConfig(HttpSettings, { [name]: value })).toThrow(WrongConfiguration);
    expect(() => readConfig(HttpSettings, { [name]: value })).toThrow(name);
  });

  it('never repeats a wrong value, which may hold a password', () => {
    const environment = { EVENTSTORE_URL: 'http://admin:hunter2@node', DATABASE_URL: 'mysql://me:hunter2@db' };
    let message = '';
    try {
      readConfig(ConnectionSettings, environment);
    } catch (error) {
      message = (error as Error).message;
    }
    expect(message).toMatch(/EVENTSTORE_URL.*DATABASE_URL/);
    expect(message).not.toContain('hunter2');
  });
});
