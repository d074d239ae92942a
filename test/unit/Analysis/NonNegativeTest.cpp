//===- NonNegativeTest.cpp - Which numbers have no sign -------------------===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "quantc/Analysis/NonNegative.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/Parser/Parser.h"
#include "quantc/Dialect/NN/IR/NNOps.h"
#include "quantc/Dialect/QT/IR/QTOps.h"
#include "gtest/gtest.h"

using namespace mlir;
using namespace quantc;

/// Of the result of a function with these ops in front of its return, which
/// gives %y. %r has no sign, %x may have one.
static bool check(std::string ops) {
  MLIRContext context;
  context.loadDialect<arith::ArithDialect, func::FuncDialect, nn::NNDialect,
                      qt::QTDialect>();
  std::string text =
      "func.func @f(%x: tensor<2x4xf32>, %p: tensor<2x4xi1>) -> "
      "tensor<2x4xf32> { %r = nn.unary relu %x : tensor<2x4xf32> " +
      ops + " return %y : tensor<2x4xf32> }";
  for (size_t at = 0; (at = text.find("T", at)) != std::string::npos;)
    text.replace(at, 1, "tensor<2x4xf32>");
  OwningOpRef<ModuleOp> module = parseSourceString<ModuleOp>(text, &context);
  EXPECT_TRUE(module) << text;
  if (!module)
    return false;
  auto function = *module->getOps<func::FuncOp>().begin();
  return isNonNegative(
      function.getBody().front().getTerminator()->getOperand(0));
}

TEST(NonNegative, BehindFunctions) {
  for (const char *kind : {"relu", "abs", "sqrt", "exp", "sigmoid", "softplus"})
    EXPECT_TRUE(check(std::string("%y = nn.unary ") + kind + " %x : T"))
        << kind;
  EXPECT_FALSE(check("%y = nn.unary tanh %r : T"));
  EXPECT_FALSE(check("%y = nn.unary neg %r : T"));
  EXPECT_TRUE(check("%y = nn.softmax %x {axis = 1 : i64} : T"));
  EXPECT_TRUE(check("%y = nn.clip %x min 0.0 max 6.0 : T"));
  EXPECT_FALSE(check("%y = nn.clip %x min -1.0 max 6.0 : T"));
  EXPECT_TRUE(check("%y = nn.clip %r min -1.0 max 6.0 : T"));
  EXPECT_FALSE(check("%y = nn.clip %r min -2.0 max -1.0 : T"));
}

TEST(NonNegative, OfTwo) {
  auto binary = [](std::string kind, std::string a, std::string b) {
    return check("%c = arith.constant dense<2.0> : T "
                 "%n = arith.constant dense<-2.0> : T %y = nn.binary " +
                 kind + " %" + a + ", %" + b + " : T, T -> T");
  };
  for (const char *kind : {"add", "mul", "min", "max"}) {
    EXPECT_TRUE(binary(kind, "r", "c")) << kind;
    EXPECT_FALSE(binary(kind, "x", "n")) << kind;
    EXPECT_EQ(binary(kind, "r", "x"), kind == std::string("max")) << kind;
  }
  EXPECT_TRUE(binary("mul", "x", "x"));
  EXPECT_FALSE(binary("sub", "r", "c"));
  EXPECT_TRUE(check("%y = nn.select %p, %r, %r : tensor<2x4xi1>, T, T -> T"));
  EXPECT_FALSE(check("%y = nn.select %p, %r, %x : tensor<2x4xi1>, T, T -> T"));
}

TEST(NonNegative, OfWhatMoves) {
  for (auto [input, expected] : {std::pair("%r", true), {"%x", false}}) {
    std::string in = input;
    EXPECT_EQ(check("%t = nn.transpose " + in +
                    " perm [1, 0] : T -> tensor<4x2xf32> %y = nn.transpose %t "
                    "perm [1, 0] : tensor<4x2xf32> -> T"),
              expected);
    EXPECT_EQ(check("%s = nn.reduce sum " + in +
                    " axes [1] keepdims : T -> tensor<2x1xf32> "
                    "%y = nn.binary add %r, %s : T, tensor<2x1xf32> -> T"),
              expected);
    EXPECT_EQ(check("%y = nn.pad constant " + in +
                    " low [0, 0] high [0, 0] : T -> T"),
              expected);
  }
  EXPECT_TRUE(check("%s = nn.reduce sumsq %x axes [1] keepdims : T -> "
                    "tensor<2x1xf32> %y = nn.binary add %r, %s : T, "
                    "tensor<2x1xf32> -> T"));
}

