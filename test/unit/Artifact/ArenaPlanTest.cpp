//===- ArenaPlanTest.cpp - Where tensors lie --------------------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "quantc/Artifact/ArenaPlan.h"
#include "quantc/InitAll.h"

#include "mlir/Parser/Parser.h"

#include "llvm/ADT/BitVector.h"
#include <gtest/gtest.h>

using namespace llvm;
using namespace quantc;

namespace {
class ArenaPlanTest : public testing::Test {
protected:
  ArenaPlanTest() {
    mlir::DialectRegistry registry;
    registerAllDialects(registry);
    context.appendDialectRegistry(registry);
  }

  /// A plan of an entry with this body; @k keeps rows of 4 numbers, @wide makes
  /// rows of 40.
  ArenaPlan plan(StringRef results, StringRef body) {
    std::string text = R"(
      module @k attributes {qt.grain = 1 : i64, qt.iterations = affine_map<()[s0] -> (s0)>,
        qt.scratch = affine_map<()[s0] -> (s0 * 8)>, qt.result_shapes = [affine_map<()[s0] -> (s0, 4)>]} {}
      module @wide attributes {qt.grain = 2 : i64, qt.iterations = affine_map<()[s0] -> (s0)>,
        qt.scratch = affine_map<()[s0] -> (0)>, qt.result_shapes = [affine_map<()[s0] -> (s0, 40)>]} {}
      qt.global @w : tensor<4xf32> {
        %c = arith.constant dense<0.0> : tensor<4xf32>
        qt.yield %c : tensor<4xf32>
      }
      func.func @main(%x: tensor<?x4xf32>) -> )";
    text += results;
    text += R"( attributes {qt.dim_names = ["n"]} {)";
    text += body;
    text += "}";
    module = mlir::parseSourceString<mlir::ModuleOp>(text, &context);
    if (!module)
      report_fatal_error("the test's module does not parse");
    entry = module->lookupSymbol<mlir::func::FuncOp>("main");
    return ArenaPlan(entry, *module);
  }

  /// The place of the result of the launch with that number.
  static ArenaPlan::Place at(const ArenaPlan &plan, unsigned launch) {
    return plan.getPlace(plan.getLaunches()[launch].op->getResult(0));
  }

  /// Whether of the results of two launches one lies under the other.
  static bool isApart(const ArenaPlan &plan, unsigned a, unsigned b) {
    unsigned low = at(plan, a).index, high = at(plan, b).index;
    if (low > high)
      std::swap(low, high);
    llvm::BitVector under(high + 1);
    under.set(high);
    for (unsigned buffer = high + 1; buffer-- > low;)
      if (under.test(buffer))
        for (unsigned other : plan.getBuffers()[buffer].below)
          under.set(other);
    return low != high && under.test(low);
  }

  /// The most buffers that lie one above the other.
  static unsigned getHeight(const ArenaPlan &plan) {
    std::vector<unsigned> heights;
    for (const ArenaPlan::Buffer &buffer : plan.getBuffers()) {
      unsigned height = 1;
      for (unsigned other : buffer.below)
        height = std::max(height, heights[other] + 1);
      heights.push_back(height);
    }
    return *llvm::max_element(heights);
  }

  mlir::MLIRContext context;
  mlir::OwningOpRef<mlir::ModuleOp> module;
  mlir::func::FuncOp entry;
};

constexpr StringLiteral K = " sizes affine_map<()[s0] -> (s0)> : "
                            "(tensor<?x4xf32>) -> tensor<?x4xf32>\n";
constexpr StringLiteral Wide = " sizes affine_map<()[s0] -> (s0)> : "
                               "(tensor<?x4xf32>) -> tensor<?x40xf32>\n";
constexpr StringLiteral Narrow = " sizes affine_map<()[s0] -> (s0)> : "
                                 "(tensor<?x40xf32>) -> tensor<?x4xf32>\n";
} // namespace

TEST_F(ArenaPlanTest, ChainsTurnInTwoPlaces) {
  std::string body = "%0 = qt.launch @k(%x)" + K.str();
  for (int i = 1; i < 9; ++i)
    body += "%" + std::to_string(i) + " = qt.launch @k(%" +
            std::to_string(i - 1) + ")" + K.str();
  ArenaPlan made =
      plan("tensor<?x4xf32>", body + "return %8 : tensor<?x4xf32>");
  EXPECT_EQ(made.getLaunches().size(), 9u);
  for (unsigned i = 0; i + 1 < 8; ++i) {
    EXPECT_EQ(at(made, i).kind, ArenaPlan::Place::Arena);
    EXPECT_TRUE(isApart(made, i, i + 1));
  }
  EXPECT_EQ(getHeight(made), 2u);
  // The last is written where the caller wants it.
  EXPECT_EQ(at(made, 8).kind, ArenaPlan::Place::Output);
  EXPECT_TRUE(made.getCopies().empty());
}

