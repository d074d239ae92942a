//===- ConstantSlicesTest.cpp - What depends on constants alone -*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "quantc/Analysis/ConstantSlices.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/IR/BuiltinOps.h"
#include "quantc/Dialect/NN/IR/NNOps.h"
#include "gtest/gtest.h"

using namespace mlir;
using namespace quantc;

TEST(ConstantSlices, LongChainsDoNotOverflowTheStack) {
  MLIRContext context;
  context.loadDialect<arith::ArithDialect, nn::NNDialect>();
  OpBuilder builder(&context);
  OwningOpRef<ModuleOp> module = ModuleOp::create(builder.getUnknownLoc());
  builder.setInsertionPointToStart(module->getBody());
  auto type = RankedTensorType::get({2}, builder.getF32Type());
  Value value = arith::ConstantOp::create(
      builder, builder.getUnknownLoc(),
      DenseElementsAttr::get(type, builder.getF32FloatAttr(1).getValue()));
  constexpr unsigned length = 200'000;
  for (unsigned i = 0; i < length; ++i)
    value = nn::UnaryOp::create(builder, builder.getUnknownLoc(), type,
                                nn::UnaryKind::Exp, value);
  EXPECT_TRUE(isConstantSlice(value));
  llvm::SetVector<Operation *> slice = getConstantSlice(value);
  ASSERT_EQ(slice.size(), length + 1);
  EXPECT_TRUE(isa<arith::ConstantOp>(slice.front()));
  EXPECT_EQ(slice.back(), value.getDefiningOp());
}

TEST(ConstantSlices, OperandsComeFirst) {
  MLIRContext context;
  context.loadDialect<arith::ArithDialect, nn::NNDialect>();
  OpBuilder builder(&context);
  Location loc = builder.getUnknownLoc();
  OwningOpRef<ModuleOp> module = ModuleOp::create(loc);
  builder.setInsertionPointToStart(module->getBody());
  auto type = RankedTensorType::get({2}, builder.getF32Type());
  Value one = arith::ConstantOp::create(
      builder, loc,
      DenseElementsAttr::get(type, builder.getF32FloatAttr(1).getValue()));
  Value exp = nn::UnaryOp::create(builder, loc, type, nn::UnaryKind::Exp, one);
  Value sum =
      nn::BinaryOp::create(builder, loc, type, nn::BinaryKind::Add, one, exp);
  Value product =
      nn::BinaryOp::create(builder, loc, type, nn::BinaryKind::Mul, sum, exp);
  llvm::SetVector<Operation *> slice = getConstantSlice(product);
  SmallVector<Operation *> expected{one.getDefiningOp(), exp.getDefiningOp(),
                                    sum.getDefiningOp(),
                                    product.getDefiningOp()};
  EXPECT_EQ(slice.getArrayRef(), ArrayRef(expected));
}
