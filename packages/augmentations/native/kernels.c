// The inner loops of the transforms, for WebAssembly with SIMD. `src/kernels/plain.ts` does the same in
// JavaScript, to the last bit: single-precision sums go tap by tap, none is fused or reordered.
// `npm run build:kernels` compiles this into `src/kernels/module.ts`.
#include <stdint.h>
#include <wasm_simd128.h>

#define SHARE_HIGH 0.0039215087890625f
#define SHARE_LOW 5.983839201917363e-8f
#define EXPORT(name) __attribute__((export_name(#name), visibility("default")))

extern unsigned char __heap_base;

EXPORT(heap) uint32_t heap(void) { return (uint32_t)(uintptr_t)&__heap_base; }

/* out[x] = Σ_k weights[k] · in[k · stride + x] for x < n */
static inline void sum_lines(float *out, const float *in, int n, int stride, const float *weights,
                             int taps) {
  int x = 0;
  for (; x + 16 <= n; x += 16) {
    v128_t a = wasm_f32x4_splat(0), b = a, c = a, d = a;
    const float *p = in + x;
    for (int k = 0; k < taps; k++, p += stride) {
      v128_t w = wasm_v128_load32_splat(weights + k);
      a = wasm_f32x4_add(a, wasm_f32x4_mul(w, wasm_v128_load(p)));
      b = wasm_f32x4_add(b, wasm_f32x4_mul(w, wasm_v128_load(p + 4)));
      c = wasm_f32x4_add(c, wasm_f32x4_mul(w, wasm_v128_load(p + 8)));
      d = wasm_f32x4_add(d, wasm_f32x4_mul(w, wasm_v128_load(p + 12)));
    }
    wasm_v128_store(out + x, a);
    wasm_v128_store(out + x + 4, b);
    wasm_v128_store(out + x + 8, c);
    wasm_v128_store(out + x + 12, d);
  }
  for (; x + 4 <= n; x += 4) {
    v128_t a = wasm_f32x4_splat(0);
    for (int k = 0; k < taps; k++)
      a = wasm_f32x4_add(a, wasm_f32x4_mul(wasm_v128_load32_splat(weights + k),
                                           wasm_v128_load(in + k * stride + x)));
    wasm_v128_store(out + x, a);
  }
  for (; x < n; x++) {
    float sum = 0;
    for (int k = 0; k < taps; k++) sum += weights[k] * in[k * stride + x];
    out[x] = sum;
  }
}

/* [outer, n, inner] → [outer, outputs, inner]; output o takes `width` lines from start[o] on */
EXPORT(resample_outer)
void resample_outer(float *out, const float *in, int outer, int n, int inner, int outputs, int width,
                    const int *start, const float *weights) {
  for (int z = 0; z < outer; z++, in += n * inner)
    for (int o = 0; o < outputs; o++, out += inner)
      sum_lines(out, in + start[o] * inner, inner, inner, weights + o * width, width);
}

static inline void transpose4(v128_t *a, v128_t *b, v128_t *c, v128_t *d) {
  v128_t t0 = wasm_i32x4_shuffle(*a, *b, 0, 4, 1, 5), t1 = wasm_i32x4_shuffle(*c, *d, 0, 4, 1, 5);
  v128_t t2 = wasm_i32x4_shuffle(*a, *b, 2, 6, 3, 7), t3 = wasm_i32x4_shuffle(*c, *d, 2, 6, 3, 7);
  *a = wasm_i64x2_shuffle(t0, t1, 0, 2);
  *b = wasm_i64x2_shuffle(t0, t1, 1, 3);
  *c = wasm_i64x2_shuffle(t2, t3, 0, 2);
  *d = wasm_i64x2_shuffle(t2, t3, 1, 3);
}

