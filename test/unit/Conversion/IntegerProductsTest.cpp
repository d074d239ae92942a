//===- IntegerProductsTest.cpp - Integer-only products --------------------===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "KernelFixture.h"
#include "quantc/Numerics/Packing.h"
#include <cstring>
#include <iterator>

using namespace mlir;
using namespace quantc;

namespace {
/// A packed form of weights and the layout that names it.
struct PackedCase {
  numerics::PackedLayout layout;
  const char *text;
};

class IntegerProductsTest : public KernelTest {
protected:
  IntegerProductsTest()
      : i8(IntegerType::get(&getContext(), 8)),
        i16(IntegerType::get(&getContext(), 16)),
        i32(IntegerType::get(&getContext(), 32)) {}

  /// Compares products of rows of \p k codes with weights of \p n outputs.
  void checkProduct(const PackedCase &one, int64_t n, int64_t k,
                    bool hasEpilogue, const char *cpu);

  Type i8, i16, i32;
};

/// Targets with other instructions for the same.
constexpr const char *cpus[] = {"native", "x86-64-v3", "x86-64-v2"};

const PackedCase packedCases[] = {
    {{numerics::PackedForm::B32, 16, 0, 0, 0}, "b32, panel = 16, rows = 4"},
    {{numerics::PackedForm::B32, 32, 128, 0, 0},
     "b32, panel = 32, rows = 8, bias = 128"},
    {{numerics::PackedForm::Chained, 16, 128, 0, 0},
     "chained, panel = 16, rows = 4, bias = 128"},
    {{numerics::PackedForm::Chained, 16, 0, 0, 0},
     "chained, panel = 16, rows = 4, low = 0"},
    {{numerics::PackedForm::B32, 16, 0, 0, 0},
     "b32, panel = 16, rows = 4, low = 0"},
    {{numerics::PackedForm::W4I, 16, 128, 0, 0},
     "w4i, panel = 16, rows = 4, bias = 128"},
    {{numerics::PackedForm::W4I, 32, 128, 0, 0},
     "w4i, panel = 32, rows = 8, bias = 128"}};

// To the right: the largest sums fill 32 bits, of which a product takes no
// shift to the left that loses some.
const char epilogue[] = R"(
  ^bb0(%acc: i32, %mj: i32, %bj: i32, %si: i32, %ti: i32):
    %p = arith.constant 5 : i32
    %0 = nn.binary rshift %acc, %p : i32, i32 -> i32
    %1 = nn.binary mulh31 %0, %mj : i32, i32 -> i32
    %2 = nn.binary rshift %1, %si : i32, i32 -> i32
    %3 = nn.binary rshift %bj, %ti : i32, i32 -> i32
    %4 = nn.binary add %2, %3 : i32, i32 -> i32
    %5 = nn.unary relu %4 : i32
    qt.yield %5 : i32
  })";
} // namespace

void IntegerProductsTest::checkProduct(const PackedCase &one, int64_t n,
                                       int64_t k, bool hasEpilogue,
                                       const char *cpu) {
  numerics::PackedLayout layout = one.layout;
  layout.n = n;
  layout.k = k;
  bool hasNibbles = numerics::hasNibbles(layout.form);
  HostValue codes =
      random({n, k}, i8, hasNibbles ? -8 : -127, hasNibbles ? 7 : 127);
  HostValue multipliers = random({n, layout.numBlocks()}, i8, -127, 127);
  // One output of the largest sums that a block can come to.
  for (int64_t i = 0; hasNibbles && i < k; ++i)
    codes.setInteger(i, i / 32 % 2 ? 7 : -8);
  std::vector<float> exponents(n * layout.numBlocks(), 0.0f);
  numerics::WeightParts parts;
  parts.codes = codes.as<int8_t>().data();
  parts.scales = exponents.data();
  parts.multipliers = multipliers.as<int8_t>().data();
  parts.outer = exponents.data();
  std::vector<uint8_t> bytes = numerics::packWeights(layout, parts);
  HostValue packed = HostValue::allocate(
      RankedTensorType::get(static_cast<int64_t>(bytes.size()), i8));
  std::memcpy(packed.getMutableBytes().data(), bytes.data(), bytes.size());
  std::string columns = std::to_string(n);
  std::string lhs = "tensor<?x" +
                    std::to_string(numerics::activationStride(k)) +
                    "xi8>, tensor<?x" + std::to_string(layout.numBlocks()) +
                    "xi8>, tensor<?x1xi8>";
  std::string rhs = "tensor<" + std::to_string(bytes.size()) + "xi8>";
  std::string result = "tensor<?x" + columns + "xi32>";
  std::string column = "tensor<" + columns + "xi32>";
  std::string four =
      column + ", " + column + ", tensor<?x1xi32>, tensor<?x1xi32>";
  std::string text =
      "func.func @k(%q: " + lhs.substr(0, lhs.find(',')) + ", %h: tensor<?x" +
      std::to_string(layout.numBlocks()) +
      "xi8>, %e: tensor<?x1xi8>, %w: " + rhs + ", %m: " + column +
      ", %b: " + column + ", %s: tensor<?x1xi32>, %t: tensor<?x1xi32>) -> " +
      result + " { %y = qt.contract lhs(%q, %h, %e : " + lhs +
      ") rhs(%w : " + rhs + ") " +
      (hasEpilogue ? "epilogue(%m, %b, %s, %t : " + four + ") " : "") +
      "{acc = i32, geometry = #qt.matmul<k = " + std::to_string(k) +
      ">, layout = #qt.layout<" + one.text +
      ">, lhs_format = !qt.block<[1, 32], s8, scale = shift<3>, outer "
      "= exp<8>>, rhs_format = !qt.block<" +
      (hasNibbles ? "[1, 32], s4, scale = s8, outer = exp<8>>} "
                  : "[1, ?], s8, scale = exp<8>>} ") +
      (hasEpilogue ? std::string("{") + epilogue : "") + " -> " + result +
      " return %y : " + result + " }";
  Kernel kernel = compile(text, cpu);
  ASSERT_TRUE(kernel.span);
  // Around the rows of tiles, and of units of them.
  for (int64_t rows : {0, 1, 5, 8, 9, 16, 17, 67}) {
    int64_t lowest = StringRef(one.text).contains("low = 0") ? 0 : -127;
    HostValue x =
        random({rows, numerics::activationStride(k)}, i8, lowest, 127);
    for (int64_t i = 0; rows > 1 && i < k; ++i)
      x.setInteger(i, i / 32 % 3 ? 127 : lowest);
    if (layout.bias)
      for (int64_t i = 0, e = x.getNumElements(); i < e; ++i)
        x.setInteger(i, static_cast<int8_t>(x.getInteger(i) ^ 0x80));
    check(kernel, {x, random({rows, layout.numBlocks()}, i8, 0, 4),
                   random({rows, 1}, i8, -50, 50), packed,
                   random({n}, i32, -0x7fffffff, 0x7fffffff),
                   random({n}, i32, -0x3fffffff, 0x3fffffff),
                   random({rows, 1}, i32, 0, 9), random({rows, 1}, i32, 0, 9)});
  }
  ASSERT_FALSE(HasFailure())
      << n << " x " << k << " " << one.text << " on " << cpu;
}

