//===- Chains.h - Steps that are summed in 16 bits --------------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

//
// The packed form `chained`: the weights of a block of 32 in four chains of two
// steps. A chain's products of activations with 128 added to them are summed in
// 16 bits, with what that bias comes to taken off: the sum may wrap around on
// its way, and is right in the end if the weights of a lane are no more than
// 258 together, 127 times which fits. One step's products must not saturate,
// which limits the weights of one sign among the two that they add up to 128.
//
// Which of a block's 32 values of K meet is free, within its halves of 16: a
// byte shuffle puts the activations of a row in the same order. What still is
// too large goes into chains of its own, whose two steps have the activations
// of any two steps of the block.
//
//===----------------------------------------------------------------------===//

#ifndef QUANTC_LIB_NUMERICS_CHAINS_H
#define QUANTC_LIB_NUMERICS_CHAINS_H

#include "quantc/Numerics/Packing.h"

#include <array>
#include <cstdint>
#include <vector>

namespace quantc::numerics {

/// The most that weights of a sign may come to among the two whose products
/// with activations of 255 are added up, and all of a lane of a chain, where
/// activations are within 127.
constexpr int mostOfSign = 128, mostOfLane = 258;

/// One step: 4 values of K of every column.
using ChainStep = std::array<std::array<int8_t, 4>, chainColumns>;

struct ChainedBlock {
  /// Of each place the value of K that stands there, of those of its half.
  std::array<uint8_t, 32> order;
  std::array<ChainStep, 8> steps;
  /// Chains beyond the four: the numbers of the steps whose activations they
  /// take, and their weights. A second step may be nothing but zeros.
  struct Rest {
    std::array<int, 2> steps;
    std::array<ChainStep, 2> weights;
  };
  std::vector<Rest> rests;
};

/// \p codes: of each value of K those of all columns.
ChainedBlock
chainBlock(const std::array<std::array<int8_t, chainColumns>, 32> &codes);

/// Bytes of panels without rests.
int64_t leastChainedBytes(const PackedLayout &layout);

std::vector<uint8_t> packChained(const PackedLayout &layout,
                                 const WeightParts &parts);

} // namespace quantc::numerics

#endif // QUANTC_LIB_NUMERICS_CHAINS_H
