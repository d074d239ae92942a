//===- IntegersTest.cpp - Integer-only kernels against the interpreter ----===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "KernelFixture.h"
#include "quantc/Numerics/Packing.h"
#include <cmath>
#include <cstring>
#include <iterator>

using namespace mlir;
using namespace quantc;

namespace {
class IntegersTest : public KernelTest {
protected:
  IntegersTest()
      : i8(IntegerType::get(&getContext(), 8)),
        i16(IntegerType::get(&getContext(), 16)),
        i32(IntegerType::get(&getContext(), 32)) {}

  /// With `N` in \p text replaced by the length.
  static std::string put(const std::string &text, int64_t length) {
    std::string result;
    for (char c : text)
      result += c == 'N' ? std::to_string(length) : std::string(1, c);
    return result;
  }

  /// \p name's 16-bit form of the i32 value %wide with the exponents %of, as
  /// the split has it: %name_m and %name_e.
  static std::string norm16(std::string name, std::string wide,
                            std::string of) {
    static const char text[] = R"(
  %V_abs = nn.unary abs %W : tensor<?xNxi32>
  %V_a = nn.reduce max %V_abs axes [1] keepdims : tensor<?xNxi32> -> tensor<?x1xi32>
  %V_clz = nn.unary clz %V_a : tensor<?x1xi32>
  %V_length = nn.binary sub %word, %V_clz : tensor<i32>, tensor<?x1xi32> -> tensor<?x1xi32>
  %V_s = nn.binary add %V_length, %most : tensor<?x1xi32>, tensor<i32> -> tensor<?x1xi32>
  %V_y = nn.binary rshift %W, %V_s : tensor<?xNxi32>, tensor<?x1xi32> -> tensor<?xNxi32>
  %V_c = nn.clip %V_y min -32767.0 max 32767.0 : tensor<?xNxi32>
  %V_m = nn.cast %V_c : tensor<?xNxi32> to tensor<?xNxi16>
  %V_sum = nn.binary add %E, %V_s : tensor<?x1xi32>, tensor<?x1xi32> -> tensor<?x1xi32>
  %V_none = nn.compare eq %V_a, %zero : tensor<?x1xi32>, tensor<i32> -> tensor<?x1xi1>
  %V_out = nn.select %V_none, %least, %V_sum : tensor<?x1xi1>, tensor<i32>, tensor<?x1xi32> -> tensor<?x1xi32>
  %V_clipped = nn.clip %V_out min -128.0 max 127.0 : tensor<?x1xi32>
  %V_e = nn.cast %V_clipped : tensor<?x1xi32> to tensor<?x1xi8>
)";
    std::string result;
    for (char c : std::string(text))
      result += c == 'V'   ? name
                : c == 'W' ? wide
                : c == 'E' ? of
                           : std::string(1, c);
    return result;
  }

  /// Wide rows of all magnitudes, one of them zeros.
  HostValue wide(int64_t rows, int64_t n) {
    HostValue x = random({rows, n}, i32, -0x7fffffff, 0x7fffffff);
    for (int64_t i = 0; i < rows * n; ++i)
      x.setInteger(i, i / n == 1 ? 0
                                 : x.getInteger(i) >> (i / n * 7 + i % 3) % 31);
    return x;
  }

  Type i8, i16, i32;
};

/// Of each kind of step that rows have.
constexpr int64_t lengths[] = {1, 7, 16, 33, 64, 100};
/// Targets with other instructions for the same.
constexpr const char *cpus[] = {"native", "x86-64-v3", "x86-64-v2"};
} // namespace

