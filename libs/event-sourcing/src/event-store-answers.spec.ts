import { jest } from '@jest/globals';
import { EventEmitter } from 'node:events';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { Answers } from './event-store-answers.js';

const LONG = 60_000;

describe('Answers to a subscription', () => {
  class Call extends EventEmitter {
    readonly cancel = () => undefined;
    readonly pause = () => this;
    readonly resume = () => this;
    /** `passed …` says how far the log was read, anything else is an event. */
    say(...answers: string[]): void {
      for (const answer of answers) this.emit('data', answer);
    }
  }
  const isPassed = (answer: string) => answer.startsWith('passed');

  it('come at once when there is an event among them', async () => {
    const call = new Call();
    const answers = new Answers<string>(call, isPassed, LONG);
    call.say('passed 1', 'event 2', 'passed 3');
    expect(await answers.next(0)).toEqual(['passed 1', 'event 2', 'passed 3']);
  });

  it('that only say how far the log was read wait for the next event', async () => {
    const call = new Call();
    const answers = new Answers<string>(call, isPassed, LONG);
    call.say('passed 1', 'passed 2');
    let isTold = false;
    const next = answers.next(0).finally(() => (isTold = true));
    for (let turn = 0; turn < 5; turn++) await nextTurn();
    call.say('passed 3');
    for (let turn = 0; turn < 5; turn++) await nextTurn();
    expect(isTold).toBe(false);
    call.say('event 4');
    expect(await next).toEqual(['passed 1', 'passed 2', 'passed 3', 'event 4']);
  });

  it('and for nothing longer than a while', async () => {
    const call = new Call();
    const answers = new Answers<string>(call, isPassed, 1);
    call.say('passed 1');
    expect(await answers.next(0)).toEqual(['passed 1']);
  });

  it.each([['end'], ['error']])('nor beyond an %s', async (ends) => {
    const call = new Call();
    const answers = new Answers<string>(call, isPassed, LONG);
    call.say('passed 1');
    const next = answers.next(0);
    await nextTurn();
    call.emit(ends, new Error('the connection broke'));
    expect(await next).toEqual(['passed 1']);
    if (ends === 'end') expect(await answers.next(0)).toBeUndefined();
    else await expect(answers.next(0)).rejects.toThrow('the connection broke');
  });

  it('are let go by to their end, and not held or broken off, when nothing more is wanted', async () => {
    const call = new Call();
    const cancelled = jest.spyOn(call, 'cancel');
    const answers = new Answers<string>(call, isPassed, LONG);
    call.say('event 1');
    answers.leave();
    call.say('event 2');
    call.emit('end');
    expect(await answers.next(0)).toBeUndefined();
    expect(cancelled).not.toHaveBeenCalled();
  });
});
