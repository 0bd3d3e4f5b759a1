import { styleText } from 'node:util';

type Colour = 'red' | 'green' | 'yellow' | 'bold' | 'dim';

/**
 * A text in colour where that is wanted. `--no-color`, NO_COLOR, FORCE_COLOR and TERM=dumb are respected, in this order;
 * otherwise a terminal gets colour and nothing else does.
 */
export function inColour(colour: Colour, text: string, stream: NodeJS.WriteStream = process.stdout): string {
  return hasColour(stream) ? styleText(colour, text, { validateStream: false }) : text;
}

/** Whether a stream shows colour. An empty variable is one that is not set (no-color.org). */
export function hasColour(stream: NodeJS.WriteStream): boolean {
  const { NO_COLOR, FORCE_COLOR, TERM } = process.env;
  if (NO_COLOR) return false;
  if (FORCE_COLOR) return FORCE_COLOR !== '0' && FORCE_COLOR !== 'false';
  return stream.isTTY && TERM !== 'dumb';
}

/** Whether a stream is a terminal on which a line can be written over. */
export function isLive(stream: NodeJS.WriteStream): boolean {
  return stream.isTTY && process.env['TERM'] !== 'dumb';
}
