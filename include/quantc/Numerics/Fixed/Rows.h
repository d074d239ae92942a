//===- Rows.h - Integer rows with an exponent -------------------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The representations of integer-only networks (method fixed):
//
//   row16   int16 mantissas m, one exponent e per row: m 2^e
//   wide    int32 w, one exponent e per row: w 2^e; a result, never stored
//   blk8    int8 q, a left shift k in 0..depth per block, e per row: q 2^(k+e)
//   head12, head8   12- and 8-bit mantissas, one exponent per (token, head)
//
// A row's exponent comes from its integers alone. Rows of zeros have
// `zeroExponent`. None is below `leastExponent`, that of blk8 not below
// `leastBlockExponent`: there a row has fewer bits, and none in the end.
//
//===----------------------------------------------------------------------===//

#ifndef QUANTC_NUMERICS_FIXED_ROWS_H
#define QUANTC_NUMERICS_FIXED_ROWS_H

#include "quantc/Numerics/Fixed/Primitives.h"

#include <cstdint>

namespace quantc::numerics::fixed {

/// Shift range of the blocks of blk8: a block may lie up to this many bits
/// below the row's largest.
constexpr int32_t blockDepth = 4;

/// The least exponent of blk8: that of the blocks of a row16 whose largest has
/// 15 bits at `leastExponent`, and of all with fewer there, so that what is
/// known to be brought to 16 bits needs no look at how many it has.
constexpr int32_t leastBlockExponent = leastExponent + 15 - 7 - blockDepth;

/// Normalises a wide row of \p count elements to \p bits (8, 12 or 16) bits
/// with sign: m = sat(w >> s) for the shift s that lets the largest magnitude
/// just fit, or a larger one that leaves the exponent `leastExponent`. Returns
/// the exponent of m.
int32_t normalise(const int32_t *w, int64_t count, int32_t exponent,
                  unsigned bits, int16_t *m);

/// Encodes a row16 as blk8: \p count mantissas in blocks of \p block (the last
/// may be short), \p codes of the same number and one entry of \p shifts per
/// block. Returns the row's exponent. \p exponent is not below `leastExponent`;
/// a row that has become zeros there keeps the least.
int32_t encodeBlocks(const int16_t *m, int64_t count, int32_t exponent,
                     int64_t block, int8_t *codes, uint8_t *shifts);
/// The same with one exponent for \p positions of \p count mantissas each: an
/// image, whose blocks lie within a position.
int32_t encodeBlocks(const int16_t *m, int64_t positions, int64_t count,
                     int32_t exponent, int64_t block, int8_t *codes,
                     uint8_t *shifts);

/// Quantises a row of inputs to row16. Values that no integer has are defined:
/// a NaN counts as 0, an infinity as the largest finite float of its sign.
int32_t quantiseInput(const float *x, int64_t count, int16_t *m);
/// The same to a wide row, of magnitudes below 2^30.
int32_t quantiseInput(const float *x, int64_t count, int32_t *m);

/// The residual connection: z = y + m, wide, for a wide row y and a row16 m.
/// Returns the exponent of z, the larger one of y / 2 and m 2^15, whose
/// magnitudes are below 2^30.
int32_t addResidual(const int32_t *y, int32_t yExponent, const int16_t *m,
                    int32_t mExponent, int64_t count, int32_t *z);

/// Rotary embedding of one pair (a, b) of a row16 by Q15 tables; the results
/// are wide at the row's exponent - 15.
void rotatePair(int16_t a, int16_t b, int16_t cosine, int16_t sine,
                int32_t *outA, int32_t *outB);

} // namespace quantc::numerics::fixed

#endif // QUANTC_NUMERICS_FIXED_ROWS_H
