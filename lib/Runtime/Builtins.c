//===- Builtins.c - What static objects have for a library --------*- C -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Functions that code generation calls for what the target has no instruction
// for. A static object gets those that it needs, as local functions, so that it
// refers to nothing. Their names and results are those of libgcc.
//
// Floats are there for the boundaries of integer-only networks on processors
// without them, as IEEE 754 has them, rounded to the nearest.
//
//===----------------------------------------------------------------------===//

#include <stddef.h>
#include <stdint.h>

// Names of libraries.
// NOLINTBEGIN

void *memcpy(void *restrict to, const void *restrict from, size_t bytes) {
  char *t = to;
  const char *f = from;
  for (; bytes; --bytes)
    *t++ = *f++;
  return to;
}

void *memmove(void *to, const void *from, size_t bytes) {
  char *t = to;
  const char *f = from;
  if ((uintptr_t)t - (uintptr_t)f >= bytes)
    for (; bytes; --bytes)
      *t++ = *f++;
  else
    while (bytes--)
      t[bytes] = f[bytes];
  return to;
}

void *memset(void *to, int value, size_t bytes) {
  char *t = to;
  for (; bytes; --bytes)
    *t++ = (char)value;
  return to;
}

#if defined(__riscv) && __riscv_xlen == 32

//===----------------------------------------------------------------------===//
// Integers
//===----------------------------------------------------------------------===//

// Where there is no multiplication at all.
uint32_t __mulsi3(uint32_t a, uint32_t b) {
  uint32_t sum = 0;
  for (; a; a >>= 1, b <<= 1)
    sum += a & 1 ? b : 0;
  return sum;
}

uint64_t __muldi3(uint64_t a, uint64_t b) {
  uint64_t sum = 0;
  for (; a; a >>= 1, b <<= 1)
    sum += a & 1 ? b : 0;
  return sum;
}

static uint32_t divide32(uint32_t a, uint32_t b, uint32_t *rest) {
  uint32_t quotient = 0, r = 0;
  for (int i = 31; i >= 0; --i) {
    uint32_t carry = r >> 31;
    r = r << 1 | (a >> i & 1);
    if (carry || r >= b) {
      r -= b;
      quotient |= (uint32_t)1 << i;
    }
  }
  *rest = r;
  return quotient;
}

uint32_t __udivsi3(uint32_t a, uint32_t b) {
  uint32_t rest;
  return divide32(a, b, &rest);
}

uint32_t __umodsi3(uint32_t a, uint32_t b) {
  uint32_t rest;
  divide32(a, b, &rest);
  return rest;
}

static uint32_t magnitude32(int32_t x) {
  return x < 0 ? 0 - (uint32_t)x : (uint32_t)x;
}

int32_t __divsi3(int32_t a, int32_t b) {
  uint32_t q = __udivsi3(magnitude32(a), magnitude32(b));
  return (int32_t)((a ^ b) < 0 ? 0 - q : q);
}

int32_t __modsi3(int32_t a, int32_t b) {
  uint32_t r = __umodsi3(magnitude32(a), magnitude32(b));
  return (int32_t)(a < 0 ? 0 - r : r);
}

static uint64_t divide64(uint64_t a, uint64_t b, uint64_t *rest) {
  uint64_t quotient = 0, r = 0;
  int i = 63;
  if ((a | b) >> 32 == 0) {
    *rest = (uint32_t)a % (uint32_t)b;
    return (uint32_t)a / (uint32_t)b;
  }
  for (; i >= 0; --i) {
    uint64_t carry = r >> 63;
    r = r << 1 | (a >> i & 1);
    if (carry || r >= b) {
      r -= b;
      quotient |= (uint64_t)1 << i;
    }
  }
  *rest = r;
  return quotient;
}

uint64_t __udivdi3(uint64_t a, uint64_t b) {
  uint64_t rest;
  return divide64(a, b, &rest);
}

uint64_t __umoddi3(uint64_t a, uint64_t b) {
  uint64_t rest;
  divide64(a, b, &rest);
  return rest;
}

static uint64_t magnitude64(int64_t x) {
  return x < 0 ? 0 - (uint64_t)x : (uint64_t)x;
}

int64_t __divdi3(int64_t a, int64_t b) {
  uint64_t q = __udivdi3(magnitude64(a), magnitude64(b));
  return (int64_t)((a ^ b) < 0 ? 0 - q : q);
}

int64_t __moddi3(int64_t a, int64_t b) {
  uint64_t r = __umoddi3(magnitude64(a), magnitude64(b));
  return (int64_t)(a < 0 ? 0 - r : r);
}

