//===- ChainPlan.h - Chains of weights before they are packed ---*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QUANTC_NUMERICS_CHAINPLAN_H
#define QUANTC_NUMERICS_CHAINPLAN_H

#include "quantc/Numerics/Packing.h"

#include <array>

namespace quantc::numerics {

struct ChainPlan {
  struct Block {
    /// Of each place the value of K that stands there, of the block's, and in
    /// the highest bit whether it is turned.
    std::array<uint8_t, 32> order;
    /// How many of the eight groups of four, from the first on, are in chains
    /// without a start.
    uint8_t numPlain;
  };
  /// Of each panel those of all of K. Without a bias there are none: values
  /// keep their places.
  std::vector<Block> blocks;
  /// A chain that has a start costs 6, one that has none 5.
  StepSummary summary;
};

/// The plan for weights whose chains cost less than \p limit; none where they
/// cost as much or more. A block takes some 10 us where chains suit it, and 100
/// to 200 us where they do not, so that the search gives up as soon as those
/// seen, which are spread over all, say that much: each time their number has
/// doubled it does so wrongly with a probability of at most 10^-6, if blocks
/// are in no order that follows the spread. Which weights it gives up is the
/// same in every run.
std::optional<ChainPlan> planChains(const PackedLayout &layout,
                                    const int8_t *codes, double limit);

} // namespace quantc::numerics

#endif // QUANTC_NUMERICS_CHAINPLAN_H
