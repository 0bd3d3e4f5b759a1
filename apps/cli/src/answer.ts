interface Asked {
  readonly json?: boolean;
}

/**
 * Prints the answer of a command on standard output: JSON for a program that asked for it, else text for a person.
 * Everything else a command has to say (progress, warnings, failures) belongs on standard error.
 * @param value whole numbers that may be beyond 2^53 as bigint; they are printed as strings
 */
export function answer({ json }: Asked, value: object, text: () => string): void {
  console.log(json ? JSON.stringify(value, bigintAsString, 2) : text());
}

function bigintAsString(_key: string, value: unknown): unknown {
  return typeof value === 'bigint' ? String(value) : value;
}
