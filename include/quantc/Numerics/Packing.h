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
//            i32 pairs, i32 singles, i32 fours, padding to 64 bytes, f32
//            scale[NR], i32 start[NR], i32 offset[4 fours + 2 pairs + singles]
//            padded to 64 bytes, one step for each offset
//   w4i      panel = f32 scale[NR], i32 start[NR], then for each 32 of K:
//            s16 multiplier[NR][2] (each twice), 4 byte steps that hold two
//            steps each: the earlier in the low nibbles, both as code + 8
//   w4s      as w4i where every multiplier is 15 at most in magnitude, so that
//            weights times them fit 8 bits; for each 32 of K: u8
//            multiplier[NR], u8 zero[NR], 4 byte steps as above. A weight is
//            nibble * multiplier - zero: the nibble holds code + 8, and zero 8
//            multipliers, or where the multiplier is negative 7 - code and 7 of
//            its magnitude
//   b32      panel = for each 32 of K: f32 scale[NR], i32 start[NR], 8 steps
//   b32n     the same with codes of 64 at most in magnitude: two products with
//            biased activations fit 16 bits
//   chained  blocks of 32 whose sums are integers that the activations' shift
//            multiplies. NR is 16; table of u32 offsets of panels, padded to 64
//            bytes, then these, each of its own size: i32 started, i32 plain,
//            padding to 64 bytes, f32 scale[NR], of each 32 of K u8 order[32],
//            of each chain i32 place[2] in K, i32 block, i32 0, padded to 64
//            bytes, of each chain that has a start, which come first, i16
//            start[NR][2], then two steps of each chain. Place i of a block has
//            the activation `order[i]` of it, turned (the bits of it inverted)
//            where the highest bit is set; without a bias i itself. Chains.h
//            says what starts are
//
// Three more are for activations that are floats. Here the NR codes of one
// value of K lie side by side, as the lanes of a register do, those of 4 bits
// in lanes of 32:
//
//   s8f      panel = f32 scale[NR], [K][NR] codes, K padded to 4
//   b32f     panel = for each 32 of K: f32 scale[NR], [32][NR] codes
//   w4f      panel = f32 scale[NR], then for each 32 of K: f32
//            multiplier[NR], [4][NR] words of eight values of K each, the
//            first in the lowest nibble, as code + 8
//
// And one is for convolutions of 3 x 3 taps, K = [9, C], in the place of whose
// weights g those of tiles stand (TileTransform.h), rounded once to f32:
//
//   winograd panel = [4 x 4][C][NR] floats
//
// `start` is what the accumulator starts from: -bias * sum of the weights (of
// the block in b32 and b32n, of the chunk in matched; times their multipliers
// in w4i and w4s), because activations are stored with `bias` added.
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

enum class PackedForm {
  F32,
  S8,
  Matched,
  W4I,
  W4S,
  B32,
  B32N,
  Chained,
  S8F,
  B32F,
  W4F,
  Winograd
};

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
  /// Bytes in front of a column's weights, and in front of those of a block.
  int64_t columnBytes, blockBytes;

  /// Bytes of a column's weights for \p count of K.
  constexpr int64_t weightBytes(int64_t count) const {
    return codeBits == 0 ? count * 4 : count * codeBits / 8;
  }
  /// Bytes of a column in a block of 32.
  constexpr int64_t cutBytes() const { return blockBytes + weightBytes(32); }
};

namespace detail {
/// In the order of PackedForm.
constexpr FormTraits formTraits[] = {
    {"f32", 0, false, true, 1, true, false, 0, 0},
    {"s8", 8, false, false, 4, true, true, 8, 0},
    {"matched", 8, false, false, 4, false, true, 8, 0},
    {"w4i", 4, true, false, 32, true, true, 8, 4},
    {"w4s", 4, true, false, 32, false, true, 8, 2},
    {"b32", 8, true, false, 32, true, true, 0, 8},
    {"b32n", 8, true, false, 32, false, true, 0, 8},
    {"chained", 8, false, false, 32, false, true, 4, 0},
    {"s8f", 8, false, true, 1, true, false, 4, 0},
    {"b32f", 8, true, true, 32, true, false, 0, 4},
    {"w4f", 4, true, true, 32, true, false, 4, 4},
    {"winograd", 0, false, true, 1, true, false, 0, 0},
};
} // namespace detail

constexpr const FormTraits &getTraits(PackedForm form) {
  return detail::formTraits[static_cast<int>(form)];
}
/// The form of that name.
std::optional<PackedForm> parsePackedForm(std::string_view name);
/// All names, for messages.
std::string listPackedForms();

/// Whether a panel is as long as its values make it, behind a table.
constexpr bool hasTable(PackedForm form) {
  return form == PackedForm::Matched || form == PackedForm::Chained;
}
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

/// The most that the weights of one sign in a 16-bit lane may sum to, so that
/// the largest activation times it stays within 16 bits: of activations with a
/// bias 255 * 128 = 32,640, of those up to 127 127 * 258 = 32,766.
constexpr int mostOfSign = 128, mostOfLane = 258;

