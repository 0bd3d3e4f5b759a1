/**
 * The advisory locks of the database, all in one place: two uses of one number would wait for each other. Whoever makes
 * tables waits at its lock for another who is making them; a worker that is to be alone holds its lock while it works.
 */
export const ADVISORY_LOCKS = {
  projectionTables: 7264223,
  consumerTables: 7264225,
  caseWorker: 7264226,
  fraudMonitor: 7264227,
  personalDataTables: 7264228,
  treeTables: 7264229,
  treeFollower: 7264230,
  logMarkTables: 7264231,
  paymentProcess: 7264232,
} as const;
