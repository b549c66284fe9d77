//===- TargetTest.cpp - The same bits on every target ---------------------===//
// Part of the xgen project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//
//
// A freestanding Linux program that runs reference kernels from a target's
// libxgen_eval.a on made-up data and prints a hash a case. run-targets.sh runs
// it on all targets and compares: integer and float results alike are equal.
//
//===----------------------------------------------------------------------===//

#include "codegen/reference/eval/Eval.h"

using namespace xgen;

static long systemCall(long number, long a, long b, long c) {
#if defined(__x86_64__)
  long result;
  __asm__ volatile("syscall"
                   : "=a"(result)
                   : "a"(number == 1 ? 1 : 60), "D"(a), "S"(b), "d"(c)
                   : "rcx", "r11", "memory");
  return result;
#elif defined(__aarch64__)
  register long x8 __asm__("x8") = number == 1 ? 64 : 93;
  register long x0 __asm__("x0") = a;
  register long x1 __asm__("x1") = b;
  register long x2 __asm__("x2") = c;
  __asm__ volatile("svc 0" : "+r"(x0) : "r"(x8), "r"(x1), "r"(x2) : "memory");
  return x0;
#else
  register long r7 __asm__("r7") = number == 1 ? 4 : 1;
  register long r0 __asm__("r0") = a;
  register long r1 __asm__("r1") = b;
  register long r2 __asm__("r2") = c;
  __asm__ volatile("svc 0" : "+r"(r0) : "r"(r7), "r"(r1), "r"(r2) : "memory");
  return r0;
#endif
}

extern "C" {
void *memcpy(void *to, const void *from, size_t n) {
  for (size_t i = 0; i < n; ++i)
    static_cast<char *>(to)[i] = static_cast<const char *>(from)[i];
  return to;
}
void *memset(void *to, int value, size_t n) {
  for (size_t i = 0; i < n; ++i)
    static_cast<char *>(to)[i] = static_cast<char>(value);
  return to;
}
void *memmove(void *to, const void *from, size_t n) {
  char *a = static_cast<char *>(to);
  const char *b = static_cast<const char *>(from);
  if (a < b)
    return memcpy(to, from, n);
  while (n--)
    a[n] = b[n];
  return to;
}
}

