//===- RowsTest.cpp - Row kernels against the interpreter -----------------===//
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
class RowsTest : public KernelTest {
protected:
  static constexpr int64_t lengths[] = {1,  8,  15,  16,  17,
                                        31, 33, 172, 384, 4097};

  /// With `N` in \p text replaced by every length, and by a dynamic size.
  void
  checkLengths(std::string text,
               std::function<std::vector<HostValue>(int64_t, int64_t)> make,
               double tolerance, double absolute, bool dynamic = true) {
    auto put = [&](std::string size) {
      std::string result;
      for (char c : text)
        result += c == 'N' ? size : std::string(1, c);
      return result;
    };
    for (int64_t n : lengths) {
      Kernel fixed = compile(put(std::to_string(n)));
      ASSERT_TRUE(fixed.span);
      for (int64_t rows : {0, 1, 3})
        check(fixed, make(rows, n), tolerance, absolute);
      ASSERT_FALSE(HasFailure()) << "length " << n;
    }
    if (!dynamic)
      return;
    Kernel open = compile(put("?"));
    ASSERT_TRUE(open.span);
    for (int64_t n : lengths) {
      check(open, make(3, n), tolerance, absolute);
      ASSERT_FALSE(HasFailure()) << "dynamic length " << n;
    }
  }
};
} // namespace

static const char shapes[] = "attributes {qt.arg_shapes = [";

TEST_F(RowsTest, Softmax) {
  checkLengths(
      "func.func @k(%x: tensor<?xNxf32>) -> tensor<?xNxf32> {"
      "%y = nn.softmax %x {axis = 1 : i64} : tensor<?xNxf32> return %y : "
      "tensor<?xNxf32> }",
      [&](int64_t m, int64_t n) { return std::vector{reals({m, n}, -20, 20)}; },
      2e-6, 1e-12);
}

TEST_F(RowsTest, SoftmaxOfSpecialRows) {
  double infinity = INFINITY;
  check("func.func @k(%x: tensor<4x20xf32>) -> tensor<4x20xf32> {"
        "%y = nn.softmax %x {axis = 1 : i64} : tensor<4x20xf32> return %y : "
        "tensor<4x20xf32> }",
        make({4, 20}, Float32Type::get(&getContext()),
             [&](int64_t i) {
               return i < 20   ? -infinity
                      : i < 40 ? (i == 23 ? NAN : 1.0)
                      : i < 60 ? (i % 3 ? -infinity : i / 9.0)
                               : (i == 63 ? infinity : 0);
             }),
        2e-6, 1e-12);
}

TEST_F(RowsTest, LayerNormOfASum) {
  checkLengths(
      "func.func @k(%x: tensor<?xNxf32>, %r: tensor<?xNxf32>, %g: "
      "tensor<Nxf32>, %b: tensor<Nxf32>)"
      " -> (tensor<?xNxf32>, tensor<?xNxf32>) "
      "{ %s = nn.binary add %x, %r : tensor<?xNxf32>, tensor<?xNxf32> -> "
      "tensor<?xNxf32>"
      " %y = nn.layer_norm %s, %g, %b {axis = 1 : i64, epsilon = 1.0e-5 : f32} "
      ": tensor<?xNxf32>, tensor<Nxf32>, tensor<Nxf32>"
      " return %y, %s : tensor<?xNxf32>, tensor<?xNxf32> }" +
          std::string(),
      [&](int64_t m, int64_t n) {
        return std::vector{reals({m, n}), reals({m, n}), reals({n}),
                           reals({n})};
      },
      1e-5, 1e-5, false);
}

TEST_F(RowsTest, BroadcastsAndReductions) {
  checkLengths(
      std::string("func.func @k(%x: tensor<?x2xNxf32>, %c: tensor<2x1xf32>, "
                  "%b: tensor<Nxf32>) -> (tensor<?x2xNxf32>, "
                  "tensor<?x2x1xf32>, tensor<?x2xNxi1>) {"
                  "%m = nn.binary mul %x, %c : tensor<?x2xNxf32>, "
                  "tensor<2x1xf32> -> tensor<?x2xNxf32>"
                  "%s = nn.binary add %m, %b : tensor<?x2xNxf32>, "
                  "tensor<Nxf32> -> tensor<?x2xNxf32>"
                  "%t = nn.reduce max %s axes [2] keepdims : tensor<?x2xNxf32> "
                  "-> tensor<?x2x1xf32>"
                  "%d = nn.binary sub %s, %t : tensor<?x2xNxf32>, "
                  "tensor<?x2x1xf32> -> tensor<?x2xNxf32>"
                  "%q = nn.reduce sumsq %d axes [2] keepdims : "
                  "tensor<?x2xNxf32> -> tensor<?x2x1xf32>"
                  "%p = nn.compare ge %s, %t : tensor<?x2xNxf32>, "
                  "tensor<?x2x1xf32> -> tensor<?x2xNxi1>"
                  "return %d, %q, %p : tensor<?x2xNxf32>, tensor<?x2x1xf32>, "
                  "tensor<?x2xNxi1> }"),
      [&](int64_t m, int64_t n) {
        return std::vector{reals({m, 2, n}), reals({2, 1}), reals({n})};
      },
      2e-5, 1e-5, false);
}

