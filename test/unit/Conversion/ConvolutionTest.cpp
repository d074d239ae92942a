//===- ConvolutionTest.cpp - Kernels over windows -------------------------===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Every buffer ends where memory ends: what a kernel reads beyond an image, its
// halo or its weights is a fault. Whole networks of odd geometry are compiled
// in integration/test_convolution.py.
//
//===----------------------------------------------------------------------===//

#include "KernelFixture.h"
#include "quantc/Numerics/Packing.h"
#include "llvm/Support/FormatVariadic.h"

using namespace mlir;
using namespace quantc;

namespace {
class ConvolutionTest : public KernelTest {
protected:
  Type i8() { return IntegerType::get(&getContext(), 8); }

  /// Bytes that are 1.0 or -1.0 as floats.
  HostValue units(int64_t bytes) {
    return make({bytes}, i8(), [](int64_t i) -> double {
      bool isNegative = i / 4 % 3 == 1;
      return i % 4 == 3 ? (isNegative ? -65 : 63) : i % 4 == 2 ? -128 : 0;
    });
  }

  /// A panel of `s8` for taps of 7 channels, which are filled up to 8 with
  /// zeros: scales of 1.0, starts of 0, codes.
  HostValue panel(int64_t width, int64_t bytes) {
    return make({bytes}, i8(), [=](int64_t i) -> double {
      if (i < width * 4)
        return i % 4 == 3 ? 63 : i % 4 == 2 ? -128 : 0;
      int64_t at = i - width * 8, k = at / (width * 4) * 4 + at % 4;
      return at < 0 || k % 8 == 7 ? 0 : static_cast<double>(i * 37 % 255 - 127);
    });
  }
};
} // namespace

static std::string replaceAll(std::string text, const std::string &from,
                              const std::string &to) {
  for (size_t at = 0; (at = text.find(from, at)) != std::string::npos;
       at += to.size())
    text.replace(at, from.size(), to);
  return text;
}

TEST_F(ConvolutionTest, EncodesImagesWithTheirHalo) {
  // Channels of a position are whole vectors, or parts of one, or fill 4.
  for (int64_t c : {1, 3, 7, 16, 33, 64}) {
    std::string channels = std::to_string(c),
                filled = std::to_string((c + 3) / 4 * 4);
    std::string text =
        "func.func @k(%x: tensor<?x5x6xCxf32>) -> (tensor<?x8x7xFxi8>, "
        "tensor<?x1x1x1xf32>) {"
        "%c, %s = qt.quantize %x {encoding = #qt.encoding<absmax, -127..127>, "
        "format = !qt.block<[1, ?, ?, ?], s8, scale = f32>, "
        "layout = #qt.layout<s8, panel = 16, rows = 4, bias = 128>, "
        "halo = #qt.halo<pads = [2, 0, 1, 1], groups = 1>} "
        ": tensor<?x5x6xCxf32> -> tensor<?x8x7xFxi8>, tensor<?x1x1x1xf32> "
        "return %c, %s : tensor<?x8x7xFxi8>, tensor<?x1x1x1xf32> }";
    Kernel kernel =
        compile(replaceAll(replaceAll(text, "C", channels), "F", filled));
    ASSERT_TRUE(kernel.span);
    for (int64_t batch : {0, 1, 3})
      check(kernel, {reals({batch, 5, 6, c})});
    ASSERT_FALSE(HasFailure()) << c << " channels";
  }
}

