export { bai2File, type Bai2Account } from './bai2-file.js';
export { camtFile, type CamtEntry } from './camt-file.js';
export { lockboxFile, type LockboxCheck } from './lockbox-file.js';
export { nachaReturnFile, type NachaReturn } from './nacha-return-file.js';
