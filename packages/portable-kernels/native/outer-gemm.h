// The filter's gradient: w[t, c, o] += Σ_p x[at(p, t), c] · dy[p, o], a sum of outer products over pixels. Pixels
// go by in blocks, x and dy each packed into panels which a tile runs through in order.
#include "gather-gemm.h"

#define PIXELS 256  // of a block
#define INPUTS 4    // channels of x in a tile; of dy COLUMNS

/** [pixels][channels] at the given places → [channels / width][PIXELS][width], zeros after the last channel. */
static void pack_rows(const float *const *rows, int count, int channels, int width, float *panels) {
  for (int first = 0; first < channels; first += width, panels += PIXELS * width) {
    const int own = channels - first < width ? channels - first : width;
    float *to = panels;
    if (own == width) {
      for (int i = 0; i < count; i++, to += width)
        for (int c = 0; c < width; c += 4) wasm_v128_store(to + c, wasm_v128_load(rows[i] + first + c));
    } else {
      for (int i = 0; i < count; i++, to += width)
        for (int c = 0; c < width; c++) to[c] = c < own ? rows[i][first + c] : 0;
    }
  }
}

#define OUTER_ROW(r)                                                 \
  {                                                                  \
    const v128_t a = wasm_v128_load32_splat(x + (r));                \
    low##r = wasm_f32x4_add(low##r, wasm_f32x4_mul(a, b0));          \
    high##r = wasm_f32x4_add(high##r, wasm_f32x4_mul(a, b1));        \
  }
#define ADD_ROW(r)                                                   \
  if (rows > (r)) {                                                  \
    float *to = w + (r) * out;                                       \
    float sum[COLUMNS];                                              \
    wasm_v128_store(sum, low##r);                                    \
    wasm_v128_store(sum + 4, high##r);                               \
    for (int o = 0; o < columns; o++) to[o] += sum[o];               \
  }

/** Four input channels by eight output channels, over a block of pixels. */
static void outer_tile(const float *x, const float *dy, int count, float *w, int out, int rows,
                       int columns) {
  v128_t low0 = wasm_f32x4_splat(0), high0 = low0, low1 = low0, high1 = low0;
  v128_t low2 = low0, high2 = low0, low3 = low0, high3 = low0;
  for (int i = 0; i < count; i++, x += INPUTS, dy += COLUMNS) {
    const v128_t b0 = wasm_v128_load(dy), b1 = wasm_v128_load(dy + 4);
    OUTER_ROW(0) OUTER_ROW(1) OUTER_ROW(2) OUTER_ROW(3)
  }
  ADD_ROW(0) ADD_ROW(1) ADD_ROW(2) ADD_ROW(3)
}

/** The products of a block of packed x, `channels` wide, and packed dy. */
static void outer_block(const float *x, const float *dy, int count, float *w, int channels, int out) {
  for (int c = 0; c < channels; c += INPUTS)
    for (int o = 0; o < out; o += COLUMNS)
      outer_tile(x + c * PIXELS, dy + o * PIXELS, count, w + c * out + o, out,
                 channels - c < INPUTS ? channels - c : INPUTS, out - o < COLUMNS ? out - o : COLUMNS);
}

/**
 * `w` holds zeros at first. Of images with fewer than four channels, what all taps see of a pixel lies side by
 * side, as if it were so many channels. Scratch: places of PIXELS rows, panels of dy, panels of x.
 */
EXPORT(outer_gemm)
void outer_gemm(const Pass *pass, const float *x, const float *dy, const float *zeros, float *w,
                void *scratch) {
  const int channels = pass->channels, out = pass->out_channels, taps = pass->taps;
  const int total = pass->images * pass->size[0] * pass->size[1] * pass->size[2];
  const float **rows = (const float **)scratch;
  float *dy_panels = (float *)(rows + PIXELS);
  float *x_panels = dy_panels + (out + COLUMNS - 1) / COLUMNS * COLUMNS * PIXELS;
  const int beside = channels < INPUTS;
  if (beside) __builtin_memset(x_panels, 0, (taps * channels + INPUTS) * PIXELS * sizeof(float));
  int at[4] = {0, 0, 0, 0}, next[4];
  for (int start = 0; start < total; start += PIXELS) {
    const int count = total - start < PIXELS ? total - start : PIXELS;
    for (int i = 0; i < count; i++) rows[i] = dy + (start + i) * out;
    pack_rows(rows, count, out, COLUMNS, dy_panels);
    for (int t = 0; t < taps; t++) {
      for (int axis = 0; axis < 4; axis++) next[axis] = at[axis];
      for (int i = 0; i < count; i++, advance(pass->size, next)) rows[i] = seen(pass, x, zeros, next, t);
      if (beside) {
        for (int c = 0; c < channels; c++) {
          const int column = pass->tap[t][3] * channels + c;
          float *own = x_panels + column / INPUTS * PIXELS * INPUTS + column % INPUTS;
          for (int i = 0; i < count; i++) own[i * INPUTS] = rows[i][c];
        }
      } else {
        pack_rows(rows, count, channels, INPUTS, x_panels);
        outer_block(x_panels, dy_panels, count, w + pass->tap[t][3] * channels * out, channels, out);
      }
    }
    if (beside) outer_block(x_panels, dy_panels, count, w, taps * channels, out);
    for (int axis = 0; axis < 4; axis++) at[axis] = next[axis];
  }
}
