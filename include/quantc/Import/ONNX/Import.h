//===- Import.h - ONNX files to the nn dialect ------------------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QUANTC_IMPORT_ONNX_IMPORT_H
#define QUANTC_IMPORT_ONNX_IMPORT_H

#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/OwningOpRef.h"
#include "quantc/Support/MappedFile.h"

#include <string>
#include <vector>

namespace quantc::onnx {

/// Imports the ONNX model in `file` as a module with one function, `@main`, on
/// the nn dialect. On failure returns null and adds a sentence for each problem
/// of the model to `problems`: all that were found, not just the first. `rest`
/// is then what could be imported, with results that nothing uses, or null:
/// what is wrong with that can be told as well.
mlir::OwningOpRef<mlir::ModuleOp>
importModel(std::shared_ptr<const MappedFile> file, mlir::MLIRContext *context,
            std::vector<std::string> &problems,
            mlir::OwningOpRef<mlir::ModuleOp> *rest = nullptr);

/// Whether the file is to be read as an ONNX model: it is called so, or begins
/// like one, or, from standard input, not like MLIR.
bool isModelFile(const MappedFile &file);

} // namespace quantc::onnx

#endif // QUANTC_IMPORT_ONNX_IMPORT_H