TEST(NonNegative, OfIntegers) {
  // Shifted and limited to 8 bits, as rows and images of integers are.
  auto narrow = [](std::string input, std::string limit, std::string type) {
    return check("%i = nn.cast %" + input +
                 " : T to tensor<2x4xi32> "
                 "%n = arith.constant dense<3> : tensor<i32> "
                 "%h = nn.binary rshift %i, %n : tensor<2x4xi32>, tensor<i32> "
                 "-> tensor<2x4xi32> %m = nn.binary max %h, %n : "
                 "tensor<2x4xi32>, tensor<i32> -> tensor<2x4xi32> "
                 "%l = nn.clip %" +
                 limit + " : tensor<2x4xi32> %b = nn.cast %l : " +
                 "tensor<2x4xi32> to " + type + " %y = nn.cast %b : " + type +
                 " to T");
  };
  std::string bytes = "tensor<2x4xi8>", words = "tensor<2x4xi16>";
  EXPECT_TRUE(narrow("r", "h min -127.0 max 127.0", bytes));
  EXPECT_FALSE(narrow("x", "h min -127.0 max 127.0", bytes));
  EXPECT_TRUE(narrow("x", "m min -127.0 max 127.0", bytes));
  // The highest bit of those that stay is a sign.
  EXPECT_FALSE(narrow("r", "h min -127.0 max 128.0", bytes));
  EXPECT_TRUE(narrow("r", "h min -127.0 max 128.0", words));
}

TEST(NonNegative, OfIntegersThatWrap) {
  // %i and %j have no sign, %k may have one, %n is -1. Of several ops %z and %l
  // are the first result and the last.
  auto give = [](std::string op, bool several = false) {
    std::string ops =
        "%i = nn.cast %r : T to I %j = nn.clip %i min 0.0 max "
        "9.0 : I %k = nn.cast %x : T to I %n = arith.constant "
        "dense<-1> : I %o = arith.constant dense<1> : I "
        "%s = arith.constant dense<[2, 4, 1]> : tensor<3xi64> "
        "%t = arith.constant dense<[2, 4]> : tensor<2xi64> "
        "%z = " +
        op +
        (several ? " %y = nn.cast %l : I to T" : " %y = nn.cast %z : I to T");
    for (size_t at = 0; (at = ops.find('I', at)) != std::string::npos;)
      ops.replace(at, 1, "tensor<2x4xi32>");
    return check(ops);
  };
  EXPECT_TRUE(give("nn.unary relu %k : I"));
  EXPECT_FALSE(give("nn.unary abs %k : I"));
  for (const char *kind : {"add", "mul"}) {
    std::string op = std::string("nn.binary ") + kind;
    EXPECT_FALSE(give(op + " %i, %i : I, I -> I")) << kind;
    EXPECT_FALSE(give(op + " %i, %j : I, I -> I")) << kind;
    EXPECT_FALSE(give(op + " %k, %k : I, I -> I")) << kind;
  }
  for (const char *kind : {"min", "max"})
    EXPECT_TRUE(give(std::string("nn.binary ") + kind + " %i, %j : I, I -> I"));
  // To the left highest bits are lost, or become a sign.
  EXPECT_TRUE(give("nn.binary rshift %i, %o : I, I -> I"));
  EXPECT_TRUE(give("nn.binary rshift %i, %j : I, I -> I"));
  EXPECT_FALSE(give("nn.binary rshift %i, %n : I, I -> I"));
  EXPECT_FALSE(give("nn.binary rshift %i, %k : I, I -> I"));
  EXPECT_FALSE(give("nn.binary rshift %k, %o : I, I -> I"));
  // Sums, of rows and of windows.
  auto reduce = [&](std::string kind, std::string input) {
    return give(
        "nn.reduce " + kind + " %" + input +
            " axes [1] keepdims : I -> tensor<2x1xi32> %l = nn.binary min "
            "%i, %z : I, tensor<2x1xi32> -> I",
        /*several=*/true);
  };
  for (const char *kind : {"sum", "mean", "prod", "sumsq", "l1", "l2"})
    EXPECT_FALSE(reduce(kind, "i")) << kind;
  EXPECT_TRUE(reduce("max", "i"));
  EXPECT_FALSE(reduce("max", "k"));
  auto pool = [&](std::string kind) {
    return give("nn.reshape %i, %s : I, tensor<3xi64> -> tensor<2x4x1xi32> "
                "%w = nn.pool " +
                    kind +
                    " %z kernel [2] strides [1] dilations [1] pads [0, 1] : "
                    "tensor<2x4x1xi32> -> tensor<2x4x1xi32> %l = nn.reshape "
                    "%w, %t : tensor<2x4x1xi32>, tensor<2xi64> -> I",
                /*several=*/true);
  };
  EXPECT_TRUE(pool("max"));
  EXPECT_FALSE(pool("sum"));
}
