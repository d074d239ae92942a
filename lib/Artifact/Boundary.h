//===- Boundary.h - Floats around an integer-only program -------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QUANTC_LIB_ARTIFACT_BOUNDARY_H
#define QUANTC_LIB_ARTIFACT_BOUNDARY_H

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/BuiltinOps.h"
#include "quantc/Dialect/QT/IR/QTOps.h"
#include "llvm/ADT/DenseMap.h"
#include "llvm/ADT/SetVector.h"

namespace quantc {

/// Where a launch belongs in an integer-only program, in the order in which
/// the parts run. Other programs are Inside as a whole.
enum class ProgramPart { BoundaryIn, Inside, BoundaryOut };

/// Which launches of an integer-only program compute on floats: those that
/// quantise its inputs and those that decode its outputs.
class Boundary {
public:
  Boundary(mlir::func::FuncOp entry, mlir::ModuleOp kernels);

  bool exists() const { return isIntegerOnly; }
  /// Whether each part needs nothing of those behind it.
  bool isSeparable() const { return separable; }
  ProgramPart getPart(qt::LaunchOp launch) const {
    return parts.lookup(launch);
  }
  /// The kernels of a boundary, each once, in the order of the launches.
  llvm::ArrayRef<mlir::ModuleOp> getKernels(ProgramPart part) const {
    return (part == ProgramPart::BoundaryIn ? inputs : outputs).getArrayRef();
  }
  bool isBoundaryKernel(mlir::ModuleOp kernel) const {
    return inputs.contains(kernel) || outputs.contains(kernel);
  }

private:
  bool isIntegerOnly;
  bool separable = true;
  llvm::DenseMap<mlir::Operation *, ProgramPart> parts;
  llvm::SetVector<mlir::ModuleOp> inputs, outputs;
};

/// "_boundary_in" or "_boundary_out", what the names of the functions of \p
/// part end in.
llvm::StringRef getBoundarySuffix(ProgramPart part);

} // namespace quantc

#endif // QUANTC_LIB_ARTIFACT_BOUNDARY_H
