//===- InterpretCrossing.cpp - Evaluates crossing ops -----------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "BlockValue.h"
#include "quantc/Dialect/QT/IR/QTOps.h"
#include "quantc/Interpreter/ElementLoops.h"
#include "quantc/Interpreter/Interpreter.h"
#include "quantc/Numerics/Packing.h"

#include "mlir/Interfaces/FunctionInterfaces.h"
#include "llvm/Support/MathExtras.h"

#include <cmath>
#include <cstring>

using namespace mlir;
using namespace quantc;
using namespace quantc::qt;

using Values = ArrayRef<HostValue>;
using Results = SmallVectorImpl<HostValue>;

/// What keeps the bytes of a blob. Behind the last value that refers to them,
/// those of a mapped file need not stay in memory: a model is often larger than
/// all that is done with one of its tensors.
static std::shared_ptr<const void> makeOwner(const ConstantBytes &constant,
                                             Attribute attribute) {
  constexpr uint64_t leastDiscarded = 65536;
  auto blob = dyn_cast<qt::BlobAttr>(attribute);
  if (!blob || constant.bytes.size() < leastDiscarded)
    return constant.owner;
  std::shared_ptr<const Blob::Data> data =
      blob.getHandle().getResource()->getData();
  if (!data || !data->file)
    return constant.owner;
  return {data.get(), [data](const void *) {
            data->file->discard(data->offset, data->bytes.size());
          }};
}

LogicalResult WeightOp::interpret(Values, Results &results,
                                  InterpreterContext &) {
  std::optional<ConstantBytes> constant = getConstantBytes(getValueAttr());
  if (!constant)
    return emitOpError() << "its bytes were released, or never given";
  results.push_back(HostValue::borrow(getType(), constant->bytes,
                                      makeOwner(*constant, getValueAttr())));
  return success();
}

//===----------------------------------------------------------------------===//
// Crossing representations
//===----------------------------------------------------------------------===//

/// Codes in rows with the layout's stride and bias.
static HostValue layOutRows(const HostValue &codes, LayoutAttr layout) {
  SmallVector<int64_t> shape(codes.getShape());
  int64_t k = shape.back(), stride = getPackedRowStride(k);
  shape.back() = stride;
  HostValue rows =
      HostValue::allocate(RankedTensorType::get(shape, codes.getElementType()));
  MutableArrayRef<uint8_t> out = rows.getMutableBytes();
  std::memset(out.data(), static_cast<int>(layout.getBias()), out.size());
  ArrayRef<uint8_t> in = codes.getBytes();
  for (int64_t row = 0; k > 0 && row < static_cast<int64_t>(in.size()) / k;
       ++row)
    for (int64_t i = 0; i < k; ++i)
      out[row * stride + i] =
          static_cast<uint8_t>(in[row * k + i] + layout.getBias());
  return rows;
}

/// Puts zeros around the spatial dimensions of [B, spatial..., C].
static HostValue addHalo(const HostValue &input, HaloAttr halo) {
  ArrayRef<int64_t> from = input.getShape();
  SmallVector<int64_t> shape(from);
  size_t rank = halo.getPads().size() / 2;
  for (size_t dim = 0; dim < rank; ++dim)
    shape[1 + dim] += halo.getPads()[dim] + halo.getPads()[rank + dim];
  HostValue result =
      HostValue::allocate(RankedTensorType::get(shape, input.getElementType()));
  ArrayRef<float> in = input.as<float>();
  MutableArrayRef<float> out = result.asMutable<float>();
  SmallVector<int64_t> strides = getStrides(shape);
  int64_t offset = 0;
  for (size_t dim = 0; dim < rank; ++dim)
    offset += halo.getPads()[dim] * strides[1 + dim];
  forEachElement(from, {strides}, [&](int64_t i, ArrayRef<int64_t> at) {
    out[offset + at[0]] = in[i];
  });
  return result;
}

