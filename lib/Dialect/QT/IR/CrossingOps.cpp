//===- CrossingOps.cpp - Ops that cross representations -*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "quantc/Dialect/QT/IR/QTOps.h"
#include "quantc/Numerics/Packing.h"

#include "mlir/Dialect/Traits.h"
#include "mlir/IR/Builders.h"
#include "mlir/IR/PatternMatch.h"
#include "mlir/IR/TypeUtilities.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;
using namespace quantc;
using namespace quantc::qt;

//===----------------------------------------------------------------------===//
// WeightOp
//===----------------------------------------------------------------------===//

OpFoldResult WeightOp::fold(FoldAdaptor) { return getValueAttr(); }

LogicalResult WeightOp::verify() {
  BlobHandle handle = getValue().getHandle();
  const Blob *blob = handle.getResource();
  uint64_t size = blob->getSize();
  if (size == BlobManager::unknownSize)
    return emitOpError() << "the file's resources have no bytes for blob '"
                         << blob->getKey() << "'";
  // Known since the end of the file only where the bytes stand in resources.
  std::optional<int64_t> expected = getTensorBytes(getType());
  if (!expected || size != static_cast<uint64_t>(*expected))
    return emitOpError() << "blob '" << blob->getKey() << "' has " << size
                         << " bytes, type " << getType() << " needs "
                         << expected.value_or(0);
  return success();
}

//===----------------------------------------------------------------------===//
// QuantizeOp
//===----------------------------------------------------------------------===//

void QuantizeOp::build(OpBuilder &builder, OperationState &state, Value input,
                       BlockType format, EncodingAttr encoding) {
  auto type = cast<RankedTensorType>(input.getType());
  build(builder, state, TypeRange{type.clone(format)}, input,
        /*exponent=*/Value(), /*largest=*/Value(), encoding, /*format=*/nullptr,
        /*layout=*/nullptr, /*halo=*/nullptr);
}

BlockType QuantizeOp::getResultFormat() {
  if (isSplit())
    return cast<BlockType>(getFormatAttr().getValue());
  return getBlockFormat(getResult(0).getType());
}

/// Whether \p op finds the scales of floats with a halo from their largest
/// magnitudes, image by image.
static bool hasScalesOfImages(QuantizeOp op) {
  return op.getHaloAttr() && op.getEncoding().getRule() == ScaleRule::AbsMax &&
         getElementTypeOrSelf(op.getInput()).isF32() &&
         op.getResultFormat().getShape().front() == 1;
}

bool QuantizeOp::hasScaleOfImage() {
  return hasScalesOfImages(*this) &&
         llvm::all_of(getResultFormat().getShape().drop_front(),
                      ShapedType::isDynamic);
}

bool QuantizeOp::hasScaleOfChannels() {
  return hasScalesOfImages(*this) && getResultFormat().isOfChannels() &&
         cast<RankedTensorType>(getInput().getType()).getShape().back() ==
             static_cast<int64_t>(getHaloAttr().getGroups());
}

int64_t qt::getPackedRowStride(int64_t k) {
  return ShapedType::isDynamic(k) ? k : numerics::activationStride(k);
}

int64_t qt::getDepthwiseBytes(LayoutForm form, int64_t taps, int64_t channels) {
  return form == LayoutForm::F32 ? taps * channels * 4
                                 : channels * 4 + taps * channels;
}

int64_t qt::getTapStride(LayoutForm form, int64_t depth, int64_t groups) {
  if (isDepthwise(depth, groups))
    return 1;
  return llvm::alignTo(depth, numerics::getTraits(form).group);
}

/// The shape of an input with its halo.
static SmallVector<int64_t> addHalo(ArrayRef<int64_t> shape, HaloAttr halo) {
  SmallVector<int64_t> result(shape);
  size_t rank = halo.getPads().size() / 2;
  for (size_t dim = 0; dim < rank; ++dim)
    if (!ShapedType::isDynamic(result[1 + dim]))
      result[1 + dim] += halo.getPads()[dim] + halo.getPads()[rank + dim];
  return result;
}

