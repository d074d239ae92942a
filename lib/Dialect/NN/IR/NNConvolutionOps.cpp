//===- NNConvolutionOps.cpp - Windows over positions ------------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "NNUtils.h"
#include "mlir/IR/TypeUtilities.h"
#include "quantc/Analysis/SizeArithmetic.h"
#include "quantc/Analysis/SymbolicShapes.h"
#include "quantc/Dialect/NN/IR/NNOps.h"
#include "quantc/Interfaces/QuantizedElementTypeInterface.h"

using namespace mlir;
using namespace quantc;
using namespace quantc::nn;

using Sizes = SymbolicShapes::Sizes;

/// Emits what is wrong with windows over an input of \p shape.
static LogicalResult verifyWindow(function_ref<InFlightDiagnostic()> emitError,
                                  const Window &window,
                                  ArrayRef<int64_t> shape) {
  // Sizes are products and sums of these: none may come near the limits of
  // 64 bits.
  constexpr int64_t most = std::numeric_limits<int32_t>::max();
  unsigned rank = window.getRank();
  if (rank < 1 || rank > 3)
    return emitError() << "kernel [" << window.kernel << "] has " << rank
                       << " dimensions; supported: 1 to 3";
  if (shape.size() != rank + 2)
    return emitError() << "input of rank " << shape.size() << ", a kernel of "
                       << rank << " dimensions takes " << rank + 2
                       << ": batch, spatial dimensions, channels";
  auto check = [&](StringRef name, ArrayRef<int64_t> list, size_t size,
                   int64_t least) -> LogicalResult {
    if (list.size() != size)
      return emitError() << name << " [" << list << "] has " << list.size()
                         << " entries, expected " << size;
    for (int64_t entry : list)
      if (entry < least || entry > most)
        return emitError() << name << " [" << list << "] has an entry of "
                           << entry << "; supported: " << least << " to "
                           << most;
    return success();
  };
  if (failed(check("kernel", window.kernel, rank, 1)) ||
      failed(check("strides", window.strides, rank, 1)) ||
      failed(check("dilations", window.dilations, rank, 1)) ||
      failed(check("pads", window.pads, 2 * rank, 0)))
    return failure();
  int64_t taps = 1;
  for (int64_t size : window.kernel)
    if (taps *= size; taps > most)
      return emitError() << "kernel [" << window.kernel << "] has more than "
                         << most << " taps";
  for (unsigned dim = 0; dim < rank; ++dim)
    if (int64_t size = shape[1 + dim];
        !ShapedType::isDynamic(size) && !window.getCount(dim, size))
      return emitError() << "spatial dimension " << dim << " of size " << size
                         << " with pads " << window.pads[dim] << " and "
                         << window.pads[rank + dim]
                         << " is smaller than the span " << window.getSpan(dim)
                         << " of its kernel";
  return success();
}

/// The sizes of the result but for its channels.
static SmallVector<int64_t> inferPositions(const Window &window,
                                           ArrayRef<int64_t> shape) {
  SmallVector<int64_t> result{shape[0]};
  for (unsigned dim = 0; dim < window.getRank(); ++dim) {
    int64_t size = shape[1 + dim];
    result.push_back(ShapedType::isDynamic(size) ? size
                                                 : *window.getCount(dim, size));
  }
  return result;
}

