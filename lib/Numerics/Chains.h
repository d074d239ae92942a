//===- Chains.h - Steps that are summed in 16 bits --------------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

//
// The packed form `chained`: the weights of a block of 32 in chains of two
// steps, whose products of activations with 128 added to them are summed in 16
// bits. One step's products must not saturate, which limits the weights of one
// sign among the two that they add up to 128. Where that holds for the four of
// both steps, the sum fits as well: such a chain is plain. Else a chain starts
// from what the bias comes to: its sum may wrap around on its way, and is right
// in the end if the weights of a lane are no more than 258 together, 127 times
// which fits. A lane whose weights are smaller has room left, and there takes
// off what the bias comes to in the plain chains of its block.
//
// Which of a block's 32 values of K meet is free, and with which signs:
// ChainSearch.h. What still is too large goes into chains beyond the four,
// whose two steps have the activations of any two steps of the block.
//
// Activations without a bias are within 0 and 127: no step saturates, no chain
// needs a start, and the sum fits if the weights of one sign of a lane are no
// more than 258 together. These are read where they lie: steps are those of
// the block as it is, of which any two that fit meet. Steps of zeros are left
// out, so that a tap of a convolution costs what its channels do.
//
//===----------------------------------------------------------------------===//

#ifndef QUANTC_LIB_NUMERICS_CHAINS_H
#define QUANTC_LIB_NUMERICS_CHAINS_H

#include "ChainSearch.h"
#include "quantc/Numerics/ChainPlan.h"

#include <array>
#include <cstdint>
#include <limits>
#include <vector>

namespace quantc::numerics {

/// What activations have added to them, and the most that they are without. The
/// bits of one that is turned are inverted, which adds one less.
constexpr int activationBias = 128, largestActivation = 127;

/// The weights of a lane of a chain.
struct ChainedLane {
  int positive = 0, negative = 0;
  /// What the activations' bias comes to.
  int bias = 0;

  void add(int weight, bool isTurned) {
    (weight < 0 ? negative : positive) += weight < 0 ? -weight : weight;
    bias += weight * (activationBias - isTurned);
  }
  /// Whether the sum with the bias fits 16 bits.
  bool isPlain() const {
    return positive <= mostOfSign && negative <= mostOfSign;
  }
  /// Whether the sum fits where activations have no bias, and no sign.
  bool fitsUnsigned() const {
    return positive <= mostOfLane && negative <= mostOfLane;
  }
  /// How far the sum without the bias can be moved and still fits, negative
  /// where it does not.
  int getRoom() const {
    return std::numeric_limits<int16_t>::max() -
           largestActivation * (positive + negative);
  }
};

/// One step: 4 values of K of every column.
using ChainStep = std::array<std::array<int8_t, 4>, chainColumns>;

struct Chain {
  /// Whose activations it takes: steps of the block, 0 to 7.
  std::array<int, 2> places;
  /// A second step may be nothing but zeros.
  std::array<ChainStep, 2> steps;
  /// Whether it starts from what the activations' bias comes to.
  bool hasStart;
  /// That, of the two lanes of each column.
  std::array<std::array<int16_t, 2>, chainColumns> start = {};
};

/// Beside the number of a value of K: its activation is turned.
constexpr uint8_t turnedPlace = 0x80;

struct ChainedBlock {
  /// As the plan has it.
  std::array<uint8_t, 32> order;
  /// Four, and those of what is too large for them. Without a bias one for each
  /// two steps that have weights, or for one that fits no other.
  std::vector<Chain> chains;
};

/// Finds which values of a block meet, for activations with a bias.
ChainPlan::Block planBlock(const ChainCodes &codes);

/// The chains of a block whose plan that is.
ChainedBlock chainBlock(const ChainCodes &codes, const ChainPlan::Block &plan);

/// The same for those without one, in the order in which they lie.
ChainedBlock chainSteps(const ChainCodes &codes);

/// Bytes of panels whose blocks have no more than four chains, or none.
int64_t leastChainedBytes(const PackedLayout &layout);

std::vector<uint8_t> packChained(const PackedLayout &layout,
                                 const WeightParts &parts);

} // namespace quantc::numerics

#endif // QUANTC_LIB_NUMERICS_CHAINS_H
