import { SetMetadata } from '@nestjs/common';

/** What a route gives that auditors want to know of. */
export interface Accessed {
  /** A code for it, `trial-balance`. */
  readonly what: string;
  /** Parameters of the address or the query that say what was narrowed down to; they must never hold personal data. */
  readonly parameters: readonly string[];
}

/** Where {@link Accessed} is found on a controller's method. */
export const ACCESSED = Symbol('ACCESSED');

/**
 * Method decorator: whoever asks for this is recorded, durably, before the answer leaves; when that cannot be, the answer is
 * refused. For what shows finance's figures, the audit's own, or personal data. The parameter `accountId` is recorded by
 * itself. The method has to return its answer, not write it to the reply.
 * @param parameters names of others to record
 */
export function Accessed(what: string, parameters: readonly string[] = []): MethodDecorator {
  return SetMetadata(ACCESSED, { what, parameters } satisfies Accessed);
}
