import { type CallHandler, type ExecutionContext, Inject, Injectable, type NestInterceptor } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import { EventStoreUnavailable, Rejected, WrongRevision } from '#libs/event-sourcing';
import { ACCESSED, type Accessed, callerOf, isOpaque } from '#http/platform';
import { Problem, isUuid } from '#libs/platform';
import { from, lastValueFrom, type Observable } from 'rxjs';
import { type Access, AccessLog } from './access-log.job.js';

type Request = Parameters<typeof callerOf>[0];

/** Records who asks for what is marked `@Accessed`, before the answer leaves. */
@Injectable()
export class AccessInterceptor implements NestInterceptor {
  constructor(
    @Inject(Reflector) private readonly reflector: Reflector,
    @Inject(AccessLog) private readonly accesses: AccessLog,
  ) {}

  intercept(context: ExecutionContext, next: CallHandler): Observable<unknown> {
    const accessed = this.reflector.get<Accessed | undefined>(ACCESSED, context.getHandler());
    if (!accessed) return next.handle();
    const request = context.switchToHttp().getRequest<Request>();
    return from(this.#recorded(request, accessed, () => lastValueFrom(next.handle(), { defaultValue: undefined })));
  }

  async #recorded(request: Request, accessed: Accessed, answer: () => Promise<unknown>): Promise<unknown> {
    const asked = { by: callerOf(request), what: accessed.what, ...detailsOf(request, accessed) };
    let given: unknown;
    try {
      given = await answer();
    } catch (error) {
      await this.#record({ ...asked, outcome: outcomeOf(error) });
      throw error;
    }
    await this.#record({ ...asked, outcome: 'answered' });
    return given;
  }

  async #record(access: Access): Promise<void> {
    try {
      await this.accesses.record(access);
    } catch (error) {
      if (!(error instanceof EventStoreUnavailable) && !(error instanceof WrongRevision)) throw error;
      const detail =
        'what is read here is recorded first, and the event store that keeps the record is away; try again';
      throw new Problem(503, 'ACCESS_NOT_RECORDED', detail, { retryAfterSeconds: 1 });
    }
  }
}

/** What was asked for more closely. A text that is no identifier is not kept: nobody can say what stands in it. */
function detailsOf(request: Request, { parameters }: Accessed): Pick<Access, 'accountId' | 'parameters'> {
  const given = { ...(request.query as object), ...(request.params as object) } as Record<string, unknown>;
  const account = typeof given['accountId'] === 'string' ? given['accountId'].toLowerCase() : '';
  const kept = parameters.flatMap((name) => {
    const value = given[name];
    if (value === undefined) return [];
    return [[name, typeof value === 'string' && isOpaque(value) ? value : 'withheld'] as const];
  });
  return { ...(isUuid(account) && { accountId: account }), parameters: Object.fromEntries(kept) };
}

function outcomeOf(error: unknown): string {
  if (error instanceof Problem || error instanceof Rejected) return error.code;
  return error instanceof Error ? error.name : 'failed';
}
