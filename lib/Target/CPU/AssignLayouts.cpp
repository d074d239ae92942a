//===- AssignLayouts.cpp - A packed layout for every contraction *- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/IR/TypeUtilities.h"
#include "quantc/Analysis/ConstantSlices.h"
#include "quantc/Analysis/IntegerRanges.h"
#include "quantc/Analysis/NonNegative.h"
#include "quantc/Analysis/NormalisedRows.h"
#include "quantc/Analysis/SplatConstants.h"
#include "quantc/Dialect/NN/IR/NNOps.h"
#include "quantc/Dialect/QT/IR/IntegerTypes.h"
#include "quantc/Dialect/QT/IR/QTDialect.h"
#include "quantc/Dialect/QT/IR/QTOps.h"
#include "quantc/Interpreter/Interpreter.h"
#include "quantc/Numerics/Fixed/Primitives.h"
#include "quantc/Target/CPU/CpuTarget.h"
#include "quantc/Target/CPU/Layouts.h"
#include "quantc/Target/CPU/Passes.h"
#include <numeric>

namespace quantc {
#define GEN_PASS_DEF_ASSIGNLAYOUTS
#include "quantc/Target/CPU/Passes.h.inc"
} // namespace quantc

using namespace mlir;
using namespace quantc;

namespace {
struct AssignLayouts : quantc::impl::AssignLayoutsBase<AssignLayouts> {
  using AssignLayoutsBase::AssignLayoutsBase;

  void runOnOperation() override;

private:
  bool hasNoNegativeCode(qt::ContractOp contract);
  bool haveNoNegativeCode(qt::ContractOp contract);
  LogicalResult
  agree(MutableArrayRef<std::pair<qt::ContractOp, PackingChoice>> choices,
        LayoutClass layoutClass);
  LogicalResult assign(qt::ContractOp contract, PackingChoice choice);

  /// Of the function as it came; found where integers are quantised.
  std::optional<IntegerRanges> ranges;
};
} // namespace

/// Puts the zeros that a convolution pads with around its float input.
static void padInput(OpBuilder &builder, qt::ContractOp contract,
                     qt::HaloAttr halo) {
  Value input = contract.getLhs()[0];
  auto type = cast<RankedTensorType>(input.getType());
  size_t rank = halo.getPads().size() / 2;
  SmallVector<int64_t> shape(type.getShape()), low(type.getRank(), 0),
      high(low);
  for (size_t dim = 0; dim < rank; ++dim) {
    low[1 + dim] = halo.getPads()[dim];
    high[1 + dim] = halo.getPads()[rank + dim];
    if (!type.isDynamicDim(1 + dim))
      shape[1 + dim] += low[1 + dim] + high[1 + dim];
  }
  builder.setInsertionPoint(contract);
  auto pad =
      nn::PadOp::create(builder, input.getLoc(), type.clone(shape),
                        nn::PadMode::Constant, input, low, high, APFloat(0.0));
  contract.getLhsMutable().assign(pad.getResult());
}

/// Whether all images that \p op encodes have the least exponent.
static bool hasLeastExponent(qt::QuantizeOp op) {
  Value exponent = op.getExponent();
  if (auto expand = exponent.getDefiningOp<nn::ExpandOp>())
    exponent = expand.getInput();
  return matchIntegerSplat(exponent) == numerics::fixed::leastExponent;
}

/// Whether integers of channels that are not added to one another are codes of
/// 8 bits, 2^8 times each: codes at the largest shift hold them. Of few
/// channels codes may be stored with their shift.
static bool areEven(qt::QuantizeOp op, qt::HaloAttr halo) {
  int64_t channels =
      cast<RankedTensorType>(op.getInput().getType()).getShape().back();
  auto upper = op.getInput().getDefiningOp<nn::CastOp>();
  auto shift =
      upper ? upper.getInput().getDefiningOp<nn::BinaryOp>() : nn::BinaryOp();
  constexpr int64_t places = 8, fewest = 16;
  if (!shift || shift.getKind() != nn::BinaryKind::RShift ||
      halo.getGroups() != channels || channels < fewest ||
      matchIntegerSplat(shift.getRhs()) != -places)
    return false;
  auto code = shift.getLhs().getDefiningOp<nn::CastOp>();
  return code && getElementTypeOrSelf(code.getInput()).isInteger(8);
}

