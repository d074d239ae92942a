//===- LoopsTest.cpp - Plain loops against the interpreter ----------------===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "KernelFixture.h"
#include <cmath>

using namespace mlir;
using namespace quantc;

namespace {
using Shape = std::vector<int64_t>;

class LoopsTest : public KernelTest {
protected:
  /// A kernel of one op from types of its operands and its result.
  static std::string makeKernel(const std::string &op,
                                const std::vector<std::string> &operands,
                                const std::string &result) {
    std::string text = "func.func @k(";
    for (size_t i = 0; i < operands.size(); ++i)
      text += (i ? ", %a" : "%a") + std::to_string(i) + ": " + operands[i];
    return text + ") -> " + result + " { %y = " + op +
           " return %y : " + result + " }";
  }
};
} // namespace

// n sums of k terms in another order differ by at most k 2^-24 of the sum of
// the magnitudes: up to 4 x 136 terms of at most 16 here.
static constexpr double sumTolerance = 1e-5, sumAbsolute = 5e-4;

TEST_F(LoopsTest, ReductionsAlongAnyAxes) {
  Type f32 = Float32Type::get(&getContext());
  for (const char *kind : {"sum", "mean", "max", "min", "sumsq", "l1", "l2"})
    for (auto [axes, kept, dropped] :
         {std::tuple{"[0]", "1x?x?xf32", "?x?xf32"},
          {"[1]", "?x1x?xf32", "?x?xf32"},
          {"[0, 1]", "1x1x?xf32", "?xf32"},
          {"[0, 2]", "1x?x1xf32", "?xf32"},
          {"[0, 1, 2]", "1x1x1xf32", "f32"},
          {"[]", "?x?x?xf32", "?x?x?xf32"}})
      for (bool keeps : {false, true}) {
        std::string result =
            std::string("tensor<") + (keeps ? kept : dropped) + ">";
        Kernel kernel =
            compile(makeKernel(std::string("nn.reduce ") + kind + " %a0 axes " +
                                   axes + (keeps ? " keepdims" : "") +
                                   " : tensor<?x?x?xf32> -> " + result,
                               {"tensor<?x?x?xf32>"}, result));
        for (const Shape &shape :
             {Shape{1, 1, 1}, {3, 5, 16}, {2, 4, 67}, {0, 2, 3}, {2, 0, 17}})
          check(kernel, random(shape, f32), sumTolerance, sumAbsolute);
        ASSERT_FALSE(HasFailure()) << kind << axes << keeps;
      }
}

TEST_F(LoopsTest, ReductionsOfIntegers) {
  for (unsigned bits : {32, 64})
    for (const char *kind :
         {"sum", "mean", "max", "min", "prod", "sumsq", "l1", "l2"})
      for (const char *axes : {"[0]", "[1]"}) {
        std::string element = "xi" + std::to_string(bits) + ">";
        std::string result = "tensor<?" + element;
        Kernel kernel = compile(
            makeKernel(std::string("nn.reduce ") + kind + " %a0 axes " + axes +
                           " : tensor<?x?" + element + " -> " + result,
                       {"tensor<?x?" + element}, result));
        Type type = IntegerType::get(&getContext(), bits);
        for (const Shape &shape : {Shape{3, 5}, {4, 40}, {0, 3}, {3, 0}})
          check(kernel, random(shape, type, -9, 9));
        ASSERT_FALSE(HasFailure()) << kind << axes << bits;
      }
}

TEST_F(LoopsTest, ReductionsOfNaN) {
  Kernel kernel = compile(makeKernel(
      "nn.reduce max %a0 axes [0] : tensor<?x?xf32> -> tensor<?xf32>",
      {"tensor<?x?xf32>"}, "tensor<?xf32>"));
  check(kernel, make({5, 20}, Float32Type::get(&getContext()),
                     [](int64_t i) { return i % 7 == 0 ? NAN : i; }));
}

TEST_F(LoopsTest, SoftmaxAlongAnyAxis) {
  for (int axis : {0, 1, 2}) {
    Kernel kernel =
        compile(makeKernel("nn.softmax %a0 {axis = " + std::to_string(axis) +
                               " : i64} : tensor<?x?x?xf32>",
                           {"tensor<?x?x?xf32>"}, "tensor<?x?x?xf32>"));
    for (const Shape &shape :
         {Shape{1, 1, 1}, {3, 5, 16}, {2, 4, 67}, {0, 2, 3}})
      check(kernel, reals(shape, -20, 20), 2e-6, 1e-12);
    double infinity = INFINITY;
    check(kernel,
          make({3, 3, 17}, Float32Type::get(&getContext()),
               [&](int64_t i) {
                 return i % 11 == 1 ? NAN
                        : i % 5 < 3 ? -infinity
                                    : (i == 68 ? infinity : i % 3);
               }),
          2e-6, 1e-12);
  }
}

