//===- ConvolutionIntegersTest.cpp - Integer sums over windows ------------===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "KernelFixture.h"
#include "llvm/Support/FormatVariadic.h"

using namespace mlir;
using namespace quantc;

namespace {
class ConvolutionIntegersTest : public KernelTest {};
} // namespace

// {0}: of a line, {1}: of its input; {2}: the part's lines and its run, {3}:
// parts; {4}: epilogue; {5}: channels, {6}: those of a part; {7}: bytes.
static constexpr char contraction[] = R"(
func.func @k(%c: tensor<?x5x{1}x32xi8>, %s: tensor<?x5x{1}x1xi8>, %e: tensor<?x1x1x1xi8>,
             %w: tensor<{7}xi8>) -> (tensor<?x3x{0}x{5}xi32>, tensor<?x{3}xi32>) {{
  %y = qt.contract lhs(%c, %s, %e : tensor<?x5x{1}x32xi8>, tensor<?x5x{1}x1xi8>, tensor<?x1x1x1xi8>) rhs(%w : tensor<{7}xi8>) {{
    acc = i32, layout = #qt.layout<b32, panel = 16, rows = 4>,
    geometry = #qt.conv<taps = [3, 3], strides = [1, 1], dilations = [1, 1], pads = [0, 0, 0, 0], groups = 1, k = 30>,
    lhs_format = !qt.block<[1, 1, 1, 32], s8, scale = shift<3>, outer = exp<8>[1, ?, ?, ?]>,
    rhs_format = !qt.block<[1, ?, ?], s8, scale = exp<8>>} {4} -> tensor<?x3x{0}x{5}xi32>
  %m = qt.magnitudes %y {{part = #qt.part<line = {0}, {2}, channels = {6}>} : tensor<?x3x{0}x{5}xi32> -> tensor<?x{3}xi32>
  return %y, %m : tensor<?x3x{0}x{5}xi32>, tensor<?x{3}xi32>
})";

// Of results with signs and behind a ReLU; a unit has a part of a line, an
// image, or several, and the last panel is not full, or has one column alone.
TEST_F(ConvolutionIntegersTest, LeavesMagnitudes) {
  struct Case {
    int64_t line;
    const char *part;
    int64_t parts;
  };
  Type i8 = IntegerType::get(&getContext(), 8);
  for (int64_t panels : {2, 1}) {
    HostValue weights = random({panels * 5760}, i8, -127, 127);
    // Scales and starts of each block, and what fills its channels up.
    for (int64_t i = 0; i < panels * 5760; ++i)
      if (int64_t at = i % 640;
          at < 128 || ((at - 128) / 64 == 7 && at % 4 > 1))
        weights.setInteger(i, 0);
    for (const char *epilogue :
         {"",
          "{ ^bb0(%a: i32): %r = nn.unary relu %a : i32 qt.yield %r : i32 }"})
      for (const Case &c : {Case{70, "lines = 1, run = 64", 6},
                            Case{14, "lines = 3, run = 14", 1},
                            Case{5, "lines = 3, run = 5", 1}}) {
        Kernel kernel = compile(
            llvm::formatv(contraction, c.line, c.line + 2, c.part,
                          c.parts * panels, epilogue, panels == 1 ? 1 : 19,
                          panels == 1 ? 1 : 16, weights.getNumElements())
                .str());
        ASSERT_TRUE(kernel.span) << c.part;
        for (int64_t batch : {0, 1, 7}) {
          HostValue x = random({batch, 5, c.line + 2, 32}, i8, -127, 127);
          for (int64_t i = 0, e = x.getNumElements(); i < e; ++i)
            if (i % 32 >= 30)
              x.setInteger(i, 0);
          check(kernel, {x, random({batch, 5, c.line + 2, 1}, i8, 0, 4),
                         random({batch, 1, 1, 1}, i8, -50, 50), weights});
        }
        ASSERT_FALSE(HasFailure())
            << c.part << " " << epilogue << ", " << panels << " panels";
      }
  }
}

// {0}: element of the result; {1}: channels of a part, {2}: parts; {3}:
// epilogue.
static constexpr char lines[] = R"(
func.func @k(%x: tensor<?x9x14x40xf32>, %w: tensor<1440xi8>) -> (tensor<?x9x14x40x{0}>, tensor<?x{2}x{0}>) {{
  %y = qt.contract lhs(%x : tensor<?x9x14x40xf32>) rhs(%w : tensor<1440xi8>) {{
    acc = f32, layout = #qt.layout<f32, panel = 16, rows = 4>,
    geometry = #qt.conv<taps = [3, 3], strides = [1, 1], dilations = [1, 1], pads = [1, 1, 1, 1], groups = 40, k = 40>,
    lhs_format = f32, rhs_format = f32} {3} -> tensor<?x9x14x40x{0}>
  %m = qt.magnitudes %y {{part = #qt.part<line = 14, lines = 7, run = 14, channels = {1}>} : tensor<?x9x14x40x{0}> -> tensor<?x{2}x{0}>
  return %y, %m : tensor<?x9x14x40x{0}>, tensor<?x{2}x{0}>
})";

// Of floats and of integers that are made from their sums, of all channels of a
// strip of lines and of each by itself.
TEST_F(ConvolutionIntegersTest, LeavesMagnitudesOfLines) {
  Builder b(&getContext());
  // Quarters, and weights of 1.0 and -1.0: floats hold the sums.
  HostValue weights = make({1440}, b.getI8Type(), [](int64_t i) -> double {
    bool isNegative = i / 4 % 3 == 1;
    return i % 4 == 3 ? (isNegative ? -65 : 63) : i % 4 == 2 ? -128 : 0;
  });
  for (auto [element, epilogue] :
       {std::pair("f32", ""),
        {"i32", "{ ^bb0(%a: f32): %r = nn.cast %a : f32 to i32 qt.yield %r : "
                "i32 }"}})
    for (int64_t channels : {40, 1}) {
      Kernel kernel = compile(
          llvm::formatv(lines, element, channels, 2 * 40 / channels, epilogue)
              .str());
      ASSERT_TRUE(kernel.span) << element << " of " << channels;
      for (int64_t batch : {0, 1, 3})
        check(kernel,
              {make({batch, 9, 14, 40}, b.getF32Type(),
                    [](int64_t i) { return (i * 37 % 255 - 127) / 4.0; }),
               weights});
      ASSERT_FALSE(HasFailure()) << element << " of " << channels;
    }
}