/// A row's integers brought to 16 bits: statistics, numbers of rows, shifts.
static const char normalise[] = R"(
func.func @k(%w: tensor<?xNxi32>, %e: tensor<?x1xi32>)
    -> (tensor<?xNxi16>, tensor<?x1xi8>) {
  %zero = arith.constant dense<0> : tensor<i32>
  %bits = arith.constant dense<17> : tensor<i32>
  %least = arith.constant dense<-100> : tensor<i32>
  %abs = nn.unary abs %w : tensor<?xNxi32>
  %a = nn.reduce max %abs axes [1] keepdims : tensor<?xNxi32> -> tensor<?x1xi32>
  %clz = nn.unary clz %a : tensor<?x1xi32>
  %s = nn.binary sub %bits, %clz : tensor<i32>, tensor<?x1xi32> -> tensor<?x1xi32>
  %y = nn.binary rshift %w, %s : tensor<?xNxi32>, tensor<?x1xi32> -> tensor<?xNxi32>
  %c = nn.clip %y min -32767.0 max 32767.0 : tensor<?xNxi32>
  %m = nn.cast %c : tensor<?xNxi32> to tensor<?xNxi16>
  %sum = nn.binary add %e, %s : tensor<?x1xi32>, tensor<?x1xi32> -> tensor<?x1xi32>
  %none = nn.compare eq %a, %zero : tensor<?x1xi32>, tensor<i32> -> tensor<?x1xi1>
  %out = nn.select %none, %least, %sum : tensor<?x1xi1>, tensor<i32>, tensor<?x1xi32> -> tensor<?x1xi32>
  %clipped = nn.clip %out min -128.0 max 127.0 : tensor<?x1xi32>
  %eo = nn.cast %clipped : tensor<?x1xi32> to tensor<?x1xi8>
  return %m, %eo : tensor<?xNxi16>, tensor<?x1xi8>
})";

TEST_F(IntegersTest, RowsBroughtTo16Bits) {
  for (int64_t n : lengths)
    for (const char *cpu : cpus) {
      Kernel kernel = compile(put(normalise, n), cpu);
      ASSERT_TRUE(kernel.span);
      for (int64_t rows : {0, 1, 37})
        check(kernel, {wide(rows, n), random({rows, 1}, i32, -90, 60)});
      ASSERT_FALSE(HasFailure()) << n << " on " << cpu;
    }
}

TEST_F(IntegersTest, NormalisedRowsInBlocks) {
  // Rows side by side and the rest of them, with a function and without.
  const std::string constants = R"(
  %zero = arith.constant dense<0> : tensor<i32>
  %word = arith.constant dense<32> : tensor<i32>
  %most = arith.constant dense<-15> : tensor<i32>
  %least = arith.constant dense<-100> : tensor<i32>
)";
  const std::string function = R"(
  %x = nn.cast %f_m : tensor<?xNxi16> to tensor<?xNxi32>
  %xe = nn.cast %f_e : tensor<?x1xi8> to tensor<?x1xi32>
  %g = qt.sigma gelu_erf %x, %xe : tensor<?xNxi32>, tensor<?x1xi32> -> tensor<?xNxi32>
  %p = nn.binary mul %x, %g : tensor<?xNxi32>, tensor<?xNxi32> -> tensor<?xNxi32>
  %pe = nn.binary add %xe, %most : tensor<?x1xi32>, tensor<i32> -> tensor<?x1xi32>
)";
  for (bool hasFunction : {false, true})
    for (int64_t n : {64, 100, 256, 1536})
      for (const char *cpu : cpus) {
        if (hasFunction != (n == 256 || n == 1536) && n != 64)
          continue;
        std::string shifts = std::to_string((n + 31) / 32);
        std::string types =
            "tensor<?xNxi8>, tensor<?x" + shifts + "xi8>, tensor<?x1xi8>";
        std::string text =
            "func.func @k(%w: tensor<?xNxi32>, %e: tensor<?x1xi32>) -> (" +
            types + ", tensor<?xNxi16>, tensor<?x1xi32>) {" + constants;
        if (hasFunction)
          text += norm16("f", "w", "e") + function;
        text += norm16("r", hasFunction ? "p" : "w", hasFunction ? "pe" : "e") +
                "%q, %k, %b = qt.quantize %r_m exponent %r_e : "
                "tensor<?x1xi8> {encoding = #qt.encoding<norm, -127..127>, "
                "format = !qt.block<[1, 32], s8, scale = shift<3>, outer = "
                "exp<8>>} : tensor<?xNxi16> -> " +
                types +
                "%be = nn.cast %b : tensor<?x1xi8> to tensor<?x1xi32> "
                "return %q, %k, %b, %r_m, %be : " +
                types + ", tensor<?xNxi16>, tensor<?x1xi32> }";
        Kernel kernel = compile(put(text, n), cpu);
        ASSERT_TRUE(kernel.span);
        for (int64_t rows : {0, 1, 8, 37})
          check(kernel, {wide(rows, n), random({rows, 1}, i32, -60, 20)});
        ASSERT_FALSE(HasFailure()) << n << " on " << cpu;
      }
}

