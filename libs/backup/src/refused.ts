/** A backup cannot be taken, used or restored. The message says why, and what to do; nothing has been left behind. */
export class BackupRefused extends Error {
  override readonly name = 'BackupRefused';
}
