//===- InterpretPass.cpp - Evaluate functions -------------------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "quantc/Interpreter/Interpreter.h"
#include "quantc/Interpreter/Passes.h"

namespace quantc {
#define GEN_PASS_DEF_INTERPRET
#include "quantc/Interpreter/Passes.h.inc"
} // namespace quantc

using namespace mlir;
using namespace quantc;

namespace {
struct Interpret : public quantc::impl::InterpretBase<Interpret> {
  using InterpretBase::InterpretBase;

  void runOnOperation() override {
    for (auto func : getOperation().getOps<func::FuncOp>()) {
      if (func.isExternal() || func.getNumArguments() != 0)
        continue;
      FailureOr<SmallVector<HostValue>> results =
          interpretFunction(func, {}, threads);
      if (failed(results))
        signalPassFailure();
      else if (printResults)
        print(func, *results);
    }
    markAllAnalysesPreserved();
  }

  void print(func::FuncOp func, ArrayRef<HostValue> results) {
    llvm::outs() << func.getName() << ":\n";
    for (const HostValue &result : results) {
      if (result.isJoint())
        llvm::outs() << "  " << result.getType() << "\n";
      for (const HostValue &part :
           result.isJoint() ? result.getParts() : ArrayRef(result))
        llvm::outs() << "  " << part.toAttribute() << "\n";
    }
  }
};
} // namespace
