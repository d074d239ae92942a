//===- Layouts.cpp - Which packed layout a contraction gets -*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "quantc/Target/CPU/Layouts.h"
#include "quantc/Dialect/QT/IR/ChainPlans.h"
#include "quantc/Dialect/QT/IR/IntegerTypes.h"
#include "quantc/Interpreter/Interpreter.h"

#include <limits>

using namespace mlir;
using namespace quantc;
using qt::LayoutForm;

/// Operations per step of the exact form without matching: sign, maddubs,
/// madd, add, and the magnitude shared by two vectors.
static constexpr double signFormCost = 4.5;
/// Of codes of 16 bits: products and sums. Chains are as fast where they have
/// about this cost, since a tile's rows are brought into order for each panel.
static constexpr double wideFormCost = 3.4;
/// Of codes without a sign: products, sums by the power of two, the sum of all.
static constexpr double signlessFormCost = 3;

namespace {
/// What the choice depends on in a format.
struct FormatKind {
  bool isS8Row = false, isS8Blocks = false, isS4Multiplied = false;
  /// A scale for every channel of an image.
  bool isS8Channels = false;
  /// Integer-only: blocks with shifts, rows with an exponent.
  bool isShiftedBlocks = false, isExponentRow = false, isS4Exponent = false;

  /// Of one side of a convolution, or of a product. A convolution sums taps and
  /// channels as integers where one scale is that of an image or an output.
  FormatKind(Type format, bool isConv) {
    auto block = dyn_cast<qt::BlockType>(format);
    if (!block)
      return;
    int64_t extent = block.getShape().back();
    bool isS8 = block.hasScaledCodes(8);
    isS8Row = isS8 &&
              llvm::all_of(block.getShape().drop_front(isConv ? 1 : 0),
                           [&](int64_t size) {
                             return ShapedType::isDynamic(size) ||
                                    (!isConv && size == 1);
                           }) &&
              ShapedType::isDynamic(extent);
    isS8Channels = isS8 && isConv && block.isOfChannels();
    isS8Blocks = isS8 && extent == 32;
    isS4Multiplied = block.hasMultipliedNibbles() && extent == 32;
    // Of integer-only networks.
    isS4Exponent = qt::isIntegerNibbles(block);
    if (block.getZero() || !block.getElement().getFormat().isSigned(8))
      return;
    StringRef scale = block.getScale().getSpelling();
    isExponentRow =
        scale == "exp<8>" && !block.getOuter() &&
        llvm::all_of(block.getShape().drop_front(), ShapedType::isDynamic);
    isShiftedBlocks = scale == "shift<3>" && extent == 32 && block.getOuter() &&
                      block.getOuter().getSpelling() == "exp<8>" &&
                      ShapedType::isDynamic(block.getOuterShape().back());
  }
};
} // namespace

/// What the steps of the weights of \p contract come to, nothing where they
/// cost as much as the limit.
static FailureOr<std::optional<numerics::StepSummary>>
summarize(qt::ContractOp contract, const numerics::PackedLayout &layout,
          double limit) {
  FailureOr<HostValue> value = interpretConstant(contract.getRhs()[0]);
  if (failed(value))
    return failure();
  ArrayRef<int8_t> codes = value->as<int8_t>();
  // The channels of a tap are filled up as qt.pack fills them.
  int64_t depth = value->getShape().back();
  int64_t stride = isa<qt::ConvAttr>(contract.getGeometry())
                       ? qt::getTapStride(layout.form, depth)
                       : depth;
  std::vector<int8_t> filled(depth ? codes.size() / depth * stride : 0, 0);
  for (size_t i = 0; i < codes.size(); ++i)
    filled[i / depth * stride + i % depth] = codes[i];
  std::optional<numerics::StepSummary> steps;
  if (layout.form == LayoutForm::Matched) {
    steps = numerics::summarizeMatched(layout, filled.data());
    return steps->cost < limit ? steps : std::nullopt;
  }
  qt::ChainPlans &plans = qt::ChainPlans::get(contract.getContext());
  if (auto known = plans.find(layout, filled.data())) {
    steps = known->summary;
    return steps->cost < limit ? steps : std::nullopt;
  }
  if (std::optional<numerics::ChainPlan> plan =
          numerics::planChains(layout, filled.data(), limit)) {
    steps = plan->summary;
    plans.keep(layout, filled.data(), std::move(*plan));
  }
  return steps;
}

