// Max pooling in one to three dimensions, four channels at a time. Of equal values the first wins, and a NaN over all.
#include "batch-norm.h"
#include "gather-gemm.h"

/** Which lanes of v take the place of best. */
ALWAYS v128_t wins(v128_t v, v128_t best) {
  const v128_t nan = wasm_v128_andnot(wasm_f32x4_ne(v, v), wasm_f32x4_ne(best, best));
  return wasm_v128_or(wasm_f32x4_gt(v, best), nan);
}

/** What an output sees of x, in the taps' order; how much that is. */
static int seen_by(const Pass *pass, const float *x, const int *at, const float **from) {
  int count = 0;
  for (int t = 0; t < pass->taps; t++) {
    const float *one = seen(pass, x, 0, at, t);
    if (one) from[count++] = one;
  }
  return count;
}

/** Scratch: a place for each tap. */
EXPORT(max_pool)
void max_pool(const Pass *pass, const float *x, float *y, const float **from) {
  const int channels = pass->channels;
  const int total = pass->images * pass->size[0] * pass->size[1] * pass->size[2];
  int at[4] = {0, 0, 0, 0};
  for (int i = 0; i < total; i++, advance(pass->size, at), y += channels) {
    const int count = seen_by(pass, x, at, from);
    for (int c = 0; c < channels; c += 4) {
      v128_t best = wasm_f32x4_splat(-__builtin_inff());
      for (int k = 0; k < count; k++) {
        const v128_t v = load_some(from[k] + c, channels - c);
        best = wasm_v128_bitselect(v, best, wins(v, best));
      }
      store_some(y + c, best, channels - c);
    }
  }
}

/** Adds each output's gradient where its maximum is; `dx` holds zeros at first. Scratch as above. */
EXPORT(max_pool_gradient)
void max_pool_gradient(const Pass *pass, const float *x, const float *dy, float *dx, const float **from) {
  const int channels = pass->channels;
  const int total = pass->images * pass->size[0] * pass->size[1] * pass->size[2];
  int at[4] = {0, 0, 0, 0};
  for (int i = 0; i < total; i++, advance(pass->size, at), dy += channels) {
    const int count = seen_by(pass, x, at, from);
    for (int c = 0; count > 0 && c < channels; c += 4) {
      v128_t best = wasm_f32x4_splat(-__builtin_inff()), place = wasm_i32x4_splat(0);
      for (int k = 0; k < count; k++) {
        const v128_t v = load_some(from[k] + c, channels - c), mask = wins(v, best);
        best = wasm_v128_bitselect(v, best, mask);
        place = wasm_v128_bitselect(wasm_i32x4_splat(k), place, mask);
      }
      int32_t places[4];
      wasm_v128_store(places, place);
      for (int r = 0; r < 4 && c + r < channels; r++) dx[from[places[r]] - x + c + r] += dy[c + r];
    }
  }
}