SmallVector<Type> qt::getHaloTypes(RankedTensorType type, BlockType format,
                                   HaloAttr halo, LayoutForm form) {
  SmallVector<int64_t> shape = addHalo(type.getShape(), halo);
  SmallVector<Type> types;
  llvm::append_range(types, format.getPartTypes(shape));
  int64_t groups = halo.getGroups();
  shape.back() =
      groups * getTapStride(form, type.getShape().back() / groups, groups);
  types[0] =
      RankedTensorType::get(shape, IntegerType::get(type.getContext(), 8));
  return types;
}

/// The rule finds such scales, and the element format has the codes.
static LogicalResult verifyEncoding(Operation *op, EncodingAttr encoding,
                                    BlockType format) {
  ScaleRule rule = encoding.getRule();
  bool findsPowers = rule != ScaleRule::AbsMax && rule != ScaleRule::Search;
  if (findsPowers != format.getScale().getFormat().isPower())
    return op->emitOpError()
           << "rule '" << stringifyScaleRule(rule) << "' finds "
           << (findsPowers ? "powers of two" : "numbers of any mantissa")
           << ", scales are of format '" << format.getScale().getSpelling()
           << "'; supported: "
           << (findsPowers ? "e8m0, exp<N>, shift<N>"
                           : "floats, and multiples of an outer scale");
  numerics::ElementFormat element = format.getElement().getFormat();
  if (!element.isInteger())
    return success();
  int64_t low = element.getLowest(), high = element.getHighest();
  if (encoding.getLow() < low || encoding.getHigh() > high)
    return op->emitOpError() << "code range " << encoding.getLow() << ".."
                             << encoding.getHigh() << " exceeds that of '"
                             << element.spell() << "', " << low << ".." << high;
  return success();
}

/// Integers with exponents become blocks of shifted integers, in split form.
static LogicalResult verifyIntegers(QuantizeOp op) {
  auto input = cast<RankedTensorType>(op.getInput().getType());
  BlockType format = op.isSplit() ? op.getResultFormat() : BlockType();
  if (!input.getElementType().isInteger(16) || !format || !format.getOuter() ||
      op.getEncoding().getRule() != ScaleRule::Norm)
    return op.emitOpError()
           << "of " << input
           << " with an exponent; supported: i16 to a format with an outer "
              "exponent, by the rule 'norm', in split form";
  RankedTensorType wanted = format.getPartTypes(input).back();
  if (failed(verifyCompatibleShape(wanted, op.getExponent().getType())) ||
      !isa<IntegerType>(getElementTypeOrSelf(op.getExponent().getType())))
    return op.emitOpError()
           << "exponent is of type " << op.getExponent().getType()
           << ", expected " << wanted << " for the format " << Type(format);
  return success();
}

/// Magnitudes are those of the parts of images that are quantised.
static LogicalResult verifyLargest(QuantizeOp op) {
  bool isOfChannels = op.isSplit() && op.hasScaleOfChannels();
  if (!op.isSplit() || (!op.hasScaleOfImage() && !isOfChannels))
    return op.emitOpError("with largest magnitudes of parts; supported: "
                          "floats with a halo, by the rule 'absmax', and one "
                          "scale for an image, or one for each of its channels "
                          "where each is a group");
  auto input = cast<RankedTensorType>(op.getInput().getType());
  auto type = cast<RankedTensorType>(op.getLargest().getType());
  int64_t channels = input.getShape().back();
  if (isOfChannels && type.getRank() == 2 && type.getDimSize(1) % channels != 0)
    return op.emitOpError("has largest magnitudes of ")
           << type.getDimSize(1) << " parts for " << channels
           << " channels; supported: as many for each channel";
  if (type.getRank() != 2 || type.isDynamicDim(1) || type.getDimSize(1) < 1 ||
      failed(verifyCompatibleDims({type.getDimSize(0), input.getDimSize(0)})))
    return op.emitOpError("largest magnitudes are of type ")
           << type << " for images " << input
           << "; supported: [B, parts] with a known number of parts";
  return success();
}