//===----------------------------------------------------------------------===//
// Floats
//===----------------------------------------------------------------------===//

typedef union word {
  float number;
  uint32_t bits;
} word;

static uint32_t bits_of(float x) {
  word w;
  w.number = x;
  return w.bits;
}

static float float_of(uint32_t bits) {
  word w;
  w.bits = bits;
  return w.number;
}

#define SIGN 0x80000000u
#define INFINITE 0x7f800000u
#define NOT_A_NUMBER 0x7fc00000u

static int is_nan(uint32_t bits) { return (bits & ~SIGN) > INFINITE; }

/// The integer that a finite number is a multiple of 2^*exponent by.
static uint32_t significand(uint32_t bits, int *exponent) {
  int biased = (int)(bits >> 23 & 0xff);
  uint32_t fraction = bits & 0x7fffff;
  *exponent = (biased ? biased : 1) - 150;
  return biased ? fraction | 0x800000 : fraction;
}

/// m 2^exponent, rounded; the last bit of m is set where something was cut off.
static uint32_t pack(uint32_t sign, uint64_t m, int exponent) {
  int top = 0, least, drop;
  uint64_t kept;
  if (!m)
    return sign;
  while (m >> top >> 1)
    ++top;
  least = top + exponent - 23;
  if (least < -149)
    least = -149;
  if (least > 127)
    return sign | INFINITE;
  drop = least - exponent;
  if (drop <= 0) {
    kept = m << -drop;
  } else if (drop > 63) {
    kept = drop == 64 && m > (uint64_t)1 << 63;
  } else {
    uint64_t rest = m & (((uint64_t)1 << drop) - 1),
             half = (uint64_t)1 << (drop - 1);
    kept = m >> drop;
    kept += rest > half || (rest == half && (kept & 1));
  }
  // A carry moves on into the exponent.
  kept += (uint64_t)(least + 149) << 23;
  return sign | (kept >= INFINITE ? INFINITE : (uint32_t)kept);
}

float __mulsf3(float x, float y) {
  uint32_t a = bits_of(x), b = bits_of(y), sign = (a ^ b) & SIGN;
  int i, k;
  uint32_t m, n;
  if (is_nan(a) || is_nan(b))
    return float_of(NOT_A_NUMBER);
  a &= ~SIGN;
  b &= ~SIGN;
  if (a == INFINITE || b == INFINITE)
    return float_of(a && b ? sign | INFINITE : NOT_A_NUMBER);
  m = significand(a, &i);
  n = significand(b, &k);
  return float_of(pack(sign, (uint64_t)m * n, i + k));
}

float __divsf3(float x, float y) {
  uint32_t a = bits_of(x), b = bits_of(y), sign = (a ^ b) & SIGN;
  int i, k;
  uint64_t m, n, quotient, rest;
  if (is_nan(a) || is_nan(b))
    return float_of(NOT_A_NUMBER);
  a &= ~SIGN;
  b &= ~SIGN;
  if (a == INFINITE || b == 0)
    return float_of((a == INFINITE && b == INFINITE) || (a == 0 && b == 0)
                        ? NOT_A_NUMBER
                        : sign | INFINITE);
  if (b == INFINITE)
    return float_of(sign);
  m = significand(a, &i);
  n = significand(b, &k);
  // At least 40 - 24 bits, and with denormals to be rounded no fewer.
  for (; n && !(n & 0x800000); --k)
    n <<= 1;
  for (; m && !(m & 0x800000); --i)
    m <<= 1;
  quotient = divide64(m << 40, n, &rest);
  return float_of(pack(sign, quotient | (rest != 0), i - 40 - k));
}

float __addsf3(float x, float y) {
  uint32_t a = bits_of(x), b = bits_of(y);
  int i, k;
  uint64_t m, n;
  if (is_nan(a) || is_nan(b))
    return float_of(NOT_A_NUMBER);
  if ((a & ~SIGN) < (b & ~SIGN)) {
    uint32_t other = a;
    a = b;
    b = other;
  }
  if ((a & ~SIGN) == INFINITE)
    return float_of(b == (a ^ SIGN) ? NOT_A_NUMBER : a);
  m = (uint64_t)significand(a, &i) << 32;
  n = (uint64_t)significand(b, &k) << 32;
  if (i - k > 60)
    n = n != 0;
  else if (i > k)
    n = n >> (i - k) | ((n & (((uint64_t)1 << (i - k)) - 1)) != 0);
  if ((a ^ b) & SIGN) {
    m -= n;
    // x - x is 0, whatever the sign of x.
    return float_of(pack(m ? a & SIGN : 0, m, i - 32));
  }
  return float_of(pack(a & SIGN, m + n, i - 32));
}

