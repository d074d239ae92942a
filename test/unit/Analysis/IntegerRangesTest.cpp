//===- IntegerRangesTest.cpp - What integers can be -------------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Small functions of two bytes, evaluated on every pair of them, and constants
// next to where a product stops to fit.
//
//===----------------------------------------------------------------------===//

#include "quantc/Analysis/IntegerRanges.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/Parser/Parser.h"
#include "quantc/Dialect/NN/IR/NNOps.h"
#include "quantc/InitAll.h"
#include "quantc/Interpreter/Interpreter.h"
#include "gtest/gtest.h"
#include <random>

using namespace mlir;
using namespace quantc;

namespace {
constexpr int64_t pairs = 256 * 256;

/// A function of random ops on i32.
class RandomFunction {
public:
  RandomFunction(MLIRContext *context, unsigned seed)
      : random(seed), builder(context), loc(builder.getUnknownLoc()),
        module(ModuleOp::create(loc)) {
    builder.setInsertionPointToStart(module->getBody());
    auto byte = RankedTensorType::get(pairs, builder.getI8Type());
    type = byte.clone(builder.getI32Type());
    func = func::FuncOp::create(builder, loc, "f",
                                builder.getFunctionType({byte, byte}, {type}));
    Block *entry = func.addEntryBlock();
    builder.setInsertionPointToStart(entry);
    for (Value argument : entry->getArguments())
      values.push_back(nn::CastOp::create(builder, loc, type, argument));
    for (int step = 0; step < 6; ++step)
      values.push_back(makeOp());
    func::ReturnOp::create(builder, loc, values.back());
  }

  func::FuncOp getFunction() { return func; }

private:
  int64_t draw(int64_t low, int64_t high) {
    return std::uniform_int_distribution<int64_t>(low, high)(random);
  }
  Value pick() {
    return values[draw(0, static_cast<int64_t>(values.size()) - 1)];
  }
  Value number(int64_t value) {
    auto scalar = RankedTensorType::get({}, builder.getI32Type());
    APInt bits(32, static_cast<uint64_t>(value), /*isSigned=*/true);
    return arith::ConstantOp::create(builder, loc,
                                     DenseElementsAttr::get(scalar, bits));
  }
  Value binary(nn::BinaryKind kind, Value a, Value b) {
    return nn::BinaryOp::create(builder, loc, type, kind, a, b);
  }
  Value unary(nn::UnaryKind kind, Value x) {
    return nn::UnaryOp::create(builder, loc, type, kind, x);
  }
  Value clip(Value x, int64_t low, int64_t high) {
    return nn::ClipOp::create(
        builder, loc, type, x,
        builder.getF64FloatAttr(static_cast<double>(low)),
        builder.getF64FloatAttr(static_cast<double>(high)));
  }

  Value makeOp() {
    using Kind = nn::BinaryKind;
    constexpr Kind kinds[] = {Kind::Add, Kind::Sub, Kind::Mul,
                              Kind::Min, Kind::Max, Kind::And};
    switch (draw(0, 9)) {
    case 0:
      return unary(nn::UnaryKind::Abs, pick());
    case 1:
      return unary(nn::UnaryKind::Clz, unary(nn::UnaryKind::Abs, pick()));
    case 2:
      return binary(Kind::RShift, pick(), clip(pick(), draw(-3, 0), 31));
    case 3:
      return binary(Kind::RShift, pick(), number(draw(0, 12)));
    case 4:
      return binary(Kind::MulHigh31, pick(), number(draw(-(1 << 30), 1 << 30)));
    case 5: {
      Value a = pick(), b = pick();
      Value isLess =
          nn::CompareOp::create(builder, loc, type.clone(builder.getI1Type()),
                                nn::Predicate::Lt, a, b);
      return nn::SelectOp::create(builder, loc, type, isLess, pick(), pick());
    }
    case 6: {
      int64_t low = draw(-300, 300);
      return clip(pick(), low, draw(low, 400));
    }
    case 7:
      return binary(kinds[draw(0, 5)], pick(), number(draw(-200, 200)));
    default:
      return binary(kinds[draw(0, 5)], pick(), pick());
    }
  }

