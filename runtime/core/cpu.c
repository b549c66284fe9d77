/*===- cpu.c - What this processor can do ---------------------------*- C -*-===*
 * Part of the xgen project, under the Apache License v2.0 with LLVM Exceptions.
 * SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
 *===----------------------------------------------------------------------===*
 *
 * x86-64 asks cpuid, and xgetbv whether the kernel saves the registers. Arm has
 * no instruction that user programs may use, so the kernel's auxiliary vector is
 * read from /proc/self/auxv: getauxval() would be a libc dependency.
 *
 *===----------------------------------------------------------------------===*/

#include "internal.h"
#include "xgen/xgen.h"

/* Never reported as missing: set so that "asked, and nothing there" is not 0. */
#define ASKED (1ull << 63)

#if defined(__x86_64__)

typedef struct {
  uint32_t eax, ebx, ecx, edx;
} CpuId;

static CpuId cpuid(uint32_t leaf, uint32_t sub) {
  CpuId r;
  __asm__ volatile("cpuid"
                   : "=a"(r.eax), "=b"(r.ebx), "=c"(r.ecx), "=d"(r.edx)
                   : "a"(leaf), "c"(sub));
  return r;
}

static int has(uint32_t word, uint32_t bits) { return (word & bits) == bits; }

XGEN_API uint64_t xgen_cpu_features(void) {
  uint64_t features = ASKED;
  uint32_t leaves = cpuid(0, 0).eax;
  CpuId one = cpuid(1, 0);
  /* SSE3, SSSE3, CMPXCHG16B, SSE4.1, SSE4.2, POPCNT */
  if (!has(one.ecx, 1u << 0 | 1u << 9 | 1u << 13 | 1u << 19 | 1u << 20 |
                        1u << 23))
    return features;
  features |= XGEN_CPU_X86_V2;
  if (!has(one.ecx, 1u << 27) || leaves < 7) /* OSXSAVE */
    return features;
  uint32_t xcr0, high;
  __asm__ volatile("xgetbv" : "=a"(xcr0), "=d"(high) : "c"(0));
  CpuId seven = cpuid(7, 0);
  CpuId sevenOne = {0, 0, 0, 0};
  if (seven.eax >= 1)
    sevenOne = cpuid(7, 1);
  CpuId extended = {0, 0, 0, 0};
  if (cpuid(0x80000000u, 0).eax >= 0x80000001u)
    extended = cpuid(0x80000001u, 0);
  /* FMA, MOVBE, AVX, F16C; BMI1, AVX2, BMI2; LZCNT; XMM and YMM saved */
  if (!has(one.ecx, 1u << 12 | 1u << 22 | 1u << 28 | 1u << 29) ||
      !has(seven.ebx, 1u << 3 | 1u << 5 | 1u << 8) ||
      !has(extended.ecx, 1u << 5) || !has(xcr0, 0x6))
    return features;
  features |= XGEN_CPU_X86_V3;
  if (has(sevenOne.eax, 1u << 4))
    features |= XGEN_CPU_X86_AVXVNNI;
  /* AVX-512 F, DQ, CD, BW, VL; opmask and ZMM saved */
  if (!has(seven.ebx, 1u << 16 | 1u << 17 | 1u << 28 | 1u << 30 | 1u << 31) ||
      !has(xcr0, 0xe6))
    return features;
  features |= XGEN_CPU_X86_V4;
  if (has(seven.ecx, 1u << 11))
    features |= XGEN_CPU_X86_AVX512VNNI;
  if (has(seven.ecx, 1u << 1))
    features |= XGEN_CPU_X86_AVX512VBMI;
  if (has(sevenOne.eax, 1u << 5))
    features |= XGEN_CPU_X86_AVX512BF16;
  if (has(seven.edx, 1u << 23))
    features |= XGEN_CPU_X86_AVX512FP16;
  return features;
}

#elif (defined(__aarch64__) || defined(__arm__)) && defined(XGEN_HAVE_SYSCALLS)

static uint64_t fromHwcap(unsigned long hwcap, unsigned long hwcap2) {
  uint64_t f = ASKED;
#if defined(__aarch64__)
  f |= XGEN_CPU_ARM_NEON | XGEN_CPU_ARM_VFPV4;
  if ((hwcap & (1ul << 9)) && (hwcap & (1ul << 10))) /* FPHP, ASIMDHP */
    f |= XGEN_CPU_ARM_FP16;
  if (hwcap & (1ul << 20)) /* ASIMDDP */
    f |= XGEN_CPU_ARM_DOTPROD;
  if (hwcap & (1ul << 22)) /* SVE */
    f |= XGEN_CPU_ARM_SVE;
  if (hwcap2 & (1ul << 1)) /* SVE2 */
    f |= XGEN_CPU_ARM_SVE2;
  if (hwcap2 & (1ul << 13)) /* I8MM */
    f |= XGEN_CPU_ARM_I8MM;
  if (hwcap2 & (1ul << 14)) /* BF16 */
    f |= XGEN_CPU_ARM_BF16;
#else
  (void)hwcap2;
  if (hwcap & (1ul << 12)) /* NEON */
    f |= XGEN_CPU_ARM_NEON;
  if (hwcap & (1ul << 16)) /* VFPv4 */
    f |= XGEN_CPU_ARM_VFPV4;
  if ((hwcap & (1ul << 22)) && (hwcap & (1ul << 23))) /* FPHP, ASIMDHP */
    f |= XGEN_CPU_ARM_FP16;
  if (hwcap & (1ul << 24)) /* ASIMDDP */
    f |= XGEN_CPU_ARM_DOTPROD;
#endif
  return f;
}

XGEN_API uint64_t xgen_cpu_features(void) {
  static const char path[] = "/proc/self/auxv";
  long fd = xgen_syscall(XGEN_SYS_OPENAT, -100, (long)path, 0, 0, 0, 0);
  /* A sandbox without /proc: refusing every model would be worse than trusting
   * the application's choice of target. */
  if (fd < 0)
    return ~0ull;
  unsigned long entries[128] = {0};
  size_t got = 0;
  while (got < sizeof(entries)) {
    long n = xgen_syscall(XGEN_SYS_READ, fd, (long)((char *)entries + got),
                          (long)(sizeof(entries) - got), 0, 0, 0);
    if (n <= 0)
      break;
    got += (size_t)n;
  }
  xgen_syscall(XGEN_SYS_CLOSE, fd, 0, 0, 0, 0, 0);
  unsigned long hwcap = 0, hwcap2 = 0;
  for (size_t i = 0; i + 2 * sizeof(long) <= got; i += 2 * sizeof(long)) {
    const unsigned long *entry = &entries[i / sizeof(long)];
    if (entry[0] == 16) /* AT_HWCAP */
      hwcap = entry[1];
    else if (entry[0] == 26) /* AT_HWCAP2 */
      hwcap2 = entry[1];
  }
  return fromHwcap(hwcap, hwcap2);
}

#else

XGEN_API uint64_t xgen_cpu_features(void) { return ~0ull; }

#endif
