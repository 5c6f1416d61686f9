// Convolution as a matrix product whose left side is gathered: y[p, o] = Σ_{t, c} x[at(p, t), c] · w[t, c, o].
// It serves the forward pass and, with other tables, the gradient of the input, in one to three dimensions.
#pragma once
#include "kernels.h"

#define ROWS 4     // pixels of a tile: four pixels by eight channels leave room in sixteen registers
#define COLUMNS 8  // channels of a tile
#define FEW 4      // up to so many output channels, a register holds channels of the input instead

/** One pass, as TypeScript writes it: 32-bit integers. */
typedef struct {
  int32_t images, size[3];              // how many outputs this pass writes, per axis
  int32_t y_first, y_step[3], y_image;  // where they lie, in pixels
  int32_t x_size[3], x_step[3];         // the input, and how far it moves from an output to the next
  int32_t channels, out_channels, taps;
  int32_t tap[][4];                     // per tap: input position of output 0 by axis, index in the filter
} Pass;

/** Whether sums go along the input's channels, four at a time. */
static inline int along_input(int channels, int out) { return out <= FEW && channels % 4 == 0; }

/**
 * [taps, C, O], or transposed [taps, O, C], into panels [O / 8][taps][C][8], with zeros after the last; along the
 * input, into [taps][C / 4][1 or 4 of O][4 of C].
 */
EXPORT(pack_filter)
void pack_filter(const float *filter, int taps, int channels, int out, int transposed, float *packed) {
#define AT(t, c, o) \
  ((o) >= out ? 0 : filter[transposed ? ((t) * out + (o)) * channels + (c) : ((t) * channels + (c)) * out + (o)])
  if (along_input(channels, out)) {
    for (int t = 0; t < taps; t++)
      for (int c = 0; c < channels; c += 4)
        for (int o = 0; o < (out == 1 ? 1 : FEW); o++)
          for (int r = 0; r < 4; r++) *packed++ = AT(t, c + r, o);
    return;
  }
  for (int first = 0; first < out; first += COLUMNS)
    for (int t = 0; t < taps; t++)
      for (int c = 0; c < channels; c++)
        for (int r = 0; r < COLUMNS; r++) *packed++ = AT(t, c, first + r);
}

static inline void store_row(float *y, v128_t low, v128_t high, int columns) {
  if (columns == COLUMNS) {
    wasm_v128_store(y, low);
    wasm_v128_store(y + 4, high);
    return;
  }
  float row[COLUMNS];
  wasm_v128_store(row, low);
  wasm_v128_store(row + 4, high);
  for (int r = 0; r < columns; r++) y[r] = row[r];
}

#define STEP_ROW(r)                                                  \
  {                                                                  \
    const v128_t a = wasm_v128_load32_splat(x + (r));                \
    low##r = wasm_f32x4_add(low##r, wasm_f32x4_mul(a, b0));          \
    high##r = wasm_f32x4_add(high##r, wasm_f32x4_mul(a, b1));        \
  }

/** Four pixels by eight channels, of x packed as [taps][C][4]. */
static __attribute__((noinline)) void tile(const Pass *pass, const float *x, const float *panel,
                                           float *const *to, int rows, int first, int columns) {
  const int channels = pass->channels;
  v128_t low0 = wasm_f32x4_splat(0), high0 = low0, low1 = low0, high1 = low0;
  v128_t low2 = low0, high2 = low0, low3 = low0, high3 = low0;
  for (int t = 0; t < pass->taps; t++) {
    const float *w = panel + pass->tap[t][3] * channels * COLUMNS;
    for (const float *end = x + channels * ROWS; x < end; x += ROWS, w += COLUMNS) {
      const v128_t b0 = wasm_v128_load(w), b1 = wasm_v128_load(w + 4);
      STEP_ROW(0) STEP_ROW(1) STEP_ROW(2) STEP_ROW(3)
    }
  }
  store_row(to[0] + first, low0, high0, columns);
  if (rows > 1) store_row(to[1] + first, low1, high1, columns);
  if (rows > 2) store_row(to[2] + first, low2, high2, columns);
  if (rows > 3) store_row(to[3] + first, low3, high3, columns);
}