/* Four rows side by side: tile[4 x + r] = row r at x. */
static inline void tile_floats(float *tile, const float *r0, const float *r1, const float *r2,
                               const float *r3, int n) {
  int x = 0;
  for (; x + 4 <= n; x += 4) {
    v128_t a = wasm_v128_load(r0 + x), b = wasm_v128_load(r1 + x);
    v128_t c = wasm_v128_load(r2 + x), d = wasm_v128_load(r3 + x);
    transpose4(&a, &b, &c, &d);
    wasm_v128_store(tile + 4 * x, a);
    wasm_v128_store(tile + 4 * x + 4, b);
    wasm_v128_store(tile + 4 * x + 8, c);
    wasm_v128_store(tile + 4 * x + 12, d);
  }
  for (; x < n; x++) wasm_v128_store(tile + 4 * x, wasm_f32x4_make(r0[x], r1[x], r2[x], r3[x]));
}

/* v / 255, rounded, for whole v up to 255: 1 / 255 in two parts, of which the first times v is exact. */
static inline v128_t share(v128_t v) {
  v128_t f = wasm_f32x4_convert_i32x4(v);
  return wasm_f32x4_add(wasm_f32x4_mul(f, wasm_f32x4_splat(SHARE_HIGH)),
                        wasm_f32x4_mul(f, wasm_f32x4_splat(SHARE_LOW)));
}

/* Four pixels of four rows, as bytes side by side, into a tile. */
static inline void put_shares(float *tile, v128_t v) {
  v128_t low = wasm_u16x8_extend_low_u8x16(v), high = wasm_u16x8_extend_high_u8x16(v);
  wasm_v128_store(tile, share(wasm_u32x4_extend_low_u16x8(low)));
  wasm_v128_store(tile + 4, share(wasm_u32x4_extend_high_u16x8(low)));
  wasm_v128_store(tile + 8, share(wasm_u32x4_extend_low_u16x8(high)));
  wasm_v128_store(tile + 12, share(wasm_u32x4_extend_high_u16x8(high)));
}

static inline void tile_bytes(float *tile, const uint8_t *r0, const uint8_t *r1, const uint8_t *r2,
                              const uint8_t *r3, int n) {
  int x = 0;
  for (; x + 16 <= n; x += 16) {
    v128_t a = wasm_v128_load(r0 + x), b = wasm_v128_load(r1 + x);
    v128_t c = wasm_v128_load(r2 + x), d = wasm_v128_load(r3 + x);
    v128_t ab = wasm_i8x16_shuffle(a, b, 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23);
    v128_t cd = wasm_i8x16_shuffle(c, d, 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23);
    put_shares(tile + 4 * x, wasm_i16x8_shuffle(ab, cd, 0, 8, 1, 9, 2, 10, 3, 11));
    put_shares(tile + 4 * x + 16, wasm_i16x8_shuffle(ab, cd, 4, 12, 5, 13, 6, 14, 7, 15));
    ab = wasm_i8x16_shuffle(a, b, 8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31);
    cd = wasm_i8x16_shuffle(c, d, 8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31);
    put_shares(tile + 4 * x + 32, wasm_i16x8_shuffle(ab, cd, 0, 8, 1, 9, 2, 10, 3, 11));
    put_shares(tile + 4 * x + 48, wasm_i16x8_shuffle(ab, cd, 4, 12, 5, 13, 6, 14, 7, 15));
  }
  for (; x < n; x++) wasm_v128_store(tile + 4 * x, share(wasm_i32x4_make(r0[x], r1[x], r2[x], r3[x])));
}

/* Four rows of one result. */
static inline v128_t column(const float *tile, int start, const float *w, int width) {
  v128_t sum = wasm_f32x4_splat(0);
  const float *p = tile + 4 * start;
  for (int k = 0; k < width; k++, p += 4)
    sum = wasm_f32x4_add(sum, wasm_f32x4_mul(wasm_v128_load32_splat(w + k), wasm_v128_load(p)));
  return sum;
}