/// Lines by themselves, and lines of a group apart.
TEST_F(ConvolutionTest, EncodesImagesOfKnownMagnitude) {
  for (int64_t c : {3, 16, 33}) {
    std::string text =
        "func.func @k(%x: tensor<?x5x6xCxf32>, %m: tensor<?x3xf32>) -> "
        "(tensor<?x8x7xFxi8>, tensor<?x1x1x1xf32>) {"
        "%c, %s = qt.quantize %x largest %m : tensor<?x3xf32> "
        "{encoding = #qt.encoding<absmax, -127..127>, "
        "format = !qt.block<[1, ?, ?, ?], s8, scale = f32>, "
        "layout = #qt.layout<s8, panel = 16, rows = 4, bias = 128>, "
        "halo = #qt.halo<pads = [2, 0, 1, 1], groups = 1>} "
        ": tensor<?x5x6xCxf32> -> tensor<?x8x7xFxi8>, tensor<?x1x1x1xf32> "
        "return %c, %s : tensor<?x8x7xFxi8>, tensor<?x1x1x1xf32> }";
    Kernel kernel = compile(replaceAll(replaceAll(text, "C", std::to_string(c)),
                                       "F", std::to_string((c + 3) / 4 * 4)));
    ASSERT_TRUE(kernel.span);
    for (int64_t batch : {0, 1, 3}) {
      HostValue x = reals({batch, 5, 6, c});
      std::vector<double> largest(batch, 0);
      for (auto [i, value] : llvm::enumerate(x.as<float>()))
        largest[i / (30 * c)] =
            std::max<double>(largest[i / (30 * c)], std::abs(value));
      HostValue m =
          make({batch, 3}, Float32Type::get(&getContext()),
               [&](int64_t i) { return i % 3 == 1 ? -largest[i / 3] : 0; });
      check(kernel, {x, m});
    }
    ASSERT_FALSE(HasFailure()) << c << " channels";
  }
}

/// Parts of lines, of whole lines, and of some channels.
TEST_F(ConvolutionTest, FindsMagnitudes) {
  for (auto [lines, run, channels, parts] : {std::tuple(1, 4, 40, 10),
                                             {2, 6, 40, 3},
                                             {5, 6, 16, 3},
                                             {1, 6, 39, 10},
                                             {2, 6, 1, 120},
                                             {1, 4, 1, 400}}) {
    std::string text =
        "func.func @k(%x: tensor<?x5x6x40xf32>) -> tensor<?xPxf32> {"
        "%m = qt.magnitudes %x {part = #qt.part<line = 6, lines = L, run = R, "
        "channels = N>} : tensor<?x5x6x40xf32> -> tensor<?xPxf32> "
        "return %m : tensor<?xPxf32> }";
    text = replaceAll(replaceAll(text, "L", std::to_string(lines)), "R",
                      std::to_string(run));
    text = replaceAll(replaceAll(text, "P", std::to_string(parts)), "N",
                      std::to_string(channels));
    Kernel kernel = compile(text);
    ASSERT_TRUE(kernel.span);
    for (int64_t batch : {0, 1, 3})
      check(kernel, {reals({batch, 5, 6, 40})});
    ASSERT_FALSE(HasFailure()) << parts << " parts";
  }
}

/// A unit has a part of a line, some lines, or several images, whose tiles go
/// from line to line or do not. The last panel is not full. Of panels, or of
/// each channel.
TEST_F(ConvolutionTest, LeavesMagnitudes) {
  struct Case {
    int64_t height, width, rows;
    const char *part;
    int64_t parts;
  };
  for (bool byChannel : {false, true})
    for (const Case &c : {Case{3, 70, 4, "line = 70, lines = 1, run = 64", 12},
                          Case{9, 14, 4, "line = 14, lines = 4, run = 14", 6},
                          Case{3, 5, 4, "line = 5, lines = 3, run = 5", 2},
                          Case{4, 4, 4, "line = 4, lines = 4, run = 4", 2},
                          Case{1, 3, 4, "line = 3, lines = 1, run = 3", 2}}) {
      std::string text =
          "func.func @k(%c: tensor<?xIxJx8xi8>, %s: tensor<?x1x1x1xf32>, "
          "%w: tensor<2560xi8>) -> (tensor<?xHxWx19xf32>, tensor<?xPxf32>) {"
          "%y = qt.contract lhs(%c, %s : tensor<?xIxJx8xi8>, "
          "tensor<?x1x1x1xf32>) rhs(%w : tensor<2560xi8>) {acc = f32, geometry "
          "= "
          "#qt.conv<taps = [3, 3], strides = [1, 1], dilations = [1, 1], pads "
          "= "
          "[0, 0, 0, 0], groups = 1, k = 7>, layout = #qt.layout<s8, panel = "
          "16, "
          "rows = R>, lhs_format = !qt.block<[1, ?, ?, ?], s8, scale = f32>, "
          "rhs_format = !qt.block<[1, ?, ?], s8, scale = f32>} "
          "-> tensor<?xHxWx19xf32> "
          "%m = qt.magnitudes %y {part = #qt.part<PART, channels = CHANNELS>} "
          ": "
          "tensor<?xHxWx19xf32> -> tensor<?xPxf32> "
          "return %y, %m : tensor<?xHxWx19xf32>, tensor<?xPxf32> }";
      text = replaceAll(text, "PART", c.part);
      text = replaceAll(text, "CHANNELS", byChannel ? "1" : "16");
      text = replaceAll(text, "I", std::to_string(c.height + 2));
      text = replaceAll(text, "J", std::to_string(c.width + 2));
      text = replaceAll(text, "H", std::to_string(c.height));
      text = replaceAll(text, "W", std::to_string(c.width));
      text = replaceAll(text, "R", std::to_string(c.rows));
      text = replaceAll(text, "P",
                        std::to_string(byChannel ? c.parts / 2 * 19 : c.parts));
      Kernel kernel = compile(text);
      ASSERT_TRUE(kernel.span) << c.part;
      HostValue one = panel(16, 1280),
                weights = make({2560}, i8(), [&](int64_t i) -> double {
                  return one.as<int8_t>()[i % 1280];
                });
      for (int64_t batch : {0, 1, 2, 7})
        check(kernel,
              {random({batch, c.height + 2, c.width + 2, 8}, i8(), -127, 127),
               reals({batch, 1, 1, 1}), weights});
      ASSERT_FALSE(HasFailure()) << c.part;
    }
}

