export { exampleBill, exampleBiller } from './example-bill.js';
export { canReadPdf, pdfPages } from './pdf-text.js';