/// Writes lhs as rows of the layout: its run-time quantisation, made again
/// with the layout. Users with another layout keep their own. A convolution's
/// input gets its halo.
static LogicalResult layOutActivations(OpBuilder &builder,
                                       qt::ContractOp contract,
                                       qt::LayoutAttr layout, qt::HaloAttr halo,
                                       bool readsPads) {
  if (contract.getLhs().size() < 2) {
    if (halo && !readsPads &&
        llvm::any_of(halo.getPads(), [](int64_t pad) { return pad != 0; }))
      padInput(builder, contract, halo);
    return success();
  }
  auto quantize = contract.getLhs()[0].getDefiningOp<qt::QuantizeOp>();
  if (!quantize || !llvm::equal(quantize.getResults(), contract.getLhs()))
    return contract.emitError("lhs is no direct result of qt.quantize; "
                              "supported: activations quantised at run time");
  builder.setInsertionPoint(quantize);
  SmallVector<Type> types(quantize.getResultTypes());
  if (halo) {
    auto input = cast<RankedTensorType>(quantize.getInput().getType());
    types = qt::getHaloTypes(input, quantize.getResultFormat(), halo,
                             layout.getForm());
  } else {
    // K is known to the weights, where the activations' type leaves it open.
    auto codes = cast<RankedTensorType>(types[0]);
    SmallVector<int64_t> rows(codes.getShape());
    rows.back() = qt::getPackedRowStride(contract.getContractionSize());
    types[0] = codes.clone(rows);
  }
  qt::EncodingAttr encoding = quantize.getEncoding();
  if (layout.isNonNegative())
    encoding = qt::EncodingAttr::get(builder.getContext(), encoding.getRule(),
                                     /*low=*/0, encoding.getHigh());
  auto packed = qt::QuantizeOp::create(
      builder, quantize.getLoc(), types, quantize.getInput(),
      quantize.getExponent(), encoding, quantize.getFormatAttr(), layout, halo);
  if (quantize.getExponent()) {
    auto rows =
        matchNormalisedRows(quantize.getInput(), quantize.getExponent());
    if (halo && rows && isLargestOfImage(rows->largest, rows->wide))
      packed->setAttr(normalisedAttrName, builder.getUnitAttr());
    if (halo && hasLeastExponent(quantize))
      packed->setAttr(leastExponentAttrName, builder.getUnitAttr());
    if (packed->hasAttr(leastExponentAttrName) && areEven(quantize, halo))
      for (Operation *op : {packed.getOperation(), contract.getOperation()})
        op->setAttr(evenShiftsAttrName, builder.getUnitAttr());
    // Exponents are the same in every layout; other contractions get their own.
    quantize.getResult(2).replaceUsesWithIf(
        packed.getResult(2),
        [](OpOperand &use) { return !isa<qt::ContractOp>(use.getOwner()); });
  }
  contract.getLhsMutable().assign(packed.getResults());
  return success();
}

/// How many groups of \p depth channels make one in which blocks of shifts end,
/// which have 32: all, if no fewer do.
static int64_t countJoined(int64_t depth, int64_t groups) {
  int64_t count = 32 / std::gcd(depth, int64_t(32));
  return groups % count == 0 ? count : groups;
}

/// Codes of 4 bits times their multipliers as codes of 8 bits, which need no
/// blocks: groups that are joined have others. The multipliers that weights are
/// searched for make this exact.
static LogicalResult widenWeights(OpBuilder &builder, qt::ContractOp contract) {
  auto format = cast<qt::BlockType>(contract.getRhsFormat());
  FailureOr<HostValue> packed = interpretConstant(contract.getRhs()[0]),
                       multipliers = interpretConstant(contract.getRhs()[1]);
  if (failed(packed) || failed(multipliers))
    return failure();
  SmallVector<int64_t> shape(packed->getShape());
  shape.back() = contract.getContractionSize();
  int64_t depth = shape.back(), block = format.getShape().back();
  int64_t blocks = llvm::divideCeil(depth, block);
  std::vector<int32_t> codes = qt::unpackCodes(format, shape, *packed);
  HostValue wide =
      HostValue::allocate(RankedTensorType::get(shape, builder.getI8Type()));
  MutableArrayRef<int8_t> to = wide.asMutable<int8_t>();
  for (auto [index, code] : llvm::enumerate(codes)) {
    auto at = static_cast<int64_t>(index);
    int64_t product = code * multipliers->getInteger(at / depth * blocks +
                                                     at % depth / block);
    if (!llvm::isInt<8>(product))
      return contract.emitOpError()
             << "over groups of " << depth << " channels has a multiplier of "
             << multipliers->getInteger(at / depth * blocks +
                                        at % depth / block)
             << "; supported there: products with codes of 4 bits that fit 8";
    to[index] = static_cast<int8_t>(product);
  }
  builder.setInsertionPoint(contract);
  Value parts[] = {arith::ConstantOp::create(builder,
                                             contract.getRhs()[0].getLoc(),
                                             wide.toAttribute()),
                   contract.getRhs()[2]};
  contract.getRhsMutable().assign(parts);
  contract.setRhsFormatAttr(TypeAttr::get(qt::BlockType::get(
      contract.getContext(), format.getOuterShape(),
      qt::ElementFormatAttr::get(contract.getContext(), "s8"),
      format.getOuter())));
  return success();
}

