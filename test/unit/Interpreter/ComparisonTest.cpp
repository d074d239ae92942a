//===- ComparisonTest.cpp - Errors of a quantised form ----------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "quantc/Interpreter/Comparison.h"
#include "mlir/IR/MLIRContext.h"
#include "mlir/IR/OwningOpRef.h"
#include "mlir/Parser/Parser.h"
#include "quantc/InitAll.h"

#include <cmath>
#include <gtest/gtest.h>
#include <limits>

using namespace mlir;
using namespace quantc;

static HostValue makeValue(MLIRContext &context, ArrayRef<int64_t> shape,
                           ArrayRef<float> elements) {
  HostValue value = HostValue::allocate(
      RankedTensorType::get(shape, Float32Type::get(&context)));
  llvm::copy(elements, value.asMutable<float>().begin());
  return value;
}

TEST(ErrorSum, Measures) {
  MLIRContext context;
  auto make = [&](ArrayRef<float> elements) {
    return makeValue(context, int64_t(elements.size()), elements);
  };
  ErrorSum sum;
  EXPECT_TRUE(sum.isEmpty());
  sum.add(make({3, 4}), make({3, 4}));
  EXPECT_FALSE(sum.isEmpty());
  EXPECT_EQ(sum.getRelativeRms(), 0);
  EXPECT_DOUBLE_EQ(sum.getCosine(), 1);
  // The sum goes on: errors 0, 0, 1, -2 of 3, 4, 0, 5.
  sum.add(make({0, 5}), make({1, 3}));
  EXPECT_DOUBLE_EQ(sum.getRelativeRms(), std::sqrt(5.0 / 50));
  EXPECT_EQ(sum.getMaxAbs(), 2);
  EXPECT_DOUBLE_EQ(sum.getCosine(), 40 / std::sqrt(50.0 * 35));
}

TEST(ErrorSum, WhatIsNoNumber) {
  MLIRContext context;
  float infinite = std::numeric_limits<float>::infinity(), none = std::nanf("");
  ErrorSum sum;
  sum.add(makeValue(context, 5, {1, infinite, none, infinite, 2}),
          makeValue(context, 5, {1, infinite, none, -infinite, none}));
  EXPECT_EQ(sum.getNumStrange(), 2);
  EXPECT_EQ(sum.getRelativeRms(), 0);
  ErrorSum zeros;
  zeros.add(makeValue(context, 2, {0, 0}), makeValue(context, 2, {0, 1}));
  EXPECT_EQ(zeros.getRelativeRms(), std::numeric_limits<double>::infinity());
  EXPECT_EQ(zeros.getCosine(), 0);
}

TEST(Comparison, TellsOwnErrorsFromThoseBefore) {
  DialectRegistry registry;
  registerAllDialects(registry);
  MLIRContext context(registry, MLIRContext::Threading::DISABLED);
  context.loadAllAvailableDialects();
  // Two products by the unit matrix: rounding the input to units of its
  // largest element / 127 is all that happens, and nothing is left to round
  // behind it. Both sums are called "s".
  auto module = parseSourceString<ModuleOp>(
      R"(
func.func @float(%x: tensor<1x2xf32>) -> tensor<1x2xf32> {
  %w = arith.constant dense<[[1.0, 0.0], [0.0, 1.0]]> : tensor<2x2xf32>
  %a = nn.matmul %x, %w : tensor<1x2xf32>, tensor<2x2xf32> -> tensor<1x2xf32> loc("a")
  %b = nn.binary add %a, %a : tensor<1x2xf32>, tensor<1x2xf32> -> tensor<1x2xf32> loc("s")
  %c = nn.binary add %b, %a : tensor<1x2xf32>, tensor<1x2xf32> -> tensor<1x2xf32> loc("s")
  return %c : tensor<1x2xf32>
}
func.func @quantized(%x: tensor<1x2xf32>) -> tensor<1x2xf32> {
  %w = arith.constant dense<[[1.0, 0.0], [0.0, 1.0]]> : tensor<2x2xf32>
  %xq = qt.quantize %x {encoding = #qt.encoding<absmax, -127..127>} : tensor<1x2xf32> -> tensor<1x2x!qt.block<[1, ?], s8, scale = f32>>
  %wq = qt.quantize %w {encoding = #qt.encoding<absmax, -127..127>} : tensor<2x2xf32> -> tensor<2x2x!qt.block<[1, ?], s8, scale = f32>>
  %a = nn.matmul %xq, %wq : tensor<1x2x!qt.block<[1, ?], s8, scale = f32>>, tensor<2x2x!qt.block<[1, ?], s8, scale = f32>> -> tensor<1x2xf32> loc("a")
  %b = nn.binary add %a, %a : tensor<1x2xf32>, tensor<1x2xf32> -> tensor<1x2xf32> loc("s")
  %c = nn.binary add %b, %a : tensor<1x2xf32>, tensor<1x2xf32> -> tensor<1x2xf32> loc("s")
  return %c : tensor<1x2xf32>
}
)",
      &context);
  ASSERT_TRUE(module);
  Comparison comparison(module->lookupSymbol<func::FuncOp>("float"),
                        module->lookupSymbol<func::FuncOp>("quantized"), 1);
  ASSERT_TRUE(
      succeeded(comparison.run(makeValue(context, {1, 2}, {127, 0.25f}))));
  ArrayRef<LayerError> layers = comparison.getLayers();
  ASSERT_EQ(layers.size(), 3u);
  EXPECT_EQ(layers[0].name, "a");
  EXPECT_EQ(layers[0].formats.size(), 2u);
  EXPECT_FLOAT_EQ(layers[0].error.getMaxAbs(), 0.25);
  EXPECT_FLOAT_EQ(layers[0].own.getMaxAbs(), 0.25);
  for (unsigned i : {1u, 2u}) {
    EXPECT_EQ(layers[i].name, "s");
    EXPECT_FLOAT_EQ(layers[i].error.getMaxAbs(), i == 1 ? 0.5 : 0.75);
    EXPECT_TRUE(layers[i].own.isEmpty());
  }
  EXPECT_FLOAT_EQ(comparison.getResults()[0].getMaxAbs(), 0.75);
}