TEST_F(ConvolutionTest, LeavesMagnitudesOfChannels) {
  std::string text =
      "func.func @k(%c: tensor<?x11x16x40xi8>, %s: tensor<?x1x1x1xf32>, "
      "%w: tensor<520xi8>) -> (tensor<?x9x14x40xf32>, tensor<?x3xf32>) {"
      "%y = qt.contract lhs(%c, %s : tensor<?x11x16x40xi8>, "
      "tensor<?x1x1x1xf32>) rhs(%w : tensor<520xi8>) {acc = f32, geometry = "
      "#qt.conv<taps = [3, 3], strides = [1, 1], dilations = [1, 1], pads = "
      "[0, 0, 0, 0], groups = 40, k = 40>, layout = #qt.layout<s8, panel = 16, "
      "rows = 4>, lhs_format = !qt.block<[1, ?, ?, ?], s8, scale = f32>, "
      "rhs_format = !qt.block<[1, ?, ?], s8, scale = f32>} "
      "-> tensor<?x9x14x40xf32> "
      "%m = qt.magnitudes %y {part = #qt.part<line = 14, lines = 4, run = 14, "
      "channels = 40>} : tensor<?x9x14x40xf32> -> tensor<?x3xf32> "
      "return %y, %m : tensor<?x9x14x40xf32>, tensor<?x3xf32> }";
  Kernel kernel = compile(text);
  ASSERT_TRUE(kernel.span);
  HostValue weights = make({520}, i8(), [=](int64_t i) -> double {
    return i >= 160     ? static_cast<double>(i * 37 % 255 - 127)
           : i % 4 == 3 ? 63
           : i % 4 == 2 ? -128
                        : 0;
  });
  for (int64_t batch : {0, 1, 2})
    check(kernel, {random({batch, 11, 16, 40}, i8(), -127, 127),
                   reals({batch, 1, 1, 1}), weights});
}

TEST_F(ConvolutionTest, EncodesBlocksWithTheirHalo) {
  check("func.func @k(%x: tensor<2x4x40xf32>) -> (tensor<2x7x64xi8>, "
        "tensor<2x7x2xf32>) {"
        "%c, %s = qt.quantize %x {encoding = #qt.encoding<absmax, -127..127>, "
        "format = !qt.block<[1, 1, 32], s8, scale = f32>, "
        "layout = #qt.layout<b32, panel = 16, rows = 4>, "
        "halo = #qt.halo<pads = [1, 2], groups = 1>} "
        ": tensor<2x4x40xf32> -> tensor<2x7x64xi8>, tensor<2x7x2xf32> "
        "return %c, %s : tensor<2x7x64xi8>, tensor<2x7x2xf32> }",
        {reals({2, 4, 40})});
}

