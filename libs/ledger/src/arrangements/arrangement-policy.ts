/*
 * On what terms customers may pay what they owe in instalments. Data, so that another regulator is another version; the version
 * is recorded in the events it shaped, together with what followed from it, so that history is read without it.
 */

interface ArrangementPolicy {
  /** Recorded in events; a policy that changes gets another. */
  readonly version: string;
  readonly mostInstalments: number;
  /** From the agreement to the last instalment. */
  readonly mostDays: number;
  /** After the day of an instalment before it counts as missed: mail that was sent in time has them to arrive. */
  readonly graceDays: number;
  /** So many broken in the window, and there is no other. */
  readonly mostBroken: number;
  readonly windowDays: number;
}

/**
 * A default: up to a year (66 Pa.C.S. §1405(b) gives from six months to five years by income), five days of grace as for bills
 * (52 Pa. Code §56.21), and no third one in a year in which two were broken (§1405(d) gives a right to one).
 */
export const ARRANGEMENT_POLICY: ArrangementPolicy = {
  version: 'us-arrangements/1',
  mostInstalments: 12,
  mostDays: 366,
  graceDays: 5,
  mostBroken: 2,
  windowDays: 365,
};