LogicalResult QuantizeOp::verify() {
  auto input = cast<RankedTensorType>(getInput().getType());
  Type element = input.getElementType();
  auto emitError = [&] { return emitOpError(); };
  if (getExponent()) {
    if (failed(verifyIntegers(*this)))
      return failure();
  } else if (!element.isF32() && !isa<BlockType>(element)) {
    return emitOpError() << "input of type " << input
                         << "; supported: f32 or !qt.block elements, or "
                            "integers with an exponent";
  }
  if (getLargest() && failed(verifyLargest(*this)))
    return failure();
  if (!isSplit()) {
    if (getNumResults() != 1 || !getBlockFormat(getResult(0).getType()))
      return emitOpError() << "without a format attribute has one result of "
                              "!qt.block elements, not ("
                           << getResultTypes() << ")";
    if (getLayoutAttr())
      return emitOpError() << "a layout needs the split form";
    auto type = cast<RankedTensorType>(getResult(0).getType());
    if (failed(verifyCompatibleShape(type, input)))
      return emitOpError() << "result type " << type
                           << " has another shape than input " << input;
    BlockType format = getResultFormat();
    if (failed(format.verifyShape(emitError, type.getShape())))
      return failure();
    return verifyEncoding(*this, getEncoding(), format);
  }
  BlockType format = getResultFormat();
  if (failed(verifyEncoding(*this, getEncoding(), format)))
    return failure();
  SmallVector<Type> types(getResultTypes());
  SmallVector<int64_t> shape(input.getShape());
  HaloAttr halo = getHaloAttr();
  if (halo && !getLayoutAttr())
    return emitOpError() << "a halo needs a layout";
  if (halo && (shape.size() != halo.getPads().size() / 2 + 2 ||
               ShapedType::isDynamic(shape.back()) ||
               shape.back() % halo.getGroups() != 0))
    return emitOpError() << "input of type " << input << " for the halo "
                         << halo;
  if (LayoutAttr layout = getLayoutAttr(); layout && !types.empty()) {
    if (numerics::hasFloatRows(layout.getForm()))
      return emitOpError() << "layout form '"
                           << stringifyLayoutForm(layout.getForm())
                           << "' has no codes of activations";
    if (format.getElement().getBitWidth() != 8)
      return emitOpError() << "element format '"
                           << format.getElement().getSpelling()
                           << "' under a layout; supported: 8 bits";
    if (getEncoding().getLow() < layout.getLow())
      return emitOpError() << "code range " << getEncoding().getLow() << ".."
                           << getEncoding().getHigh() << " for the layout "
                           << layout;
    if (shape.empty())
      return emitOpError() << "a scalar has no rows to lay out";
    RankedTensorType wanted;
    if (halo) {
      wanted = cast<RankedTensorType>(
          getHaloTypes(input, format, halo, layout.getForm())[0]);
      shape = addHalo(shape, halo);
    } else {
      SmallVector<int64_t> rows(shape);
      rows.back() = getPackedRowStride(rows.back());
      wanted = RankedTensorType::get(rows, IntegerType::get(getContext(), 8));
    }
    auto codes = cast<RankedTensorType>(types[0]);
    if (codes.getElementType() != wanted.getElementType() ||
        failed(verifyCompatibleShape(codes, wanted)))
      return emitOpError() << "codes are of type " << codes << ", expected "
                           << wanted << " for the layout " << layout;
    types[0] = format.getPartTypes(shape)[0];
  }
  return verifyParts(emitError, "result", types, format, shape);
}

/// Whether every block of the format lies within one row.
static bool hasRowBlocks(BlockType format) {
  auto isOne = [](int64_t extent) { return extent == 1; };
  return llvm::all_of(format.getShape().drop_back(), isOne) &&
         (!format.getOuter() ||
          llvm::all_of(format.getOuterShape().drop_back(), isOne));
}

bool QuantizeOp::isRowwise() {
  return !getHaloAttr() && !getBlockFormat(getInput().getType()) &&
         hasRowBlocks(getResultFormat());
}

//===----------------------------------------------------------------------===//
// DequantizeOp
//===----------------------------------------------------------------------===//