TEST_F(ConvolutionTest, ReadsWindowsOfFloats) {
  // 19 outputs are two panels of 16; a stride of 2 leaves a position over. A
  // tile is a part of a line, two lines, or all three.
  for (auto [c, rows] : {std::pair(1, 4), {3, 4}, {4, 14}, {20, 28}}) {
    std::string text =
        "func.func @k(%x: tensor<?x7x8xCxf32>, %w: tensor<Pxi8>, "
        "%b: tensor<19xf32>) -> tensor<?x3x6x19xf32> {"
        "%y = qt.contract lhs(%x : tensor<?x7x8xCxf32>) rhs(%w : tensor<Pxi8>) "
        "epilogue(%b : tensor<19xf32>) {acc = f32, geometry = #qt.conv<taps = "
        "[3, 2], strides = [2, 1], dilations = [1, 2], pads = [0, 0, 0, 0], "
        "groups = 1, k = C>, layout = #qt.layout<f32, panel = 16, rows = R>, "
        "lhs_format = f32, rhs_format = f32} {"
        "^bb0(%a: f32, %c: f32): %0 = nn.binary add %a, %c : f32, f32 -> f32 "
        "qt.yield %0 : f32 } -> tensor<?x3x6x19xf32> "
        "return %y : tensor<?x3x6x19xf32> }";
    int64_t bytes = 2 * 16 * 6 * c * 4;
    text = replaceAll(text, "C", std::to_string(c));
    text = replaceAll(text, "R", std::to_string(rows));
    Kernel kernel = compile(replaceAll(text, "P", std::to_string(bytes)));
    ASSERT_TRUE(kernel.span);
    // Sums of up to 120 numbers below 4 that the interpreter adds in double.
    for (int64_t batch : {0, 1, 2})
      check(kernel, {reals({batch, 7, 8, c}), units(bytes), reals({19})}, 1e-6,
            1e-5);
    ASSERT_FALSE(HasFailure()) << c << " channels";
  }
}

/// Windows of a line that share positions, in tiles of several sizes.
TEST_F(ConvolutionTest, SharesTaps) {
  for (int64_t width : {3, 9, 40}) {
    std::string text =
        "func.func @k(%x: tensor<?x5xWx5xf32>, %w: tensor<2880xi8>) "
        "-> tensor<?x3xVx16xf32> {"
        "%y = qt.contract lhs(%x : tensor<?x5xWx5xf32>) "
        "rhs(%w : tensor<2880xi8>) {acc = f32, geometry = #qt.conv<taps = "
        "[3, 3], strides = [1, 1], dilations = [1, 1], pads = [0, 0, 0, 0], "
        "groups = 1, k = 5>, layout = #qt.layout<f32, panel = 16, rows = 7>, "
        "lhs_format = f32, rhs_format = f32} -> tensor<?x3xVx16xf32> "
        "return %y : tensor<?x3xVx16xf32> }";
    text = replaceAll(text, "W", std::to_string(width));
    Kernel kernel = compile(replaceAll(text, "V", std::to_string(width - 2)));
    ASSERT_TRUE(kernel.span);
    // Sums of 45 numbers below 4 that the interpreter adds in double.
    for (int64_t batch : {0, 1, 2})
      check(kernel, {reals({batch, 5, width, 5}), units(2880)}, 1e-6, 1e-5);
    ASSERT_FALSE(HasFailure()) << "lines of " << width;
  }
}