static Sizes inferSymbolicPositions(SymbolicShapes &shapes,
                                    const Window &window, Value input) {
  Sizes own(shapes.getSizes(input)), result{own[0]};
  for (unsigned dim = 0; dim < window.getRank(); ++dim) {
    AffineExpr size = own[1 + dim];
    int64_t span = window.getSpan(dim), stride = window.strides[dim];
    if (auto constant = dyn_cast<AffineConstantExpr>(size)) {
      std::optional<int64_t> count = window.getCount(dim, constant.getValue());
      result.push_back(count ? shapes.getConstant(*count)
                             : shapes.makeFreshSymbol());
      continue;
    }
    int64_t pads = window.getPadsOf(dim);
    if (!window.ceil) {
      result.push_back(shapes.countWindows(size, pads, span, stride));
      continue;
    }
    // Rounding up is as if there were more pads; none begins behind the input
    // and the pads before it, as none does where the pads behind and the stride
    // are within the span. Else the size occurs several times: of windows of
    // windows it soon is too long to compute with.
    constexpr unsigned most = 32;
    AffineExpr count =
                   shapes.countWindows(size, pads + stride - 1, span, stride),
               begins = (size + window.pads[dim]).ceilDiv(stride);
    if (span >= stride + window.pads[window.getRank() + dim])
      result.push_back(count);
    else if (isLongerThan(size, most))
      result.push_back(shapes.makeFreshSymbol());
    else
      result.push_back(minOfSizes(count, begins));
  }
  return result;
}

static LogicalResult verifyResult(Operation *op, ArrayRef<int64_t> expected) {
  auto type = cast<RankedTensorType>(op->getResult(0).getType());
  if (succeeded(verifyCompatibleShape(expected, type.getShape())))
    return success();
  return op->emitOpError("result is of type ")
         << type << ", expected "
         << RankedTensorType::get(expected, type.getElementType());
}

//===----------------------------------------------------------------------===//
// Conv
//===----------------------------------------------------------------------===//

static LogicalResult verifyConv(function_ref<InFlightDiagnostic()> emitError,
                                const Window &window, int64_t groups,
                                ArrayRef<int64_t> input,
                                ArrayRef<int64_t> weights) {
  if (failed(verifyWindow(emitError, window, input)))
    return failure();
  if (weights.size() != 3)
    return emitError() << "weights of rank " << weights.size()
                       << "; supported: [outputs, taps, channels / groups]";
  if (!areCompatible(weights[1], window.getNumTaps()))
    return emitError() << "weights have " << weights[1] << " taps, kernel ["
                       << window.kernel << "] " << window.getNumTaps();
  if (groups < 1)
    return emitError() << "groups " << groups << "; supported: 1 or more";
  for (int64_t size : {input.back(), weights[0]})
    if (!ShapedType::isDynamic(size) && size % groups != 0)
      return emitError() << "groups " << groups << " do not divide "
                         << (size == weights[0] ? "outputs " : "channels ")
                         << size;
  if (!ShapedType::isDynamic(input.back()) &&
      !areCompatible(input.back() / groups, weights[2]))
    return emitError() << "input has " << input.back() << " channels in "
                       << groups << " groups, weights are for " << weights[2]
                       << " channels a group";
  return success();
}

LogicalResult
ConvOp::inferReturnTypes(MLIRContext *context, std::optional<Location> loc,
                         ValueRange operands, DictionaryAttr attributes,
                         OpaqueProperties properties, RegionRange regions,
                         SmallVectorImpl<Type> &types) {
  Adaptor adaptor(operands, attributes, properties, regions);
  Window window{adaptor.getKernel(), adaptor.getStrides(),
                adaptor.getDilations(), adaptor.getPads()};
  Location at = loc.value_or(UnknownLoc::get(context));
  ArrayRef<int64_t> input = shapeOf(operands[0]),
                    weights = shapeOf(operands[1]);
  if (failed(verifyConv([&] { return mlir::emitError(at); }, window,
                        adaptor.getGroups(), input, weights)))
    return failure();
  SmallVector<int64_t> shape = inferPositions(window, input);
  shape.push_back(weights[0]);
  types.push_back(RankedTensorType::get(shape, Float32Type::get(context)));
  return success();
}

LogicalResult ConvOp::verify() {
  ArrayRef<int64_t> input = shapeOf(getInput()),
                    weights = shapeOf(getWeights());
  if (failed(verifyConv([&] { return emitOpError(); }, getWindow(), getGroups(),
                        input, weights)))
    return failure();
  SmallVector<int64_t> shape = inferPositions(getWindow(), input);
  shape.push_back(weights[0]);
  if (failed(verifyResult(*this, shape)))
    return failure();
  return verifyResultFormat(*this);
}

