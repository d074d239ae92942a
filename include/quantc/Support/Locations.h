//===- Locations.h - Names of the user's nodes ------------------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QUANTC_SUPPORT_LOCATIONS_H
#define QUANTC_SUPPORT_LOCATIONS_H

#include "mlir/IR/Location.h"
#include "llvm/ADT/SmallVector.h"

namespace quantc {

/// The name of the ONNX value that \p loc carries: of a NameLoc, or of the
/// first one in a fused location. Empty where there is none.
llvm::StringRef getValueName(mlir::Location loc);

/// The name of the ONNX node that made it, where it has another one; empty
/// otherwise.
llvm::StringRef getNodeName(mlir::Location loc);

/// The names of the values, each once, in order.
llvm::SmallVector<llvm::StringRef> getValueNames(mlir::Location loc);

} // namespace quantc

#endif // QUANTC_SUPPORT_LOCATIONS_H