/// Strips of an image, several images, tiles with one line or column, pads that
/// cover whole tiles, channels that are no whole vectors.
TEST_F(ConvolutionTest, ComputesTilesOfWindows) {
  struct Case {
    int64_t height, length, channels;
    const char *pads;
    int64_t rows, columns; ///< of the result
  };
  for (const Case &own :
       {Case{5, 6, 20, "1, 1, 1, 1", 5, 6}, Case{3, 4, 8, "0, 0, 0, 0", 1, 2},
        Case{1, 1, 35, "4, 0, 1, 3", 4, 2},
        Case{17, 12, 16, "0, 2, 2, 0", 17, 12},
        Case{16, 9, 16, "1, 2, 0, 3", 15, 12}})
    for (auto [panel, tile] : {std::pair(16, 6), {32, 14}})
      for (bool isDynamic : {false, true}) {
        // Sizes of run time are one for each dimension.
        if (isDynamic && (own.height != own.rows || own.length != own.columns))
          continue;
        std::string text =
            "func.func @k(%x: tensor<?xHxWxCxf32>, %w: tensor<Pxi8>, "
            "%b: tensor<35xf32>, %r: tensor<?xIxJx35xf32>) "
            "-> tensor<?xIxJx35xf32> {"
            "%y = qt.contract lhs(%x : tensor<?xHxWxCxf32>) "
            "rhs(%w : tensor<Pxi8>) epilogue(%b, %r : tensor<35xf32>, "
            "tensor<?xIxJx35xf32>) {acc = f32, geometry = #qt.conv<taps = "
            "[3, 3], strides = [1, 1], dilations = [1, 1], pads = [QQ], "
            "groups = 1, k = C>, layout = #qt.layout<winograd, panel = NN, "
            "rows = MM>, lhs_format = f32, rhs_format = f32} {"
            "^bb0(%a: f32, %c: f32, %d: f32): "
            "%0 = nn.binary add %a, %c : f32, f32 -> f32 "
            "%1 = nn.binary add %0, %d : f32, f32 -> f32 "
            "qt.yield %1 : f32 } -> tensor<?xIxJx35xf32> "
            "return %y : tensor<?xIxJx35xf32> }";
        // Weights of windows, for not all numbers are those of tiles.
        numerics::PackedLayout layout{numerics::PackedForm::Winograd, panel, 0,
                                      35, 9 * own.channels};
        std::vector<float> values(layout.n * layout.k);
        for (size_t i = 0; i < values.size(); ++i)
          values[i] = static_cast<float>(static_cast<int>(i * 37 % 9) - 4) / 4;
        numerics::WeightParts parts;
        parts.values = values.data();
        std::vector<uint8_t> packed = numerics::packWeights(layout, parts);
        auto bytes = static_cast<int64_t>(packed.size());
        auto size = [&](int64_t number) {
          return isDynamic ? std::string("?") : std::to_string(number);
        };
        text = replaceAll(text, "NN", std::to_string(panel));
        text = replaceAll(text, "MM", std::to_string(tile));
        text = replaceAll(text, "QQ", own.pads);
        text = replaceAll(text, "P", std::to_string(bytes));
        text = replaceAll(text, "xH", "x" + size(own.height));
        text = replaceAll(text, "xW", "x" + size(own.length));
        text = replaceAll(text, "xI", "x" + size(own.rows));
        text = replaceAll(text, "xJ", "x" + size(own.columns));
        text = replaceAll(text, "C", std::to_string(own.channels));
        Kernel kernel = compile(text);
        ASSERT_TRUE(kernel.span);
        // Inputs of up to 16 times a weight of 2.25: nine sums of up to 35 such
        // products of either sign, some 90 in all, that are rounded some six
        // times as a rule.
        for (int64_t batch : {0, 1, 26})
          check(kernel,
                {reals({batch, own.height, own.length, own.channels}),
                 make({bytes}, i8(),
                      [&](int64_t i) -> double {
                        return static_cast<int8_t>(packed[i]);
                      }),
                 reals({35}), reals({batch, own.rows, own.columns, 35})},
                1e-6, 9 * 6 * 90 * 6e-8);
        ASSERT_FALSE(HasFailure())
            << own.height << " x " << own.length << ", panels of " << panel
            << (isDynamic ? ", dynamic" : "");
      }
}

TEST_F(ConvolutionTest, ReadsWindowsOfCodes) {
  std::string text =
      "func.func @k(%c: tensor<?x5x70x8xi8>, %s: tensor<?x1x1x1xf32>, "
      "%w: tensor<1280xi8>) -> tensor<?x3x68x12xf32> {"
      "%y = qt.contract lhs(%c, %s : tensor<?x5x70x8xi8>, "
      "tensor<?x1x1x1xf32>) rhs(%w : tensor<1280xi8>) {acc = f32, geometry = "
      "#qt.conv<taps = [3, 3], strides = [1, 1], dilations = [1, 1], pads = "
      "[0, 0, 0, 0], groups = 1, k = 7>, layout = #qt.layout<s8, panel = 16, "
      "rows = 4>, lhs_format = !qt.block<[1, ?, ?, ?], s8, scale = f32>, "
      "rhs_format = !qt.block<[1, ?, ?], s8, scale = f32>} "
      "-> tensor<?x3x68x12xf32> return %y : tensor<?x3x68x12xf32> }";
  Kernel kernel = compile(text);
  ASSERT_TRUE(kernel.span);
  for (int64_t batch : {0, 1, 2})
    check(kernel, {random({batch, 5, 70, 8}, i8(), -127, 127),
                   reals({batch, 1, 1, 1}), panel(16, 1280)});
}