TEST_F(IntegersTest, RowsBroughtToFewerBits) {
  const std::string types[] = {"i16", "i8"};
  for (int64_t bits : {12, 8})
    for (int64_t n : {7, 64})
      for (const char *cpu : cpus) {
        const std::string &type = types[bits == 8];
        std::string body = norm16("r", "w", "e");
        auto replace = [&](const std::string &from, const std::string &to) {
          for (size_t at = 0; (at = body.find(from, at)) != std::string::npos;
               at += to.size())
            body.replace(at, from.size(), to);
        };
        replace("32767", std::to_string((1 << (bits - 1)) - 1));
        replace("i16", type);
        std::string text =
            "func.func @k(%w: tensor<?xNxi32>, %e: tensor<?x1xi32>) -> "
            "(tensor<?xNx" +
            type +
            ">, tensor<?x1xi8>) {"
            "%zero = arith.constant dense<0> : tensor<i32>"
            "%word = arith.constant dense<32> : tensor<i32>"
            "%least = arith.constant dense<-100> : tensor<i32>"
            "%most = arith.constant dense<" +
            std::to_string(1 - bits) + "> : tensor<i32>" + body +
            "return %r_m, %r_e : tensor<?xNx" + type + ">, tensor<?x1xi8> }";
        Kernel kernel = compile(put(text, n), cpu);
        ASSERT_TRUE(kernel.span);
        for (int64_t rows : {1, 37})
          check(kernel, {wide(rows, n), random({rows, 1}, i32, -60, 20)});
        ASSERT_FALSE(HasFailure()) << bits << " bits, " << n << " on " << cpu;
      }
}

TEST_F(IntegersTest, ShiftsAndHighProducts) {
  for (const char *cpu : cpus) {
    Kernel kernel = compile(
        put("func.func @k(%x: tensor<?xNxi32>, %m: tensor<Nxi32>, %s: "
            "tensor<?x1xi32>) -> (tensor<?xNxi32>, tensor<?xNxi32>) {"
            "%y = nn.binary mulh31 %x, %m : tensor<?xNxi32>, tensor<Nxi32> -> "
            "tensor<?xNxi32>"
            "%z = nn.binary rshift %y, %s : tensor<?xNxi32>, tensor<?x1xi32> "
            "-> "
            "tensor<?xNxi32> return %y, %z : tensor<?xNxi32>, tensor<?xNxi32> "
            "}",
            37),
        cpu);
    ASSERT_TRUE(kernel.span);
    HostValue shifts = make({90, 1}, i32, [](int64_t i) { return i - 45; });
    HostValue factors = random({37}, i32, -0x7fffffff, 0x7fffffff);
    factors.setInteger(3, -0x7fffffff);
    factors.setInteger(4, 1);
    check(kernel, {wide(90, 37), factors, shifts});
    ASSERT_FALSE(HasFailure()) << cpu;
  }
}

