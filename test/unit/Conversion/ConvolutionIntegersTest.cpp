//===- ConvolutionIntegersTest.cpp - Integer sums over windows ------------===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "KernelFixture.h"
#include "quantc/Numerics/Packing.h"
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

// {0}: of the input, lines and positions; {1}: channels filled up, {2}: blocks
// of them; {3}: line of the result; {4}: bytes; {5}: strides, {6}: dilations;
// {7}: channels; {8}: the part's lines and its run, {9}: parts; {10}: result.
static constexpr char chains[] = R"(
func.func @k(%c: tensor<?x{0}x{1}xi8>, %s: tensor<?x{0}x{2}xi8>, %e: tensor<?x1x1x1xi8>, %w: tensor<{4}xi8>,
             %m: tensor<19xi32>, %b: tensor<19xi32>, %i: tensor<?x3x{3}x1xi32>, %j: tensor<?x3x{3}x1xi32>)
    -> (tensor<?x3x{3}x19xi32>, tensor<?x{9}xi32>) {{
  %y = qt.contract lhs(%c, %s, %e : tensor<?x{0}x{1}xi8>, tensor<?x{0}x{2}xi8>, tensor<?x1x1x1xi8>) rhs(%w : tensor<{4}xi8>)
    epilogue(%m, %b, %i, %j : tensor<19xi32>, tensor<19xi32>, tensor<?x3x{3}x1xi32>, tensor<?x3x{3}x1xi32>) {{
    acc = i32, layout = #qt.layout<chained, panel = 16, rows = 4, low = 0>,
    geometry = #qt.conv<taps = [3, 3], strides = [{5}], dilations = [{6}], pads = [0, 0, 0, 0], groups = 1, k = {7}>,
    lhs_format = !qt.block<[1, 1, 1, 32], s8, scale = shift<3>, outer = exp<8>[1, ?, ?, ?]>,
    rhs_format = !qt.block<[1, ?, ?], s8, scale = exp<8>>} {{
    ^bb0(%acc: i32, %mj: i32, %bj: i32, %si: i32, %ti: i32):
      %0 = nn.binary mulh31 %acc, %mj : i32, i32 -> i32
      %1 = nn.binary rshift %0, %si : i32, i32 -> i32
      %2 = nn.binary rshift %bj, %ti : i32, i32 -> i32
      %3 = nn.binary add %1, %2 : i32, i32 -> i32
      %4 = nn.unary relu %3 : i32
      qt.yield {10} : i32 } -> tensor<?x3x{3}x19xi32>
  %n = qt.magnitudes %y {{part = #qt.part<line = {3}, {8}, channels = 16>} : tensor<?x3x{3}x19xi32> -> tensor<?x{9}xi32>
  return %y, %n : tensor<?x3x{3}x19xi32>, tensor<?x{9}xi32>
})";

// Of activations without a sign, which are read where they lie: channels that
// end within a block or a step, strides, taps apart, several images of a unit,
// and panels whose weights are all zero, which have no chain. With 8 lanes the
// epilogue of a tile is straight code.
TEST_F(ConvolutionIntegersTest, SumsChains) {
  struct Case {
    int64_t line, channels, strides[2], dilations[2];
    int64_t columns; ///< from here on weights are zero
    const char *part;
    int64_t parts;
    const char *result, *cpu;
  };
  Builder b(&getContext());
  for (const Case &c : {Case{70,
                             30,
                             {1, 1},
                             {1, 1},
                             19,
                             "lines = 1, run = 64",
                             12,
                             "%4",
                             "native"},
                        Case{14,
                             45,
                             {2, 1},
                             {1, 2},
                             16,
                             "lines = 3, run = 14",
                             2,
                             "%3",
                             "x86-64-v3"},
                        Case{5,
                             3,
                             {1, 2},
                             {2, 1},
                             19,
                             "lines = 3, run = 5",
                             2,
                             "%3",
                             "x86-64-v3"},
                        Case{5,
                             64,
                             {2, 2},
                             {1, 1},
                             0,
                             "lines = 3, run = 5",
                             2,
                             "%4",
                             "native"}}) {
    int64_t blocks = llvm::divideCeil(c.channels, 32), filled = blocks * 32;
    const int64_t results[2] = {3, c.line};
    int64_t sizes[2];
    for (int64_t dim : {0, 1})
      sizes[dim] =
          (results[dim] - 1) * c.strides[dim] + 2 * c.dilations[dim] + 1;
    // Channels that fill a block up are zeros.
    numerics::PackedLayout layout{numerics::PackedForm::Chained, 16, 0, 19,
                                  9 * filled};
    HostValue codes = random({19, 9 * filled}, b.getI8Type(), -127, 127);
    for (int64_t i = 0, e = codes.getNumElements(); i < e; ++i)
      if (i % filled >= c.channels || i / (9 * filled) >= c.columns)
        codes.setInteger(i, 0);
    std::vector<float> exponents(19, 0.0f);
    numerics::WeightParts parts;
    parts.codes = codes.as<int8_t>().data();
    parts.scales = exponents.data();
    std::vector<uint8_t> bytes = numerics::packWeights(layout, parts);
    auto size = static_cast<int64_t>(bytes.size());
    HostValue packed = make({size}, b.getI8Type(), [&](int64_t i) -> double {
      return static_cast<int8_t>(bytes[i]);
    });
    Kernel kernel = compile(
        llvm::formatv(chains, llvm::formatv("{0}x{1}", sizes[0], sizes[1]),
                      filled, blocks, c.line, size,
                      llvm::formatv("{0}, {1}", c.strides[0], c.strides[1]),
                      llvm::formatv("{0}, {1}", c.dilations[0], c.dilations[1]),
                      c.channels, c.part, c.parts, c.result)
            .str(),
        c.cpu);
    ASSERT_TRUE(kernel.span) << c.part;
    for (int64_t batch : {0, 1, 7}) {
      HostValue x =
          random({batch, sizes[0], sizes[1], filled}, b.getI8Type(), 0, 127);
      for (int64_t i = 0, e = x.getNumElements(); i < e; ++i)
        if (i % filled >= c.channels)
          x.setInteger(i, 0);
      Type i32 = b.getI32Type();
      check(kernel,
            {x,
             random({batch, sizes[0], sizes[1], blocks}, b.getI8Type(), 0, 4),
             random({batch, 1, 1, 1}, b.getI8Type(), -50, 50), packed,
             random({19}, i32, -0x7fffffff, 0x7fffffff),
             random({19}, i32, -0x3fffffff, 0x3fffffff),
             random({batch, 3, c.line, 1}, i32, 0, 9),
             random({batch, 3, c.line, 1}, i32, 0, 9)});
    }
    ASSERT_FALSE(HasFailure()) << c.channels << " channels, " << c.part;
  }
}