/// Codes of a convolution's input: channels of each group side by side with
/// what fills them up.
static HostValue layOutGroups(const HostValue &codes, HaloAttr halo,
                              LayoutAttr layout) {
  SmallVector<int64_t> shape(codes.getShape());
  int64_t groups = halo.getGroups(), depth = shape.back() / groups;
  int64_t stride = getTapStride(layout.getForm(), depth, groups);
  shape.back() = groups * stride;
  HostValue result =
      HostValue::allocate(RankedTensorType::get(shape, codes.getElementType()));
  MutableArrayRef<uint8_t> out = result.getMutableBytes();
  std::memset(out.data(), static_cast<int>(layout.getBias()), out.size());
  ArrayRef<uint8_t> in = codes.getBytes();
  for (int64_t i = 0, e = in.size(); i < e; ++i)
    out[i / depth * stride + i % depth] =
        static_cast<uint8_t>(in[i] + layout.getBias());
  return result;
}

/// The bits of a number without its sign.
static uint32_t getMagnitude(float x) {
  return llvm::bit_cast<uint32_t>(x) & 0x7fffffff;
}

/// What was found before is what would be found now.
static LogicalResult checkLargest(QuantizeOp op, const HostValue &input,
                                  const HostValue &largest) {
  ArrayRef<float> numbers = input.as<float>(), found = largest.as<float>();
  int64_t images = input.getShape()[0],
          channels = op.hasScaleOfChannels() ? input.getShape().back() : 1;
  auto findLargest = [&](ArrayRef<float> all, int64_t image, int64_t channel) {
    size_t each = all.size() / images;
    uint32_t most = 0;
    ArrayRef<float> own = all.slice(image * each, each);
    for (size_t i = channel; i < each; i += channels)
      most = std::max(most, getMagnitude(own[i]));
    return most;
  };
  for (int64_t image = 0; image < images; ++image)
    for (int64_t channel = 0; channel < channels; ++channel) {
      uint32_t own = findLargest(numbers, image, channel),
               given = findLargest(found, image, channel);
      if (own == given)
        continue;
      InFlightDiagnostic diagnostic =
          op.emitOpError("largest magnitude of image ") << image;
      if (channels > 1)
        diagnostic << ", channel " << channel << ",";
      return diagnostic << " is " << llvm::bit_cast<float>(own) << ", not "
                        << llvm::bit_cast<float>(given);
    }
  return success();
}

LogicalResult MagnitudesOp::interpret(Values operands, Results &results,
                                      InterpreterContext &) {
  const HostValue &input = operands[0];
  ImagePart part = getPart().getPart();
  ArrayRef<int64_t> shape = input.getShape();
  int64_t channels = shape.back(), positions = 1;
  for (int64_t size : shape.drop_front().drop_back())
    positions *= size;
  int64_t across = part.countAcross(channels),
          parts = part.countAlong(positions) * across,
          runs = llvm::divideCeil(part.line, part.run);
  HostValue result = HostValue::allocate(
      RankedTensorType::get({shape[0], parts}, input.getElementType()));
  llvm::fill(result.getMutableBytes(), 0);
  auto findPart = [&](size_t i) {
    auto at = static_cast<int64_t>(i);
    int64_t channel = at % channels, place = at / channels % positions,
            image = at / channels / positions;
    int64_t along =
        place / part.line / part.lines * runs + place % part.line / part.run;
    return image * parts + along * across + channel / part.channels;
  };
  if (input.getElementType().isF32()) {
    MutableArrayRef<float> out = result.asMutable<float>();
    for (auto [i, x] : llvm::enumerate(input.as<float>())) {
      float &most = out[findPart(i)];
      most =
          llvm::bit_cast<float>(std::max(getMagnitude(most), getMagnitude(x)));
    }
  } else {
    MutableArrayRef<int32_t> out = result.asMutable<int32_t>();
    for (auto [i, x] : llvm::enumerate(input.as<int32_t>())) {
      // The lowest one's magnitude takes all bits, as in kernels.
      auto magnitude = static_cast<uint32_t>(x);
      int32_t &most = out[findPart(i)];
      most = static_cast<int32_t>(std::max(static_cast<uint32_t>(most),
                                           x < 0 ? 0 - magnitude : magnitude));
    }
  }
  results.push_back(result);
  return success();
}