LogicalResult DequantizeOp::verify() {
  auto result = getType();
  auto emitError = [&] { return emitOpError(); };
  if (getFormatAttr())
    return verifyParts(emitError, "input", getInput().getTypes(),
                       cast<BlockType>(getFormatAttr().getValue()),
                       result.getShape());
  if (getInput().size() != 1 || !getBlockFormat(getInput()[0].getType()))
    return emitOpError()
           << "without a format attribute has one operand of !qt.block "
              "elements, not "
           << getInput().size();
  auto type = cast<RankedTensorType>(getInput()[0].getType());
  if (failed(verifyCompatibleShape(type, result)))
    return emitOpError() << "result type " << result
                         << " has another shape than input " << type;
  return getBlockFormat(type).verifyShape(emitError, type.getShape());
}

bool DequantizeOp::isRowwise() {
  BlockType format = getFormatAttr()
                         ? cast<BlockType>(getFormatAttr().getValue())
                         : getBlockFormat(getInput()[0].getType());
  // Integers become floats at the border, apart from what computes on them.
  bool isInteger = format.getScale().getFormat().kind ==
                   numerics::ScaleFormat::Kind::Exponent;
  return hasRowBlocks(format) && !isInteger;
}

Value DequantizeOp::getRowTensor() { return getResult(); }

namespace {
/// dequantize(join(parts)) reads the parts.
struct DequantizeOfJoin : OpRewritePattern<DequantizeOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(DequantizeOp op,
                                PatternRewriter &rewriter) const override {
    if (op.getFormatAttr())
      return rewriter.notifyMatchFailure(op, "is in split form already");
    auto join = op.getInput()[0].getDefiningOp<JoinOp>();
    if (!join)
      return rewriter.notifyMatchFailure(op, "is of no qt.join");
    rewriter.replaceOpWithNewOp<DequantizeOp>(
        op, op.getType(), join.getParts(),
        TypeAttr::get(getBlockFormat(join.getType())));
    return success();
  }
};
} // namespace

void DequantizeOp::getCanonicalizationPatterns(RewritePatternSet &patterns,
                                               MLIRContext *context) {
  patterns.add<DequantizeOfJoin>(context);
}

//===----------------------------------------------------------------------===//
// GatherOp
//===----------------------------------------------------------------------===//

LogicalResult GatherOp::verify() {
  auto format = cast<BlockType>(getFormat());
  auto isWhole = [](int64_t extent) { return ShapedType::isDynamic(extent); };
  if (format.getElement().getSpelling() != "s8" ||
      format.getScale().getSpelling() != "f32" || format.getZero() ||
      format.getOuter() || format.getShape().size() != 2 ||
      format.getShape()[0] != 1 || !isWhole(format.getShape()[1]))
    return emitOpError("of the format ")
           << format << "; supported: !qt.block<[1, ?], s8, scale = f32>";
  auto codes = cast<RankedTensorType>(getCodes().getType());
  auto emitError = [&] { return emitOpError(); };
  if (codes.getRank() != 2)
    return emitOpError("codes of type ") << codes << " are no matrix";
  if (failed(verifyParts(emitError, "table",
                         {getCodes().getType(), getScales().getType()}, format,
                         codes.getShape())))
    return failure();
  SmallVector<int64_t> shape(getIndices().getType().getShape());
  shape.push_back(codes.getDimSize(1));
  if (failed(verifyCompatibleShape(shape, getType().getShape())))
    return emitOpError("result is of type ")
           << getType() << ", expected [" << shape << "]";
  return success();
}

//===----------------------------------------------------------------------===//
// RescaleOp
//===----------------------------------------------------------------------===//

/// Integers with exponents: nothing of it is a float.
static bool isIntegerOnly(BlockType format) {
  auto isInteger = [](ScaleFormatAttr attr) {
    return !attr || attr.getFormat().isIntegerOnly();
  };
  return format.getElement().getFormat().isInteger() &&
         isInteger(format.getScale()) && isInteger(format.getZero()) &&
         isInteger(format.getOuter());
}