TEST_F(LoopsTest, LayerNormOverSeveralAxes) {
  for (int axis : {0, 1}) {
    std::string x = "tensor<?x3x20xf32>";
    Kernel kernel = compile(makeKernel(
        "nn.layer_norm %a0, %a1, %a2 {axis = " + std::to_string(axis) +
            " : i64, epsilon = 1.0e-5 : f32} : " + x +
            ", tensor<3x20xf32>, tensor<20xf32>",
        {x, "tensor<3x20xf32>", "tensor<20xf32>"}, x));
    for (int64_t n : {0, 1, 5})
      check(kernel, {reals({n, 3, 20}), reals({3, 20}), reals({20})}, 1e-5,
            1e-5);
  }
}

TEST_F(LoopsTest, RowsThatNoOtherKernelTakes) {
  // An integer reduction, and a constant that is no splat.
  std::string x = "tensor<?x4xi32>", one = "tensor<?x1xi32>";
  check("func.func @k(%x: " + x + ") -> (" + x + ", " + one +
            ") { %c = arith.constant dense<[1, -2, 3, 4]> : tensor<4xi32>"
            " %p = nn.binary mul %x, %c : " +
            x + ", tensor<4xi32> -> " + x +
            " %m = nn.reduce max %p axes [1] keepdims : " + x + " -> " + one +
            " %d = nn.binary sub %p, %m : " + x + ", " + one + " -> " + x +
            " %s = nn.reduce sum %d axes [1] keepdims : " + x + " -> " + one +
            " return %d, %s : " + x + ", " + one + " }",
        random({7, 4}, IntegerType::get(&getContext(), 32), -50, 50));
}

TEST_F(LoopsTest, RMSNormOverSeveralAxes) {
  std::string x = "tensor<?x3x20xf32>";
  Kernel kernel = compile(
      makeKernel("nn.rms_norm %a0, %a1 {axis = 1 : i64, epsilon = 1.0e-5 : "
                 "f32} : " +
                     x + ", tensor<20xf32>",
                 {x, "tensor<20xf32>"}, x));
  for (int64_t n : {0, 1, 5})
    check(kernel, {reals({n, 3, 20}), reals({20})}, 1e-5, 1e-5);
}

TEST_F(LoopsTest, Decoding) {
  // Codes, scales and what else there is of tensor<3x70>, as stored types.
  struct Case {
    const char *format;
    std::vector<std::pair<std::vector<int64_t>, const char *>> parts;
  };
  const Case cases[] = {
      {"[1, ?], s8, scale = f32", {{{3, 70}, "i8"}, {{3, 1}, "f32"}}},
      {"[1, 32], s4, scale = s8, outer = f32",
       {{{3, 35}, "i8"}, {{3, 3}, "i8"}, {{3, 1}, "f32"}}},
      {"[2, 16], f6E3M2, scale = e8m0", {{{3, 53}, "i8"}, {{2, 5}, "i8"}}},
      {"[1, 32], u4, scale = f16, zero = u4",
       {{{3, 35}, "i8"}, {{3, 3}, "f16"}, {{3, 3}, "i8"}}},
      {"[?, 1], nf4, scale = bf16", {{{3, 35}, "i8"}, {{1, 70}, "bf16"}}},
      {"[1, ?], s32, scale = exp<32>", {{{3, 70}, "i32"}, {{3, 1}, "i32"}}},
      {"[1, 32], s8, scale = shift<3>, outer = exp<8>",
       {{{3, 70}, "i8"}, {{3, 3}, "i8"}, {{3, 1}, "i8"}}},
  };
  Builder b(&getContext());
  for (const Case &one : cases) {
    std::string names, types;
    std::vector<std::string> operands;
    std::vector<HostValue> inputs;
    for (auto [shape, element] : one.parts) {
      std::string type = "tensor<" + std::to_string(shape[0]) + "x" +
                         std::to_string(shape[1]) + "x" + element + ">";
      std::string comma = names.empty() ? "" : ", ";
      names += comma + "%a" + std::to_string(operands.size());
      types += comma + type;
      operands.push_back(type);
      std::string text = element;
      Type stored = text == "f32"    ? Type(b.getF32Type())
                    : text == "f16"  ? Type(b.getF16Type())
                    : text == "bf16" ? Type(b.getBF16Type())
                    : text == "i32"  ? Type(b.getI32Type())
                                     : Type(b.getI8Type());
      // What is not the codes scales them: small shifts and exponents.
      bool isScale = operands.size() > 1;
      inputs.push_back(
          random(shape, stored, isScale ? 0 : -120, isScale ? 7 : 120));
    }
    check(makeKernel("qt.dequantize " + names + " {format = !qt.block<" +
                         one.format + ">} : " + types + " -> tensor<3x70xf32>",
                     operands, "tensor<3x70xf32>"),
          inputs);
  }
}

