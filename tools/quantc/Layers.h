//===- Layers.h - What became of every layer --------------------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QUANTC_TOOLS_QUANTC_LAYERS_H
#define QUANTC_TOOLS_QUANTC_LAYERS_H

#include "mlir/IR/BuiltinOps.h"
#include "llvm/Support/JSON.h"
#include "llvm/Support/raw_ostream.h"

namespace quantc {

/// The layers that the stage `layout` recorded, as objects with name, op,
/// shape, formats, layout, bytes and their share of all; empty before.
llvm::json::Array getLayers(mlir::ModuleOp module);

/// The same as a table.
void printLayers(llvm::raw_ostream &out, const llvm::json::Array &layers);

/// "1,234 bytes", "12.3 KB" or "12.3 MB".
std::string formatBytes(uint64_t bytes);

} // namespace quantc

#endif // QUANTC_TOOLS_QUANTC_LAYERS_H