LogicalResult RescaleOp::verify() {
  auto input = cast<RankedTensorType>(getInput().getType());
  auto result = cast<RankedTensorType>(getType());
  if (failed(verifyCompatibleShape(input, result)))
    return emitOpError() << "result type " << result
                         << " has another shape than input " << input;
  if (!getMultiplier() != !getShift())
    return emitOpError() << "has a multiplier without a shift";
  BlockType from = getBlockFormat(input), to = getBlockFormat(result);
  if (from || to) {
    if (!from || !to)
      return emitOpError() << "of " << input << " to " << result
                           << "; supported: both integers, or both !qt.block";
    if (getMultiplier())
      return emitOpError() << "of " << input
                           << " takes its shifts from the integers, and has no "
                              "multiplier";
    for (BlockType format : {from, to})
      if (!isIntegerOnly(format))
        return emitOpError()
               << "of format " << Type(format) << ", which is not integer-only";
    auto emitError = [&] { return emitOpError(); };
    if (failed(from.verifyShape(emitError, input.getShape())))
      return failure();
    return to.verifyShape(emitError, result.getShape());
  }
  if (!isa<IntegerType>(input.getElementType()) ||
      !isa<IntegerType>(result.getElementType()))
    return emitOpError() << "of " << input << " to " << result
                         << "; supported: integers";
  for (Value value : {getMultiplier(), getShift()}) {
    if (!value)
      continue;
    auto type = cast<RankedTensorType>(value.getType());
    if (!isa<IntegerType>(type.getElementType()))
      return emitOpError() << "multiplier or shift of type " << type
                           << "; supported: integers";
    SmallVector<int64_t> shape;
    if (!OpTrait::util::getBroadcastedShape(input.getShape(), type.getShape(),
                                            shape) ||
        shape.size() != input.getShape().size() ||
        failed(verifyCompatibleShape(shape, input.getShape())))
      return emitOpError() << "multiplier or shift of type " << type
                           << " does not broadcast to " << input;
  }
  return success();
}

//===----------------------------------------------------------------------===//
// SplitOp and JoinOp
//===----------------------------------------------------------------------===//

LogicalResult SplitOp::inferReturnTypes(MLIRContext *,
                                        std::optional<Location> loc,
                                        ValueRange operands, DictionaryAttr,
                                        OpaqueProperties, RegionRange,
                                        SmallVectorImpl<Type> &inferred) {
  BlockType format = getBlockFormat(operands[0].getType());
  if (!format)
    return emitOptionalError(loc, "operand is not in joint form");
  auto type = cast<RankedTensorType>(operands[0].getType());
  if (type.getRank() != format.getRank())
    return emitOptionalError(loc, "block rank ", format.getRank(),
                             " differs from tensor rank ", type.getRank());
  llvm::append_range(inferred, format.getPartTypes(type));
  return success();
}

LogicalResult SplitOp::verify() {
  auto type = cast<RankedTensorType>(getInput().getType());
  return verifyParts([&] { return emitOpError(); }, "result", getResultTypes(),
                     getBlockFormat(type), type.getShape());
}

LogicalResult SplitOp::fold(FoldAdaptor,
                            SmallVectorImpl<OpFoldResult> &results) {
  auto join = getInput().getDefiningOp<JoinOp>();
  if (!join || join.getParts().getTypes() != getResultTypes())
    return failure();
  llvm::append_range(results, join.getParts());
  return success();
}

LogicalResult JoinOp::verify() {
  auto type = cast<RankedTensorType>(getType());
  return verifyParts([&] { return emitOpError(); }, "operand",
                     getParts().getTypes(), getBlockFormat(type),
                     type.getShape());
}

OpFoldResult JoinOp::fold(FoldAdaptor) {
  auto split = getParts()[0].getDefiningOp<SplitOp>();
  if (!split || split.getInput().getType() != getType() ||
      !llvm::equal(split.getResults(), getParts()))
    return {};
  return split.getInput();
}

//===----------------------------------------------------------------------===//
// HadamardOp
//===----------------------------------------------------------------------===//

LogicalResult HadamardOp::verify() {
  int64_t block = getBlock();
  auto type = getType();
  if (type.getRank() == 0)
    return emitOpError() << "a scalar has no last dimension";
  int64_t size = type.getShape().back();
  if (ShapedType::isDynamic(size) || size % block != 0)
    return emitOpError() << "block " << block
                         << " does not divide the last dimension of " << type;
  return success();
}
