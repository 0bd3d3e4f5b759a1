export interface LockboxCheck {
  /** Cents. */
  readonly amount: bigint;
  readonly invoices: readonly string[];
}

const BOX = '0022222261123';

/** The lines of a lockbox file of one lockbox, a batch for each list of checks. */
export function lockboxFile(batches: readonly (readonly LockboxCheck[])[]): string[] {
  const lines = ['100ACMECABLE 00999999912611231800', '2ACMECABLE 0099999991000000000040008000801'];
  lines.push(`5000000${BOX}ACMECABLE 0099999991`);
  let [count, total] = [0, 0n];
  for (const [index, checks] of batches.entries()) {
    const batch = figures(index + 1, 3);
    let sum = 0n;
    for (const [at, { amount, invoices }] of checks.entries()) {
      const item = figures(at + 1, 3);
      lines.push(`6${batch}${item}${figures(amount, 10)}0550027070012345555${figures(at + 1, 10)}112226PAYER`);
      for (const [place, invoice] of invoices.entries()) {
        const indicator = place === invoices.length - 1 ? '9' : '0';
        lines.push(`4${batch}${item}6${figures(place + 1, 2)}${indicator}${invoice}`);
      }
      sum += amount;
    }
    lines.push(`7${batch}000${BOX}${figures(checks.length, 3)}${figures(sum, 10)}`);
    count += checks.length;
    total += sum;
  }
  lines.push(`8000000${BOX}${figures(count, 4)}${figures(total, 10)}`);
  lines.push(`9${figures(lines.length + 1, 6)}`);
  return lines;
}

function figures(value: number | bigint, columns: number): string {
  return value.toString().padStart(columns, '0');
}
