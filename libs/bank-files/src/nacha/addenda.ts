import { type CorrectedData, type UnnumberedItem } from '../bank-file.js';
import { yymmdd } from '../days.js';
import { type Columns } from '../lines.js';
import { isRoutingNumber } from '../routing-number.js';

type Returned = Extract<UnnumberedItem, { kind: 'return' }>;
type Changed = Extract<UnnumberedItem, { kind: 'notification-of-change' }>;

/** What an addenda 99 says of the entry it follows. */
export type ReturnDetails = Pick<
  Returned,
  'stage' | 'returnCode' | 'reason' | 'originalTrace' | 'diedOn' | 'disputedCode'
>;

/** What an addenda 98 says of the entry it follows. */
export type ChangeDetails = Pick<
  Changed,
  'changeCode' | 'refusedCode' | 'reason' | 'originalTrace' | 'corrected' | 'problem'
>;

/**
 * Addenda 99. R61–R70 are dishonored returns and R71–R77 contested ones, each with a layout of its own (Nacha Operating
 * Rules, Appendix Four).
 */
export function returnDetails(columns: Columns, isInternational: boolean): ReturnDetails {
  const returnCode = columns.raw(4, 6);
  if (!/^R\d\d$/.test(returnCode) || returnCode === 'R00') {
    throw columns.refused('the return reason code (columns 4–6) must be R and two digits');
  }
  const number = Number(returnCode.slice(1));
  const stage = number >= 61 && number <= 70 ? 'dishonored' : number >= 71 && number <= 77 ? 'contested' : 'return';
  const details = { stage, returnCode, originalTrace: columns.digits(7, 21, 'original trace number') } as const;
  if (stage !== 'return') {
    const disputed = columns.text(57, 58);
    const text = stage === 'dishonored' ? columns.text(59, 79) : '';
    return {
      ...details,
      reason: text || RETURN_REASONS[returnCode],
      ...(/^\d\d$/.test(disputed) && { disputedCode: `R${disputed}` }),
    };
  }
  const diedOn = ['R14', 'R15'].includes(returnCode) ? yymmdd(columns.raw(22, 27)) : undefined;
  // An international return has the original amount where others have text.
  const text = columns.text(isInternational ? 46 : 36, 79);
  return { ...details, reason: text || RETURN_REASONS[returnCode], ...(diedOn !== undefined && { diedOn }) };
}

/** Addenda 98: C01–C14, and C61–C69 with which an originator's bank refuses one. */
export function changeDetails(columns: Columns): ChangeDetails {
  const code = columns.raw(4, 6);
  if (!/^C\d\d$/.test(code) || code === 'C00') {
    throw columns.refused('the change code (columns 4–6) must be C and two digits');
  }
  const isRefusal = code >= 'C61' && code <= 'C69';
  const refusedCode = isRefusal ? columns.text(65, 67) : undefined;
  const { corrected, problem } = correctedData(refusedCode ?? code, columns.raw(36, 64));
  return {
    changeCode: code,
    ...(refusedCode !== undefined && { refusedCode }),
    reason: CHANGE_REASONS[refusedCode ?? code],
    originalTrace: columns.digits(7, 21, 'original trace number'),
    corrected,
    ...(problem !== undefined && { problem }),
  };
}

/** Where the corrected fields stand in the 29 columns for them, by change code; columns counted from 1. */
const CORRECTED: Readonly<Record<string, Readonly<Partial<Record<keyof CorrectedData, readonly [number, number]>>>>> = {
  C01: { accountNumber: [1, 17] },
  C02: { routingNumber: [1, 9] },
  C03: { routingNumber: [1, 9], accountNumber: [13, 29] },
  C04: { name: [1, 22] },
  C05: { transactionCode: [1, 2] },
  C06: { accountNumber: [1, 17], transactionCode: [21, 22] },
  C07: { routingNumber: [1, 9], accountNumber: [10, 26], transactionCode: [27, 28] },
  C08: { identification: [1, 29] },
  C09: { identification: [1, 22] },
};

/**
 * A correction that cannot be used, such as a routing number whose check digit does not hold, is the fault of one bank in
 * one entry, whose answer is a refusal of that notification (C65); the file is not refused for it.
 */