/* One to four rows of results from a tile, four results at a time. */
static inline void resample_rows(float *out, int last, const float *tile, int outputs, int width,
                                 const int *start, const float *weights) {
  float *r1 = out + (last < 1 ? 0 : outputs), *r2 = out + (last < 2 ? 0 : 2 * outputs);
  float *r3 = out + (last < 3 ? 0 : 3 * outputs);
  int o = 0;
  for (; o + 4 <= outputs; o += 4, weights += 4 * width) {
    v128_t a = column(tile, start[o], weights, width);
    v128_t b = column(tile, start[o + 1], weights + width, width);
    v128_t c = column(tile, start[o + 2], weights + 2 * width, width);
    v128_t d = column(tile, start[o + 3], weights + 3 * width, width);
    transpose4(&a, &b, &c, &d);
    /* Rows that are not there lie on the first, which is written last. */
    wasm_v128_store(r3 + o, d);
    wasm_v128_store(r2 + o, c);
    wasm_v128_store(r1 + o, b);
    wasm_v128_store(out + o, a);
  }
  for (; o < outputs; o++, weights += width) {
    v128_t sum = column(tile, start[o], weights, width);
    r3[o] = wasm_f32x4_extract_lane(sum, 3);
    r2[o] = wasm_f32x4_extract_lane(sum, 2);
    r1[o] = wasm_f32x4_extract_lane(sum, 1);
    out[o] = wasm_f32x4_extract_lane(sum, 0);
  }
}

/* The usual widths with their loops unrolled. */
static void resample_tile(float *out, int last, const float *tile, int outputs, int width,
                          const int *start, const float *weights) {
  if (width == 2) resample_rows(out, last, tile, outputs, 2, start, weights);
  else if (width == 3) resample_rows(out, last, tile, outputs, 3, start, weights);
  else if (width == 4) resample_rows(out, last, tile, outputs, 4, start, weights);
  else if (width == 5) resample_rows(out, last, tile, outputs, 5, start, weights);
  else resample_rows(out, last, tile, outputs, width, start, weights);
}

/* [rows, n] → [rows, outputs]; rows lie `stride` apart, `tile` holds 4n floats */
EXPORT(resample_last)
void resample_last(float *out, const float *in, int rows, int n, int stride, int outputs, int width,
                   const int *start, const float *weights, float *tile) {
  for (int row = 0; row < rows; row += 4) {
    int last = rows - 1 - row;
    const float *r = in + row * stride;
    tile_floats(tile, r, r + (last < 1 ? 0 : stride), r + (last < 2 ? 0 : 2 * stride),
                r + (last < 3 ? 0 : 3 * stride), n);
    resample_tile(out + row * outputs, last, tile, outputs, width, start, weights);
  }
}

/* The same of bytes, as shares of 255. */
EXPORT(resample_last_bytes)
void resample_last_bytes(float *out, const uint8_t *in, int rows, int n, int stride, int outputs,
                         int width, const int *start, const float *weights, float *tile) {
  for (int row = 0; row < rows; row += 4) {
    int last = rows - 1 - row;
    const uint8_t *r = in + row * stride;
    tile_bytes(tile, r, r + (last < 1 ? 0 : stride), r + (last < 2 ? 0 : 2 * stride),
               r + (last < 3 ? 0 : 3 * stride), n);
    resample_tile(out + row * outputs, last, tile, outputs, width, start, weights);
  }
}

/* Along the axis of length n in [outer, n, inner]; beyond the border its values go on, or are 0. `pad`
   holds (n + 2 radius) · inner floats. */
EXPORT(convolve)
void convolve(float *out, const float *in, int outer, int n, int inner, const float *kernel, int radius,
              int zero, float *pad) {
  for (int z = 0; z < outer; z++, in += n * inner, out += n * inner) {
    const float *last = in + (n - 1) * inner;
    for (int k = 0; k < radius; k++)
      for (int x = 0; x < inner; x++) {
        pad[k * inner + x] = zero ? 0 : in[x];
        pad[(radius + n + k) * inner + x] = zero ? 0 : last[x];
      }
    __builtin_memcpy(pad + radius * inner, in, (unsigned long)n * inner * 4);
    if (inner == 1)
      sum_lines(out, pad, n, 1, kernel, 2 * radius + 1);
    else
      for (int y = 0; y < n; y++)
        sum_lines(out + y * inner, pad + y * inner, inner, inner, kernel, 2 * radius + 1);
  }
}

