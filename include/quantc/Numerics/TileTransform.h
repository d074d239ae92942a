//===- TileTransform.h - Convolutions by tiles ------------------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

//
// 2 x 2 results of a convolution of 3 x 3 taps read 4 x 4 inputs d. They are
// At ((G g Gt) * (Bt d B)) A with 16 products in the place of 36 (Winograd;
// Lavin and Gray, Fast Algorithms for Convolutional Neural Networks, 2016):
//
//        1  0 -1  0        1    0    0
//   Bt = 0  1  1  0    G = 1/2  1/2  1/2   At = 1  1  1  0
//        0 -1  1  0        1/2 -1/2  1/2        0  1 -1 -1
//        0  1  0 -1        0    0    1
//
// In f32, with u = 2^-24, inputs within D and weights whose magnitudes sum to S
// over all channels and taps of an output, the result differs from the exact
// one by at most
//
//   16 (C + 7) u D S    against    9 C u D S    for a sum over channels and
//   taps,
//
// to first order in u. Entries of Bt d B are sums of 4 inputs in 2 steps, so
// within 4 D with an error of 2 u; weights are rounded once; C fused products
// follow one another; a result adds 9 of the 16 sums in 4 steps at most. The
// magnitudes in 3 of the 4 rows of G g come to 2 |g0| + |g1| + |g2| or less, so
// those of these 9 weights to 4 S at most. Errors of random numbers are 0.6 to
// 0.7 of those of the longer sum.
//
//===----------------------------------------------------------------------===//

#ifndef QUANTC_NUMERICS_TILETRANSFORM_H
#define QUANTC_NUMERICS_TILETRANSFORM_H

#include <array>
#include <cstdint>

namespace quantc::numerics {

constexpr int64_t windowTaps = 9, tileElements = 16;

/// Of one channel and output: 3 x 3 taps; what a tile's 4 x 4 are multiplied
/// by.
using WindowWeights = std::array<float, windowTaps>;
using TileWeights = std::array<float, tileElements>;

/// G g Gt, rounded once.
TileWeights makeTileWeights(const WindowWeights &window);

/// The weights that \p tile was made of, but for its rounding.
WindowWeights makeWindowWeights(const TileWeights &tile);

} // namespace quantc::numerics

#endif // QUANTC_NUMERICS_TILETRANSFORM_H