TEST_F(RowsTest, ChainsOfIntegersAndConditions) {
  Type i64 = IntegerType::get(&getContext(), 64),
       i32 = IntegerType::get(&getContext(), 32);
  std::string text =
      std::string("func.func @k(%i: tensor<?x?xi64>, %j: tensor<?x?xi32>, %x: "
                  "tensor<?x?xf32>) -> (tensor<?x?xi64>, tensor<?x?xi1>, "
                  "tensor<?x?xf32>) ") +
      shapes +
      "affine_map<()[s0, s1] -> (s0, s1)>, affine_map<()[s0, s1] -> (s0, s1)>, "
      "affine_map<()[s0, s1] -> (s0, s1)>]} {"
      "%three = arith.constant dense<3> : tensor<i64>"
      "%d = nn.binary div %i, %three : tensor<?x?xi64>, tensor<i64> -> "
      "tensor<?x?xi64>"
      "%w = nn.cast %j : tensor<?x?xi32> to tensor<?x?xi64>"
      "%r = nn.binary mod %d, %w : tensor<?x?xi64>, tensor<?x?xi64> -> "
      "tensor<?x?xi64>"
      "%c = nn.compare lt %r, %three : tensor<?x?xi64>, tensor<i64> -> "
      "tensor<?x?xi1>"
      "%f = nn.cast %r : tensor<?x?xi64> to tensor<?x?xf32>"
      "%s = nn.select %c, %x, %f : tensor<?x?xi1>, tensor<?x?xf32>, "
      "tensor<?x?xf32> -> tensor<?x?xf32>"
      "return %r, %c, %s : tensor<?x?xi64>, tensor<?x?xi1>, tensor<?x?xf32> }";
  Kernel kernel = compile(text);
  for (auto [m, n] :
       {std::pair<int64_t, int64_t>{1, 1}, {3, 5}, {1, 17}, {3, 4097}, {0, 4}})
    check(kernel,
          {random({m, n}, i64, -1000, 1000), random({m, n}, i32, -7, 7),
           reals({m, n})},
          0, 0);
}

TEST_F(RowsTest, RunTimeSizesOfOneBroadcast) {
  Kernel kernel =
      compile(std::string("func.func @k(%x: tensor<4x8x64xf32>, %m: "
                          "tensor<?x1x64xf32>) -> tensor<4x8x64xf32> {"
                          "%y = nn.binary add %x, %m : tensor<4x8x64xf32>, "
                          "tensor<?x1x64xf32> -> tensor<4x8x64xf32>"
                          "return %y : tensor<4x8x64xf32> }"));
  ASSERT_TRUE(kernel.span);
  for (int64_t m : {1, 4})
    check(kernel, {reals({4, 8, 64}), reals({m, 1, 64})});
  std::vector<HostValue> outputs;
  EXPECT_EQ(run(kernel, {reals({4, 8, 64}), reals({3, 1, 64})}, outputs), 3);
}

static std::string quantize(std::string layout, std::string codes,
                            std::string format, std::string scales) {
  return "func.func @k(%x: tensor<?xNxf32>) -> (" + codes + ", " + scales +
         ") { %c, %s = qt.quantize %x "
         "{encoding = #qt.encoding<absmax, -127..127>, format = " +
         format + layout + "} : tensor<?xNxf32> -> " + codes + ", " + scales +
         " return %c, %s : " + codes + ", " + scales + " }";
}

TEST_F(RowsTest, CodesPerRow) {
  checkLengths(
      quantize("", "tensor<?xNxi8>", "!qt.block<[1, ?], s8, scale = f32>",
               "tensor<?x1xf32>"),
      [&](int64_t m, int64_t n) {
        HostValue x = reals({m, n});
        if (m > 2)
          x.setNumber(n / 2, NAN), x.setNumber(n, INFINITY);
        return std::vector{x};
      },
      0, 0);
}

TEST_F(RowsTest, CodesOfLayouts) {
  for (std::string form : {"s8", "matched", "w4i", "unsigned"})
    for (int64_t n : {1, 15, 17, 40, 64, 100, 384, 511}) {
      int64_t stride = (n + 63) / 64 * 64;
      stride += stride % 512 ? 0 : 64;
      std::string size = std::to_string(n), packed = std::to_string(stride),
                  text;
      bool isUnsigned = form == "unsigned";
      std::string bias = form == "s8" ? ""
                         : isUnsigned ? ", low = 0"
                                      : ", bias = 128";
      for (char c :
           quantize(", layout = #qt.layout<" + (isUnsigned ? "matched" : form) +
                        ", panel = 16, rows = 4" + bias + ">",
                    "tensor<?x" + packed + "xi8>",
                    "!qt.block<[1, ?], s8, scale = f32>", "tensor<?x1xf32>"))
        text += c == 'N' ? size : std::string(1, c);
      if (isUnsigned)
        text.replace(text.find("-127.."), 4, "0");
      HostValue x = reals({3, n});
      if (n > 2)
        x.setNumber(1, NAN);
      check(text, x);
    }
}