/* Each line of n backwards. */
EXPORT(mirror)
void mirror(float *out, const float *in, int rows, int n) {
  for (int row = 0; row < rows; row++, in += n, out += n) {
    int x = 0;
    for (; x + 4 <= n; x += 4) {
      v128_t v = wasm_v128_load(in + n - 4 - x);
      wasm_v128_store(out + x, wasm_i32x4_shuffle(v, v, 3, 2, 1, 0));
    }
    for (; x < n; x++) out[x] = in[n - 1 - x];
  }
}

/* x ← min(1, max(0, factor · x + shift)) */
EXPORT(blend)
void blend(float *data, int n, float factor, float shift) {
  v128_t f = wasm_f32x4_splat(factor), s = wasm_f32x4_splat(shift);
  v128_t zero = wasm_f32x4_splat(0), one = wasm_f32x4_splat(1);
  int i = 0;
  for (; i + 4 <= n; i += 4) {
    v128_t v = wasm_f32x4_add(wasm_f32x4_mul(f, wasm_v128_load(data + i)), s);
    wasm_v128_store(data + i, wasm_f32x4_pmin(wasm_f32x4_pmax(v, zero), one));
  }
  for (; i < n; i++) {
    float v = factor * data[i] + shift;
    v = v < 0 ? 0 : v;
    data[i] = 1 < v ? 1 : v;
  }
}

/* In double precision, four interleaved sums. */
EXPORT(sum)
double sum(const float *data, int n) {
  v128_t a = wasm_f64x2_splat(0), b = a;
  int i = 0;
  for (; i + 4 <= n; i += 4) {
    v128_t v = wasm_v128_load(data + i);
    a = wasm_f64x2_add(a, wasm_f64x2_promote_low_f32x4(v));
    b = wasm_f64x2_add(b, wasm_f64x2_promote_low_f32x4(wasm_i64x2_shuffle(v, v, 1, 1)));
  }
  double total = (wasm_f64x2_extract_lane(a, 0) + wasm_f64x2_extract_lane(a, 1)) +
                 (wasm_f64x2_extract_lane(b, 0) + wasm_f64x2_extract_lane(b, 1));
  for (; i < n; i++) total += data[i];
  return total;
}

static inline double bilinear(const float *p, int width, double fy, double fx) {
  double a = p[0], b = p[1], c = p[width], d = p[width + 1];
  double upper = a + fx * (b - a), lower = c + fx * (d - c);
  return upper + fy * (lower - upper);
}

static double folded(double x, int n, int border) {
  if (x >= 0 && x <= n - 1) return x;
  if (border == 2 && n > 1) {
    double period = 2 * (n - 1), rest = x - __builtin_floor(x / period) * period;
    return rest > n - 1 ? period - rest : rest;
  }
  if (border == 3) {
    double period = 2 * n, rest = x + 0.5 - __builtin_floor((x + 0.5) / period) * period;
    double inside = (rest > n ? period - rest : rest) - 0.5;
    return inside < 0 ? 0 : inside > n - 1 ? n - 1 : inside;
  }
  return x < 0 ? 0 : x > n - 1 ? n - 1 : x;
}