TEST_F(ConvolutionTest, TakesChannelsAsLanes) {
  for (int64_t c : {3, 15, 16, 32, 45}) {
    std::string text =
        "func.func @k(%c: tensor<?x4x9xCxi8>, %s: tensor<?x1x1x1xf32>, "
        "%w: tensor<Pxi8>) -> tensor<?x2x7xCxf32> {"
        "%y = qt.contract lhs(%c, %s : tensor<?x4x9xCxi8>, "
        "tensor<?x1x1x1xf32>) rhs(%w : tensor<Pxi8>) {acc = f32, geometry = "
        "#qt.conv<taps = [3, 3], strides = [1, 1], dilations = [1, 1], pads = "
        "[0, 0, 0, 0], groups = C, k = C>, layout = #qt.layout<s8, panel = 16, "
        "rows = 4>, lhs_format = !qt.block<[1, ?, ?, ?], s8, scale = f32>, "
        "rhs_format = !qt.block<[1, ?, ?], s8, scale = f32>} "
        "-> tensor<?x2x7xCxf32> return %y : tensor<?x2x7xCxf32> }";
    int64_t bytes = 4 * c + 9 * c;
    Kernel kernel = compile(replaceAll(replaceAll(text, "C", std::to_string(c)),
                                       "P", std::to_string(bytes)));
    ASSERT_TRUE(kernel.span);
    HostValue weights = make({bytes}, i8(), [=](int64_t i) -> double {
      return i >= 4 * c   ? static_cast<double>(i * 37 % 255 - 127)
             : i % 4 == 3 ? 63
             : i % 4 == 2 ? -128
                          : 0;
    });
    for (int64_t batch : {0, 1, 2})
      check(kernel, {random({batch, 4, 9, c}, i8(), -127, 127),
                     reals({batch, 1, 1, 1}), weights});
    ASSERT_FALSE(HasFailure()) << c << " channels";
  }
}

