// Batch normalisation over [rows, C]: three passes over x forward, two over x and dy backward. Sums of up to
// BLOCK_ROWS values are taken in single precision, and these in double.
#pragma once
#include "kernels.h"

#define BLOCK_ROWS 64
#define ALWAYS static inline __attribute__((always_inline))

ALWAYS v128_t load_some(const float *p, int n) {
  if (n >= 4) return wasm_v128_load(p);
  return wasm_f32x4_make(p[0], n > 1 ? p[1] : 0, n > 2 ? p[2] : 0, 0);
}

ALWAYS void store_some(float *p, v128_t v, int n) {
  if (n >= 4) {
    wasm_v128_store(p, v);
    return;
  }
  p[0] = wasm_f32x4_extract_lane(v, 0);
  if (n > 1) p[1] = wasm_f32x4_extract_lane(v, 1);
  if (n > 2) p[2] = wasm_f32x4_extract_lane(v, 2);
}

typedef v128_t (*Term)(v128_t x, v128_t dy, v128_t mean);
ALWAYS v128_t value(v128_t x, v128_t dy, v128_t mean) { return x; }
ALWAYS v128_t gradient(v128_t x, v128_t dy, v128_t mean) { return dy; }
ALWAYS v128_t centred(v128_t x, v128_t dy, v128_t mean) { return wasm_f32x4_sub(x, mean); }
ALWAYS v128_t square(v128_t x, v128_t dy, v128_t mean) {
  const v128_t d = wasm_f32x4_sub(x, mean);
  return wasm_f32x4_mul(d, d);
}
ALWAYS v128_t slope(v128_t x, v128_t dy, v128_t mean) {
  return wasm_f32x4_mul(dy, wasm_f32x4_sub(x, mean));
}
ALWAYS v128_t none(v128_t x, v128_t dy, v128_t mean) { return wasm_f32x4_splat(0); }

ALWAYS void add_lanes(double *sums, v128_t lanes, int own) {
  sums[0] += wasm_f32x4_extract_lane(lanes, 0);
  if (own > 1) sums[1] += wasm_f32x4_extract_lane(lanes, 1);
  if (own > 2) sums[2] += wasm_f32x4_extract_lane(lanes, 2);
  if (own > 3) sums[3] += wasm_f32x4_extract_lane(lanes, 3);
}

/** sums[c] = Σ over rows of `one`, sums[channels + c] of `other`. */
ALWAYS void reduce(Term one, Term other, const float *x, const float *dy, const float *mean, int rows,
                   int channels, double *sums) {
  for (int c = 0; c < 2 * channels; c++) sums[c] = 0;
  for (int start = 0; start < rows; start += BLOCK_ROWS) {
    const int count = rows - start < BLOCK_ROWS ? rows - start : BLOCK_ROWS;
    for (int c = 0; c < channels; c += 4) {
      const int own = channels - c;
      const v128_t m = load_some(mean + c, own);
      v128_t first = wasm_f32x4_splat(0), second = first;
      int at = start * channels + c;
      for (int i = 0; i < count; i++, at += channels) {
        const v128_t v = load_some(x + at, own), d = load_some(dy + at, own);
        first = wasm_f32x4_add(first, one(v, d, m));
        second = wasm_f32x4_add(second, other(v, d, m));
      }
      add_lanes(sums + c, first, own);
      add_lanes(sums + channels + c, second, own);
    }
  }
}

/** `to = (x − mean) · factor + term + dy · share` per channel; without dy where it is null. */
ALWAYS void affine(const float *x, const float *mean, const float *dy, const float *factor,
                   const float *share, const float *term, int rows, int channels, float *to) {
  for (int start = 0; start < rows; start += BLOCK_ROWS) {
    const int count = rows - start < BLOCK_ROWS ? rows - start : BLOCK_ROWS;
    for (int c = 0; c < channels; c += 4) {
      const int own = channels - c;
      const v128_t a = load_some(factor + c, own), b = load_some(term + c, own);
      const v128_t m = load_some(mean + c, own);
      const v128_t s = dy ? load_some(share + c, own) : a;
      int at = start * channels + c;
      for (int i = 0; i < count; i++, at += channels) {
        const v128_t d = wasm_f32x4_sub(load_some(x + at, own), m);
        v128_t y = wasm_f32x4_add(wasm_f32x4_mul(d, a), b);
        if (dy) y = wasm_f32x4_add(y, wasm_f32x4_mul(load_some(dy + at, own), s));
        store_some(to + at, y, own);
      }
    }
  }
}

/**
 * `variance` is unbiased, `inverse` 1 / √(biased variance + ε), `rest` what single precision loses of the mean.
 * Scratch: 3 C doubles.
 */
EXPORT(batch_norm)
void batch_norm(const float *x, const float *scale, const float *offset, int rows, int channels,
                double epsilon, float *y, float *mean, float *variance, float *inverse, float *rest,
                double *scratch) {
  double *squares = scratch + channels;
  float *factor = (float *)(squares + channels), *term = factor + channels;
  reduce(value, none, x, x, scale, rows, channels, scratch);
  for (int c = 0; c < channels; c++) mean[c] = (float)(scratch[c] / rows);
  reduce(centred, square, x, x, mean, rows, channels, scratch);
  for (int c = 0; c < channels; c++) {
    const double off = scratch[c] / rows, spread = squares[c] - off * off * rows;
    const double one = 1 / __builtin_sqrt(spread / rows + epsilon);
    rest[c] = (float)off;
    variance[c] = (float)(spread / (rows - 1));
    inverse[c] = (float)one;
    factor[c] = (float)(one * scale[c]);
    term[c] = (float)(offset[c] - one * scale[c] * off);
  }
  affine(x, mean, 0, factor, factor, term, rows, channels, y);
}

/** dx = scale·s·(dy − mean(dy) − x̂·mean(dy·x̂)), dscale = Σ dy·x̂, doffset = Σ dy. Scratch: 4 C doubles. */
EXPORT(batch_norm_gradient)
void batch_norm_gradient(const float *dy, const float *x, const float *scale, const float *mean,
                         const float *inverse, const float *rest, int rows, int channels, float *dx,
                         float *dscale, float *doffset, double *scratch) {
  double *slopes = scratch + channels;
  float *factor = (float *)(slopes + channels), *share = factor + channels, *term = share + channels;
  reduce(gradient, slope, x, dy, mean, rows, channels, scratch);
  for (int c = 0; c < channels; c++) {
    const double s = inverse[c], along = (slopes[c] - rest[c] * scratch[c]) * s;
    dscale[c] = (float)along;
    doffset[c] = (float)scratch[c];
    const double gain = scale[c] * s, down = gain * along * s / rows;
    factor[c] = (float)-down;
    share[c] = (float)gain;
    term[c] = (float)(down * rest[c] - gain * scratch[c] / rows);
  }
  affine(x, mean, dy, factor, share, term, rows, channels, dx);
}
