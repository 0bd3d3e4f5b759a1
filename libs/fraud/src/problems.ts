import { Rejected } from '#libs/event-sourcing';
import { Problem } from '#libs/platform';
import { type CASE_REJECTIONS } from './cases/fraud-case.js';

const STATUS: Readonly<Record<keyof typeof CASE_REJECTIONS, number>> = {
  CASE_UNKNOWN: 404,
  CASE_EXISTS: 409,
  CASE_DECIDED: 409,
};

/** How refusals of fraud monitoring are answered; undefined for an error that is none of them. */
export function fraudProblemOf(error: unknown): Problem | undefined {
  if (!(error instanceof Rejected)) return undefined;
  const status: number | undefined = (STATUS as Readonly<Record<string, number>>)[error.code];
  return status === undefined ? undefined : new Problem(status, error.code, error.message);
}
