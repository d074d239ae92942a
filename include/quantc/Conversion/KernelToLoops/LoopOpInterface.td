//===- LoopOpInterface.td - Ops as plain loops -------------*- tablegen -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QUANTC_CONVERSION_KERNELTOLOOPS_LOOPOPINTERFACE_TD
#define QUANTC_CONVERSION_KERNELTOLOOPS_LOOPOPINTERFACE_TD

include "mlir/IR/OpBase.td"

def LoopOpInterface : OpInterface<"LoopOpInterface"> {
  let cppNamespace = "::quantc";
  let description = [{
    Code for every shape, axis and element type that the op's verifier admits,
    as loops over points that do not depend on each other. It is what a kernel
    gets that no faster generator takes. An op that works on rows has one point
    for each row. Elementwise ops need no model: they are expressions.
  }];
  let methods = [
    InterfaceMethod<"Whether this op, with its attributes, has such code.",
      "bool", "hasLoops", (ins), [{}], [{ return true; }]>,
    InterfaceMethod<"The sizes of the space of points.",
      "::llvm::SmallVector<::mlir::AffineExpr>", "getLoopSizes",
      (ins "::quantc::SymbolicShapes &":$shapes)>,
    InterfaceMethod<[{
        Whether neighbours along the last dimension of that space are
        neighbours in memory in everything they read and write, so that
        `emitPoint` can be asked for several at once.
      }],
      "bool", "hasAdjacentPoints", (ins), [{}], [{ return false; }]>,
    InterfaceMethod<"Emits the checks that sizes need at run time.",
      "void", "requireSizes", (ins "::quantc::LoopEmitter &":$emitter), [{}],
      [{ return; }]>,
    InterfaceMethod<"Emits the elements of all results that belong to a point.",
      "void", "emitPoint",
      (ins "::mlir::OpBuilder &":$builder, "::mlir::ValueRange":$point,
           "::quantc::LoopEmitter &":$emitter)>
  ];
}

#endif // QUANTC_CONVERSION_KERNELTOLOOPS_LOOPOPINTERFACE_TD
