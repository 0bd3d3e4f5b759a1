export { Money, MoneyInput, type MoneyJson } from './money/money.js';
export {
  candidatePayBillNumber,
  isPayBillNumber,
  maskPayBillNumber,
  parsePayBillNumber,
  PayBillNumberInput,
  printPayBillNumber,
} from './pay-bill-numbers/pay-bill-number.js';
export { AssignPayBillNumber, payBillNumber } from './pay-bill-numbers/assign-pay-bill-number.js';
export { accountEvents, type AccountEvent } from './billing/account-events.js';
