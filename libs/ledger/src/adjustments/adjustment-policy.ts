import { refuse } from '../billing/rejections.js';
import { parseMinor } from '../money/minor-units.js';

/*
 * Who may take how much off an account (CS5). Data, so that another biller is another version; the version is recorded in the
 * events it shaped, together with the role it was asked for, so that history is read without it.
 */

/** Who somebody is to the biller (SE2). */
export const ROLES = ['agent', 'finance', 'operations', 'fraud-analyst', 'customer', 'service'] as const;
export type Role = (typeof ROLES)[number];

/** Up to so much, by currency; nothing in a currency that is not named. */
type Limit = Readonly<Record<string, string>> | 'any amount';

interface Authority {
  /**
   * Without a second person: all together that was adjusted on an account without one in the days of the window, so that a
   * large amount is not made of small ones.
   */
  readonly alone: Limit;
  /** As the second person, of what somebody else proposed: each adjustment by itself. */
  readonly approves: Limit;
}

interface AdjustmentPolicy {
  /** Recorded in events; a policy that changes gets another. */
  readonly version: string;
  readonly windowDays: number;
  readonly authority: Readonly<Record<Role, Authority>>;
}

const NOTHING: Authority = { alone: {}, approves: {} };

/** A default: the limits are the biller's own to set; that a second person approves is what auditors ask for (COSO, SOX 404). */
export const ADJUSTMENT_POLICY: AdjustmentPolicy = {
  version: 'adjustments/1',
  windowDays: 30,
  authority: {
    agent: { alone: { USD: '50.00' }, approves: { USD: '100.00' } },
    finance: { alone: { USD: '500.00' }, approves: 'any amount' },
    operations: NOTHING,
    'fraud-analyst': NOTHING,
    customer: NOTHING,
    service: { alone: 'any amount', approves: {} },
  },
};

/** The role a caller states. @throws Rejected ROLE_UNKNOWN */
export function roleOf(stated: string | undefined): Role {
  return (
    ROLES.find((role) => role === stated) ??
    refuse('ROLE_UNKNOWN', `state the role of whoever does it in X-Role: ${ROLES.join(', ')}`, 'x-role')
  );
}

/** Whether a limit covers an amount, in minor units of a currency with so many digits. */
export function covers(limit: Limit, amount: bigint, currency: string, digits: number): boolean {
  if (limit === 'any amount') return true;
  return amount <= parseMinor(limit[currency] ?? '0', digits);
}

/**
 * Refuses what is taken off an account past these limits: a role that has them proposes an adjustment instead. A caller that
 * states no role is another system, as a billing import is, and has its own rules.
 */
export function requireUnlimited(stated: string | undefined): void {
  if (stated === undefined) return;
  const { alone } = ADJUSTMENT_POLICY.authority[roleOf(stated)];
  if (alone === 'any amount') return;
  refuse('ADJUSTMENT_NEEDED', 'this role has limits; propose it: POST /accounts/{accountId}/adjustments', 'x-role');
}

/** Refuses a write-off by a role that may neither give nor approve any amount. A caller that states no role is another system. */
export function requireWriteOffAuthority(stated: string | undefined): void {
  if (stated === undefined) return;
  const { alone, approves } = ADJUSTMENT_POLICY.authority[roleOf(stated)];
  if (alone === 'any amount' || approves === 'any amount') return;
  refuse('ADJUSTMENT_NEEDED', 'this role has limits; a write-off is for finance', 'x-role');
}
