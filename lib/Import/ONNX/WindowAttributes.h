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

  nn::Window get() const { return {kernel, strides, dilations, pads, ceil}; }

  /// Reads them for a channels-first `x`; what does not fit is reported. An
  /// empty `kernel` stands for one that only the attribute gives. `auto_pad`
  /// is settled by the sizes of `x`.
  static WindowAttributes read(NodeBinder &node, mlir::Value x,
                               llvm::ArrayRef<int64_t> kernel,
                               bool hasDilations = true);
};

} // namespace quantc::onnx

#endif // QUANTC_LIB_IMPORT_ONNX_WINDOWATTRIBUTES_H