  std::mt19937 random;
  OpBuilder builder;
  Location loc;
  OwningOpRef<ModuleOp> module;
  RankedTensorType type;
  func::FuncOp func;
  SmallVector<Value> values;
};

struct Fixture : testing::Test {
  Fixture() {
    DialectRegistry registry;
    registerAllDialects(registry);
    context.appendDialectRegistry(registry);
    context.loadAllAvailableDialects();
  }
  MLIRContext context{MLIRContext::Threading::DISABLED};
};
using IntegerRangesTest = Fixture;
} // namespace

TEST_F(IntegerRangesTest, HoldEveryResult) {
  auto byte = RankedTensorType::get(pairs, IntegerType::get(&context, 8));
  HostValue first = HostValue::allocate(byte),
            second = HostValue::allocate(byte);
  for (int64_t i = 0; i < pairs; ++i) {
    first.asMutable<int8_t>()[i] = static_cast<int8_t>(i % 256);
    second.asMutable<int8_t>()[i] = static_cast<int8_t>(i / 256);
  }
  for (unsigned seed = 0; seed < 100; ++seed) {
    RandomFunction random(&context, seed);
    func::FuncOp func = random.getFunction();
    IntegerRanges ranges(func);
    InterpreterContext evaluation;
    evaluation.setObserver(
        [&](Operation *op, ArrayRef<HostValue>, ArrayRef<HostValue> results) {
          if (results.empty() || op->getNumResults() != 1)
            return;
          Interval range = ranges.getRange(op->getResult(0));
          const HostValue &result = results.front();
          for (int64_t i = 0, e = result.getNumElements(); i < e; ++i) {
            Interval one = Interval::get(result.getInteger(i));
            if (range.contains(one))
              continue;
            std::string text;
            llvm::raw_string_ostream(text) << *op << " in\n" << func;
            ADD_FAILURE() << "seed " << seed << ": " << result.getInteger(i)
                          << " by " << text;
            return;
          }
        });
    ASSERT_TRUE(
        succeeded(interpretFunction(func, {first, second}, evaluation)));
  }
}

/// How many ops of 32 bits overflow where rows of 16 are multiplied by a
/// constant and another one is added.
static size_t countOverflows(MLIRContext &context, int64_t factor,
                             int64_t summand) {
  std::string text = R"(
func.func @f(%x: tensor<2x4xf32>) -> tensor<2x4xi32> {
  %m, %e = qt.quantize %x {encoding = #qt.encoding<norm, -32767..32767>, format = !qt.block<[1, ?], s16, scale = exp<8>>} : tensor<2x4xf32> -> tensor<2x4xi16>, tensor<2x1xi8>
  %w = nn.cast %m : tensor<2x4xi16> to tensor<2x4xi32>
  %c = arith.constant dense<)" +
                     std::to_string(factor) +
                     R"(> : tensor<i32>
  %d = arith.constant dense<)" +
                     std::to_string(summand) + R"(> : tensor<i32>
  %y = nn.binary mul %w, %c : tensor<2x4xi32>, tensor<i32> -> tensor<2x4xi32>
  %z = nn.binary add %y, %d : tensor<2x4xi32>, tensor<i32> -> tensor<2x4xi32>
  return %z : tensor<2x4xi32>
})";
  auto module = parseSourceString<ModuleOp>(text, &context);
  EXPECT_TRUE(module);
  if (!module)
    return 0;
  return IntegerRanges(*module->getOps<func::FuncOp>().begin())
      .getOverflows()
      .size();
}

// 32767 * 65538 = 2^31 - 2.
TEST_F(IntegerRangesTest, FitToTheLastUnit) {
  EXPECT_EQ(countOverflows(context, 65538, 0), 0u);
  EXPECT_EQ(countOverflows(context, 65538, 1), 0u);
  EXPECT_EQ(countOverflows(context, 65538, 2), 1u);
  EXPECT_EQ(countOverflows(context, 65538, -2), 0u);
  EXPECT_EQ(countOverflows(context, 65538, -3), 1u);
  EXPECT_EQ(countOverflows(context, 65539, 0), 1u);
}