/// How part \p index of the weights of \p contract is encoded, where that is
/// done here: the rule then says what values there are.
static qt::EncodingAttr getEncoding(qt::ContractOp contract, size_t index) {
  auto quantize = contract.getRhs()[index].getDefiningOp<qt::QuantizeOp>();
  return quantize ? quantize.getEncodingAttr() : qt::EncodingAttr();
}

/// Whether \p check holds for part \p index of the weights.
static FailureOr<bool> checkPart(qt::ContractOp contract, size_t index,
                                 bool (*check)(const int8_t *, int64_t)) {
  FailureOr<HostValue> value = interpretConstant(contract.getRhs()[index]);
  if (failed(value))
    return failure();
  ArrayRef<int8_t> list = value->as<int8_t>();
  return check(list.data(), static_cast<int64_t>(list.size()));
}

/// Whether products of codes and multipliers fit 8 bits.
static FailureOr<bool> haveSmallProducts(qt::ContractOp contract) {
  qt::EncodingAttr encoding = getEncoding(contract, 1);
  if (encoding && encoding.getRule() == qt::ScaleRule::Search)
    return true;
  return checkPart(contract, 1, numerics::haveSmallProducts);
}

/// Whether two products of codes and biased activations fit 16 bits.
static FailureOr<bool> areNarrow(qt::ContractOp contract) {
  if (qt::EncodingAttr encoding = getEncoding(contract, 0))
    return std::max(-encoding.getLow(), encoding.getHigh()) <=
           numerics::narrowCode;
  return checkPart(contract, 0, numerics::areNarrow);
}

qt::LayoutAttr quantc::makeLayout(MLIRContext *context, LayoutForm form,
                                  LayoutClass layoutClass, bool isNonNegative) {
  const LayoutClassTraits &traits = getTraits(layoutClass);
  bool isFloat = numerics::hasFloatRows(form);
  // Unsigned activations where an instruction wants them; else signs cost less
  // than sums of weights per block.
  bool isBiased = !isFloat && (traits.isBiased || form == LayoutForm::W4I ||
                               !numerics::getTraits(form).takesSigned);
  // Where 8 bits are multiplied in pairs, codes up to 127 leave room for more
  // of them in 16 bits, and need no sign.
  isNonNegative &= !isFloat && traits.isMatched;
  int64_t rows = isFloat ? traits.floatRows : traits.rows;
  // The weights of four steps stay in registers: the more rows read them, the
  // better, and their sums come and go.
  if (isNonNegative && (form == LayoutForm::W4I || form == LayoutForm::Matched))
    rows = 8;
  return qt::LayoutAttr::get(
      context, form, isFloat ? traits.floatPanel : traits.panel, rows,
      isBiased && !isNonNegative ? 128 : 0, isNonNegative ? 0 : -128);
}

/// Panels of 48 columns load the least for each product, but fill up columns
/// that are no multiple of them: then as many sums in narrower panels.
static qt::LayoutAttr fit(qt::LayoutAttr layout, int64_t n) {
  int64_t panel = layout.getPanel();
  constexpr int64_t other = 32;
  if (panel != 48 || llvm::alignTo(n, other) >= llvm::alignTo(n, panel))
    return layout;
  return qt::LayoutAttr::get(layout.getContext(), layout.getForm(), other,
                             layout.getRows() * panel / other, layout.getBias(),
                             layout.getLow());
}

/// A convolution has few columns and many rows: where its last panel would be
/// half empty, panels of half the width against twice the rows.
static qt::LayoutAttr narrow(qt::LayoutAttr layout, int64_t n) {
  constexpr int64_t many = 64;
  int64_t half = layout.getPanel() / 2, rest = n % layout.getPanel();
  if (half < 16 || n >= many || rest == 0 || rest > half)
    return layout;
  return qt::LayoutAttr::get(layout.getContext(), layout.getForm(), half,
                             2 * layout.getRows(), layout.getBias(),
                             layout.getLow());
}

