//===- HostValueTest.cpp - Tensors of the interpreter -----------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "quantc/Interpreter/HostValue.h"
#include "mlir/IR/Builders.h"
#include "mlir/IR/MLIRContext.h"
#include "gtest/gtest.h"

using namespace mlir;
using namespace quantc;

namespace {
class HostValueTest : public ::testing::Test {
protected:
  RankedTensorType tensor(ArrayRef<int64_t> shape, Type element) {
    return RankedTensorType::get(shape, element);
  }

  MLIRContext context;
  Builder builder{&context};
};

TEST_F(HostValueTest, IntegersKeepTheirSign) {
  for (unsigned width : {8u, 16u, 32u, 64u}) {
    HostValue value =
        HostValue::allocate(tensor(2, builder.getIntegerType(width)));
    value.setInteger(0, -5);
    value.setInteger(1, 100);
    EXPECT_EQ(value.getInteger(0), -5) << width;
    EXPECT_EQ(value.getInteger(1), 100) << width;
    EXPECT_EQ(value.getNumber(0), -5.0) << width;
  }
  HostValue bytes =
      HostValue::allocate(tensor(1, builder.getIntegerType(8, false)));
  bytes.setInteger(0, 200);
  EXPECT_EQ(bytes.getInteger(0), 200);
}

TEST_F(HostValueTest, IntegersWrap) {
  HostValue value = HostValue::allocate(tensor(1, builder.getI32Type()));
  value.setInteger(0, int64_t(1) << 32 | 7);
  EXPECT_EQ(value.getInteger(0), 7);
}

TEST_F(HostValueTest, CopiesShareUntilWritten) {
  HostValue a = HostValue::allocate(tensor(2, builder.getF32Type()));
  HostValue b = a;
  EXPECT_EQ(a.getBytes().data(), b.getBytes().data());
  b.setNumber(0, 1.5);
  EXPECT_EQ(a.getNumber(0), 0.0);
  EXPECT_EQ(b.getNumber(0), 1.5);
}

TEST_F(HostValueTest, BorrowedBytesAreNotWritten) {
  alignas(4) uint8_t bytes[8] = {1, 0, 0, 0, 2, 0, 0, 0};
  HostValue value = HostValue::borrow(tensor(2, builder.getI32Type()), bytes);
  EXPECT_EQ(value.getBytes().data(), bytes);
  EXPECT_EQ(value.getInteger(1), 2);
  value.setInteger(1, 9);
  EXPECT_EQ(bytes[4], 2);
  EXPECT_EQ(value.getInteger(0), 1);
}

TEST_F(HostValueTest, UnalignedBytesAreCopied) {
  alignas(4) uint8_t bytes[9] = {0, 1, 0, 0, 0, 2, 0, 0, 0};
  HostValue value = HostValue::borrow(tensor(2, builder.getI32Type()),
                                      ArrayRef(bytes).drop_front());
  EXPECT_NE(value.getBytes().data(), bytes + 1);
  EXPECT_EQ(value.as<int32_t>()[0], 1);
  EXPECT_EQ(value.as<int32_t>()[1], 2);
}

TEST_F(HostValueTest, Attributes) {
  RankedTensorType type = tensor({2, 2}, builder.getF32Type());
  auto attribute = DenseElementsAttr::get(type, ArrayRef<float>{1, 2, 3, 4});
  EXPECT_EQ(HostValue::fromAttribute(attribute).toAttribute(), attribute);
  auto splat = DenseElementsAttr::get(type, 2.0f);
  EXPECT_EQ(HostValue::fromAttribute(splat).toAttribute(), splat);
  auto bools = DenseElementsAttr::get(tensor(3, builder.getI1Type()),
                                      ArrayRef<bool>{true, false, true});
  HostValue logical = HostValue::fromAttribute(bools);
  EXPECT_EQ(logical.getInteger(0), 1);
  EXPECT_EQ(logical.toAttribute(), bools);
  auto empty = DenseElementsAttr::get(tensor({0, 3}, builder.getI64Type()),
                                      ArrayRef<int64_t>{});
  EXPECT_EQ(HostValue::fromAttribute(empty).toAttribute(), empty);
  auto scalar = DenseElementsAttr::get(tensor({}, builder.getI32Type()), 7);
  EXPECT_EQ(HostValue::fromAttribute(scalar).getInteger(0), 7);
}
} // namespace
