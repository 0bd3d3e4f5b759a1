interface Named {
  readonly bench: string;
  /** What was measured, with its unit. */
  readonly bar: string;
}

/** What a bench has to say: a figure that is held against something, one that is only told, or why there is none. */
export type Bar = HeldFigure | ToldFigure | NotMeasured;

/** One figure of the specification, measured: `ratio` has to reach `atLeast`. */
interface HeldFigure extends Named {
  readonly value: number;
  /** What the value is held against: a rate measured in the same run, or for an upper limit the limit itself. */
  readonly floor: number;
  readonly ratio: number;
  readonly atLeast: number;
  readonly met: boolean;
}

/** A figure beside those that are promised, for whoever wants to understand them. */
interface ToldFigure extends Named {
  readonly value: number;
}

interface NotMeasured extends Named {
  /** What was missing for it. */
  readonly notMeasured: string;
}

/** A rate that has to reach a share of another rate, its floor, which was measured in the same run. */
export function reaches(bench: string, bar: string, value: number, floor: number, atLeast: number): Bar {
  return held(bench, bar, value, floor, value / floor, atLeast);
}

/** A time or size that has to stay under a limit: the ratio says how many times it fits in. */
export function staysUnder(bench: string, bar: string, value: number, limit: number): Bar {
  return held(bench, bar, value, limit, limit / value, 1);
}

/** A time that may not grow beyond so many times what it was: the ratio is what it was to what it is. */
export function staysFlat(bench: string, bar: string, value: number, before: number, times: number): Bar {
  return held(bench, bar, value, before, before / value, 1 / times);
}

/** A figure that nothing was promised about. */
export function told(bench: string, bar: string, value: number): Bar {
  return { bench, bar, value: rounded(value) };
}

/** A figure that could not be had here, and why. */
export function notMeasured(bench: string, bar: string, reason: string): Bar {
  return { bench, bar, notMeasured: reason };
}

function held(bench: string, bar: string, value: number, floor: number, ratio: number, atLeast: number): Bar {
  return {
    bench,
    bar,
    value: rounded(value),
    floor: rounded(floor),
    ratio: rounded(ratio),
    atLeast,
    // Judged before rounding: 0.796 is printed as 0.8 and does not meet 0.8.
    met: ratio >= atLeast,
  };
}

/** Three figures are all that such measurements bear. */
function rounded(value: number): number {
  return value >= 1000 ? Math.round(value) : Number(value.toPrecision(3));
}
