/**
 * The advisory locks of the database, all in one place: two uses of one number would wait for each other. Whoever makes
 * tables waits at its lock for another who is making them; a worker that is to be alone holds its lock while it works.
 */
export const ADVISORY_LOCKS = {
  tables: 7264223,
  caseWorker: 7264226,
  fraudMonitor: 7264227,
  treeFollower: 7264230,
  paymentProcess: 7264232,
  transferProcess: 7264237,
  consolidationProcess: 7264238,
} as const;
