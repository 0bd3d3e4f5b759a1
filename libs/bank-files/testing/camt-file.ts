export interface CamtEntry {
  readonly side: 'CRDT' | 'DBIT';
  /** Cents. With more than one, they are the transactions of one batch entry. */
  readonly amounts: readonly bigint[];
  readonly reference: string;
}

/** The blocks of a camt.053 file: what comes before its entries, each entry, and what follows. */
export function camtFile(entries: readonly CamtEntry[], opening = 10_000n): string[] {
  const closing = entries.reduce((sum, one) => sum + (one.side === 'CRDT' ? 1n : -1n) * sumOf(one.amounts), opening);
  const net = closing - opening;
  return [
    '<?xml version="1.0" encoding="UTF-8"?>\n<n:Document xmlns:n="urn:iso:std:iso:20022:tech:xsd:camt.053.001.08"><n:BkToCstmrStmt>',
    '<n:GrpHdr><n:MsgId>M1</n:MsgId><n:CreDtTm>2026-11-24T06:00:00</n:CreDtTm></n:GrpHdr>',
    '<n:Stmt><n:Id>S1</n:Id><n:Acct><n:Id><n:IBAN>DE89370400440532013000</n:IBAN></n:Id><n:Ccy>EUR</n:Ccy></n:Acct>',
    balance('OPBD', opening),
    // A summary may be left out; so it stands in one block with what may not.
    `${balance('CLBD', closing)}<n:TxsSummry><n:TtlNtries><n:NbOfNtries>${entries.length}</n:NbOfNtries><n:TtlNetNtry><n:Amt>${decimal(net < 0n ? -net : net)}</n:Amt>` +
      `<n:CdtDbtInd>${net < 0n ? 'DBIT' : 'CRDT'}</n:CdtDbtInd></n:TtlNetNtry></n:TtlNtries></n:TxsSummry>`,
    ...entries.map(entryOf),
    '</n:Stmt></n:BkToCstmrStmt></n:Document>',
  ];
}

function entryOf({ side, amounts, reference }: CamtEntry): string {
  const details = amounts.map(
    (amount, index) =>
      `<n:TxDtls><n:Refs><n:EndToEndId>${reference}-${index}</n:EndToEndId></n:Refs><n:Amt Ccy="EUR">${decimal(amount)}</n:Amt></n:TxDtls>`,
  );
  return (
    `<n:Ntry><n:Amt Ccy="EUR">${decimal(sumOf(amounts))}</n:Amt><n:CdtDbtInd>${side}</n:CdtDbtInd><n:Sts><n:Cd>BOOK</n:Cd></n:Sts>` +
    `<n:BookgDt><n:Dt>2026-11-23</n:Dt></n:BookgDt><n:NtryDtls><n:Btch><n:NbOfTxs>${amounts.length}</n:NbOfTxs></n:Btch>` +
    `${details.join('')}</n:NtryDtls></n:Ntry>`
  );
}

function balance(code: string, minor: bigint): string {
  return (
    `<n:Bal><n:Tp><n:CdOrPrtry><n:Cd>${code}</n:Cd></n:CdOrPrtry></n:Tp><n:Amt Ccy="EUR">${decimal(minor < 0n ? -minor : minor)}</n:Amt>` +
    `<n:CdtDbtInd>${minor < 0n ? 'DBIT' : 'CRDT'}</n:CdtDbtInd><n:Dt><n:Dt>2026-11-23</n:Dt></n:Dt></n:Bal>`
  );
}

function sumOf(amounts: readonly bigint[]): bigint {
  return amounts.reduce((sum, one) => sum + one, 0n);
}

function decimal(minor: bigint): string {
  const text = minor.toString().padStart(3, '0');
  return `${text.slice(0, -2)}.${text.slice(-2)}`;
}