function correctedData(code: string, data: string): { corrected: CorrectedData; problem?: string } {
  const fields = CORRECTED[code];
  if (!fields) return { corrected: {} };
  const corrected = Object.fromEntries(
    Object.entries(fields).map(([name, [from, to]]) => [name, data.slice(from - 1, to).trim()]),
  ) as CorrectedData;
  const missing = Object.entries(corrected).find(([, value]) => value === '');
  if (missing) return { corrected: {}, problem: `${code} comes without what is to be corrected` };
  if (corrected.routingNumber !== undefined && !isRoutingNumber(corrected.routingNumber)) {
    return { corrected: {}, problem: 'the check digit of the corrected routing number does not hold' };
  }
  if (corrected.transactionCode !== undefined && !/^[2-5]\d$/.test(corrected.transactionCode)) {
    return { corrected: {}, problem: 'the corrected transaction code is none' };
  }
  return { corrected };
}

/** Short titles of the return reasons (Nacha Operating Rules, Appendix Four). */
const RETURN_REASONS: Readonly<Record<string, string>> = {
  R01: 'Insufficient funds',
  R02: 'Account closed',
  R03: 'No account, or unable to locate account',
  R04: 'Invalid account number structure',
  R05: 'Unauthorized debit to consumer account using corporate SEC code',
  R06: 'Returned per ODFI’s request',
  R07: 'Authorization revoked by customer',
  R08: 'Payment stopped',
  R09: 'Uncollected funds',
  R10: 'Customer advises originator is not known or not authorized',
  R11: 'Customer advises entry not in accordance with the authorization',
  R12: 'Account sold to another DFI',
  R13: 'Invalid ACH routing number',
  R14: 'Representative payee deceased or unable to continue',
  R15: 'Beneficiary or account holder deceased',
  R16: 'Account frozen, or entry returned per OFAC instruction',
  R17: 'File record edit criteria, or entry with invalid account number initiated under questionable circumstances',
  R18: 'Improper effective entry date',
  R19: 'Amount field error',
  R20: 'Non-transaction account',
  R21: 'Invalid company identification',
  R22: 'Invalid individual ID number',
  R23: 'Credit entry refused by receiver',
  R24: 'Duplicate entry',
  R25: 'Addenda error',
  R26: 'Mandatory field error',
  R27: 'Trace number error',
  R28: 'Routing number check digit error',
  R29: 'Corporate customer advises not authorized',
  R30: 'RDFI not participant in check truncation program',
  R31: 'Permissible return entry',
  R32: 'RDFI non-settlement',
  R33: 'Return of XCK entry',
  R34: 'Limited participation DFI',
  R35: 'Return of improper debit entry',
  R36: 'Return of improper credit entry',
  R37: 'Source document presented for payment',
  R38: 'Stop payment on source document',
  R39: 'Improper source document, or source document presented for payment',
  R51: 'Item related to RCK entry is ineligible, or RCK entry is improper',
  R52: 'Stop payment on item related to RCK entry',
  R53: 'Item and RCK entry presented for payment',
  R61: 'Misrouted return',
  R62: 'Return of erroneous or reversing debit',
  R67: 'Duplicate return',
  R68: 'Untimely return',
  R69: 'Field errors',
  R70: 'Permissible return entry not accepted, or return not requested by ODFI',
  R71: 'Misrouted dishonored return',
  R72: 'Untimely dishonored return',
  R73: 'Timely original return',
  R74: 'Corrected return',
  R75: 'Return not a duplicate',
  R76: 'No errors found',
  R77: 'Non-acceptance of R62 dishonored return',
};

const CHANGE_REASONS: Readonly<Record<string, string>> = {
  C01: 'Incorrect account number',
  C02: 'Incorrect routing number',
  C03: 'Incorrect routing number and account number',
  C04: 'Incorrect individual or receiving company name',
  C05: 'Incorrect transaction code',
  C06: 'Incorrect account number and transaction code',
  C07: 'Incorrect routing number, account number and transaction code',
  C08: 'Incorrect receiving DFI identification',
  C09: 'Incorrect individual identification number',
  C13: 'Addenda format error',
  C14: 'Incorrect SEC code for outbound international payment',
};