bool ConvOp::isDepthwise() {
  auto groups = static_cast<int64_t>(getGroups());
  return groups > 1 && shapeOf(getInput()).back() == groups &&
         shapeOf(getWeights()).front() == groups;
}

SmallVector<ContractionOperand> ConvOp::getContractionOperands() {
  int64_t channels = shapeOf(getInput()).size() - 1;
  ContractionKind kind =
      isDepthwise() ? ContractionKind::Depthwise : ContractionKind::Convolution;
  int64_t depth = shapeOf(getWeights()).back();
  return {{0, OperandRole::Activation, channels, kind, depth},
          {1, OperandRole::Weight, 2, kind, depth}};
}

/// Blocks lie along channels, within one position or one tap; or they hold
/// whole images, or whole outputs; or, where nothing is summed over channels,
/// a channel of an image.
LogicalResult ConvOp::verifyFormats(TypeRange formats) {
  for (auto [index, format] : llvm::enumerate(formats)) {
    auto block = dyn_cast<QuantizedElementTypeInterface>(format);
    if (!block)
      continue;
    int64_t rank = shapeOf(getOperand(index)).size();
    bool isOfChannel =
        index == 0 && isDepthwise() && block.getBlockExtent(rank - 1) == 1;
    bool isCut =
        !isOfChannel && !ShapedType::isDynamic(block.getBlockExtent(rank - 1));
    for (int64_t dim = 0; dim + 1 < rank; ++dim) {
      int64_t extent = block.getBlockExtent(dim);
      bool fits = extent == 1 || ShapedType::isDynamic(extent);
      if (isCut && dim > 0)
        fits = extent == 1;
      if (!fits)
        return emitOpError("operand #")
               << index << " has blocks of " << extent << " along dimension "
               << dim << " in " << format
               << "; supported: blocks along channels, or of all positions";
    }
  }
  return success();
}

void ConvOp::inferSymbolic(SymbolicShapes &shapes) {
  Sizes result = inferSymbolicPositions(shapes, getWindow(), getInput());
  result.push_back(shapes.getSizes(getWeights())[0]);
  shapes.setSizes(getResult(), result);
}

//===----------------------------------------------------------------------===//
// Pool
//===----------------------------------------------------------------------===//

LogicalResult
PoolOp::inferReturnTypes(MLIRContext *context, std::optional<Location> loc,
                         ValueRange operands, DictionaryAttr attributes,
                         OpaqueProperties properties, RegionRange regions,
                         SmallVectorImpl<Type> &types) {
  Adaptor adaptor(operands, attributes, properties, regions);
  Window window{adaptor.getKernel(), adaptor.getStrides(),
                adaptor.getDilations(), adaptor.getPads(), adaptor.getCeil()};
  Location at = loc.value_or(UnknownLoc::get(context));
  auto input = cast<RankedTensorType>(operands[0].getType());
  if (failed(verifyWindow([&] { return mlir::emitError(at); }, window,
                          input.getShape())))
    return failure();
  SmallVector<int64_t> shape = inferPositions(window, input.getShape());
  shape.push_back(input.getShape().back());
  types.push_back(input.clone(shape));
  return success();
}

LogicalResult PoolOp::verify() {
  ArrayRef<int64_t> input = getInput().getType().getShape();
  if (failed(verifyWindow([&] { return emitOpError(); }, getWindow(), input)))
    return failure();
  if (getP() < 1)
    return emitOpError("has a norm of order ")
           << getP() << "; supported: 1 or more";
  if (getCountPads() && getKind() != PoolKind::Average)
    return emitOpError("counts pads; only an average does");
  if (getInput().getType().getElementType().isInteger() &&
      getKind() != PoolKind::Max && getKind() != PoolKind::Sum)
    return emitOpError("'")
           << stringifyPoolKind(getKind()) << "' of " << getInput().getType()
           << "; supported for integers: max, sum";
  SmallVector<int64_t> shape = inferPositions(getWindow(), input);
  shape.push_back(input.back());
  return verifyResult(*this, shape);
}