/// Where blocks of shifts reach from one group of a convolution into the next:
/// fewer groups, with zeros for what belongs to another one.
static LogicalResult joinGroups(OpBuilder &builder, qt::ContractOp contract) {
  auto conv = dyn_cast<qt::ConvAttr>(contract.getGeometry());
  auto lhs = dyn_cast<qt::BlockType>(contract.getLhsFormat()),
       rhs = dyn_cast<qt::BlockType>(contract.getRhsFormat());
  auto type = cast<RankedTensorType>(contract.getRhs()[0].getType());
  if (!conv || conv.getGroups() == 1 || !lhs || !rhs || !lhs.getOuter() ||
      !contract.getAcc().isInteger(32) || !type.hasStaticShape())
    return success();
  auto groups = static_cast<int64_t>(conv.getGroups());
  int64_t outputs = type.getDimSize(0), depth = contract.getContractionSize();
  int64_t joined = countJoined(depth, groups);
  bool isNarrow = rhs.getElement().getBitWidth() < 8;
  bool isPerChannel = qt::isDepthwise(depth, groups) && outputs == groups;
  if (joined == 1 || (isPerChannel && !isNarrow))
    return success();
  if (isNarrow && failed(widenWeights(builder, contract)))
    return failure();
  if (isPerChannel)
    return success();
  type = cast<RankedTensorType>(contract.getRhs()[0].getType());
  FailureOr<HostValue> codes = interpretConstant(contract.getRhs()[0]);
  if (failed(codes))
    return failure();
  HostValue wide = HostValue::allocate(
      type.clone({outputs, type.getDimSize(1), depth * joined}));
  ArrayRef<int8_t> from = codes->as<int8_t>();
  MutableArrayRef<int8_t> to = wide.asMutable<int8_t>();
  for (int64_t row = 0, e = outputs * type.getDimSize(1); row < e; ++row) {
    int64_t group = row / type.getDimSize(1) / (outputs / groups);
    std::copy_n(from.begin() + row * depth, depth,
                to.begin() + (row * joined + group % joined) * depth);
  }
  SmallVector<Value> parts(contract.getRhs());
  builder.setInsertionPoint(contract);
  parts[0] =
      arith::ConstantOp::create(builder, parts[0].getLoc(), wide.toAttribute());
  contract.getRhsMutable().assign(parts);
  contract.setGeometryAttr(qt::ConvAttr::get(
      contract.getContext(), conv.getTaps(), conv.getStrides(),
      conv.getDilations(), conv.getPads(), groups / joined, /*k=*/0));
  return success();
}

/// How many bytes weights in a form with a table take depends on their values.
/// Those of one shape have room for the largest of them: with one type, they
/// have one kernel.
static void
shareSizes(MutableArrayRef<std::pair<qt::ContractOp, PackingChoice>> choices) {
  llvm::DenseMap<std::pair<Attribute, Type>, int64_t> largest;
  auto forEach = [&](auto body) {
    for (auto &[contract, choice] : choices)
      if (numerics::hasTable(choice.layout.getForm()))
        body(choice.bytes,
             largest[{choice.layout, contract.getRhs()[0].getType()}]);
  };
  forEach([](int64_t own, int64_t &most) { most = std::max(own, most); });
  forEach([](int64_t &own, int64_t most) { own = most; });
}

/// Whether the activations' codes are those of numbers that have no sign. Of
/// integers it takes their ranges: what ops say of signs holds for sums and
/// products that do not wrap around only.
bool AssignLayouts::hasNoNegativeCode(qt::ContractOp contract) {
  auto quantize = contract.getLhs()[0].getDefiningOp<qt::QuantizeOp>();
  if (!quantize)
    return false;
  qt::ScaleRule rule = quantize.getEncoding().getRule();
  if (rule !=
      (quantize.getExponent() ? qt::ScaleRule::Norm : qt::ScaleRule::AbsMax))
    return false;
  Value input = quantize.getInput();
  if (!getElementTypeOrSelf(input).isInteger())
    return isNonNegative(input);
  if (!ranges)
    ranges.emplace(getOperation());
  return ranges->getRange(input).low >= 0;
}

/// Whether that holds for all sums of integers that read the contraction's
/// weights, which are packed once for them: where rows have two parts the lower
/// one has a sign, and both are wanted.
bool AssignLayouts::haveNoNegativeCode(qt::ContractOp contract) {
  if (!contract.getAcc().isInteger())
    return hasNoNegativeCode(contract);
  Value weights = contract.getRhs()[0];
  return llvm::all_of(weights.getUsers(), [&](Operation *user) {
    auto other = dyn_cast<qt::ContractOp>(user);
    return !other || other.getRhs()[0] != weights || hasNoNegativeCode(other);
  });
}

