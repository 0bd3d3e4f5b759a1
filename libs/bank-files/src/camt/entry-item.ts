import { type Amount, type UnnumberedItem } from '../bank-file.js';
import { endingOf } from '../lines.js';
import { type Element } from './element.js';

/** Whether the entry is money that has been booked: since version 4 the status is an element of its own. */
export function isBooked(entry: Element): boolean {
  return statusOf(entry) === 'BOOK';
}

function statusOf(entry: Element): string {
  return entry.required('status', 'Sts/Cd', 'Sts', 'Sts/Prtry');
}

/**
 * What an entry, or one transaction of it, is.
 * @param signed amount of it; negative is money that went out
 */
export function entryItem(
  entry: Element,
  transaction: Element | undefined,
  signed: Amount,
  createdOn: string,
): UnnumberedItem {
  const isCredit = signed.minor >= 0n;
  const amount = { minor: isCredit ? signed.minor : -signed.minor, currency: signed.currency };
  const movement = {
    record: transaction?.record ?? entry.record,
    amount,
    settledOn: entry.day('BookgDt') ?? entry.day('ValDt') ?? createdOn,
    code: bankCode(transaction) ?? bankCode(entry) ?? '',
    bankReference:
      transaction?.text('Refs/AcctSvcrRef', 'Refs/TxId', 'Refs/InstrId') ?? entry.text('AcctSvcrRef', 'NtryRef'),
    references: referencesOf(entry, transaction),
    ...otherSide(transaction, isCredit ? 'Dbtr' : 'Cdtr'),
  };
  if (!isBooked(entry)) {
    return { kind: 'information', ...movement, because: `the entry is not booked (${statusOf(entry)})` };
  }
  const isReversal = ['true', '1'].includes(entry.text('RvslInd') ?? '');
  const returnCode = transaction?.text('RtrInf/Rsn/Cd', 'RtrInf/Rsn/Prtry');
  if (returnCode !== undefined || transaction?.has('RtrInf') || isReversal) {
    return {
      kind: 'return',
      ...movement,
      stage: 'return',
      of: isCredit ? 'payout' : 'payment',
      returnCode: returnCode ?? 'RVSL',
      reason: transaction?.text('RtrInf/AddtlInf') ?? (isReversal ? 'Reversed by the bank' : undefined),
    };
  }
  return { kind: isCredit ? 'credit' : 'debit', ...movement, reversal: false };
}

/** Structured references first: they have been checked by whoever wrote them. */
function referencesOf(entry: Element, transaction: Element | undefined): string[] {
  const references = transaction
    ? [
        ...transaction.all('RmtInf/Strd/CdtrRefInf/Ref'),
        ...transaction.all('RmtInf/Strd/CdtrRefInf/CdtrRef'),
        ...transaction.all('RmtInf/Strd/RfrdDocInf/Nb'),
        ...transaction.all('RmtInf/Ustrd'),
        ...transaction.all('Refs/EndToEndId'),
        ...transaction.all('AddtlTxInf'),
      ]
    : [...entry.all('AddtlNtryInf')];
  return [...new Set(references)].filter((text) => text !== '' && text !== 'NOTPROVIDED');
}

function otherSide(transaction: Element | undefined, role: 'Dbtr' | 'Cdtr') {
  const name = transaction?.text(`RltdPties/${role}/Nm`, `RltdPties/${role}/Pty/Nm`);
  const account = transaction?.text(`RltdPties/${role}Acct/Id/IBAN`, `RltdPties/${role}Acct/Id/Othr/Id`);
  const accountEnding = account === undefined ? undefined : endingOf(account);
  return { ...(name !== undefined && { name }), ...(accountEnding !== undefined && { accountEnding }) };
}

function bankCode(element: Element | undefined): string | undefined {
  const domain = element?.text('BkTxCd/Domn/Cd');
  if (domain === undefined) return element?.text('BkTxCd/Prtry/Cd');
  const family = [element?.text('BkTxCd/Domn/Fmly/Cd'), element?.text('BkTxCd/Domn/Fmly/SubFmlyCd')];
  return [domain, ...family].filter((code) => code !== undefined).join(' ');
}