/// Depthwise images whose lines are made as they are needed: strips of lines,
/// windows that begin with the second of two lines, taps apart, channels that
/// fill no register, pads that are larger than the image's lines.
TEST_F(ConvolutionTest, GoesThroughLines) {
  struct Case {
    int64_t channels, height, width, taps[2], strides[2], dilations[2], pads[4];
  };
  for (const Case &c : {Case{40, 11, 9, {3, 3}, {1, 1}, {1, 1}, {1, 1, 1, 1}},
                        Case{32, 12, 17, {3, 3}, {2, 2}, {1, 1}, {0, 1, 1, 0}},
                        Case{3, 7, 6, {2, 4}, {1, 2}, {1, 2}, {2, 0, 0, 1}},
                        Case{45, 4, 5, {5, 1}, {3, 1}, {1, 1}, {5, 0, 2, 3}},
                        Case{16, 1, 1, {3, 3}, {1, 1}, {1, 1}, {1, 1, 1, 1}}}) {
    int64_t sizes[2];
    const int64_t inside[2] = {c.height, c.width};
    for (int64_t dim : {0, 1})
      sizes[dim] = (inside[dim] + c.pads[dim] + c.pads[2 + dim] -
                    (c.taps[dim] - 1) * c.dilations[dim] - 1) /
                       c.strides[dim] +
                   1;
    auto fill = [&](std::string text) {
      auto list = [](ArrayRef<int64_t> values) {
        return llvm::formatv("[{0:$[, ]}]",
                             llvm::make_range(values.begin(), values.end()))
            .str();
      };
      const std::pair<const char *, std::string> names[] = {
          {"TAPS", list(c.taps)},
          {"STRIDES", list(c.strides)},
          {"DILATIONS", list(c.dilations)},
          {"PADS", list(c.pads)},
          {"IMAGE",
           llvm::formatv("?x{0}x{1}x{2}", c.height, c.width, c.channels)},
          {"PADDED",
           llvm::formatv("?x{0}x{1}x{2}", c.height + c.pads[0] + c.pads[2],
                         c.width + c.pads[1] + c.pads[3], c.channels)},
          {"RESULT",
           llvm::formatv("?x{0}x{1}x{2}", sizes[0], sizes[1], c.channels)},
          {"FLOATS", std::to_string(4 * c.channels * c.taps[0] * c.taps[1])},
          {"BYTES", std::to_string(c.channels * (4 + c.taps[0] * c.taps[1]))},
          {"CHANNELS", std::to_string(c.channels)}};
      for (const auto &[name, value] : names)
        text = replaceAll(text, name, value);
      return text;
    };
    Kernel floats = compile(fill(
        "func.func @k(%x: tensor<IMAGExf32>, %w: tensor<FLOATSxi8>) -> "
        "tensor<RESULTxf32> {"
        "%y = qt.contract lhs(%x : tensor<IMAGExf32>) rhs(%w : "
        "tensor<FLOATSxi8>) {acc = f32, geometry = #qt.conv<taps = TAPS, "
        "strides = STRIDES, dilations = DILATIONS, pads = PADS, groups = "
        "CHANNELS, k = CHANNELS>, layout = #qt.layout<f32, panel = 16, rows = "
        "4>, lhs_format = f32, rhs_format = f32} -> tensor<RESULTxf32> "
        "return %y : tensor<RESULTxf32> }"));
    ASSERT_TRUE(floats.span);
    HostValue ones = units(4 * c.channels * c.taps[0] * c.taps[1]);
    for (int64_t batch : {0, 1, 3})
      check(floats, {reals({batch, c.height, c.width, c.channels}), ones}, 1e-5,
            1e-5);
    ASSERT_FALSE(HasFailure()) << c.channels << " channels";
    if (c.dilations[0] != 1)
      continue;
    int64_t bytes = c.channels * (4 + c.taps[0] * c.taps[1]);
    HostValue weights = make({bytes}, i8(), [&](int64_t i) -> double {
      return i >= 4 * c.channels ? static_cast<double>(i * 37 % 255 - 127)
             : i % 4 == 3        ? 63
             : i % 4 == 2        ? -128
                                 : 0;
    });
    for (bool byChannel : {false, true}) {
      int64_t parts = byChannel ? 2 * c.channels : 2;
      std::string text = fill(
          "func.func @k(%x: tensor<IMAGExf32>, %m: tensor<?xPARTSxf32>, %w: "
          "tensor<BYTESxi8>) -> tensor<RESULTxf32> {"
          "%c, %s = qt.quantize %x largest %m : tensor<?xPARTSxf32> {encoding "
          "= #qt.encoding<absmax, -127..127>, format = !qt.block<[1, ?, ?, "
          "GRID], s8, scale = f32>, layout = #qt.layout<s8, panel = 16, rows = "
          "4>, halo = #qt.halo<pads = PADS, groups = CHANNELS>} : "
          "tensor<IMAGExf32> -> tensor<PADDEDxi8>, tensor<?x1x1xSCALESxf32> "
          "%y = qt.contract lhs(%c, %s : tensor<PADDEDxi8>, "
          "tensor<?x1x1xSCALESxf32>) rhs(%w : tensor<BYTESxi8>) {acc = f32, "
          "geometry = #qt.conv<taps = TAPS, strides = STRIDES, dilations = "
          "DILATIONS, pads = [0, 0, 0, 0], groups = CHANNELS, k = CHANNELS>, "
          "layout = #qt.layout<s8, panel = 16, rows = 4>, lhs_format = "
          "!qt.block<[1, ?, ?, GRID], s8, scale = f32>, rhs_format = "
          "!qt.block<[1, ?, ?], s8, scale = f32>} -> tensor<RESULTxf32> "
          "return %y : tensor<RESULTxf32> }");
      text = replaceAll(text, "GRID", byChannel ? "1" : "?");
      text = replaceAll(text, "SCALES",
                        std::to_string(byChannel ? c.channels : 1));
      Kernel codes = compile(replaceAll(text, "PARTS", std::to_string(parts)));
      ASSERT_TRUE(codes.span);
      for (int64_t batch : {0, 1, 3}) {
        HostValue x = reals({batch, c.height, c.width, c.channels});
        std::vector<double> largest(batch * parts, 0);
        int64_t image = c.height * c.width * c.channels;
        for (auto [i, value] : llvm::enumerate(x.as<float>())) {
          auto at = static_cast<int64_t>(i);
          double &most =
              largest[at / image * parts + (byChannel ? at % c.channels : 0)];
          most = std::max<double>(most, std::abs(value));
        }
        HostValue m = make({batch, parts}, Float32Type::get(&getContext()),
                           [&](int64_t i) { return largest[i]; });
        check(codes, {x, m, weights}, 1e-6, 1e-6);
      }
      ASSERT_FALSE(HasFailure()) << c.channels << " channels of codes";
    }
  }
}