void PoolOp::inferSymbolic(SymbolicShapes &shapes) {
  Sizes result = inferSymbolicPositions(shapes, getWindow(), getInput());
  result.push_back(shapes.getSizes(getInput()).back());
  shapes.setSizes(getResult(), result);
}

//===----------------------------------------------------------------------===//
// Pad
//===----------------------------------------------------------------------===//

static LogicalResult verifyPads(function_ref<InFlightDiagnostic()> emitError,
                                ArrayRef<int64_t> low, ArrayRef<int64_t> high,
                                int64_t rank) {
  constexpr int64_t most = std::numeric_limits<int32_t>::max();
  for (ArrayRef<int64_t> pads : {low, high}) {
    if (static_cast<int64_t>(pads.size()) != rank)
      return emitError() << "pads [" << pads << "] for a tensor of rank "
                         << rank;
    for (int64_t pad : pads)
      if (pad < 0 || pad > most)
        return emitError() << "pads [" << pads << "] have an entry of " << pad
                           << "; supported: 0 to " << most;
  }
  return success();
}

static SmallVector<int64_t> inferPad(ArrayRef<int64_t> low,
                                     ArrayRef<int64_t> high,
                                     ArrayRef<int64_t> shape) {
  SmallVector<int64_t> result;
  for (auto [before, size, behind] : llvm::zip_equal(low, shape, high))
    result.push_back(ShapedType::isDynamic(size) ? size
                                                 : before + size + behind);
  return result;
}

LogicalResult
PadOp::inferReturnTypes(MLIRContext *context, std::optional<Location> loc,
                        ValueRange operands, DictionaryAttr attributes,
                        OpaqueProperties properties, RegionRange regions,
                        SmallVectorImpl<Type> &types) {
  Adaptor adaptor(operands, attributes, properties, regions);
  auto input = cast<RankedTensorType>(operands[0].getType());
  Location at = loc.value_or(UnknownLoc::get(context));
  if (failed(verifyPads([&] { return mlir::emitError(at); }, adaptor.getLow(),
                        adaptor.getHigh(), input.getRank())))
    return failure();
  types.push_back(input.clone(
      inferPad(adaptor.getLow(), adaptor.getHigh(), input.getShape())));
  return success();
}

LogicalResult PadOp::verify() {
  RankedTensorType type = getInput().getType();
  if (failed(verifyPads([&] { return emitOpError(); }, getLow(), getHigh(),
                        type.getRank())))
    return failure();
  if (getType().getElementType() != type.getElementType())
    return emitOpError("from ") << type << " to " << getType();
  for (auto [dim, size] : llvm::enumerate(type.getShape()))
    if (size == 0 && getMode() != PadMode::Constant &&
        (getLow()[dim] || getHigh()[dim]))
      return emitOpError("dimension ")
             << dim << " of " << type << " has nothing to pad with";
  return verifyResult(*this, inferPad(getLow(), getHigh(), type.getShape()));
}

OpFoldResult PadOp::fold(FoldAdaptor) {
  auto isZero = [](int64_t pad) { return pad == 0; };
  if (llvm::all_of(getLow(), isZero) && llvm::all_of(getHigh(), isZero) &&
      getInput().getType() == getType())
    return getInput();
  return {};
}

void PadOp::inferSymbolic(SymbolicShapes &shapes) {
  Sizes result(shapes.getSizes(getInput()));
  for (auto [size, before, behind] :
       llvm::zip_equal(result, getLow(), getHigh()))
    size = size + (before + behind);
  shapes.setSizes(getResult(), result);
}
