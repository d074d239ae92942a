//===- Encoding.h - Exact block quantisers -*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

//
// The single definition of how floats become integer codes. The run-time
// quantiser of compiled code does the same IEEE f32 operations in the same
// order and is compared with these functions bit by bit.
//
//===----------------------------------------------------------------------===//

#ifndef QUANTC_NUMERICS_ENCODING_H
#define QUANTC_NUMERICS_ENCODING_H

#include <cstdint>

namespace quantc::numerics {

/// The codes that an encoder may produce; part of the encoding, since packed
/// forms rely on it.
struct CodeRange {
  int32_t low;
  int32_t high;
};

/// Encodes \p count values (stride 1) with one f32 scale, rule `absmax`:
///
///   amax  = largest magnitude, taken on the bits: a NaN is larger than all
///   scale = amax / high            codes = clamp(rne(x * (high / amax)))
///
/// with one rounding per operation. amax below 2^-100 counts as zero: scale 0,
/// codes 0. If amax is infinite or NaN the scale is NaN and the factor 0, so
/// that whatever the codes are, the block decodes to NaN. A product that is
/// NaN (infinity times 0) has the code 0.
void encodeAbsMax(const float *x, int64_t count, CodeRange range, int8_t *codes,
                  float *scale);

/// The largest multiplier in magnitude that rule `search` gives a block. A code
/// of 4 bits times it fits 8 bits, so that a kernel may multiply weights once
/// instead of sums; against 127 it costs 1 to 2 % more error of the weights.
constexpr int searchedMultipliers = 15;

/// Encodes one output channel of \p rows times \p count weights to 4-bit codes
/// in blocks of \p block, none of which goes from one row to the next, with an
/// s8 multiplier each and one f32 scale for the channel, rule `search`: for
/// every block the scale d that minimises the squared error among +-A r / high
/// with 49 ratios r in [0.55, 1.15], refined by least squares (accuracy study,
/// section 3). Of the channels max |d| / 15, / 14, / 13 and / 12 the one of the
/// least squared error, where every block has that of the integers around
/// d / channel, two below and two above, as its multiplier which gives the
/// smallest one; codes =
/// clamp(rne(x / (multiplier * channel))), with the stored, rounded scale. The
/// last block of a row may be short. A channel that holds an infinity or NaN
/// has the scale NaN and the codes 0.
void encodeSearched(const float *x, int64_t count, int64_t block,
                    CodeRange range, int8_t *codes, int8_t *multipliers,
                    float *channel, int64_t rows = 1);

/// Packs 4-bit codes two to a byte, the even index in the low nibble; an odd
/// last one is followed by zero bits.
void packNibbles(const int8_t *codes, int64_t count, uint8_t *bytes);
void unpackNibbles(const uint8_t *bytes, int64_t count, int8_t *codes);

} // namespace quantc::numerics

#endif // QUANTC_NUMERICS_ENCODING_H
