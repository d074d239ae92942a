//===- Indexing.h - Elements picked by indices ------------------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QUANTC_LIB_IMPORT_ONNX_INDEXING_H
#define QUANTC_LIB_IMPORT_ONNX_INDEXING_H

#include "NodeBinder.h"

namespace quantc::onnx {

/// The elements of `x` at these positions along `axis`, in all other dims at
/// the position of the index, which has x's rank. Null where sizes do not fit,
/// which is reported.
mlir::Value gatherElements(NodeBinder &node, mlir::Value x, mlir::Value indices,
                           int64_t axis);

} // namespace quantc::onnx

#endif // QUANTC_LIB_IMPORT_ONNX_INDEXING_H
