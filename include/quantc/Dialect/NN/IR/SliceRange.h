//===- SliceRange.h - What a slice takes of a dimension ---------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QUANTC_DIALECT_NN_IR_SLICERANGE_H
#define QUANTC_DIALECT_NN_IR_SLICERANGE_H

#include <algorithm>
#include <cstdint>

namespace quantc::nn {

/// The first index that nn.slice takes of a dimension, and how many follow at
/// its step.
struct SliceRange {
  int64_t first;
  int64_t count;
};

/// Of a dimension of \p size, with start and end as nn.slice has them: below
/// zero they count from the end, and both are clamped. As ONNX (and not NumPy)
/// has it, a start before the first element is the first one in either
/// direction. \p step is not 0. No value overflows.
inline SliceRange getSliceRange(int64_t start, int64_t end, int64_t step,
                                int64_t size) {
  if (start < 0)
    start += size;
  if (end < 0)
    end += size;
  if (step > 0) {
    start = std::clamp<int64_t>(start, 0, size);
    end = std::clamp<int64_t>(end, 0, size);
    return {start, end > start ? 1 + (end - start - 1) / step : 0};
  }
  start = std::min(std::max<int64_t>(start, 0), size - 1);
  end = std::clamp<int64_t>(end, -1, size - 1);
  // Divide by the negative step as it is: the lowest integer has no opposite.
  return {start, start > end ? 1 + (end - start + 1) / step : 0};
}

} // namespace quantc::nn

#endif // QUANTC_DIALECT_NN_IR_SLICERANGE_H
