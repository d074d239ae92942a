//===- SymbolicShapesTest.cpp - Sizes of a function's values ----*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "quantc/Analysis/SymbolicShapes.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/MLIRContext.h"
#include "mlir/Parser/Parser.h"
#include "quantc/InitAll.h"
#include "gtest/gtest.h"

using namespace mlir;
using namespace quantc;

namespace {
class SymbolicShapesTest : public ::testing::Test {
protected:
  SymbolicShapesTest() {
    DialectRegistry registry;
    registerAllDialects(registry);
    context.appendDialectRegistry(registry);
  }

  func::FuncOp parse(StringRef text) {
    module = parseSourceString<ModuleOp>(text, &context);
    EXPECT_TRUE(module);
    return *module->getOps<func::FuncOp>().begin();
  }

  MLIRContext context;
  OwningOpRef<ModuleOp> module;
};

TEST_F(SymbolicShapesTest, NamedDims) {
  func::FuncOp func = parse(R"(
    func.func @f(%x: tensor<?x4xf32>, %y: tensor<?x4xf32>) -> tensor<?x4xf32>
        attributes {qt.dim_names = ["n"],
                    qt.arg_shapes = [affine_map<()[s0] -> (s0, 4)>,
                                     affine_map<()[s0] -> (s0, 4)>]} {
      %0 = nn.binary add %x, %y : tensor<?x4xf32>, tensor<?x4xf32> -> tensor<?x4xf32>
      return %0 : tensor<?x4xf32>
    })");
  SymbolicShapes shapes(func);
  Value sum = func.front().getTerminator()->getOperand(0);
  EXPECT_TRUE(shapes.haveEqualSizes(func.getArgument(0), sum));
  EXPECT_EQ(shapes.getNumSymbols(), 1u);
  EXPECT_EQ(shapes.getSizes(sum)[0], getAffineSymbolExpr(0, &context));
}

TEST_F(SymbolicShapesTest, UnknownDimsAreDifferent) {
  func::FuncOp func = parse(R"(
    func.func @f(%x: tensor<?xf32>, %y: tensor<?xf32>) { return })");
  SymbolicShapes shapes(func);
  EXPECT_FALSE(shapes.haveEqualSizes(func.getArgument(0), func.getArgument(1)));
  EXPECT_EQ(shapes.getNumSymbols(), 2u);
}

TEST_F(SymbolicShapesTest, StatedSizesAreExpected) {
  func::FuncOp func = parse(R"(
    func.func @f(%x: tensor<?x4xf32>) -> tensor<4x5xf32>
        attributes {qt.dim_names = ["n"],
                    qt.arg_shapes = [affine_map<()[s0] -> (s0, 4)>]} {
      %0 = nn.transpose %x perm [1, 0] : tensor<?x4xf32> -> tensor<4x5xf32>
      return %0 : tensor<4x5xf32>
    })");
  SymbolicShapes shapes(func);
  Value turned = func.front().getTerminator()->getOperand(0);
  EXPECT_EQ(shapes.getSizes(turned)[1], shapes.getConstant(5));
  ASSERT_EQ(shapes.getExpectations().size(), 1u);
  EXPECT_EQ(shapes.getExpectations()[0],
            std::pair(getAffineSymbolExpr(0, &context), shapes.getConstant(5)));
}

TEST_F(SymbolicShapesTest, ProductsAndQuotients) {
  func::FuncOp func = parse(R"(
    func.func @f(%x: tensor<?x?xf32>) { return })");
  SymbolicShapes shapes(func);
  auto sizes = llvm::to_vector(shapes.getSizes(func.getArgument(0)));
  AffineExpr a = sizes[0], b = sizes[1];
  AffineExpr product = shapes.getProduct({a, shapes.getConstant(6), b});
  EXPECT_EQ(product, shapes.getProduct({b, a, shapes.getConstant(6)}));
  EXPECT_EQ(shapes.divideExactly(product, {b, shapes.getConstant(3)}),
            shapes.getProduct({a, shapes.getConstant(2)}));
  // A number that divides at run time only.
  EXPECT_EQ(shapes.divideExactly(a, shapes.getConstant(3)), a.floorDiv(3));
  EXPECT_FALSE(shapes.divideExactly(a, b));
  EXPECT_FALSE(shapes.divideExactly(a, shapes.getConstant(0)));
}

TEST_F(SymbolicShapesTest, Broadcast) {
  func::FuncOp func = parse(R"(
    func.func @f(%x: tensor<?x?xf32>) { return })");
  SymbolicShapes shapes(func);
  auto sizes = llvm::to_vector(shapes.getSizes(func.getArgument(0)));
  AffineExpr one = shapes.getConstant(1), four = shapes.getConstant(4);
  EXPECT_EQ(shapes.broadcast(sizes[0], one), sizes[0]);
  EXPECT_EQ(shapes.broadcast(one, sizes[0]), sizes[0]);
  EXPECT_EQ(shapes.broadcast(sizes[0], four), four);
  EXPECT_EQ(shapes.broadcast(sizes[0], sizes[0]), sizes[0]);
  AffineExpr both = shapes.broadcast(sizes[0], sizes[1]);
  EXPECT_NE(both, sizes[0]);
  EXPECT_NE(both, sizes[1]);
}

TEST_F(SymbolicShapesTest, TypesAreBelieved) {
  func::FuncOp func = parse(R"(
    func.func @f(%x: tensor<3xf32>) attributes {
        qt.arg_shapes = [affine_map<()[s0] -> (s0)>]} { return })");
  SymbolicShapes shapes(func);
  EXPECT_EQ(shapes.getSizes(func.getArgument(0))[0], shapes.getConstant(3));
}
} // namespace
