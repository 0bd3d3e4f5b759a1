/*
 * By which rules differences of tills are accepted. Data, so that another biller is another version; the version and the
 * limit it gave are recorded in every closing they shaped.
 */

export interface TillPolicy {
  /** Recorded in events; a policy that changes gets another. */
  readonly version: string;
  /**
   * By currency: a batch whose differences add up to more, over and short alike, waits for a supervisor. In a currency that
   * is not named every difference does.
   */
  readonly approvalAbove: Readonly<Record<string, string>>;
}

/** United States: what retail cash handling commonly lets an agent close with alone. */
export const TILL_POLICY: TillPolicy = { version: 'us-retail/1', approvalAbove: { USD: '20.00' } };