static double at_border(const float *data, int depth, int height, int width, double z, double y,
                        double x, int border, double value) {
  if (border != 0) {
    z = folded(z, depth, border);
    y = folded(y, height, border);
    x = folded(x, width, border);
  }
  double z0 = __builtin_floor(z), y0 = __builtin_floor(y), x0 = __builtin_floor(x), total = 0;
  for (int corner = 0; corner < 8; corner++) {
    double iz = z0 + (corner >> 2), iy = y0 + ((corner >> 1) & 1), ix = x0 + (corner & 1);
    double weight = (1 - __builtin_fabs(z - iz)) * (1 - __builtin_fabs(y - iy)) *
                    (1 - __builtin_fabs(x - ix));
    if (weight == 0) continue;
    int outside = iz < 0 || iy < 0 || ix < 0 || iz >= depth || iy >= height || ix >= width;
    total += weight * (outside ? value : data[((int)iz * height + (int)iy) * width + (int)ix]);
  }
  return total;
}

/* Linear interpolation of one line of results at the coordinates zs, ys, xs. */
EXPORT(interpolate)
void interpolate(float *out, const float *data, int depth, int height, int width, const double *zs,
                 const double *ys, const double *xs, int count, int border, double value) {
  for (int i = 0; i < count; i++) {
    double z = zs[i], y = ys[i], x = xs[i];
    double z0 = __builtin_floor(z), y0 = __builtin_floor(y), x0 = __builtin_floor(x);
    double fz = z - z0, fy = y - y0, fx = x - x0;
    int within = z0 >= 0 && y0 >= 0 && x0 >= 0 && y0 + 1 < height && x0 + 1 < width;
    if (within && z0 + 1 < depth + (fz == 0)) {
      const float *p = data + ((int)z0 * height + (int)y0) * width + (int)x0;
      double near = bilinear(p, width, fy, fx);
      out[i] = fz == 0 ? near : near + fz * (bilinear(p + height * width, width, fy, fx) - near);
    } else {
      out[i] = at_border(data, depth, height, width, z, y, x, border, value);
    }
  }
}

/* Philox4x32-10, one word after the other; see @dira/random. */
static uint32_t key0, key1, counter, used, words[4];

static uint32_t next(void) {
  if (used == 4) {
    uint32_t c0 = counter++, c1 = 0, c2 = 0, c3 = 0, k0 = key0, k1 = key1;
    for (int round = 0; round < 10; round++) {
      uint64_t p = (uint64_t)0xd2511f53 * c0, q = (uint64_t)0xcd9e8d57 * c2;
      c0 = (uint32_t)(q >> 32) ^ c1 ^ k0;
      c1 = (uint32_t)q;
      c2 = (uint32_t)(p >> 32) ^ c3 ^ k1;
      c3 = (uint32_t)p;
      k0 += 0x9e3779b9;
      k1 += 0xbb67ae85;
    }
    words[0] = c0;
    words[1] = c1;
    words[2] = c2;
    words[3] = c3;
    used = 0;
  }
  return words[used++];
}

static inline int below(int n) { return (int)(((uint64_t)next() * (uint32_t)n) >> 32); }

/* Blocks of up to most0 × most1 × most2 pixels, each with its pixels in another order; `places` and
   `block` hold as many as the largest block. */
EXPORT(shuffle)
void shuffle(float *out, const float *source, int depth, int height, int width, int most0, int most1,
             int most2, int blocks, uint32_t k0, uint32_t k1, int *places, float *block) {
  key0 = k0;
  key1 = k1;
  counter = 0;
  used = 4;
  for (int n = 0; n < blocks; n++) {
    int d = 1 + below(most0), h = 1 + below(most1), w = 1 + below(most2);
    int z0 = below(depth - d + 1), y0 = below(height - h + 1), x0 = below(width - w + 1), count = 0;
    for (int z = z0; z < z0 + d; z++)
      for (int y = y0; y < y0 + h; y++)
        for (int x = x0; x < x0 + w; x++, count++) {
          places[count] = (z * height + y) * width + x;
          block[count] = source[places[count]];
        }
    for (int i = count - 1; i >= 0; i--) {
      int j = i == 0 ? 0 : below(i + 1);
      out[places[i]] = block[j];
      block[j] = block[i];
    }
  }
}
