//===- Resize.h - Axes of a resize ------------------------------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QUANTC_LIB_IMPORT_ONNX_RESIZE_H
#define QUANTC_LIB_IMPORT_ONNX_RESIZE_H

#include "NodeBinder.h"

namespace quantc::onnx {

struct ResizeOptions {
  std::string mode, coordinates, nearest;
  double cubicA = -0.75;
  bool excludeOutside = false, antialias = false;
  double extrapolation = 0;
};

/// One axis of a resize. A size that only run time knows is -1.
struct ResizeAxis {
  int64_t dim = 0, from = 0, to = 0;
  int64_t place = 0; ///< of the dim in the order of dims that is worked in
  double scale = 1;
  double roiStart = 0, roiEnd = 1;
  /// The size that `to` stands for where it is one of run time: an int64.
  mlir::Value wanted;
  bool isWantedByScale = false; ///< else the scale follows from the sizes
};

/// Resizes an axis of which a size is known when the model runs only: places,
/// neighbours and weights are computed by the model itself. Null where that is
/// not supported, which is reported.
mlir::Value resizeByComputedPlaces(NodeBinder &node, mlir::Value x,
                                   const ResizeOptions &options,
                                   const ResizeAxis &axis);

} // namespace quantc::onnx

#endif // QUANTC_LIB_IMPORT_ONNX_RESIZE_H