namespace {

constexpr int64_t kCount = 1 << 14;
alignas(64) char data[3][kCount * 8];
alignas(64) char result[kCount * 8];
alignas(64) char scratch[1 << 16];

uint64_t state = 88172645463325252ull;
uint32_t random() {
  state ^= state << 13;
  state ^= state >> 7;
  state ^= state << 17;
  return static_cast<uint32_t>(state >> 16);
}

void fillFloats(char *to, float scale) {
  for (int64_t i = 0; i < kCount; ++i)
    reinterpret_cast<float *>(to)[i] =
        (static_cast<float>(random() & 0xffffff) - 0x800000) * 0x1p-23f * scale;
}
void fillBytes(char *to) {
  for (int64_t i = 0; i < kCount * 8; ++i)
    to[i] = static_cast<char>(random());
}

void print(const char *text) {
  long n = 0;
  while (text[n])
    ++n;
  systemCall(1, 1, reinterpret_cast<long>(text), n);
}

void report(const char *name, int64_t bytes) {
  uint64_t hash = 14695981039346656037ull;
  for (int64_t i = 0; i < bytes; ++i)
    hash = (hash ^ static_cast<unsigned char>(result[i])) * 1099511628211ull;
  char text[20] = " ";
  for (int i = 0; i < 16; ++i)
    text[1 + i] = "0123456789abcdef"[(hash >> (60 - 4 * i)) & 15];
  text[17] = '\n';
  text[18] = 0;
  print(name);
  print(text);
}

/// NaN is one value: its sign and payload are the machine's.
template <class T>
void unifyNaNs(T infinity) {
  T *p = reinterpret_cast<T *>(result);
  T sign = static_cast<T>(T(1) << (sizeof(T) * 8 - 1));
  for (uint64_t i = 0; i < sizeof result / sizeof(T); ++i)
    if (static_cast<T>(p[i] & ~sign) > infinity)
      p[i] = static_cast<T>(~sign);
}

using Kernel = int32_t (*)(const EvalCall *);

void check(const char *name, Kernel kernel, const EvalTensor *in, int32_t n,
           EvalTensor out, const int64_t *attrs, int64_t bytes) {
  memset(result, 0, sizeof result);
  EvalCall call{in, n, &out, 1, attrs, scratch};
  if (kernel(&call)) {
    print(name);
    print(" failed\n");
    return;
  }
  if (out.dtype == F64)
    unifyNaNs<uint64_t>(0x7ff0000000000000ull);
  else if (out.dtype == F32)
    unifyNaNs<uint32_t>(0x7f800000u);
  else if (out.dtype == F16)
    unifyNaNs<uint16_t>(0x7c00);
  else if (out.dtype == BF16)
    unifyNaNs<uint16_t>(0x7f80);
  report(name, bytes);
}

int64_t bits(double x) {
  int64_t word;
  __builtin_memcpy(&word, &x, 8);
  return word;
}

void unary() {
  int64_t dims[1] = {kCount};
  EvalTensor in{data[0], dims, 1, F32, nullptr};
  EvalTensor out{result, dims, 1, F32, nullptr};
  for (int64_t kind = 0; kind <= 44; ++kind) {
    if (kind == 25) // bit_not is for integers
      continue;
    int64_t attrs[3] = {bits(0.7), bits(1.3), kind};
    char name[] = "unary 00";
    name[6] = static_cast<char>('0' + kind / 10);
    name[7] = static_cast<char>('0' + kind % 10);
    out.dtype = kind == 26 || kind == 27 ? I1 : F32;
    check(name, xgen_eval_unary, &in, 1, out, attrs, kCount * 4);
  }
}

void casts() {
  int64_t dims[1] = {kCount}, attrs[1] = {1};
  char name[] = "cast 00 00";
  for (int32_t from = 0; from <= U2; ++from)
    for (int32_t to = 0; to <= U2; ++to) {
      EvalTensor in{data[2], dims, 1, from, nullptr};
      EvalTensor out{result, dims, 1, to, nullptr};
      name[5] = static_cast<char>('0' + from / 10);
      name[6] = static_cast<char>('0' + from % 10);
      name[8] = static_cast<char>('0' + to / 10);
      name[9] = static_cast<char>('0' + to % 10);
      check(name, xgen_eval_cast, &in, 1, out, attrs, kCount);
    }
}

void products() {
  const float one[1] = {0.037f}, two[1] = {0.011f}, three[1] = {0.0493f};
  float perChannel[40];
  int64_t zeros[40] = {}, zero[1] = {13};
  for (int i = 0; i < 40; ++i)
    perChannel[i] = 0.002f * static_cast<float>(i + 1);
  EvalQuant qi{one, zero, 1, 0}, qw{perChannel, zeros, 40, 3}, qo{three, zero, 1, 0};
  EvalQuant qr{two, zeros, 1, 0};
  int64_t in[4] = {1, 9, 7, 35}, weight[4] = {3, 3, 35, 40}, bias[1] = {40};
  int64_t out[4] = {1, 5, 4, 40};
  int64_t attrs[] = {2, 1, 1, 1, 4, 1, 1, 1, 1, 0, 2, 2, 2};
  EvalTensor f[3] = {{data[0], in, 4, F32, nullptr},
                     {data[1], weight, 4, F32, nullptr},
                     {data[0], bias, 1, F32, nullptr}};
  check("conv f32", xgen_eval_conv, f, 3, {result, out, 4, F32, nullptr}, attrs,
        800 * 4);
  f[0].dtype = f[1].dtype = BF16;
  f[0].data = data[0] + 2;
  check("conv bf16", xgen_eval_conv, f, 2, {result, out, 4, F32, nullptr}, attrs,
        800 * 4);
  EvalTensor q[3] = {{data[2], in, 4, U8, &qi},
                     {data[2] + 5000, weight, 4, I8, &qw},
                     {data[2] + 64, bias, 1, I16, nullptr}};
  for (int64_t rounding = 0; rounding < 2; ++rounding) {
    attrs[9] = rounding;
    check(rounding ? "conv fixed31" : "conv f32_even", xgen_eval_conv, q, 3,
          {result, out, 4, U8, &qo}, attrs, 800);
    int64_t dims[1] = {kCount};
    EvalTensor r{data[2], dims, 1, I8, &qr};
    check(rounding ? "requantize fixed31" : "requantize f32_even",
          xgen_eval_requantize, &r, 1, {result, dims, 1, U8, &qo}, &rounding,
          kCount);
  }
  int64_t square[2] = {64, 64}, no[1] = {0};
  EvalTensor m[2] = {{data[0], square, 2, F32, nullptr},
                     {data[1], square, 2, F32, nullptr}};
  check("matmul f32", xgen_eval_matmul, m, 2, {result, square, 2, F32, nullptr},
        no, 4096 * 4);
}

void others() {
  int64_t dims[2] = {64, 200}, reduced[2] = {64, 1};
  EvalTensor in{data[0], dims, 2, F32, nullptr};
  EvalTensor out{result, dims, 2, F32, nullptr};
  int64_t softmax[] = {1, 1, 0};
  check("softmax", xgen_eval_softmax, &in, 1, out, softmax, 12800 * 4);
  int64_t normalize[] = {1, 1, bits(1e-5), 0};
  check("normalize", xgen_eval_normalize, &in, 1, out, normalize, 12800 * 4);
  for (int64_t kind = 0; kind < 10; ++kind) {
    int64_t attrs[] = {1, 1, 1, kind};
    check("reduce", xgen_eval_reduce, &in, 1,
          {result, reduced, 2, F32, nullptr}, attrs, 64 * 4);
  }
  int64_t from[2] = {20, 30}, to[2] = {33, 51};
  EvalTensor small{data[0], from, 2, F32, nullptr};
  for (int64_t mode = 0; mode < 3; ++mode) {
    int64_t attrs[] = {0, 0, bits(-0.75), 0, bits(0.0), mode, 0, 0,
                       2, bits(1.65), bits(1.7)};
    check("resize", xgen_eval_resize, &small, 1,
          {result, to, 2, F32, nullptr}, attrs, 33 * 51 * 4);
  }
  for (int64_t kind = 0; kind < 24; ++kind) {
    EvalTensor pair[2] = {in, in};
    pair[1].data = data[1];
    bool integer = kind >= 10 && kind <= 17;
    pair[0].dtype = pair[1].dtype = integer ? I32 : F32;
    out.dtype = kind >= 18 ? I1 : pair[0].dtype;
    check("binary", xgen_eval_binary, pair, 2, out, &kind, 12800);
  }
  for (int64_t kind = 0; kind < 24; ++kind) {
    EvalTensor pair[2] = {{data[2], dims, 2, I64, nullptr},
                          {data[2] + 8000, dims, 2, I64, nullptr}};
    int64_t shape[2] = {2, 200};
    pair[0].dims = pair[1].dims = shape;
    check("binary i64", xgen_eval_binary, pair, 2,
          {result, shape, 2, kind >= 18 ? I1 : I64, nullptr}, &kind, 400);
  }
}

void sampling() {
  int64_t picture[4] = {1, 20, 20, 4}, grid[4] = {1, 10, 10, 2};
  int64_t sampled[4] = {1, 10, 10, 4}, rois[2] = {8, 4}, batch[1] = {8};
  int64_t pooled[4] = {8, 3, 2, 4};
  EvalTensor in[3] = {{data[0], picture, 4, F32, nullptr},
                      {data[1], grid, 4, F32, nullptr},
                      {data[2], batch, 1, I64, nullptr}};
  for (int64_t mode = 0; mode < 3; ++mode) {
    int64_t attrs[] = {0, mode, mode};
    check("grid_sample", xgen_eval_grid_sample, in, 2,
          {result, sampled, 4, F32, nullptr}, attrs, 400 * 4);
  }
  in[1] = {data[0] + 256, rois, 2, F32, nullptr};
  int64_t align[] = {1, 3, 1, 0, bits(1.7), 2};
  check("roi_align", xgen_eval_roi_align, in, 3,
        {result, pooled, 4, F32, nullptr}, align, 192 * 4);
  for (int64_t parts = 1; parts <= 2; ++parts) {
    int64_t signal[3] = {3, 420, parts}, spectrum[3] = {3, 420, 2};
    int64_t attrs[] = {1, 0, 420, 0};
    EvalTensor x{data[0], signal, 3, F32, nullptr};
    check(parts == 1 ? "dft real" : "dft complex", xgen_eval_dft, &x, 1,
          {result, spectrum, 3, F32, nullptr}, attrs, 2520 * 4);
  }
  int64_t matrices[3] = {16, 8, 8}, values[1] = {16};
  EvalTensor x{data[0], matrices, 3, F32, nullptr};
  check("det", xgen_eval_det, &x, 1, {result, values, 1, F32, nullptr}, values,
        16 * 4);
}

extern "C" __attribute__((used)) void testMain() {
  fillFloats(data[0], 8.0f);
  fillFloats(data[1], 1.0f);
  fillBytes(data[2]);
  unary();
  casts();
  products();
  others();
  sampling();
  systemCall(2, 0, 0, 0);
}

} // namespace

#if defined(__x86_64__)
__asm__(".globl _start\n_start: and $-64, %rsp\n call testMain\n");
#elif defined(__aarch64__)
__asm__(".globl _start\n_start: bl testMain\n");
#else
__asm__(".globl _start\n_start: bic sp, sp, #15\n bl testMain\n");
#endif
