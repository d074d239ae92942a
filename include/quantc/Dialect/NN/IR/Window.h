//===- Window.h - How windows go over positions -----------------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QUANTC_DIALECT_NN_IR_WINDOW_H
#define QUANTC_DIALECT_NN_IR_WINDOW_H

#include "llvm/ADT/ArrayRef.h"
#include <cstdint>
#include <optional>

namespace quantc::nn {

/// The windows of a convolution or a pooling along its spatial dimensions.
struct Window {
  llvm::ArrayRef<int64_t> kernel, strides, dilations, pads;
  bool ceil = false; ///< whether a window may begin that does not fit

  unsigned getRank() const { return kernel.size(); }
  /// How many positions a window spans along a dimension.
  int64_t getSpan(unsigned dim) const {
    return dilations[dim] * (kernel[dim] - 1) + 1;
  }
  int64_t getPadsOf(unsigned dim) const {
    return pads[dim] + pads[getRank() + dim];
  }
  int64_t getNumTaps() const {
    int64_t taps = 1;
    for (int64_t size : kernel)
      taps *= size;
    return taps;
  }
  /// The number of windows along a dimension of \p size; nothing where not one
  /// fits.
  std::optional<int64_t> getCount(unsigned dim, int64_t size) const {
    int64_t room = size + getPadsOf(dim) - getSpan(dim);
    if (room < 0)
      return std::nullopt;
    int64_t stride = strides[dim];
    if (!ceil)
      return room / stride + 1;
    int64_t count = (room + stride - 1) / stride + 1;
    // None begins behind the input and the pads before it.
    if ((count - 1) * stride >= size + pads[dim])
      --count;
    return count;
  }
};

} // namespace quantc::nn

#endif // QUANTC_DIALECT_NN_IR_WINDOW_H