/// Lines of a convolution are 7, 14 or 28 rows long more often than multiples
/// of 8. Of 32 registers sums have 28, where blocks have no sums of their own;
/// if \p k codes are soon summed, half of them: a tile's results leave while
/// the next tile is summed.
static qt::LayoutAttr heighten(qt::LayoutAttr layout,
                               const LayoutClassTraits &traits, int64_t k) {
  bool hasManyRegisters = traits.panel > 16;
  constexpr int64_t lanes = 16, most = 28, few = 16, shortest = 256;
  if (!hasManyRegisters || (layout.getForm() != LayoutForm::F32 &&
                            layout.getForm() != LayoutForm::Winograd &&
                            layout.getForm() != LayoutForm::W4S &&
                            layout.getForm() != LayoutForm::S8))
    return layout;
  int64_t sums =
      !numerics::hasFloatRows(layout.getForm()) && k <= shortest ? few : most;
  return qt::LayoutAttr::get(
      layout.getContext(), layout.getForm(), layout.getPanel(),
      sums / (layout.getPanel() / lanes), layout.getBias(), layout.getLow());
}

/// Whether tiles of windows need so many products less than windows do that
/// what goes in and out of them is worth it. Measured with 8 to 512 channels.
static bool isFasterByTiles(qt::ContractOp contract, qt::ConvAttr conv,
                            const LayoutClassTraits &traits) {
  if (!conv || !conv.isWindowOfTiles())
    return false;
  // Channels are lanes in front, outputs behind.
  int64_t lanes = traits.panel / 2;
  ArrayRef<int64_t> shape = contract.getType().getShape();
  if (contract.getContractionSize() < lanes || shape.back() < lanes)
    return false;
  int64_t height = shape[1], length = shape[2];
  if (ShapedType::isDynamic(height) || ShapedType::isDynamic(length))
    return true;
  // A few tiles read more weights than their products take; and of the tiles
  // of a small image much lies beyond it.
  double tiles = static_cast<double>(llvm::divideCeil(height, 2)) *
                 static_cast<double>(llvm::divideCeil(length, 2)),
         results = static_cast<double>(height) * static_cast<double>(length);
  constexpr double least = 4, factor = 1.4;
  return tiles >= least && 16 * factor * tiles <= 9 * results;
}