/// Contractions that read the same activations have chains only if all of them
/// have: the others want signed codes, and the same rows would be made twice.
LogicalResult AssignLayouts::agree(
    MutableArrayRef<std::pair<qt::ContractOp, PackingChoice>> choices,
    LayoutClass layoutClass) {
  llvm::DenseSet<Value> withoutChains;
  for (auto &[contract, choice] : choices)
    if (choice.layout.getForm() != qt::LayoutForm::Chained)
      withoutChains.insert(contract.getLhs()[0]);
  for (auto &[contract, choice] : choices) {
    if (choice.layout.getForm() != qt::LayoutForm::Chained ||
        !withoutChains.contains(contract.getLhs()[0]))
      continue;
    FailureOr<PackingChoice> other =
        chooseLayout(contract, layoutClass, haveNoNegativeCode(contract),
                     /*isDirect=*/false, /*withChains=*/false);
    if (failed(other))
      return failure();
    choice = *other;
  }
  return success();
}

LogicalResult AssignLayouts::assign(qt::ContractOp contract,
                                    PackingChoice choice) {
  OpBuilder builder(contract);
  qt::LayoutAttr layout = choice.layout;
  int64_t k = contract.getContractionSize();
  auto conv = dyn_cast<qt::ConvAttr>(contract.getGeometry());
  // Asked before the weights are packed.
  bool readsPads = contract.makesPads(layout);
  SmallVector<Value> parts(contract.getRhs());
  auto packedType = RankedTensorType::get(choice.bytes, builder.getI8Type());
  auto pack =
      qt::PackOp::create(builder, contract.getRhs()[0].getLoc(), packedType,
                         parts, contract.getRhsFormatAttr(), layout,
                         conv ? conv.getGroups() : 1, conv ? k : 0);
  contract.getRhsMutable().assign(pack.getResult());
  contract.setLayoutAttr(layout);
  if (!conv) {
    auto matmul = cast<qt::MatmulAttr>(contract.getGeometry());
    contract.setGeometryAttr(
        qt::MatmulAttr::get(&getContext(), matmul.getBatched(), k));
    return layOutActivations(builder, contract, layout, /*halo=*/nullptr,
                             readsPads);
  }
  auto halo =
      qt::HaloAttr::get(&getContext(), conv.getPads(), conv.getGroups());
  if (failed(layOutActivations(builder, contract, layout, halo, readsPads)))
    return failure();
  // The pads are part of the input now.
  SmallVector<int64_t> pads(conv.getPads().size(), 0);
  if (readsPads)
    pads.assign(conv.getPads().begin(), conv.getPads().end());
  contract.setGeometryAttr(qt::ConvAttr::get(
      &getContext(), conv.getTaps(), conv.getStrides(), conv.getDilations(),
      pads, conv.getGroups(), k * conv.getGroups()));
  return success();
}

void AssignLayouts::runOnOperation() {
  func::FuncOp func = getOperation();
  ranges.reset();
  std::optional<LayoutClass> layoutClass =
      cpuLayout.empty()
          ? CpuTarget::get(func->getParentOfType<ModuleOp>()).getLayoutClass()
          : parseLayoutClass(cpuLayout);
  if (!layoutClass) {
    func.emitError("no class of target '")
        << cpuLayout << "'; supported: " << listLayoutClasses();
    return signalPassFailure();
  }
  SmallVector<qt::ContractOp> contracts;
  func.walk([&](qt::ContractOp op) { contracts.push_back(op); });
  bool ok = true;
  SmallVector<std::pair<qt::ContractOp, PackingChoice>> choices;
  for (qt::ContractOp contract : contracts) {
    if (contract.getLayoutAttr() || contract.isBatched() ||
        !llvm::all_of(contract.getRhs(), isConstantSlice))
      continue; // read as it lies in memory
    OpBuilder builder(contract);
    FailureOr<PackingChoice> choice = failure();
    if (succeeded(joinGroups(builder, contract)))
      choice = chooseLayout(contract, *layoutClass,
                            haveNoNegativeCode(contract), direct);
    if (succeeded(choice))
      choices.emplace_back(contract, *choice);
    ok &= succeeded(choice);
  }
  ok &= succeeded(agree(choices, *layoutClass));
  shareSizes(choices);
  for (auto &[contract, choice] : choices)
    ok &= succeeded(assign(contract, choice));
  // What was quantised for one layout only needs no plain form any more.
  for (auto quantize :
       llvm::make_early_inc_range(func.getOps<qt::QuantizeOp>()))
    if (quantize.use_empty())
      quantize.erase();
  if (!ok)
    signalPassFailure();
}
