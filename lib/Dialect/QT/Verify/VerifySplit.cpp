//===- VerifySplit.cpp - No value in joint form -*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "quantc/Dialect/QT/IR/QTTypes.h"
#include "quantc/Dialect/QT/Verify/Passes.h"

#include "mlir/IR/BuiltinOps.h"
#include "mlir/Interfaces/FunctionInterfaces.h"

namespace quantc::qt {
#define GEN_PASS_DEF_VERIFYSPLIT
#include "quantc/Dialect/QT/Verify/Passes.h.inc"
} // namespace quantc::qt

using namespace mlir;
using namespace quantc;
using namespace quantc::qt;

namespace {
struct VerifySplit : quantc::qt::impl::VerifySplitBase<VerifySplit> {
  void runOnOperation() override {
    bool ok = true;
    auto check = [&](Operation *op, StringRef what, TypeRange types) {
      for (auto [index, type] : llvm::enumerate(types))
        if (getBlockFormat(type)) {
          op->emitError() << what << " #" << index << " of '" << op->getName()
                          << "' is in joint form behind the split: " << type;
          ok = false;
        }
    };
    getOperation()->walk([&](Operation *op) {
      check(op, "result", op->getResultTypes());
      if (auto func = dyn_cast<FunctionOpInterface>(op)) {
        check(op, "argument", func.getArgumentTypes());
        check(op, "function result", func.getResultTypes());
        return;
      }
      for (Region &region : op->getRegions())
        for (Block &block : region)
          check(op, "block argument", block.getArgumentTypes());
    });
    if (!ok)
      signalPassFailure();
    markAllAnalysesPreserved();
  }
};
} // namespace