TEST_F(ArenaPlanTest, TensorsLiveToTheirLastUse) {
  // %0 is needed by the last launch, so nothing may take its memory.
  ArenaPlan made = plan(
      "tensor<?x4xf32>",
      "%0 = qt.launch @k(%x)" + K.str() + "%1 = qt.launch @k(%0)" + K.str() +
          "%2 = qt.launch @k(%1)" + K.str() + "%3 = qt.launch @k(%0)" +
          K.str() + "return %3 : tensor<?x4xf32>");
  EXPECT_TRUE(isApart(made, 0, 1));
  EXPECT_TRUE(isApart(made, 0, 2));
}

TEST_F(ArenaPlanTest, AliasesShareAndKeepAlive) {
  ArenaPlan made =
      plan("tensor<?x4xf32>",
           "%0 = qt.launch @k(%x)" + K.str() +
               "%a = qt.alias %0 : tensor<?x4xf32> to tensor<?x4xf32>\n"
               "%1 = qt.launch @k(%x)" +
               K.str() + "%2 = qt.launch @k(%a)" + K.str() +
               "return %2 : tensor<?x4xf32>");
  EXPECT_TRUE(isApart(made, 0, 1));
}

TEST_F(ArenaPlanTest, ManySmallTensorsShareALargeOne) {
  // %2 and %3 are needed at once where the wide tensor was before.
  ArenaPlan made =
      plan("tensor<?x4xf32>",
           "%0 = qt.launch @wide(%x)" + Wide.str() + "%1 = qt.launch @k(%0)" +
               Narrow.str() + "%2 = qt.launch @k(%1)" + K.str() +
               "%3 = qt.launch @k(%1)" + K.str() +
               "%4 = qt.launch @k(%2, %3) sizes affine_map<()[s0] -> (s0)> : "
               "(tensor<?x4xf32>, tensor<?x4xf32>) -> tensor<?x4xf32>\n"
               "return %4 : tensor<?x4xf32>");
  EXPECT_FALSE(isApart(made, 0, 2));
  EXPECT_FALSE(isApart(made, 0, 3));
  EXPECT_TRUE(isApart(made, 2, 3));
}

TEST_F(ArenaPlanTest, ArenasAreMeasuredWhereSizesAreBounded) {
  std::string body =
      "%0 = qt.launch @k(%x)" + K.str() + "%1 = qt.launch @k(%0)" + K.str() +
      "%2 = qt.launch @k(%1)" + K.str() + "return %2 : tensor<?x4xf32>";
  plan("tensor<?x4xf32>", body);
  EXPECT_FALSE(measureArena(entry, *module));
}

TEST_F(ArenaPlanTest, OtherResultsAreCopied) {
  ArenaPlan made = plan(
      "(tensor<?x4xf32>, tensor<?x4xf32>, tensor<?x4xf32>, tensor<4xf32>)",
      "%w = qt.global_ref @w : tensor<4xf32>\n%0 = qt.launch @k(%x)" + K.str() +
          "return %x, %0, %0, %w : tensor<?x4xf32>, tensor<?x4xf32>, "
          "tensor<?x4xf32>, tensor<4xf32>");
  EXPECT_EQ(at(made, 0).kind, ArenaPlan::Place::Output);
  EXPECT_EQ(at(made, 0).index, 1u);
  ASSERT_EQ(made.getCopies().size(), 3u);
  EXPECT_EQ(made.getCopies()[0].first, 0u);
  EXPECT_EQ(made.getCopies()[1].first, 2u);
  EXPECT_EQ(made.getCopies()[2].first, 3u);
  EXPECT_EQ(made.getPlace(made.getCopies()[0].second).kind,
            ArenaPlan::Place::Input);
  EXPECT_EQ(made.getPlace(made.getCopies()[2].second).global, "w");
}

TEST_F(ArenaPlanTest, KernelsNumbersAreTheEntrys) {
  ArenaPlan made =
      plan("tensor<?x4xf32>",
           "%0 = qt.launch @k(%x) sizes affine_map<()[s0] -> (s0 * 3)> : "
           "(tensor<?x4xf32>) -> tensor<?x4xf32>\nreturn %0 : tensor<?x4xf32>");
  mlir::AffineExpr n = mlir::getAffineSymbolExpr(0, &context);
  const ArenaPlan::Launch &launch = made.getLaunches()[0];
  EXPECT_EQ(launch.iterations, n * 3);
  EXPECT_EQ(launch.scratch, n * 24);
  EXPECT_EQ(launch.grain, 1);
}
