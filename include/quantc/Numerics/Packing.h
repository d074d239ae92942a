//===- Packing.h - Weights in panels -*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

//
// How the weights [N, K] of a contraction lie in memory for its kernel. The
// kernel generator reads the same constants; every multi-byte number is
// little-endian. A panel has NR columns (output channels), N is padded to
// whole panels with zero weights and zero scales, K to the form's group with
// zero weights. A `step` is 4 values along K of NR columns: [NR][4] bytes.
//
//   f32      panel = [K][NR] floats
//   s8       panel = f32 scale[NR], i32 start[NR], steps
//   matched  K is cut into chunks (matchedChunk); table of u32 offsets of
//            panel 0 chunk 0, panel 0 chunk 1, ..., padded to 64 bytes, then
//            these, each of its own size:
//            i32 pairs, i32 singles, padding to 64 bytes, f32 scale[NR],
//            i32 start[NR], i32 offset[2 pairs + singles] padded to 64 bytes,
//            one step for each offset
//   w4i      panel = f32 scale[NR], i32 start[NR], then for each 32 of K:
//            s16 multiplier[NR][2] (each twice), 4 byte steps that hold two
//            steps each: the earlier in the low nibbles, both as code + 8
//   b32      panel = for each 32 of K: f32 scale[NR], i32 start[NR], 8 steps
//
// Three more are for activations that are floats. Here the NR codes of one
// value of K lie side by side, as the lanes of a register do:
//
//   s8f      panel = f32 scale[NR], [K][NR] codes, K padded to 4
//   b32f     panel = for each 32 of K: f32 scale[NR], [32][NR] codes
//   w4f      panel = f32 scale[NR], then for each 32 of K: f32
//            multiplier[NR], [16][NR] bytes: the even of two values of K in
//            the low nibble, both in two's complement
//
// `start` is what the accumulator starts from: -bias * sum of the weights (of
// the block in b32, of the chunk in matched; times their multipliers in w4i),
// because activations are stored with `bias` added.
//
//===----------------------------------------------------------------------===//

#ifndef QUANTC_NUMERICS_PACKING_H
#define QUANTC_NUMERICS_PACKING_H

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace quantc::numerics {

enum class PackedForm { F32, S8, Matched, W4I, B32, S8F, B32F, W4F };

/// What is to be known of a form beside how its bytes lie.
struct FormTraits {
  std::string_view name;
  /// Bits of the weights' codes; 0 where weights are floats.
  int codeBits;
  /// Whether codes lie in blocks of 32: those of 4 bits have a multiplier each,
  /// those of 8 bits a scale.
  bool isCut;
  /// Whether activations are floats, as they lie in memory.
  bool hasFloatRows;
  /// Elements along K that are read at once.
  int64_t group;
  /// Whether activations may be signed, and whether 128 may be added to them.
  bool takesSigned, takesBiased;
};

namespace detail {
/// In the order of PackedForm.
constexpr FormTraits formTraits[] = {
    {"f32", 0, false, true, 1, true, false},
    {"s8", 8, false, false, 4, true, true},
    {"matched", 8, false, false, 4, false, true},
    {"w4i", 4, true, false, 32, true, true},
    {"b32", 8, true, false, 32, true, true},
    {"s8f", 8, false, true, 1, true, false},
    {"b32f", 8, true, true, 32, true, false},
    {"w4f", 4, true, true, 32, true, false},
};
} // namespace detail

constexpr const FormTraits &getTraits(PackedForm form) {
  return detail::formTraits[static_cast<int>(form)];
}
/// The form of that name.
std::optional<PackedForm> parsePackedForm(std::string_view name);
/// All names, for messages.
std::string listPackedForms();

constexpr bool hasFloatRows(PackedForm form) {
  return getTraits(form).hasFloatRows;
}
/// Whether codes have 4 bits, with a multiplier for each block of 32.
constexpr bool hasNibbles(PackedForm form) {
  return getTraits(form).codeBits == 4;
}
/// Whether each block of 32 codes has a scale of its own.
constexpr bool hasBlockScales(PackedForm form) {
  return getTraits(form).isCut && !hasNibbles(form);
}

/// What a packed buffer is made for.
struct PackedLayout {
  PackedForm form;
  int64_t panel; ///< NR
  int64_t bias;  ///< added to activations: 0 or 128
  int64_t n;
  int64_t k;

  int64_t numPanels() const { return (n + panel - 1) / panel; }
  int64_t numSteps() const { return (k + 3) / 4; }
  int64_t numBlocks() const { return (k + 31) / 32; }
  /// Steps are paired within a chunk of so many of K, which with its
  /// activations stays in the first-level cache.
  int64_t matchedChunk() const { return k <= 1536 ? k : 1024; }
  int64_t numMatchedChunks() const { return k <= 1536 ? 1 : (k + 1023) / 1024; }
  /// Bytes of one panel; not for `matched`, whose panels differ.
  int64_t panelBytes() const;
  /// Bytes of all panels; of `matched` the fewest that there can be.
  int64_t leastBytes() const;
};

/// The parts of weights [N, K] as an encoder made them.
struct WeightParts {
  const float *values = nullptr;       ///< f32: [N, K]
  const int8_t *codes = nullptr;       ///< else: [N, K], one to a byte
  const float *scales = nullptr;       ///< of rows: [N]; of blocks: [N, K/32]
  const int8_t *multipliers = nullptr; ///< 4 bits: [N, K/32]
  const float *outer = nullptr;        ///< 4 bits: [N]
};

/// The packed bytes.
std::vector<uint8_t> packWeights(const PackedLayout &layout,
                                 const WeightParts &parts);

/// Weights as an encoder made them, read back out of a packed buffer.
struct UnpackedWeights {
  std::vector<float> values;       ///< f32: [N, K]
  std::vector<int8_t> codes;       ///< else: [N, K], one to a byte
  std::vector<float> scales;       ///< of rows: [N]; of blocks: [N, K/32]
  std::vector<int8_t> multipliers; ///< 4 bits: [N, K/32]
  std::vector<float> outer;        ///< 4 bits: [N]
};

/// The inverse of packWeights. None if the bytes are no such buffer.
std::optional<UnpackedWeights>
unpackWeights(const PackedLayout &layout, const uint8_t *bytes, int64_t size);

/// The most that an integer sum of a kernel can come to in magnitude, in any
/// column (in b32, any block of one), whatever the activations' codes are
/// below \p largest in magnitude. Below 2^31 the kernel's 32-bit sums are
/// exact: their terms may wrap on the way, as those of biased activations do.
/// The 16-bit sums before them never saturate, by the forms' construction.
int64_t boundSums(const PackedLayout &layout, const WeightParts &parts,
                  int64_t largest = 128);

/// What splitting and pairing the steps of weights comes to.
struct MatchedSummary {
  /// Vector operations of one row against all of the weights, per step of 4
  /// along K and 8 columns: 2.5 for a step in a pair, 3 for a single one.
  double cost;
  /// Of the packed buffer, which packWeights makes.
  int64_t bytes;
};
MatchedSummary summarizeMatched(const PackedLayout &layout,
                                const int8_t *codes);

/// The distance in bytes of two rows of activations with \p k codes: whole
/// cache lines, and never a multiple of 512, which would put the rows of a
/// tile into the same sets of the first-level cache.
int64_t activationStride(int64_t k);

/// \p bytes filled up to whole cache lines.
constexpr int64_t alignToLine(int64_t bytes) {
  return bytes / 64 * 64 + (bytes % 64 ? 64 : 0);
}

} // namespace quantc::numerics

#endif // QUANTC_NUMERICS_PACKING_H