TEST_F(LoopsTest, Hadamard) {
  // Sums of up to 64 terms of at most 4, over 8.
  for (int64_t block : {1, 2, 64}) {
    std::string x = "tensor<?x128xf32>";
    check(makeKernel("qt.hadamard " + std::to_string(block) + " %a0 : " + x,
                     {x}, x),
          reals({5, 128}), 1e-5, 2e-5);
  }
}

TEST_F(LoopsTest, RescalingRounds) {
  Builder b(&getContext());
  for (const char *rounding : {"half_up", "half_even", "half_away", "floor"}) {
    check(makeKernel(std::string("qt.rescale ") + rounding +
                         " %a0 by %a1, %a2 : tensor<?x9xi32>, tensor<9xi32>, "
                         "tensor<1xi8> -> tensor<?x9xi8>",
                     {"tensor<?x9xi32>", "tensor<9xi32>", "tensor<1xi8>"},
                     "tensor<?x9xi8>"),
          {random({200, 9}, b.getI32Type(), -700, 700),
           random({9}, b.getI32Type(), -7, 7),
           make({1}, b.getI8Type(), [](int64_t) { return 5; })});
    check(
        makeKernel(std::string("qt.rescale ") + rounding +
                       " %a0 by %a1, %a2 : tensor<250xi64>, "
                       "tensor<1xi64>, tensor<250xi16> -> tensor<250xi32>",
                   {"tensor<250xi64>", "tensor<1xi64>", "tensor<250xi16>"},
                   "tensor<250xi32>"),
        {random({250}, b.getI64Type(), -1e6, 1e6),
         make({1}, b.getI64Type(), [](int64_t) { return 1234567; }),
         make({250}, b.getIntegerType(16), [](int64_t i) { return i - 70; })});
    // Products of all 127 bits, and shifts beyond them.
    check(
        makeKernel(std::string("qt.rescale ") + rounding +
                       " %a0 by %a1, %a2 : tensor<250xi64>, "
                       "tensor<1xi64>, tensor<250xi16> -> tensor<250xi64>",
                   {"tensor<250xi64>", "tensor<1xi64>", "tensor<250xi16>"},
                   "tensor<250xi64>"),
        {make({250}, b.getI64Type(),
              [](int64_t i) { return i % 2 ? INT64_MIN : INT64_MAX; }),
         make({1}, b.getI64Type(), [](int64_t) { return INT64_MIN; }),
         make({250}, b.getIntegerType(16), [](int64_t i) { return i - 100; })});
  }
  check(makeKernel("qt.rescale floor %a0 : tensor<?xi32> -> tensor<?xi16>",
                   {"tensor<?xi32>"}, "tensor<?xi16>"),
        random({40}, b.getI32Type(), -70000, 70000));
}

TEST_F(LoopsTest, ProductsOfCodes) {
  Builder b(&getContext());
  auto codes = [&](Shape shape) {
    return random(shape, b.getI8Type(), -120, 120);
  };
  std::string a = "tensor<3x70xi8>", as = "tensor<3x3xf32>",
              w = "tensor<5x70xi8>", ws = "tensor<5x1xf32>";
  // Three exact sums of at most 2^20, then three rounded steps.
  check(makeKernel("qt.contract lhs(%a0, %a1 : " + a + ", " + as +
                       ") rhs(%a2, %a3 : " + w + ", " + ws +
                       ") {acc = f32, geometry = #qt.matmul, lhs_format = "
                       "!qt.block<[1, 32], s8, scale = f32>, rhs_format = "
                       "!qt.block<[1, ?], s8, scale = f32>} -> tensor<3x5xf32>",
                   {a, as, w, ws}, "tensor<3x5xf32>"),
        {codes({3, 70}), reals({3, 3}), codes({5, 70}), reals({5, 1})}, 1e-5,
        1e-3);
  as = "tensor<3x1xf32>";
  check(makeKernel("qt.contract lhs(%a0, %a1 : " + a + ", " + as +
                       ") rhs(%a2, %a3 : " + w + ", " + ws +
                       ") {acc = i32, geometry = #qt.matmul, lhs_format = "
                       "!qt.block<[1, ?], s8, scale = f32>, rhs_format = "
                       "!qt.block<[1, ?], s8, scale = f32>} -> tensor<3x5xi32>",
                   {a, as, w, ws}, "tensor<3x5xi32>"),
        {codes({3, 70}), reals({3, 1}), codes({5, 70}), reals({5, 1})});
}
