import { z } from 'zod';

/** One thing that is wrong with a request, with the field it is about (`lines/0/unitPrice`). */
export interface FieldError {
  readonly field: string;
  readonly message: string;
}

/**
 * Why a request was not carried out, as the client is told. Code, detail and field messages are written by us and never
 * repeat what the client sent: an error must not carry personal data or a card number back out, or into a log.
 */
export class Problem extends Error {
  override readonly name = 'Problem';

  constructor(
    readonly status: number,
    /** Stable, SCREAMING_SNAKE_CASE. */
    readonly code: string,
    /** A sentence that says what was wrong and what to do next. */
    readonly detail: string,
    readonly more: { readonly errors?: readonly FieldError[]; readonly retryAfterSeconds?: number } = {},
  ) {
    super(`${code}: ${detail}`);
  }

  /** The body of the answer. @see https://www.rfc-editor.org/rfc/rfc9457 */
  toBody(requestId: string): ProblemBody {
    const { status, code, detail } = this;
    const words = code.toLowerCase().replaceAll('_', ' ');
    return {
      type: `urn:paybill:problem:${words.replaceAll(' ', '-')}`,
      title: words.charAt(0).toUpperCase() + words.slice(1),
      status,
      code,
      detail,
      instance: `urn:uuid:${requestId}`,
      errors: this.more.errors ?? [],
    };
  }
}

/** The media type of every error answer. */
export const PROBLEM_JSON = 'application/problem+json';

/** What an error answer looks like (RFC 9457), for the OpenAPI document. */
export const ProblemBody = z
  .object({
    type: z
      .string()
      .meta({ description: 'A URN that names the kind of problem', examples: ['urn:paybill:problem:account-unknown'] }),
    title: z.string(),
    status: z.int(),
    code: z.string().meta({ description: 'Stable code to decide by', examples: ['ACCOUNT_UNKNOWN'] }),
    detail: z.string().meta({ description: 'What was wrong and what to do next, for people' }),
    instance: z.string().meta({ description: 'This one occurrence: the id of the request, as it stands in the log' }),
    errors: z
      .array(z.object({ field: z.string(), message: z.string() }))
      .readonly()
      .meta({
        description: 'Which fields are to blame, where there are any',
        examples: [[{ field: 'lines/0/unitPrice', message: 'must be a decimal string' }]],
      }),
  })
  .meta({ id: 'Problem' });
type ProblemBody = z.output<typeof ProblemBody>;

/** More errors than this help nobody and would let a client make us write a very long answer. */
const MOST_ERRORS = 50;

/** What a schema found wrong, as Standard Schema gives it; zod adds the keys that are not fields. */
interface Issue {
  readonly message: string;
  readonly path?: readonly (PropertyKey | { readonly key: PropertyKey })[] | undefined;
  readonly keys?: readonly string[];
}

/** The problem of a request that does not have the shape its schema asks for. */
export function malformed(issues: readonly Issue[]): Problem {
  // One message for each field: what is wrong first is what to mend first.
  const byField = new Map<string, string>();
  for (const { message, path = [], keys } of issues) {
    const found = keys?.map((key) => [pointer([...path, key]), 'is not a field of this request'] as const);
    for (const [field, what] of found ?? [[pointer(path), message] as const]) {
      if (!byField.has(field)) byField.set(field, what);
    }
  }
  const errors = [...byField].map(([field, message]) => ({ field, message }));
  const first = errors[0];
  const where = first ? `: ${first.field || 'the body'} ${first.message}` : '';
  const others = errors.length > 1 ? `, and ${errors.length - 1} more` : '';
  return new Problem(400, 'REQUEST_MALFORMED', `the request does not have the right shape${where}${others}`, {
    errors: errors.slice(0, MOST_ERRORS),
  });
}

function pointer(path: NonNullable<Issue['path']>): string {
  return path.map((step) => fieldName(String(typeof step === 'object' ? step.key : step))).join('/');
}

/** Unknown fields are named by the client; a name that is no name (a number from a card, a novel) is cut down. */
function fieldName(name: string): string {
  const printable = name.replace(/\d{6,}/g, '…').replace(/\p{C}/gu, '�');
  return printable.length > 64 ? `${printable.slice(0, 64)}…` : printable;
}
