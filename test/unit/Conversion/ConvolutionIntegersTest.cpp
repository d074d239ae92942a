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
// parts; {4}: epilogue.
static constexpr char contraction[] = R"(
func.func @k(%c: tensor<?x5x{1}x32xi8>, %s: tensor<?x5x{1}x1xi8>, %e: tensor<?x1x1x1xi8>,
             %w: tensor<11520xi8>) -> (tensor<?x3x{0}x19xi32>, tensor<?x{3}xi32>) {{
  %y = qt.contract lhs(%c, %s, %e : tensor<?x5x{1}x32xi8>, tensor<?x5x{1}x1xi8>, tensor<?x1x1x1xi8>) rhs(%w : tensor<11520xi8>) {{
    acc = i32, layout = #qt.layout<b32, panel = 16, rows = 4>,
    geometry = #qt.conv<taps = [3, 3], strides = [1, 1], dilations = [1, 1], pads = [0, 0, 0, 0], groups = 1, k = 30>,
    lhs_format = !qt.block<[1, 1, 1, 32], s8, scale = shift<3>, outer = exp<8>[1, ?, ?, ?]>,
    rhs_format = !qt.block<[1, ?, ?], s8, scale = exp<8>>} {4} -> tensor<?x3x{0}x19xi32>
  %m = qt.magnitudes %y {{part = #qt.part<line = {0}, {2}, channels = 16>} : tensor<?x3x{0}x19xi32> -> tensor<?x{3}xi32>
  return %y, %m : tensor<?x3x{0}x19xi32>, tensor<?x{3}xi32>
})";

// Of results with signs and behind a ReLU; a unit has a part of a line, an
// image, or several, and the last panel is not full.
TEST_F(ConvolutionIntegersTest, LeavesMagnitudes) {
  struct Case {
    int64_t line;
    const char *part;
    int64_t parts;
  };
  Type i8 = IntegerType::get(&getContext(), 8);
  HostValue weights = random({11520}, i8, -127, 127);
  // Scales and starts of each block, and what fills its channels up.
  for (int64_t i = 0; i < 11520; ++i)
    if (int64_t at = i % 640; at < 128 || ((at - 128) / 64 == 7 && at % 4 > 1))
      weights.setInteger(i, 0);
  for (const char *epilogue :
       {"", "{ ^bb0(%a: i32): %r = nn.unary relu %a : i32 qt.yield %r : i32 }"})
    for (const Case &c : {Case{70, "lines = 1, run = 64", 12},
                          Case{14, "lines = 3, run = 14", 2},
                          Case{5, "lines = 3, run = 5", 2}}) {
      Kernel kernel = compile(llvm::formatv(contraction, c.line, c.line + 2,
                                            c.part, c.parts, epilogue)
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
      ASSERT_FALSE(HasFailure()) << c.part << " " << epilogue;
    }
}
