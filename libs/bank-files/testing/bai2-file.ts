export interface Bai2Account {
  readonly number: string;
  readonly balances: readonly { readonly type: string; readonly minor: bigint }[];
  readonly details: readonly { readonly type: string; readonly minor: bigint; readonly text: readonly string[] }[];
}

/** The lines of a BAI2 file of one group. */
export function bai2File(accounts: readonly Bai2Account[]): string[] {
  const lines = ['01,121042882,ACME,261124,0600,1,,,2/', '02,ACME,121042882,1,261123,2400,USD,2/'];
  let total = 0n;
  for (const account of accounts) {
    const from = lines.length;
    let sum = 0n;
    const [first, ...others] = account.balances;
    lines.push(`03,${account.number},,${first ? `${first.type},${signed(first.minor)},,` : ''}/`);
    for (const { type, minor } of others) lines.push(`88,${type},${signed(minor)},,Z/`);
    for (const { minor } of account.balances) sum += minor;
    for (const { type, minor, text } of account.details) {
      sum += minor;
      lines.push(`16,${type},${minor},V,261124,,REF${lines.length},,${text[0] ?? ''}`);
      for (const line of text.slice(1)) lines.push(`88,${line}`);
    }
    lines.push(`49,${signed(sum)},${lines.length - from + 1}/`);
    total += sum;
  }
  lines.push(`98,${signed(total)},${accounts.length},${lines.length}/`);
  lines.push(`99,${signed(total)},1,${lines.length + 1}/`);
  return lines;
}

function signed(minor: bigint): string {
  return minor < 0n ? `${minor}` : `+${minor}`;
}
