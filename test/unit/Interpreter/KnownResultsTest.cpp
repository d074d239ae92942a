//===- KnownResultsTest.cpp - What is not evaluated again -------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "mlir/IR/MLIRContext.h"
#include "mlir/Parser/Parser.h"
#include "quantc/Dialect/NN/IR/NNOps.h"
#include "quantc/InitAll.h"
#include "quantc/Interpreter/Interpreter.h"

#include <gtest/gtest.h>

using namespace mlir;
using namespace quantc;

TEST(KnownResults, AreTakenInThePlaceOfTheOpAndOfWhatItNeedsAlone) {
  DialectRegistry registry;
  registerAllDialects(registry);
  MLIRContext context(registry);
  auto module = parseSourceString<ModuleOp>(R"(
    func.func @f() -> tensor<2xf32> {
      %a = arith.constant dense<[1.0, 2.0]> : tensor<2xf32>
      %b = arith.constant dense<[3.0, 5.0]> : tensor<2xf32>
      %sum = nn.binary add %a, %b : tensor<2xf32>, tensor<2xf32> -> tensor<2xf32>
      %product = nn.binary mul %sum, %b : tensor<2xf32>, tensor<2xf32> -> tensor<2xf32>
      return %product : tensor<2xf32>
    })",
                                            &context);
  ASSERT_TRUE(module);
  Block &block = (*module->getOps<func::FuncOp>().begin()).getBody().front();
  nn::BinaryOp sum = *block.getOps<nn::BinaryOp>().begin();
  HostValue known = HostValue::allocate(cast<RankedTensorType>(sum.getType()));
  llvm::copy(ArrayRef<float>({10, 100}), known.asMutable<float>().begin());

  InterpreterContext interpreter;
  InterpreterContext::KnownResults results;
  results[sum] = {known};
  interpreter.setKnownResults(results);
  SmallVector<StringRef> evaluated;
  interpreter.setObserver(
      [&](Operation *op, ArrayRef<HostValue>, ArrayRef<HostValue>) {
        evaluated.push_back(op->getName().getStringRef());
      });
  SmallVector<HostValue> values;
  ASSERT_TRUE(succeeded(interpreter.interpretBlock(block, {}, values)));
  ASSERT_EQ(values.size(), 1U);
  EXPECT_EQ(values[0].as<float>()[0], 30);
  EXPECT_EQ(values[0].as<float>()[1], 500);
  // Neither the sum nor %a.
  EXPECT_EQ(evaluated, (SmallVector<StringRef>{"arith.constant", "nn.binary"}));

  // All of it without them.
  auto product = cast<func::ReturnOp>(block.getTerminator()).getOperand(0);
  FailureOr<HostValue> whole = interpretConstant(product);
  ASSERT_TRUE(succeeded(whole));
  EXPECT_EQ(whole->as<float>()[0], 12);
  EXPECT_EQ(whole->as<float>()[1], 35);
}
