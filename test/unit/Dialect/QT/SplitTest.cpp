//===- SplitTest.cpp - Reasons of integers that are refused -----*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/OwningOpRef.h"
#include "mlir/Parser/Parser.h"
#include "mlir/Pass/PassManager.h"
#include "quantc/Dialect/QT/Transforms/Passes.h"
#include "quantc/InitAll.h"
#include "quantc/Interfaces/IntegerLoweringInterface.h"
#include "quantc/Support/Locations.h"

#include <gtest/gtest.h>

using namespace mlir;
using namespace quantc;

namespace {
/// Gives no integers, and no reason.
struct SilentIntegers
    : IntegerLoweringInterface::ExternalModel<SilentIntegers, arith::NegFOp> {
  LogicalResult inferIntegerTypes(Operation *, TypeRange,
                                  SmallVectorImpl<Type> &,
                                  SmallVectorImpl<Type> &) const {
    return failure();
  }
  LogicalResult lowerToIntegers(Operation *, OpBuilder &, ArrayRef<ValueRange>,
                                SmallVectorImpl<SmallVector<Value>> &) const {
    return failure();
  }
};
} // namespace

TEST(Split, NamesWhatFailsWithoutAReason) {
  DialectRegistry registry;
  registerAllDialects(registry);
  MLIRContext context(registry);
  context.loadDialect<arith::ArithDialect>();
  arith::NegFOp::attachInterface<SilentIntegers>(context);
  // No float: nothing verifies it.
  OwningOpRef<ModuleOp> module = parseSourceString<ModuleOp>(
      R"(!row = tensor<2x4x!qt.block<[1, ?], s16, scale = exp<8>>>
func.func @f(%x: !row) -> !row {
  %0 = "arith.negf"(%x) : (!row) -> !row loc("y"("node"))
  return %0 : !row
})",
      ParserConfig(&context, /*verifyAfterParse=*/false));
  ASSERT_TRUE(module);
  std::vector<std::string> errors;
  ScopedDiagnosticHandler handler(&context, [&](Diagnostic &diagnostic) {
    errors.push_back(getNodeName(diagnostic.getLocation()).str() + ": " +
                     diagnostic.str());
    return success();
  });
  PassManager passes(&context);
  passes.enableVerifier(false);
  passes.addNestedPass<func::FuncOp>(qt::createSplit());
  EXPECT_TRUE(failed(passes.run(*module)));
  ASSERT_EQ(errors.size(), 1u);
  EXPECT_EQ(errors.front(), "node: 'arith.negf' op has no integer-only form "
                            "with these operands");
}