TEST_F(RowsTest, CodesPerBlock) {
  for (int64_t n : {1, 15, 17, 32, 40, 64, 100, 384}) {
    int64_t stride = (n + 63) / 64 * 64;
    std::string size = std::to_string(n), packed = std::to_string(stride),
                blocks = std::to_string((n + 31) / 32);
    for (bool isPacked : {false, true}) {
      std::string text;
      for (char c : quantize(
               isPacked ? ", layout = #qt.layout<b32, panel = 16, rows = 4>"
                        : "",
               "tensor<?x" + (isPacked ? packed : size) + "xi8>",
               "!qt.block<[1, 32], s8, scale = f32>",
               "tensor<?x" + blocks + "xf32>"))
        text += c == 'N' ? size : std::string(1, c);
      check(text, reals({3, n}));
    }
  }
}

TEST_F(RowsTest, CodesOfANormThatIsAResult) {
  checkLengths(
      "func.func @k(%x: tensor<?xNxf32>, %g: tensor<Nxf32>) -> "
      "(tensor<?xNxf32>, tensor<?xNxi8>, tensor<?x1xf32>) {"
      "%y = nn.layer_norm %x, %g {axis = 1 : i64, epsilon = 1.0e-5 : f32} : "
      "tensor<?xNxf32>, tensor<Nxf32>"
      "%c, %s = qt.quantize %y {encoding = #qt.encoding<absmax, -127..127>, "
      "format = !qt.block<[1, ?], s8, scale = f32>}"
      " : tensor<?xNxf32> -> tensor<?xNxi8>, tensor<?x1xf32>"
      "return %y, %c, %s : tensor<?xNxf32>, tensor<?xNxi8>, tensor<?x1xf32> }",
      [&](int64_t m, int64_t n) {
        // Coarse values, so that no rounding decides about a code.
        return std::vector{make({m, n}, Float32Type::get(&getContext()),
                                [](int64_t i) { return i % 2 ? 1 : -1; }),
                           reals({n}, 1, 1)};
      },
      1e-5, 1e-5, false);
}

TEST_F(RowsTest, TypesOfTheEdges) {
  auto type = [&](const char *name) -> Type {
    Builder b(&getContext());
    std::string n = name;
    return n == "f16"    ? Type(b.getF16Type())
           : n == "bf16" ? Type(b.getBF16Type())
           : n == "f64"  ? Type(b.getF64Type())
           : n[0] == 'u' ? Type(b.getIntegerType(std::stoi(n.substr(2)), false))
                         : Type(b.getIntegerType(std::stoi(n.substr(1))));
  };
  for (const char *name : {"f16", "bf16", "f64", "i8", "i16", "ui8", "ui16",
                           "ui32", "ui64", "i1", "i32", "i64"}) {
    std::string edge = std::string("tensor<?x") + name + ">";
    Type element = type(name);
    check("func.func @k(%x: tensor<?xf32>) -> " + edge +
              " { %y = nn.cast %x : tensor<?xf32> to " + edge +
              " return %y : " + edge + " }",
          make({2200}, Float32Type::get(&getContext()), [](int64_t i) {
            static const double special[] = {
                0.0,    -0.0, INFINITY, -INFINITY, NAN,    65504, 65519.9,
                65520,  6e-8, 2.9e-8,   2.98e-8,   6.1e-5, 3e38,  255.5,
                -128.9, 1e10, -1e20,    2049,      2051};
            return i < 19 ? special[i]
                          : std::ldexp(static_cast<double>((i * 2654435761u) %
                                                           16777216) -
                                           8388608,
                                       (i * 7) % 60 - 50);
          }));
    bool isFloat = isa<FloatType>(element);
    check("func.func @k(%x: " + edge +
              ") -> tensor<?xf32> { %y = nn.cast %x : " + edge +
              " to tensor<?xf32> return %y : tensor<?xf32> }",
          random({2000}, element, isFloat ? -70000 : -1e6,
                 isFloat ? 70000 : 1e6));
  }
  check("func.func @k(%x: tensor<?xf64>) -> tensor<?xf16> { %y = nn.cast %x : "
        "tensor<?xf64> to tensor<?xf16> return %y : tensor<?xf16> }",
        make({3}, type("f64"), [](int64_t i) {
          return (i == 1 ? -1 : 1) *
                 (1 + 0x1p-11 + (i < 2 ? 0x1p-40 : -0x1p-40));
        }));
}