TEST_F(ConvolutionTest, Pools) {
  for (const char *kind : {"max", "average", "lp"})
    for (int64_t c : {1, 7, 16, 33, 64}) {
      std::string text =
          "func.func @k(%x: tensor<?x5x6xCxf32>) -> tensor<?x3x4xCxf32> {"
          "%y = nn.pool KIND %x kernel [3, 2] strides [2, 2] dilations [1, 1] "
          "pads [1, 1, 1, 1] : tensor<?x5x6xCxf32> -> tensor<?x3x4xCxf32> "
          "return %y : tensor<?x3x4xCxf32> }";
      Kernel kernel = compile(
          replaceAll(replaceAll(text, "KIND", kind), "C", std::to_string(c)));
      ASSERT_TRUE(kernel.span);
      for (int64_t batch : {0, 1, 2})
        check(kernel, {reals({batch, 5, 6, c})}, 1e-6, 1e-6);
      ASSERT_FALSE(HasFailure()) << kind << ", " << c << " channels";
    }
}

/// Squares, parts of squares, and sides shorter than a vector.
TEST_F(ConvolutionTest, Transposes) {
  for (auto [rows, columns] : {std::pair(1, 20),
                               {3, 50},
                               {50, 3},
                               {8, 16},
                               {17, 40},
                               {40, 17},
                               {10, 9},
                               {48, 32},
                               {1, 1}})
    for (const char *element : {"f32", "i32"})
      for (bool isDynamic : {false, true}) {
        std::string text =
            "func.func @k(%x: tensor<?xRx2xCxT>) -> tensor<?x2xCxRxT> {"
            "%y = nn.transpose %x perm [0, 2, 3, 1] : tensor<?xRx2xCxT> "
            "-> tensor<?x2xCxRxT> return %y : tensor<?x2xCxRxT> }";
        text = replaceAll(text, "R", isDynamic ? "?" : std::to_string(rows));
        text = replaceAll(text, "C", std::to_string(columns));
        Kernel kernel = compile(replaceAll(text, "T", element));
        ASSERT_TRUE(kernel.span);
        Builder builder(&getContext());
        Type type = StringRef(element) == "f32" ? Type(builder.getF32Type())
                                                : Type(builder.getI32Type());
        for (int64_t batch : {0, 1, 2})
          check(kernel, {random({batch, rows, 2, columns}, type)});
        ASSERT_FALSE(HasFailure()) << rows << " x " << columns;
      }
}

TEST_F(ConvolutionTest, PadsOuterDims) {
  for (const char *mode : {"constant", "edge"}) {
    std::string text =
        "func.func @k(%x: tensor<?x3x4x7xf32>) -> tensor<?x4x7x7xf32> {"
        "%y = nn.pad MODE %x low [0, 1, 1, 0] high [0, 0, 2, 0] {value = 1.0 : "
        "f64} : tensor<?x3x4x7xf32> -> tensor<?x4x7x7xf32> "
        "return %y : tensor<?x4x7x7xf32> }";
    Kernel kernel = compile(replaceAll(text, "MODE", mode));
    ASSERT_TRUE(kernel.span);
    for (int64_t batch : {0, 1, 2})
      check(kernel, {reals({batch, 3, 4, 7})});
  }
}

TEST_F(ConvolutionTest, Pads) {
  for (const char *mode : {"constant", "reflect", "edge", "wrap"})
    for (const char *element : {"f32", "i64", "i1"}) {
      std::string text =
          "func.func @k(%x: tensor<?x3x19xT>) -> tensor<?x6x26xT> {"
          "%y = nn.pad MODE %x low [0, 2, 5] high [0, 1, 2] "
          "{value = 1.0 : f64} : tensor<?x3x19xT> -> tensor<?x6x26xT> "
          "return %y : tensor<?x6x26xT> }";
      Kernel kernel =
          compile(replaceAll(replaceAll(text, "MODE", mode), "T", element));
      ASSERT_TRUE(kernel.span);
      Builder builder(&getContext());
      Type type = StringRef(element) == "f32"   ? Type(builder.getF32Type())
                  : StringRef(element) == "i64" ? Type(builder.getI64Type())
                                                : Type(builder.getI1Type());
      bool isFlag = type.isInteger(1);
      for (int64_t batch : {0, 1, 2})
        check(kernel,
              {random({batch, 3, 19}, type, isFlag ? 0 : -4, isFlag ? 1 : 4)});
      ASSERT_FALSE(HasFailure()) << mode << " of " << element;
    }
}
