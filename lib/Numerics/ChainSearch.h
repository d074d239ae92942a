//===- ChainSearch.h - Which values of K share a lane -----------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Which of a block's 32 values of K meet in the 16-bit sums of chains is free,
// and so are their signs: a row's activations are brought into any order, and
// any of them are turned, before they are multiplied. Four values that meet
// cost least where the weights of one sign among them are small together in
// every column.
//
//===----------------------------------------------------------------------===//

#ifndef QUANTC_LIB_NUMERICS_CHAINSEARCH_H
#define QUANTC_LIB_NUMERICS_CHAINSEARCH_H

#include "quantc/Numerics/Packing.h"

#include <array>
#include <cstdint>

namespace quantc::numerics {

/// Of each value of K the weights of all columns.
using ChainCodes = std::array<std::array<int8_t, chainColumns>, 32>;

/// Four values of K that meet in a lane: two of one step, two of the other.
struct ChainGroup {
  std::array<uint8_t, 4> members = {};
  /// Whose weights and activations are turned.
  std::array<bool, 4> isTurned = {};
  /// By how much the two of each step and all four are too large, over all
  /// columns.
  std::array<int, 2> ofStep = {0, 0};
  int ofLane = 0;
  /// And for a chain without a start.
  int ofPlain = 0;
  bool fits() const { return ofStep[0] + ofStep[1] + ofLane == 0; }
  bool isPlain() const { return fits() && ofPlain == 0; }
};

using ChainGroups = std::array<ChainGroup, 8>;

/// Groups of which few do not fit, and many are plain. \p canTurn: whether
/// activations may be turned; else none is looked for that is plain.
ChainGroups findChainGroups(const ChainCodes &codes, bool canTurn);

} // namespace quantc::numerics

#endif // QUANTC_LIB_NUMERICS_CHAINSEARCH_H