float __subsf3(float x, float y) {
  return __addsf3(x, float_of(bits_of(y) ^ SIGN));
}

/// -1, 0 or 1; `unordered` where one is not a number.
static int compare(float x, float y, int unordered) {
  uint32_t a = bits_of(x), b = bits_of(y);
  int32_t p, q;
  if (is_nan(a) || is_nan(b))
    return unordered;
  // As integers that are ordered as the numbers are.
  p = a & SIGN ? -(int32_t)(a & ~SIGN) : (int32_t)a;
  q = b & SIGN ? -(int32_t)(b & ~SIGN) : (int32_t)b;
  return (p > q) - (p < q);
}

int __eqsf2(float x, float y) { return compare(x, y, 1); }
int __nesf2(float x, float y) { return compare(x, y, 1); }
int __ltsf2(float x, float y) { return compare(x, y, 1); }
int __lesf2(float x, float y) { return compare(x, y, 1); }
int __gtsf2(float x, float y) { return compare(x, y, -1); }
int __gesf2(float x, float y) { return compare(x, y, -1); }
int __unordsf2(float x, float y) {
  return is_nan(bits_of(x)) || is_nan(bits_of(y));
}

float __floatunsisf(uint32_t x) { return float_of(pack(0, x, 0)); }
float __floatsisf(int32_t x) {
  return float_of(pack(x < 0 ? SIGN : 0, magnitude32(x), 0));
}
float __floatundisf(uint64_t x) { return float_of(pack(0, x, 0)); }
float __floatdisf(int64_t x) {
  return float_of(pack(x < 0 ? SIGN : 0, magnitude64(x), 0));
}

float __truncdfsf2(double x) {
  union {
    double number;
    uint64_t bits;
  } w;
  uint32_t sign;
  uint64_t m;
  int biased;
  w.number = x;
  sign = (uint32_t)(w.bits >> 32) & SIGN;
  biased = (int)(w.bits >> 52 & 0x7ff);
  m = w.bits & (((uint64_t)1 << 52) - 1);
  if (biased == 0x7ff)
    return float_of(m ? NOT_A_NUMBER : sign | INFINITE);
  if (biased)
    m |= (uint64_t)1 << 52;
  return float_of(pack(sign, m, (biased ? biased : 1) - 1075));
}

double __extendsfdf2(float x) {
  union {
    double number;
    uint64_t bits;
  } w;
  uint32_t bits = bits_of(x), a = bits & ~SIGN;
  int exponent;
  uint64_t m = significand(a, &exponent);
  if (a >= INFINITE) {
    // What is no number stays so, and is quiet.
    m = is_nan(a) ? (uint64_t)1 << 51 | (uint64_t)(a & 0x7fffff) << 29 : 0;
    m |= (uint64_t)0x7ff << 52;
  } else if (m) {
    // Every float has all its bits in a double, denormal ones among them.
    for (; !(m >> 52); m <<= 1)
      --exponent;
    m = (m & (((uint64_t)1 << 52) - 1)) | (uint64_t)(exponent + 1075) << 52;
  }
  w.bits = m | (uint64_t)(bits & SIGN) << 32;
  return w.number;
}

/// Without the fraction; beyond the integers the largest.
static uint64_t whole(float x) {
  uint32_t a = bits_of(x) & ~SIGN;
  int exponent;
  uint64_t m;
  if (a >= INFINITE)
    return is_nan(a) ? 0 : UINT64_MAX;
  m = significand(a, &exponent);
  if (exponent >= 40)
    return UINT64_MAX;
  if (exponent >= 0)
    return m << exponent;
  return exponent < -31 ? 0 : m >> -exponent;
}

uint32_t __fixunssfsi(float x) {
  uint64_t m = whole(x);
  if (bits_of(x) & SIGN)
    return 0;
  return m > UINT32_MAX ? UINT32_MAX : (uint32_t)m;
}

int32_t __fixsfsi(float x) {
  uint64_t m = whole(x);
  if (bits_of(x) & SIGN)
    return m > (uint64_t)1 << 31 ? INT32_MIN : (int32_t)(0 - (uint32_t)m);
  return m > INT32_MAX ? INT32_MAX : (int32_t)m;
}

int64_t __fixsfdi(float x) {
  uint64_t m = whole(x);
  if (bits_of(x) & SIGN)
    return m > (uint64_t)1 << 63 ? INT64_MIN : (int64_t)(0 - m);
  return m > INT64_MAX ? INT64_MAX : (int64_t)m;
}

#endif

// NOLINTEND