LogicalResult QuantizeOp::interpret(Values operands, Results &results,
                                    InterpreterContext &) {
  HostValue input = operands[0];
  if (getEncoding().getRule() == ScaleRule::Norm &&
      !input.getElementType().isF32()) {
    HostValue mantissas = input.isJoint() ? input.getParts()[0] : input;
    const HostValue &exponents =
        input.isJoint() ? input.getParts()[1] : operands[1];
    BlockType format = getResultFormat();
    FailureOr<SmallVector<HostValue>> parts =
        encodeIntegers(*this, mantissas, exponents, format);
    if (failed(parts))
      return failure();
    if (!isSplit()) {
      results.push_back(HostValue::join(
          RankedTensorType::get(mantissas.getShape(), format), *parts));
      return success();
    }
    if (getHaloAttr())
      return emitOpError("of integers with a halo is not evaluated yet");
    if (LayoutAttr layout = getLayoutAttr())
      (*parts)[0] = layOutRows((*parts)[0], layout);
    results.append(parts->begin(), parts->end());
    return success();
  }
  if (input.isJoint()) {
    FailureOr<BlockValue> value = readJointValue(*this, input);
    if (failed(value))
      return failure();
    input = decodeBlockValue(getContext(), *value);
  }
  if (getLargest() && failed(checkLargest(*this, input, operands.back())))
    return failure();
  if (HaloAttr halo = getHaloAttr())
    input = addHalo(input, halo);
  BlockType format = getResultFormat();
  FailureOr<SmallVector<HostValue>> parts =
      encodeParts(*this, input, format, getEncoding());
  if (failed(parts))
    return failure();
  if (!isSplit()) {
    results.push_back(HostValue::join(
        RankedTensorType::get(input.getShape(), format), *parts));
    return success();
  }
  if (LayoutAttr layout = getLayoutAttr())
    (*parts)[0] = getHaloAttr()
                      ? layOutGroups((*parts)[0], getHaloAttr(), layout)
                      : layOutRows((*parts)[0], layout);
  results.append(parts->begin(), parts->end());
  return success();
}

LogicalResult DequantizeOp::interpret(Values operands, Results &results,
                                      InterpreterContext &) {
  FailureOr<BlockValue> value;
  if (!getFormatAttr()) {
    value = readJointValue(*this, operands[0]);
  } else {
    auto format = cast<BlockType>(getFormatAttr().getValue());
    // The last size of packed codes is the result's, or that of whole bytes.
    SmallVector<int64_t> shape(operands[0].getShape());
    unsigned bits = format.getElement().getBitWidth();
    if (bits < 8 && !shape.empty())
      shape.back() = getType().isDynamicDim(getType().getRank() - 1)
                         ? shape.back() * 8 / bits
                         : getType().getShape().back();
    value = readBlockValue(*this, format, operands, shape);
  }
  if (failed(value))
    return failure();
  results.push_back(decodeBlockValue(getContext(), *value));
  return success();
}

LogicalResult GatherOp::interpret(Values operands, Results &results,
                                  InterpreterContext &) {
  const HostValue &indices = operands[0], &codes = operands[1];
  int64_t rows = codes.getShape()[0], width = codes.getShape()[1];
  SmallVector<int64_t> shape(indices.getShape());
  shape.push_back(width);
  FailureOr<HostValue> result =
      allocateResult(*this, shape, getType().getElementType());
  if (failed(result))
    return failure();
  ArrayRef<int8_t> table = codes.as<int8_t>();
  ArrayRef<float> scales = operands[2].as<float>();
  MutableArrayRef<float> out = result->asMutable<float>();
  for (int64_t i = 0, e = indices.getNumElements(); i < e; ++i) {
    int64_t pick = indices.getInteger(i);
    if (pick < -rows || pick >= rows)
      return emitOpError("index ") << pick << " of a dimension of " << rows;
    pick += pick < 0 ? rows : 0;
    for (int64_t k = 0; k < width; ++k)
      out[i * width + k] =
          static_cast<float>(table[pick * width + k]) * scales[pick];
  }
  results.push_back(*result);
  return success();
}

