export { type Activity, type Biller, type BillDocument, type BilledTax } from './bill-document.js';
export { renderBill } from './render-bill.js';
export { BillDocumentSettings, billerOf } from './settings.js';
/** @public for the lockbox, which reads what coupons say */
export { readScanLine, type Remittance, scanLine, ScanLineUnreadable } from './scan-line.js';
