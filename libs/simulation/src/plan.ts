/** What a simulated biller is made from: the same of these are the same events. */
export interface Plan {
  readonly accounts: number;
  readonly months: number;
  readonly seed: number;
  /** The first day. */
  readonly from: string;
}