LogicalResult SplitOp::interpret(Values operands, Results &results,
                                 InterpreterContext &) {
  llvm::append_range(results, operands[0].getParts());
  return success();
}

LogicalResult JoinOp::interpret(Values operands, Results &results,
                                InterpreterContext &) {
  BlockType format = getBlockFormat(getType());
  SmallVector<int64_t> shape(operands[0].getShape());
  unsigned bits = format.getElement().getBitWidth();
  if (bits < 8)
    shape.back() = getType().isDynamicDim(getType().getRank() - 1)
                       ? shape.back() * 8 / bits
                       : getType().getShape().back();
  for (auto [type, part] :
       llvm::zip_equal(format.getPartTypes(shape), operands))
    if (part.getType() != type)
      return emitOpError() << "part of type " << part.getType() << ", expected "
                           << type;
  results.push_back(
      HostValue::join(RankedTensorType::get(shape, format), operands));
  return success();
}

LogicalResult HadamardOp::interpret(Values operands, Results &results,
                                    InterpreterContext &) {
  HostValue result = HostValue::allocate(operands[0].getType());
  ArrayRef<float> in = operands[0].as<float>();
  MutableArrayRef<float> out = result.asMutable<float>();
  int64_t block = getBlock();
  double factor = 1 / std::sqrt(static_cast<double>(block));
  SmallVector<double> row(block);
  for (int64_t begin = 0; begin < static_cast<int64_t>(in.size());
       begin += block) {
    for (int64_t i = 0; i < block; ++i)
      row[i] = in[begin + i];
    for (int64_t half = 1; half < block; half *= 2)
      for (int64_t i = 0; i < block; ++i)
        if (!(i & half)) {
          double a = row[i], b = row[i + half];
          row[i] = a + b;
          row[i + half] = a - b;
        }
    for (int64_t i = 0; i < block; ++i)
      out[begin + i] = static_cast<float>(row[i] * factor);
  }
  results.push_back(result);
  return success();
}

//===----------------------------------------------------------------------===//
// Rescale
//===----------------------------------------------------------------------===//

/// `x / 2^shift` rounded; shifts to the left for negative ones, as far as any
/// type's end: |x| is at most 2^126, the product of two numbers of 64 bits.
static __int128 shiftRounded(__int128 x, int64_t shift, Rounding rounding) {
  if (shift <= 0) {
    constexpr __int128 beyond = static_cast<__int128>(1) << 65;
    if (x == 0 || shift <= -65)
      return x == 0 ? 0 : x < 0 ? -beyond : beyond;
    __int128 most = beyond >> -shift;
    return std::clamp(x, -most, most) * (static_cast<__int128>(1) << -shift);
  }
  if (shift > 127)
    return rounding == Rounding::Down && x < 0 ? -1 : 0;
  // Unsigned, where 2^127 has a place.
  unsigned __int128 unit = static_cast<unsigned __int128>(1) << shift;
  unsigned __int128 half = unit / 2,
                    rest = static_cast<unsigned __int128>(x) & (unit - 1);
  __int128 floor = x >> shift;
  switch (rounding) {
  case Rounding::Down:
    return floor;
  case Rounding::HalfUp:
    return floor + (rest >= half);
  case Rounding::HalfAway:
    return floor + (rest > half || (rest == half && x >= 0));
  case Rounding::HalfEven:
    return floor + (rest > half || (rest == half && (floor & 1)));
  }
  llvm_unreachable("all modes are covered");
}

