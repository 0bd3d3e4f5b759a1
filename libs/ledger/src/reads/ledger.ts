/** The name of the projection that all the ledger's read models are part of: what a read waits for. */
export const LEDGER = 'ledger';
