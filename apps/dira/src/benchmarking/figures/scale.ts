/** From values to pixels. */
export interface Scale {
  (value: number): number;
  readonly ticks: readonly Tick[];
}

/** A mark of an axis. */
export interface Tick {
  readonly value: number;
  readonly label: string;
}

/** A linear scale whose ends are ticks, about `count` of them at 1, 2 or 5 times a power of ten. */
export function linearScale(
  [low, high]: readonly [number, number],
  [from, to]: readonly [number, number],
  count = 5,
): Scale {
  const room = high > low ? high - low : Math.max(Math.abs(low), 1) / 10;
  const step = niceStep(room / count);
  const [first, last] = [Math.floor(low / step + 1e-9), Math.ceil((low + room) / step - 1e-9)];
  const digits = Math.max(0, -Math.floor(Math.log10(step) + 1e-9));
  const ticks = Array.from({ length: last - first + 1 }, (_, i) => {
    const label = ((first + i) * step).toFixed(digits);
    return { value: Number(label), label };
  });
  const [start, end] = [first * step, last * step];
  const scale = (value: number): number => from + ((value - start) / (end - start)) * (to - from);
  return Object.assign(scale, { ticks });
}

function niceStep(rough: number): number {
  const power = 10 ** Math.floor(Math.log10(rough));
  return power * ([1, 2, 5].find((step) => step * power >= rough * (1 - 1e-9)) ?? 10);
}

/** A logarithmic scale with ticks at given values, half a step of room at both ends. */
export function logScale(ticks: readonly Tick[], [from, to]: readonly [number, number]): Scale {
  const logs = ticks.map(({ value }) => Math.log(value));
  const [low, high] = [Math.min(...logs), Math.max(...logs)];
  const room = high > low ? 0.05 * (high - low) : 1;
  const scale = (value: number): number =>
    from + ((Math.log(value) - low + room) / (high - low + 2 * room)) * (to - from);
  return Object.assign(scale, { ticks });
}

/** Groups beside each other; the scale takes a group's number to its middle. */
export function bandScale(
  labels: readonly string[],
  [from, to]: readonly [number, number],
): Scale & { readonly width: number } {
  const width = (to - from) / labels.length;
  const ticks = labels.map((label, value) => ({ value, label }));
  return Object.assign((value: number) => from + (value + 0.5) * width, { ticks, width });
}
