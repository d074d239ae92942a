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
// both steps, the sum fits as well, and what the bias comes to is taken off
// once for a block. Else a chain starts from that: its sum may wrap around on
// its way, and is right in the end if the weights of a lane are no more than
// 258 together, 127 times which fits.
//
// Which of a block's 32 values of K meet is free: byte shuffles put the
// activations of a row in the same order. What still is too large goes into
// chains beyond the four, whose two steps have the activations of any two steps
// of the block.
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

struct Chain {
  /// Whose activations it takes: steps of the block, 0 to 7.
  std::array<int, 2> places;
  /// A second step may be nothing but zeros.
  std::array<ChainStep, 2> steps;
  /// Whether it has to start from what the activations' bias comes to.
  bool hasStart;
};

struct ChainedBlock {
  /// Of each place the value of K that stands there, of the block's.
  std::array<uint8_t, 32> order;
  /// Four, and those of what is too large for them. Without a bias one for each
  /// two steps that have weights, or for one that fits no other.
  std::vector<Chain> chains;
};

/// \p codes: of each value of K those of all columns. For activations with a
/// bias.
ChainedBlock
chainBlock(const std::array<std::array<int8_t, chainColumns>, 32> &codes);

/// The same for those without one, in the order in which they lie.
ChainedBlock
chainSteps(const std::array<std::array<int8_t, chainColumns>, 32> &codes);

/// Where the parts of a panel with so many chains lie, from its beginning on,
/// where their numbers stand.
struct ChainedPanel {
  ChainedPanel(const PackedLayout &layout, int64_t chains)
      : scales(64), biases(scales + layout.panel * 4),
        orders(biases + (layout.numBlocks() + 1) / 2 * layout.panel * 4),
        places(orders + layout.numBlocks() * 32),
        steps(places + alignToLine(chains * 16)),
        end(steps + chains * layout.panel * 8) {}

  int64_t scales, biases, orders, places, steps, end;
};

/// Bytes of panels whose blocks have no more than four chains, or none.
int64_t leastChainedBytes(const PackedLayout &layout);

std::vector<uint8_t> packChained(const PackedLayout &layout,
                                 const WeightParts &parts);

} // namespace quantc::numerics

#endif // QUANTC_LIB_NUMERICS_CHAINS_H