/** [4 pixels][C] at the given places → [C][4]. */
static void pack_pixels(const float *const *x, int channels, float *to) {
  const float *x0 = x[0], *x1 = x[1], *x2 = x[2], *x3 = x[3];
  int c = 0;
  for (; c + 4 <= channels; c += 4, to += 16) {
    const v128_t a = wasm_v128_load(x0 + c), b = wasm_v128_load(x1 + c);
    const v128_t d = wasm_v128_load(x2 + c), e = wasm_v128_load(x3 + c);
    const v128_t ab = wasm_i32x4_shuffle(a, b, 0, 4, 1, 5), de = wasm_i32x4_shuffle(d, e, 0, 4, 1, 5);
    const v128_t ba = wasm_i32x4_shuffle(a, b, 2, 6, 3, 7), ed = wasm_i32x4_shuffle(d, e, 2, 6, 3, 7);
    wasm_v128_store(to, wasm_i64x2_shuffle(ab, de, 0, 2));
    wasm_v128_store(to + 4, wasm_i64x2_shuffle(ab, de, 1, 3));
    wasm_v128_store(to + 8, wasm_i64x2_shuffle(ba, ed, 0, 2));
    wasm_v128_store(to + 12, wasm_i64x2_shuffle(ba, ed, 1, 3));
  }
  for (; c < channels; c++, to += 4) to[0] = x0[c], to[1] = x1[c], to[2] = x2[c], to[3] = x3[c];
}

/** Where tap t sees the input from output `at`; `zeros` outside. */
static inline const float *seen(const Pass *pass, const float *x, const float *zeros, const int *at, int t) {
  int pixel = at[0];
  for (int axis = 0; axis < 3; axis++) {
    const int position = pass->tap[t][axis] + at[axis + 1] * pass->x_step[axis];
    if ((uint32_t)position >= (uint32_t)pass->x_size[axis]) return zeros;
    pixel = pixel * pass->x_size[axis] + position;
  }
  return x + pixel * pass->channels;
}

static inline void advance(const int32_t *size, int *at) {
  for (int axis = 3; axis > 0; axis--) {
    if (++at[axis] < size[axis - 1]) return;
    at[axis] = 0;
  }
  at[0]++;
}

static inline float *place(const Pass *pass, float *y, const int *at) {
  return y + (pass->y_first + at[0] * pass->y_image + at[1] * pass->y_step[0] + at[2] * pass->y_step[1] +
              at[3] * pass->y_step[2]) * pass->out_channels;
}

static inline float sum_lanes(v128_t v) {
  return wasm_f32x4_extract_lane(v, 0) + wasm_f32x4_extract_lane(v, 1) +
         (wasm_f32x4_extract_lane(v, 2) + wasm_f32x4_extract_lane(v, 3));
}