static int64_t saturate(__int128 x, unsigned bits, bool symmetric) {
  __int128 high = (static_cast<__int128>(1) << (bits - 1)) - 1;
  __int128 low = symmetric ? -high : -high - 1;
  return static_cast<int64_t>(std::min(std::max(x, low), high));
}

LogicalResult RescaleOp::interpret(Values operands, Results &results,
                                   InterpreterContext &) {
  const HostValue &x = operands[0];
  // Joint values are evaluated by the op's integer-only form.
  if (x.isJoint())
    return emitOpError() << "of " << x.getType() << " has no integer-only form";
  HostValue result = HostValue::allocate(RankedTensorType::get(
      x.getShape(), cast<RankedTensorType>(getType()).getElementType()));
  unsigned bits = result.getElementType().getIntOrFloatBitWidth();
  SmallVector<SmallVector<int64_t>> strides;
  for (const HostValue &operand : operands)
    strides.push_back(getBroadcastStrides(operand.getShape(), x.getShape()));
  Rounding rounding = getRounding();
  forEachElement(x.getShape(), strides, [&](int64_t i, ArrayRef<int64_t> at) {
    __int128 value = x.getInteger(at[0]);
    int64_t shift = 0;
    if (operands.size() == 3) {
      value *= operands[1].getInteger(at[1]);
      shift = operands[2].getInteger(at[2]);
    }
    result.setInteger(i, saturate(shiftRounded(value, shift, rounding), bits,
                                  /*symmetric=*/false));
  });
  results.push_back(result);
  return success();
}

//===----------------------------------------------------------------------===//
// Programs
//===----------------------------------------------------------------------===//

LogicalResult GlobalRefOp::interpret(Values, Results &results,
                                     InterpreterContext &context) {
  auto global =
      SymbolTable::lookupNearestSymbolFrom<GlobalOp>(*this, getGlobalAttr());
  if (!global)
    return emitOpError() << getGlobalAttr() << " is no qt.global";
  return context.interpretBlock(global.getBody().front(), {}, results);
}

LogicalResult LaunchOp::interpret(Values operands, Results &results,
                                  InterpreterContext &context) {
  auto func = dyn_cast_or_null<FunctionOpInterface>(
      SymbolTable::lookupNearestSymbolFrom(*this, getKernelAttr()));
  if (!func || func.isExternal() || !func.getFunctionBody().hasOneBlock())
    return emitOpError() << getKernelAttr()
                         << " has no body that could be evaluated";
  return context.interpretBlock(func.getFunctionBody().front(), operands,
                                results);
}

LogicalResult AliasOp::interpret(Values operands, Results &results,
                                 InterpreterContext &) {
  const HostValue &input = operands[0];
  auto type = cast<RankedTensorType>(getType());
  SmallVector<int64_t> shape(type.getShape());
  // Symbols have values in compiled programs only.
  if (std::optional<AffineMap> sizes = getSizes())
    for (auto [size, expression] : llvm::zip_equal(shape, sizes->getResults()))
      if (auto number = dyn_cast<AffineConstantExpr>(expression))
        size = number.getValue();
  int64_t known = 1, total = input.getNumElements();
  for (int64_t size : shape)
    if (!ShapedType::isDynamic(size))
      known *= size;
  if (llvm::count_if(shape, ShapedType::isDynamic) > 1)
    return emitOpError() << "to " << type << " with sizes " << getSizesAttr()
                         << " is not evaluated: they are known to compiled "
                            "programs only";
  for (int64_t &size : shape)
    if (ShapedType::isDynamic(size))
      size = known ? total / known : 0;
  auto result = RankedTensorType::get(shape, type.getElementType());
  if (result.getNumElements() != total)
    return emitOpError() << "of " << input.getType() << " to " << result
                         << " changes the number of elements";
  results.push_back(input.withType(result));
  return success();
}
