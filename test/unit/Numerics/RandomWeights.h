//===- RandomWeights.h - Weights to pack in tests ---------------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QUANTC_TEST_UNIT_NUMERICS_RANDOMWEIGHTS_H
#define QUANTC_TEST_UNIT_NUMERICS_RANDOMWEIGHTS_H

#include "quantc/Numerics/Packing.h"
#include <algorithm>
#include <cmath>
#include <cstring>
#include <random>
#include <vector>

namespace quantc::numerics {

enum class WeightKind {
  Full,   ///< evenly over all codes, the lowest too
  Bell,   ///< as of a normal distribution up to the largest
  Heavy,  ///< one in three at either end
  Lowest, ///< all at the lowest code
  Highest
};

/// The parts that weights of a form consist of.
struct RandomWeights {
  std::vector<float> values, scales, outer;
  std::vector<int8_t> codes, multipliers;

  RandomWeights(const PackedLayout &layout, WeightKind kind, unsigned seed,
                int high = 127) {
    std::mt19937 engine(seed);
    std::normal_distribution<float> normal;
    int64_t n = layout.n, k = layout.k, blocks = layout.numBlocks();
    if (layout.form == PackedForm::B32N)
      high = narrowCode - 1;
    auto fill = [&](std::vector<float> &floats, int64_t count) {
      for (int64_t i = 0; i < count; ++i)
        floats.push_back(normal(engine));
    };
    if (layout.form == PackedForm::F32) {
      fill(values, n * k);
      return;
    }
    if (hasNibbles(layout.form)) {
      high = 7;
      int most = layout.form == PackedForm::W4S ? smallMultiplier : 127;
      for (int64_t i = 0; i < n * blocks; ++i)
        multipliers.push_back(
            static_cast<int8_t>(kind >= WeightKind::Lowest
                                    ? most
                                    : int(engine() % (2 * most + 1)) - most));
      fill(outer, n);
    } else {
      fill(scales, hasBlockScales(layout.form) ? n * blocks : n);
    }
    for (int64_t i = 0; i < n * k; ++i)
      codes.push_back(static_cast<int8_t>(draw(engine, kind, high)));
  }

  WeightParts getParts() const {
    return {values.data(), codes.data(), scales.data(), multipliers.data(),
            outer.data()};
  }

private:
  static int draw(std::mt19937 &engine, WeightKind kind, int high) {
    std::normal_distribution<float> normal(0, static_cast<float>(high) / 4);
    int low = -high - 1;
    switch (kind) {
    case WeightKind::Full:
      return static_cast<int>(engine() % (2 * high + 2)) + low;
    case WeightKind::Heavy:
      if (engine() % 3 == 0)
        return engine() % 2 ? high : low;
      [[fallthrough]];
    case WeightKind::Bell:
      return std::min(std::max(static_cast<int>(normal(engine)), -high), high);
    case WeightKind::Lowest:
      return low;
    case WeightKind::Highest:
      return high;
    }
    return 0;
  }
};

} // namespace quantc::numerics

#endif // QUANTC_TEST_UNIT_NUMERICS_RANDOMWEIGHTS_H
