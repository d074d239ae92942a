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

TEST_F(ArenaPlanTest, ChainsNeedTwoSlots) {
  std::string body = "%0 = qt.launch @k(%x)" + K.str();
  for (int i = 1; i < 9; ++i)
    body += "%" + std::to_string(i) + " = qt.launch @k(%" +
            std::to_string(i - 1) + ")" + K.str();
  ArenaPlan made =
      plan("tensor<?x4xf32>", body + "return %8 : tensor<?x4xf32>");
  EXPECT_EQ(made.getSlots().size(), 2u);
  EXPECT_EQ(made.getLaunches().size(), 9u);
  for (unsigned i = 0; i + 1 < 8; ++i) {
    EXPECT_EQ(at(made, i).kind, ArenaPlan::Place::Slot);
    EXPECT_NE(at(made, i).index, at(made, i + 1).index);
  }
  // The last is written where the caller wants it.
  EXPECT_EQ(at(made, 8).kind, ArenaPlan::Place::Output);
  EXPECT_TRUE(made.getCopies().empty());
}

TEST_F(ArenaPlanTest, TensorsLiveToTheirLastUse) {
  // %0 is needed by the last launch, so nothing may take its slot.
  ArenaPlan made = plan(
      "tensor<?x4xf32>",
      "%0 = qt.launch @k(%x)" + K.str() + "%1 = qt.launch @k(%0)" + K.str() +
          "%2 = qt.launch @k(%1)" + K.str() + "%3 = qt.launch @k(%0)" +
          K.str() + "return %3 : tensor<?x4xf32>");
  EXPECT_NE(at(made, 0).index, at(made, 1).index);
  EXPECT_NE(at(made, 0).index, at(made, 2).index);
}

TEST_F(ArenaPlanTest, AliasesShareAndKeepAlive) {
  ArenaPlan made =
      plan("tensor<?x4xf32>",
           "%0 = qt.launch @k(%x)" + K.str() +
               "%a = qt.alias %0 : tensor<?x4xf32> to tensor<?x4xf32>\n"
               "%1 = qt.launch @k(%x)" +
               K.str() + "%2 = qt.launch @k(%a)" + K.str() +
               "return %2 : tensor<?x4xf32>");
  EXPECT_NE(at(made, 0).index, at(made, 1).index);
}

TEST_F(ArenaPlanTest, SlotsThatFitAreTakenFirst) {
  // When the second narrow tensor comes, the wide slot is free as well.
  ArenaPlan made =
      plan("tensor<?x4xf32>",
           "%0 = qt.launch @k(%x)" + K.str() + "%1 = qt.launch @wide(%0)" +
               Wide.str() + "%2 = qt.launch @k(%1)" + Narrow.str() +
               "%3 = qt.launch @k(%2)" + K.str() + "%4 = qt.launch @wide(%3)" +
               Wide.str() + "%5 = qt.launch @k(%4)" + Narrow.str() +
               "return %5 : tensor<?x4xf32>");
  ASSERT_EQ(made.getSlots().size(), 2u);
  EXPECT_EQ(at(made, 2).index, at(made, 0).index);
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