/// What a packed buffer is made for.
struct PackedLayout {
  PackedForm form;
  int64_t panel; ///< NR
  /// Added to activations: 0 or 128; 0 in a form that takes unsigned ones only
  /// says that no code is negative.
  int64_t bias;
  int64_t n;
  int64_t k;

  int64_t numPanels() const { return (n + panel - 1) / panel; }
  int64_t numSteps() const { return (k + 3) / 4; }
  int64_t numBlocks() const { return (k + 31) / 32; }
  /// Steps are paired within a chunk of so many of K, which with its
  /// activations stays in the first-level cache.
  int64_t matchedChunk() const { return k <= 1536 ? k : 1024; }
  int64_t numMatchedChunks() const { return k <= 1536 ? 1 : (k + 1023) / 1024; }
  /// Most that the weights of one sign in a 16-bit lane may sum to.
  int laneLimit() const { return bias ? mostOfSign : mostOfLane; }
  /// Bytes of one panel; not for forms with a table, whose panels differ.
  int64_t panelBytes() const;
  /// Bytes of all panels; of forms with a table the fewest that there can be.
  int64_t leastBytes() const;
};

/// \p bytes filled up to whole cache lines.
constexpr int64_t alignToLine(int64_t bytes) {
  return bytes / 64 * 64 + (bytes % 64 ? 64 : 0);
}

/// Columns of a panel of the form `chained`.
constexpr int64_t chainColumns = 16;

/// The most chains of a block: each of its 8 steps may have a rest of its own.
constexpr int64_t chainsOfBlock = 4 + 8;

/// Where the parts of a panel of chains lie, in bytes from its beginning on.
/// What depends on how many chains there are is found of integers and, in the
/// code of kernels, of what stands for one: a Number has sums, products with
/// integers, and an alignToLine of its own.
class ChainedPanel {
public:
  constexpr explicit ChainedPanel(const PackedLayout &layout)
      : startBytes(layout.panel * 4), stepBytes(layout.panel * 4),
        orders(scales + layout.panel * 4),
        entries(orders + layout.numBlocks() * 32) {}

  /// How many chains have a start and how many have none.
  static constexpr int64_t started = 0, plain = 4;
  static constexpr int64_t scales = 64;
  /// Bytes of an entry of the list of chains, and where in it the places of
  /// both steps and the block stand.
  static constexpr int64_t entryBytes = 16;
  static constexpr int64_t places[2] = {0, 4};
  static constexpr int64_t block = 8;

  /// Bytes of the start of a chain, of one of its steps and of both.
  int64_t startBytes, stepBytes;
  int64_t getChainBytes() const { return 2 * stepBytes; }

  int64_t orders, entries;
  template <typename Number> Number getStarts(Number chains) const {
    return alignToLine(chains * entryBytes) + entries;
  }
  template <typename Number>
  Number getSteps(Number started, Number chains) const {
    return getStarts(chains) + started * startBytes;
  }
  int64_t getEnd(int64_t started, int64_t chains) const {
    return getSteps(started, chains) + chains * getChainBytes();
  }
};

/// Which values of K meet in the chains of weights: what takes a search, and
/// what chains are made of without one.
struct ChainPlan;

/// The parts of weights [N, K] as an encoder made them.
struct WeightParts {
  const float *values = nullptr;       ///< f32: [N, K]
  const int8_t *codes = nullptr;       ///< else: [N, K], one to a byte
  const float *scales = nullptr;       ///< of rows: [N]; of blocks: [N, K/32]
  const int8_t *multipliers = nullptr; ///< 4 bits: [N, K/32]
  const float *outer = nullptr;        ///< 4 bits: [N]
  const ChainPlan *plan =
      nullptr; ///< chained: where it is known of these codes
};

/// The largest code in magnitude of which two, times 255 each, fit 16 bits.
constexpr int narrowCode = 64;

/// Whether all of \p codes are within it.
bool areNarrow(const int8_t *codes, int64_t count);

/// The largest multiplier in magnitude whose products with codes of 4 bits fit
/// 8 bits, whatever the signs are.
constexpr int smallMultiplier = 15;

/// Whether all of \p multipliers are that small.
bool haveSmallProducts(const int8_t *multipliers, int64_t count);

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

/// What steps of weights come to in a form with a table.
struct StepSummary {
  /// Vector operations of one row against all of the weights, per step of 4
  /// along K and 8 columns: of `matched` 2.5 for a step in a pair, 3 for a
  /// single one.
  double cost;
  /// Of the packed buffer, which packWeights makes.
  int64_t bytes;
};
StepSummary summarizeMatched(const PackedLayout &layout, const int8_t *codes);

/// The distance in bytes of two rows of activations with \p k codes: whole
/// cache lines, and never a multiple of 512, which would put the rows of a
/// tile into the same sets of the first-level cache.
int64_t activationStride(int64_t k);

} // namespace quantc::numerics

#endif // QUANTC_NUMERICS_PACKING_H