FailureOr<PackingChoice> quantc::chooseLayout(qt::ContractOp contract,
                                              LayoutClass layoutClass,
                                              bool isNonNegative, bool isDirect,
                                              bool withChains) {
  // The weights are constant: they say what the result's type may not.
  auto weights = cast<RankedTensorType>(contract.getRhs()[0].getType());
  int64_t n = weights.getDimSize(0), k = contract.getContractionSize();
  if (ShapedType::isDynamic(n) || ShapedType::isDynamic(k) ||
      ShapedType::isDynamic(contract.getType().getShape().back()))
    return contract.emitError("weights of type ")
           << weights << " with a result of type " << contract.getType()
           << "; supported in a packed layout: static numbers of outputs and "
              "of "
              "what is contracted";
  auto conv = dyn_cast<qt::ConvAttr>(contract.getGeometry());
  int64_t groups = conv ? conv.getGroups() : 1;
  auto pack = [&](qt::LayoutAttr layout) {
    return qt::getPackedLayout(
        layout, n / groups,
        conv ? conv.getNumTaps() * qt::getTapStride(layout.getForm(), k) : k);
  };
  auto make = [&](LayoutForm form) {
    qt::LayoutAttr layout =
        makeLayout(contract.getContext(), form, layoutClass, isNonNegative);
    layout = fit(layout, n / groups);
    if (conv)
      layout = heighten(narrow(layout, n / groups), getTraits(layoutClass),
                        k * conv.getNumTaps());
    numerics::PackedLayout packing = pack(layout);
    return PackingChoice{layout,
                         groups * packing.numPanels() * packing.panelBytes()};
  };
  // A form whose cost depends on the weights, where it is below that of another
  // one. Its table has no place for groups. Chains of the codes of an image are
  // those of codes without a sign, which are read where they lie.
  auto makeByValues = [&](LayoutForm form, double limit,
                          LayoutForm other) -> FailureOr<PackingChoice> {
    if (!getTraits(layoutClass).isMatched || groups != 1 ||
        (form == LayoutForm::Chained &&
         ((conv && !isNonNegative) || !withChains)))
      return make(other);
    PackingChoice choice = make(form);
    FailureOr<std::optional<numerics::StepSummary>> steps =
        summarize(contract, pack(choice.layout), limit);
    if (failed(steps))
      return failure();
    // Offsets of panels are 32 bits.
    if (!*steps || (*steps)->bytes > std::numeric_limits<uint32_t>::max())
      return make(other);
    choice.bytes = (*steps)->bytes;
    return choice;
  };
  // Chains leave out what is not filled of a block of a tap.
  auto getChainLimit = [&] {
    if (!isNonNegative)
      return wideFormCost;
    int64_t steps = llvm::divideCeil(k, 4);
    return conv ? signlessFormCost * static_cast<double>(steps) /
                      static_cast<double>(
                          8 * std::max<int64_t>(1, llvm::divideCeil(k, 32)))
                : signlessFormCost;
  };
  Type lhs = contract.getLhsFormat(), rhs = contract.getRhsFormat();
  if (conv && qt::isDepthwise(k, groups)) {
    // Channels are lanes here: signed codes are widened as they are.
    bool isFloat = lhs.isF32() && rhs.isF32();
    FormatKind left(lhs, true), right(rhs, true);
    bool isInteger = contract.getAcc().isInteger(32);
    bool isS8 = isInteger
                    ? left.isShiftedBlocks && right.isExponentRow
                    : (left.isS8Row || left.isS8Channels) && right.isS8Row;
    if (n == groups && (isFloat || isS8)) {
      LayoutForm form = isFloat ? LayoutForm::F32 : LayoutForm::S8;
      auto layout = qt::LayoutAttr::get(contract.getContext(), form, 16, 4,
                                        /*bias=*/0, /*low=*/-128);
      return PackingChoice{
          layout, qt::getDepthwiseBytes(form, conv.getNumTaps(), groups)};
    }
    return contract.emitError(
               "no packed layout for a depthwise convolution of ")
           << lhs << " and " << rhs << " with " << n << " outputs of " << groups
           << " channels; supported: one output a channel, f32 with f32, or s8 "
              "per image or channel with s8 per output, or with acc = i32 s8 "
              "in blocks of 32 with shifts and s8 with an exponent per output";
  }
  if (lhs.isF32() && rhs.isF32())
    return make(!isDirect &&
                        isFasterByTiles(contract, conv, getTraits(layoutClass))
                    ? LayoutForm::Winograd
                    : LayoutForm::F32);
  FormatKind left(lhs, conv != nullptr), right(rhs, conv != nullptr);
  if (lhs.isF32() && !conv) {
    if (right.isS8Row)
      return make(LayoutForm::S8F);
    if (right.isS8Blocks)
      return make(LayoutForm::B32F);
    if (right.isS4Multiplied)
      return make(LayoutForm::W4F);
  }
  if (contract.getAcc().isInteger(32)) {
    if (left.isShiftedBlocks && right.isExponentRow)
      return makeByValues(LayoutForm::Chained, getChainLimit(),
                          LayoutForm::B32);
    if (left.isShiftedBlocks && right.isS4Exponent)
      return make(LayoutForm::W4I);
  } else {
    if (left.isS8Row && right.isS4Multiplied) {
      // More products of 255 by 120 may leave 32 bits.
      constexpr int64_t most = 65536;
      PackingChoice small = make(LayoutForm::W4S);
      if (!getTraits(layoutClass).isBiased || pack(small.layout).k > most)
        return make(LayoutForm::W4I);
      FailureOr<bool> isSmall = haveSmallProducts(contract);
      if (failed(isSmall))
        return failure();
      return *isSmall ? small : make(LayoutForm::W4I);
    }
    if (left.isS8Blocks && right.isS8Blocks) {
      if (getTraits(layoutClass).isBiased)
        return make(LayoutForm::B32);
      FailureOr<bool> isNarrow = areNarrow(contract);
      if (failed(isNarrow))
        return failure();
      return make(*isNarrow ? LayoutForm::B32N : LayoutForm::B32);
    }
    if (left.isS8Row && right.isS8Row)
      return makeByValues(LayoutForm::Matched, signFormCost, LayoutForm::S8);
  }
  return contract.emitError("no packed layout for operands of ")
         << lhs << " and " << rhs << " with acc = " << contract.getAcc()
         << "; supported: f32 with f32, and in a product with s8 per row or in "
            "blocks of 32, or s4 in blocks of 32 with s8 multipliers; s8 per "
            "row (in a convolution: per "
            "image and output) with s8 per row; s8 in "
            "blocks of 32 on both "
            "sides; with acc = i32 s8 in blocks of 32 with shifts and s8 with "
            "an exponent per row or s4 in blocks of 32 with s8 multipliers and "
            "an exponent per row; s8 per row with s4 in blocks of 32 with s8 "
            "multipliers";
}