TEST_F(IntegerProductsTest, ShiftedBlocks) {
  // Each compilation takes most of a second: one shape for a layout and a CPU.
  // Signed bytes in chunks on AVX2 and biased ones on the CPU at hand are among
  // them.
  const std::pair<int64_t, int64_t> shapes[] = {
      {1, 1}, {40, 70}, {33, 256}, {17, 2100}};
  for (auto [c, one] : llvm::enumerate(packedCases))
    for (auto [u, cpu] : llvm::enumerate(cpus)) {
      // Panels of 32 on x86-64-v2 take long to compile and have no code of
      // their own.
      if (one.layout.panel == 32 && u == 2)
        continue;
      auto [n, k] = shapes[(c + u + 2) % std::size(shapes)];
      checkProduct(one, n, k, (c + u) % 2 == 1, cpu);
      if (HasFatalFailure())
        return;
    }
}

TEST_F(IntegerProductsTest, FewShiftedBlocks) {
  // Of a part of a block, a whole one, and one and a part: two for each layout,
  // all four for what two layouts have. It takes half as long without an
  // epilogue.
  const std::pair<int64_t, int64_t> lengths[] = {{8, 33}, {32, 48}};
  for (auto [c, one] : llvm::enumerate(packedCases)) {
    auto [part, more] = lengths[c % std::size(lengths)];
    for (auto [k, cpu] : {std::pair(part, cpus[0]), std::pair(more, cpus[1])}) {
      checkProduct(one, 17, k, /*hasEpilogue=*/false, cpu);
      if (HasFatalFailure())
        return;
    }
  }
}

TEST_F(IntegerProductsTest, TwoActivations) {
  // Heads of 12 bits, and weights of 8 bits without a sign.
  struct Case {
    const char *left, *right;
    Type leftType, rightType;
    double low, high;
  };
  const Case cases[] = {{"s12", "s12", i16, i16, -2047, 2047},
                        {"u8", "s8", i8, i8, -127, 127}};
  for (const Case &one : cases)
    for (const char *cpu : cpus)
      for (int64_t k : {5, 16, 17, 64}) {
        std::string depth = std::to_string(k);
        bool isWide = one.leftType == i16;
        std::string element = isWide ? "xi16>" : "xi8>";
        std::string a = "tensor<?x4x5x" + depth + element,
                    b = "tensor<?x4x16x" + depth + element,
                    e = "tensor<1x1x1x1xi8>", y = "tensor<?x4x5x16xi32>";
        auto format = [](const char *name) {
          return std::string("!qt.block<[?, ?, ?, ?], ") + name +
                 ", scale = exp<8>>";
        };
        Kernel kernel = compile(
            "func.func @k(%a: " + a + ", %ea: " + e + ", %b: " + b +
                ", %eb: " + e + ", %r: tensor<?x4x5x1xi32>) -> " + y +
                " { %y = qt.contract lhs(%a, %ea : " + a + ", " + e +
                ") rhs(%b, %eb : " + b + ", " + e +
                ") epilogue(%r : tensor<?x4x5x1xi32>) {acc = i32, geometry = "
                "#qt.matmul<batched>, lhs_format = " +
                format(one.left) + ", rhs_format = " + format(one.right) +
                "} { ^bb0(%acc: i32, %m: i32): %z = nn.binary mulh31 %acc, %m "
                ": i32, i32 -> i32 qt.yield %z : i32 } -> " +
                y + " return %y : " + y + " }",
            cpu);
        ASSERT_TRUE(kernel.span);
        for (int64_t n : {1, 3})
          check(kernel,
                {random({n, 4, 5, k}, one.leftType, one.low, one.high),
                 random({1, 1, 1, 1}, i8),
                 random({n, 4, 16, k}, one.rightType, one.low, one.high),
                 random({1, 1, 1, 1}, i8),
                 random({n, 4, 5, 1}, i32, -0x7fffffff, 0x7fffffff)});
        ASSERT_FALSE(HasFailure()) << one.left << " " << k << " on " << cpu;
      }
}
