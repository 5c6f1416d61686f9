/**
 * `out[to + x] = Σ_k weights[first + k] · data[starts[k] + x]` for x below `length`: a weighted sum of
 * lines, four at a time, which is what resizing and blurring come down to.
 */
export function weightedSum(
  out: Float32Array,
  to: number,
  length: number,
  data: Float32Array,
  starts: Int32Array,
  weights: Float32Array | Float64Array,
  first = 0,
): void {
  for (let k = 0; k < starts.length; k += 4) {
    const left = starts.length - k;
    const at = (i: number): number => starts[i < left ? k + i : k] as number;
    const weight = (i: number): number => (i < left ? (weights[first + k + i] as number) : 0);
    const [a, b, c, d] = [at(0), at(1), at(2), at(3)];
    const [wa, wb, wc, wd] = [weight(0), weight(1), weight(2), weight(3)];
    const keep = k === 0 ? 0 : 1;
    if (wd === 0 && wc === 0) {
      if (wb === 0 && wa === 0 && keep === 1) continue;
      for (let x = 0; x < length; x += 1) {
        const sum = wa * (data[a + x] as number) + wb * (data[b + x] as number);
        out[to + x] = keep * (out[to + x] as number) + sum;
      }
    } else {
      for (let x = 0; x < length; x += 1) {
        const sum =
          wa * (data[a + x] as number) +
          wb * (data[b + x] as number) +
          wc * (data[c + x] as number) +
          wd * (data[d + x] as number);
        out[to + x] = keep * (out[to + x] as number) + sum;
      }
    }
  }
}
