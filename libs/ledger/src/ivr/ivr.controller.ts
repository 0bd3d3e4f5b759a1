import { Body, Controller, Header, HttpCode, Inject, Param, Post } from '@nestjs/common';
import { ApiOperation, ApiResponse, ApiTags } from '@nestjs/swagger';
import { z } from 'zod';
import { CallerOf, CallOf, TakesCommand } from '#http/platform';
import { type Call, type Caller } from '#libs/platform';
import { Method, refuseCardNumber } from '../billing/payment-fields.js';
import { idFrom } from '../command-door.js';
import { CALL_STATES, expected } from './phone-call.js';
import { type Numbered, PhoneCalls } from './phone-calls.job.js';

const BeginCallRequest = z
  .strictObject({
    method: Method.meta({ description: 'What is paid with: the gateway’s token, taken before the caller comes here' }),
  })
  .meta({ id: 'BeginCallRequest', examples: [{ method: { kind: 'card', token: 'tok_1NirD82eZvKYlo2C' } }] });
const KEYS = 'must be 1 to 32 keys of a telephone: figures, * and #';
const PressKeysRequest = z
  .strictObject({
    turn: z
      .int()
      .min(1)
      .meta({ description: 'The turn that the last answer named; sent again, it is answered as before' }),
    digits: z.string(KEYS).regex(/^[0-9*#]{1,32}$/, KEYS),
  })
  .meta({ id: 'PressKeysRequest', examples: [{ turn: 1, digits: '58206417393571#' }] });

const CallAnswer = z
  .object({
    callId: z.uuid(),
    turn: z.int().meta({ description: 'To be sent with the next keys' }),
    state: z.enum(CALL_STATES),
    say: z.string().meta({ description: 'What the caller is to hear' }),
    expect: z
      .object({
        digits: z.int().meta({ description: 'How many keys at most, without the terminator' }),
        terminator: z.literal('#').nullable().meta({ description: 'The key that ends them; null when none is needed' }),
      })
      .nullable()
      .meta({ description: 'null when the call is over' }),
    confirmationNumber: z.string().optional().meta({ description: 'When money was taken' }),
  })
  .meta({ id: 'IvrCallAnswer' });

/** Payment by phone (PA1): a telephone system says what it is told to, and sends the keys that are pressed. */
@ApiTags('ivr')
@Controller('ivr/calls')
export class IvrController {
  constructor(@Inject(PhoneCalls) private readonly calls: PhoneCalls) {}

  @Post()
  @Header('cache-control', 'no-store')
  @TakesCommand({
    summary: 'A call begins',
    description:
      'The call’s id follows from the Idempotency-Key (the telephone system’s own id of the call) and the actor. A call is ' +
      'kept for fifteen minutes by the process that took it: send its keys to the same one.',
    answer: CallAnswer,
  })
  async beginCall(
    @Body({ schema: BeginCallRequest }) { method }: z.output<typeof BeginCallRequest>,
    @CallOf() { actor, idempotencyKey }: Call,
  ): Promise<z.output<typeof CallAnswer>> {
    refuseCardNumber(method);
    const callId = idFrom(`ivr calls of ${actor}`, idempotencyKey);
    return answerOf(callId, await this.calls.begin(callId, method));
  }

  @Post(':callId/inputs')
  @HttpCode(200)
  @Header('cache-control', 'no-store')
  @ApiOperation({
    summary: 'The caller has pressed keys',
    description:
      'Number, PIN, amount in the smallest unit, then 1. Three inputs that make no sense end the call. One that does not know ' +
      'the PIN hears the same whether the number belongs to somebody or not.',
  })
  @ApiResponse({ status: 200, standardSchema: CallAnswer })
  async pressKeys(
    @Param('callId') callId: string,
    @Body({ schema: PressKeysRequest }) { turn, digits }: z.output<typeof PressKeysRequest>,
    @CallerOf() caller: Caller,
  ): Promise<z.output<typeof CallAnswer>> {
    const id = callId.toLowerCase();
    return answerOf(id, await this.calls.press(id, turn, digits, caller));
  }
}

function answerOf(callId: string, { number, call, say }: Numbered): z.output<typeof CallAnswer> {
  const { state } = call;
  const taken = call.state === 'paid' ? { confirmationNumber: call.confirmationNumber } : {};
  return { callId, turn: number, state, say, expect: expected(call), ...taken };
}