TEST_F(IntegersTest, SigmaFunctions) {
  // In lanes of 32 bits, and of 16 where there are instructions for that.
  for (const char *cpu : cpus)
    for (int64_t n : {100, 128})
      for (const char *kind :
           {"gelu_erf", "gelu_tanh", "quick_gelu", "sigmoid", "erf"}) {
        Kernel kernel = compile(
            put("func.func @k(%m: tensor<?xNxi16>, %e: tensor<?x1xi8>) -> "
                "tensor<?xNxi32> {"
                "%x = nn.cast %m : tensor<?xNxi16> to tensor<?xNxi32>"
                "%f = nn.cast %e : tensor<?x1xi8> to tensor<?x1xi32>"
                "%g = qt.sigma " +
                    std::string(kind) +
                    " %x, %f : tensor<?xNxi32>, tensor<?x1xi32> -> "
                    "tensor<?xNxi32>"
                    "%y = nn.binary mul %g, %x : tensor<?xNxi32>, "
                    "tensor<?xNxi32> -> tensor<?xNxi32>"
                    "return %y : tensor<?xNxi32> }",
                n),
            cpu);
        ASSERT_TRUE(kernel.span);
        check(kernel, {random({60, n}, i16, -32768, 32767),
                       make({60, 1}, i8, [](int64_t i) { return i - 45; })});
        ASSERT_FALSE(HasFailure()) << kind << " on " << cpu;
      }
}

TEST_F(IntegersTest, RootsAndSumsOfRows) {
  // The statistics of a norm: 64-bit sums, a root, a reciprocal.
  const char text[] = R"(
func.func @k(%m: tensor<?xNxi16>) -> (tensor<?xNxi32>, tensor<?x1xi64>) {
  %n = arith.constant dense<N> : tensor<i64>
  %one = arith.constant dense<1> : tensor<i64>
  %x = nn.cast %m : tensor<?xNxi16> to tensor<?xNxi32>
  %s = nn.reduce sum %x axes [1] keepdims : tensor<?xNxi32> -> tensor<?x1xi32>
  %sq = nn.binary mul %x, %x : tensor<?xNxi32>, tensor<?xNxi32> -> tensor<?xNxi32>
  %w = nn.cast %sq : tensor<?xNxi32> to tensor<?xNxi64>
  %q = nn.reduce sum %w axes [1] keepdims : tensor<?xNxi64> -> tensor<?x1xi64>
  %nq = nn.binary mul %q, %n : tensor<?x1xi64>, tensor<i64> -> tensor<?x1xi64>
  %s64 = nn.cast %s : tensor<?x1xi32> to tensor<?x1xi64>
  %ss = nn.binary mul %s64, %s64 : tensor<?x1xi64>, tensor<?x1xi64> -> tensor<?x1xi64>
  %d = nn.binary sub %nq, %ss : tensor<?x1xi64>, tensor<?x1xi64> -> tensor<?x1xi64>
  %v = nn.binary max %d, %one : tensor<?x1xi64>, tensor<i64> -> tensor<?x1xi64>
  %root = nn.unary isqrt %v : tensor<?x1xi64>
  %r = nn.unary recip61 %root : tensor<?x1xi64>
  %r32 = nn.cast %r : tensor<?x1xi64> to tensor<?x1xi32>
  %y = nn.binary mulh31 %x, %r32 : tensor<?xNxi32>, tensor<?x1xi32> -> tensor<?xNxi32>
  return %y, %root : tensor<?xNxi32>, tensor<?x1xi64>
})";
  for (int64_t n : lengths)
    for (const char *cpu : cpus) {
      Kernel kernel = compile(put(text, n), cpu);
      ASSERT_TRUE(kernel.span);
      for (int64_t rows : {0, 1, 37})
        check(kernel, random({rows, n}, i16, -32767, 32767));
      ASSERT_FALSE(HasFailure()) << n << " on " << cpu;
    }
}

TEST_F(IntegersTest, RootsAndReciprocalsOfLanes) {
  // Squares and their neighbours, every number of bits, and what has no root.
  for (const char *cpu : cpus) {
    Kernel kernel =
        compile("func.func @k(%v: tensor<?xi64>) -> (tensor<?xi64>, "
                "tensor<?xi64>, tensor<?xi64>) {"
                "%root = nn.unary isqrt %v : tensor<?xi64>"
                "%r = nn.unary recip61 %v : tensor<?xi64>"
                "%own = nn.unary isqrt %v : tensor<?xi64>"
                "%inverse = nn.unary recip61 %own : tensor<?xi64>"
                "return %root, %r, %inverse : tensor<?xi64>, tensor<?xi64>, "
                "tensor<?xi64> }",
                cpu);
    ASSERT_TRUE(kernel.span);
    Type i64 = IntegerType::get(&getContext(), 64);
    uint64_t state = 1;
    check(kernel, make({40000}, i64, [&](int64_t i) {
            state = state * 6364136223846793005u + 1442695040888963407u;
            auto bits = static_cast<int64_t>(state >> 1) >> (i % 63);
            int64_t root = bits >> 32;
            switch (i % 4) {
            case 0:
              return root * root;
            case 1:
              return root * root - 1;
            case 2:
              return i < 64 ? -i : (int64_t(1) << i % 63) + i / 63 % 3 - 1;
            default:
              return bits;
            }
          }));
    ASSERT_FALSE(HasFailure()) << cpu;
  }
}

