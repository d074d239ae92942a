//===- WindowAttributes.h - kernel_shape, strides, pads, ... ----*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QUANTC_LIB_IMPORT_ONNX_WINDOWATTRIBUTES_H
#define QUANTC_LIB_IMPORT_ONNX_WINDOWATTRIBUTES_H

#include "NodeBinder.h"

namespace quantc::onnx {

/// The attributes that all operators with windows share, with their defaults.
struct WindowAttributes {
  llvm::SmallVector<int64_t> kernel, strides, dilations, pads;
  bool ceil = false;
  /// Spatial dims whose pads for `auto_pad` depend on a size of run time; they
  /// are none of `pads`, but positions of the input that padToSame puts there.
  llvm::SmallVector<int64_t> sameDims;
  bool isLower = false; ///< the larger half of such pads comes first

  nn::Window get() const { return {kernel, strides, dilations, pads, ceil}; }

  /// Reads them for a channels-first `x`; what does not fit is reported. An
  /// empty `kernel` stands for one that only the attribute gives. `auto_pad`
  /// is settled by the sizes of `x`, as far as they are known.
  static WindowAttributes read(NodeBinder &node, mlir::Value x,
                               llvm::ArrayRef<int64_t> kernel,
                               bool hasDilations = true);

  /// For a node that is not read any further: what its attributes say is not
  /// known, but they exist.
  static void ignoreAll(NodeBinder &node);

  /// The channels-last `x` with `value` around it along `sameDims`.
  mlir::Value padToSame(Emitter &emit, mlir::Value x, double value) const;
};

/// `x` with `low` and `high` positions of `value` around it along `dim`: each a
/// tensor of one int64.
mlir::Value padByValues(Emitter &emit, mlir::Value x, int64_t dim,
                        mlir::Value low, mlir::Value high, double value);

/// Reports pads of a node whose `auto_pad` is `mode`; zeros say nothing.
void refusePadsBeside(NodeBinder &node, llvm::StringRef mode);

/// The attribute `name` with `rank` entries of `least` or more.
llvm::SmallVector<int64_t> readWindowList(NodeBinder &node,
                                          llvm::StringRef name, int64_t rank,
                                          int64_t least,
                                          llvm::ArrayRef<int64_t> fallback);

} // namespace quantc::onnx

#endif // QUANTC_LIB_IMPORT_ONNX_WINDOWATTRIBUTES_H