#define ALONG_ROW(r) sum##r = wasm_f32x4_add(sum##r, wasm_f32x4_mul(wasm_v128_load(x##r + c), b));
#define ALONG_STORE(r) \
  if (rows > (r)) *place(pass, y, at[r]) = sum_lanes(sum##r);

/** All outputs, four pixels at a time, of one channel. */
static __attribute__((noinline)) void gather_one(const Pass *pass, const float *x, const float *packed,
                                                 const float *zeros, float *y, int total) {
  const int channels = pass->channels;
  int next[4] = {0, 0, 0, 0}, at[4][4];
  for (int start = 0; start < total; start += 4) {
    const int rows = total - start < 4 ? total - start : 4;
    for (int r = 0; r < 4; r++, advance(pass->size, next))
      for (int axis = 0; axis < 4; axis++) at[r][axis] = next[axis];
    v128_t sum0 = wasm_f32x4_splat(0), sum1 = sum0, sum2 = sum0, sum3 = sum0;
    for (int t = 0; t < pass->taps; t++) {
      const float *w = packed + pass->tap[t][3] * channels;
      const float *x0 = seen(pass, x, zeros, at[0], t);
      const float *x1 = rows > 1 ? seen(pass, x, zeros, at[1], t) : zeros;
      const float *x2 = rows > 2 ? seen(pass, x, zeros, at[2], t) : zeros;
      const float *x3 = rows > 3 ? seen(pass, x, zeros, at[3], t) : zeros;
      for (int c = 0; c < channels; c += 4) {
        const v128_t b = wasm_v128_load(w + c);
        ALONG_ROW(0) ALONG_ROW(1) ALONG_ROW(2) ALONG_ROW(3)
      }
    }
    ALONG_STORE(0) ALONG_STORE(1) ALONG_STORE(2) ALONG_STORE(3)
  }
}

#define FEW_CHANNEL(o)                                               \
  {                                                                  \
    const v128_t b = wasm_v128_load(w + 4 * (o));                    \
    one##o = wasm_f32x4_add(one##o, wasm_f32x4_mul(a0, b));          \
    two##o = wasm_f32x4_add(two##o, wasm_f32x4_mul(a1, b));          \
  }

/** All outputs, two pixels at a time, of two to four channels. */
static __attribute__((noinline)) void gather_few(const Pass *pass, const float *x, const float *packed,
                                                 const float *zeros, float *y, int total) {
  const int channels = pass->channels, out = pass->out_channels;
  int next[4] = {0, 0, 0, 0}, at[2][4];
  for (int start = 0; start < total; start += 2) {
    const int rows = total - start < 2 ? 1 : 2;
    for (int r = 0; r < 2; r++, advance(pass->size, next))
      for (int axis = 0; axis < 4; axis++) at[r][axis] = next[axis];
    v128_t one0 = wasm_f32x4_splat(0), one1 = one0, one2 = one0, one3 = one0;
    v128_t two0 = one0, two1 = one0, two2 = one0, two3 = one0;
    for (int t = 0; t < pass->taps; t++) {
      const float *x0 = seen(pass, x, zeros, at[0], t);
      const float *x1 = rows > 1 ? seen(pass, x, zeros, at[1], t) : zeros;
      const float *w = packed + pass->tap[t][3] * channels * FEW;
      for (int c = 0; c < channels; c += 4, w += 4 * FEW) {
        const v128_t a0 = wasm_v128_load(x0 + c), a1 = wasm_v128_load(x1 + c);
        FEW_CHANNEL(0) FEW_CHANNEL(1) FEW_CHANNEL(2) FEW_CHANNEL(3)
      }
    }
    const v128_t sums[2][FEW] = {{one0, one1, one2, one3}, {two0, two1, two2, two3}};
    for (int r = 0; r < rows; r++) {
      float *to = place(pass, y, at[r]);
      for (int o = 0; o < out; o++) to[o] = sum_lanes(sums[r][o]);
    }
  }
}

/** Scratch: [tiles · 4] places of a block's outputs, [tiles][taps][C][4] of what they see. */
EXPORT(gather_gemm)
void gather_gemm(const Pass *pass, const float *x, const float *packed, int filter_taps, int tiles,
                 const float *zeros, float *y, void *scratch) {
  float **to = (float **)scratch;
  float *gathered = (float *)(to + tiles * ROWS);
  const int out = pass->out_channels, taps = pass->taps, channels = pass->channels;
  const int total = pass->images * pass->size[0] * pass->size[1] * pass->size[2];
  if (along_input(channels, out)) {
    (out == 1 ? gather_one : gather_few)(pass, x, packed, zeros, y, total);
    return;
  }
  const int panel = filter_taps * channels * COLUMNS, depth = taps * channels * ROWS;
  int at[4] = {0, 0, 0, 0}, ahead[ROWS][4];
  for (int start = 0; start < total; start += tiles * ROWS) {
    const int count = total - start < tiles * ROWS ? total - start : tiles * ROWS;
    for (int i = 0; i < count; i += ROWS) {
      const int rows = count - i < ROWS ? count - i : ROWS;
      for (int r = 0; r < rows; r++, advance(pass->size, at)) {
        for (int axis = 0; axis < 4; axis++) ahead[r][axis] = at[axis];
        to[i + r] = place(pass, y, at);
      }
      for (int t = 0; t < taps; t++) {
        const float *four[ROWS] = {zeros, zeros, zeros, zeros};
        for (int r = 0; r < rows; r++) four[r] = seen(pass, x, zeros, ahead[r], t);
        pack_pixels(four, channels, gathered + i / ROWS * depth + t * channels * ROWS);
      }
    }
    for (int first = 0; first < out; first += COLUMNS) {
      const int columns = out - first < COLUMNS ? out - first : COLUMNS;
      const float *w = packed + (first / COLUMNS) * panel;
      for (int i = 0; i < count; i += ROWS) {
        const int rows = count - i < ROWS ? count - i : ROWS;
        tile(pass, gathered + i / ROWS * depth, w, to + i, rows, first, columns);
      }
    }
  }
}
