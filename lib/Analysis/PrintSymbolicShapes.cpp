//===- PrintSymbolicShapes.cpp - Show symbolic sizes ------------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "mlir/IR/BuiltinTypes.h"
#include "quantc/Analysis/Passes.h"
#include "quantc/Analysis/SymbolicShapes.h"

namespace quantc {
#define GEN_PASS_DEF_TESTPRINTSYMBOLICSHAPES
#include "quantc/Analysis/Passes.h.inc"
} // namespace quantc

using namespace mlir;
using namespace quantc;

namespace {
struct TestPrintSymbolicShapes
    : public quantc::impl::TestPrintSymbolicShapesBase<
          TestPrintSymbolicShapes> {
  void runOnOperation() override {
    func::FuncOp func = getOperation();
    if (func.isExternal())
      return;
    SymbolicShapes shapes(func);
    for (Value argument : func.getArguments())
      print(argument, shapes);
    func->walk<WalkOrder::PreOrder>([&](Operation *op) {
      for (Value result : op->getResults())
        print(result, shapes);
    });
    markAllAnalysesPreserved();
  }

  static void print(Value value, SymbolicShapes &shapes) {
    if (!isa<RankedTensorType>(value.getType()))
      return;
    std::string text;
    llvm::raw_string_ostream stream(text);
    stream << "sizes (";
    llvm::interleaveComma(shapes.getSizes(value), stream);
    stream << ")";
    if (auto elements = shapes.getElements(value)) {
      stream << " elements (";
      llvm::interleaveComma(*elements, stream);
      stream << ")";
    }
    emitRemark(value.getLoc()) << text;
  }
};
} // namespace