TEST_F(IntegersTest, InputsOfEverySize) {
  const char text[] = R"(
func.func @k(%x: tensor<?xNxf32>) -> (tensor<?xNxi16>, tensor<?x1xi8>) {
  %m, %e = qt.quantize %x {encoding = #qt.encoding<norm, -32767..32767>,
      format = !qt.block<[1, ?], s16, scale = exp<8>>}
    : tensor<?xNxf32> -> tensor<?xNxi16>, tensor<?x1xi8>
  return %m, %e : tensor<?xNxi16>, tensor<?x1xi8>
})";
  for (int64_t n : lengths) {
    Kernel kernel = compile(put(text, n));
    ASSERT_TRUE(kernel.span);
    HostValue x = reals({12, n}, -1, 1);
    const double scales[] = {1, 0, 1e-44, 3e-39, 1e38, 1e-30, 77, 0.5};
    for (int64_t i = 0; i < 12 * n; ++i) {
      x.setNumber(i, x.getNumber(i) * scales[i / n % 8]);
      if (i / n == 8)
        x.setNumber(i, i % 5 == 2 ? NAN : i % 7 == 3 ? -INFINITY : i);
      if (i / n == 9)
        x.setNumber(i, (i % 9 - 4) * 0.5 / 16384);
    }
    check(kernel, x);
    ASSERT_FALSE(HasFailure()) << n;
  }
}

TEST_F(IntegersTest, BlocksOfRows) {
  for (const char *layout :
       {"", ", layout = #qt.layout<b32, panel = 16, rows = 4>",
        ", layout = #qt.layout<b32, panel = 32, rows = 8, bias = 128>"})
    // Up to two groups of 16 blocks, two more, and a short one.
    for (int64_t n : {1, 7, 16, 33, 64, 100, 1100}) {
      int64_t stride = *layout ? numerics::activationStride(n) : n;
      std::string size = std::to_string(n);
      std::string shifts = std::to_string((n + 31) / 32);
      std::string types = "tensor<?x" + std::to_string(stride) +
                          "xi8>, tensor<?x" + shifts + "xi8>, tensor<?x1xi8>";
      Kernel kernel = compile(
          "func.func @k(%m: tensor<?x" + size +
          "xi16>, %e: tensor<?x1xi8>) -> (" + types +
          ", tensor<?x1xi32>) {"
          "%q, %k, %x = qt.quantize %m exponent %e : tensor<?x1xi8> {encoding "
          "= #qt.encoding<norm, -127..127>, format = !qt.block<[1, 32], s8, "
          "scale = shift<3>, outer = exp<8>>" +
          layout + "} : tensor<?x" + size + "xi16> -> " + types +
          "%w = nn.cast %x : tensor<?x1xi8> to tensor<?x1xi32>"
          "return %q, %k, %x, %w : " +
          types + ", tensor<?x1xi32> }");
      ASSERT_TRUE(kernel.span);
      HostValue m = random({21, n}, i16, -32767, 32767);
      for (int64_t i = 0; i < 21 * n; ++i)
        m.setInteger(i, i / n == 1
                            ? 0
                            : m.getInteger(i) >> (i / n + i % n / 32 * 3) % 15);
      check(kernel, {m, random({21, 1}, i8, -120, 120)});
      ASSERT_FALSE(HasFailure()) << n << layout;
    }
}
