//===- BlockValue.cpp - Quantised values on the host -*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "BlockValue.h"
#include "quantc/Dialect/QT/IR/IntegerTypes.h"
#include "quantc/Dialect/QT/IR/QTOps.h"
#include "quantc/Interpreter/ElementLoops.h"
#include "quantc/Numerics/Encoding.h"
#include "quantc/Numerics/PowerScales.h"

#include "llvm/Support/MathExtras.h"

#include <cmath>
#include <cstring>

using namespace mlir;
using namespace quantc;
using namespace quantc::qt;

//===----------------------------------------------------------------------===//
// BlockIndex
//===----------------------------------------------------------------------===//

BlockIndex::BlockIndex(ArrayRef<int64_t> shape, ArrayRef<int64_t> block)
    : shape(shape) {
  for (auto [size, extent] : llvm::zip_equal(shape, block))
    extents.push_back(std::max<int64_t>(
        1, ShapedType::isDynamic(extent) ? size : std::min(extent, size)));
  count = 1;
  strides.resize(shape.size());
  for (size_t dim = shape.size(); dim-- > 0;) {
    strides[dim] = count;
    // A whole dimension has one block, also where it has no element.
    count *= ShapedType::isDynamic(block[dim])
                 ? 1
                 : llvm::divideCeil(shape[dim], extents[dim]);
  }
}

int64_t BlockIndex::operator()(int64_t flat) const {
  int64_t index = 0;
  for (size_t dim = shape.size(); dim-- > 0;) {
    index += flat % shape[dim] / extents[dim] * strides[dim];
    flat /= shape[dim];
  }
  return index;
}

//===----------------------------------------------------------------------===//
// Codes
//===----------------------------------------------------------------------===//

std::vector<int32_t> qt::unpackCodes(BlockType format, ArrayRef<int64_t> shape,
                                     const HostValue &codes) {
  unsigned bits = format.getElement().getBitWidth();
  bool isSigned = format.getElement().getFormat().kind ==
                  numerics::ElementFormat::Kind::Signed;
  auto extend = [&](uint64_t value) -> int32_t {
    if (isSigned)
      return static_cast<int32_t>(llvm::SignExtend64(value, bits));
    return static_cast<int32_t>(value & llvm::maskTrailingOnes<uint64_t>(bits));
  };
  int64_t row = shape.empty() ? 1 : shape.back();
  int64_t count = 1;
  for (int64_t size : shape)
    count *= size;
  std::vector<int32_t> result(count);
  // The most there are of, and all of weights.
  if (bits == 8) {
    ArrayRef<uint8_t> bytes = codes.getBytes();
    for (int64_t i = 0; i < count; ++i)
      result[i] = isSigned ? static_cast<int8_t>(bytes[i]) : bytes[i];
    return result;
  }
  if (bits > 8) {
    for (int64_t i = 0; i < count; ++i)
      result[i] = extend(static_cast<uint64_t>(codes.getInteger(i)));
    return result;
  }
  int64_t stride = llvm::divideCeil(row * bits, 8);
  ArrayRef<uint8_t> bytes = codes.getBytes();
  for (int64_t i = 0; i < count; ++i) {
    int64_t bit = i % row * bits;
    const uint8_t *at = bytes.data() + i / row * stride + bit / 8;
    uint64_t word = at[0];
    if (bit % 8 + bits > 8)
      word |= static_cast<uint64_t>(at[1]) << 8;
    result[i] = extend(word >> (bit % 8));
  }
  return result;
}

HostValue qt::packCodes(BlockType format, ArrayRef<int64_t> shape,
                        ArrayRef<int32_t> codes) {
  HostValue result = HostValue::allocate(format.getPartTypes(shape)[0]);
  unsigned bits = format.getElement().getBitWidth();
  if (bits == 8) {
    MutableArrayRef<uint8_t> bytes = result.getMutableBytes();
    for (auto [i, code] : llvm::enumerate(codes))
      bytes[i] = static_cast<uint8_t>(code);
    return result;
  }
  if (bits > 8) {
    for (auto [i, code] : llvm::enumerate(codes))
      result.setInteger(i, code);
    return result;
  }
  int64_t row = shape.back(), stride = llvm::divideCeil(row * bits, 8);
  MutableArrayRef<uint8_t> bytes = result.getMutableBytes();
  for (auto [i, code] : llvm::enumerate(codes)) {
    int64_t bit = static_cast<int64_t>(i) % row * bits;
    uint8_t *at =
        bytes.data() + static_cast<int64_t>(i) / row * stride + bit / 8;
    uint64_t word =
        (static_cast<uint64_t>(code) & llvm::maskTrailingOnes<uint64_t>(bits))
        << (bit % 8);
    at[0] |= static_cast<uint8_t>(word);
    if (word >> 8)
      at[1] |= static_cast<uint8_t>(word >> 8);
  }
  return result;
}

//===----------------------------------------------------------------------===//
// Decoding
//===----------------------------------------------------------------------===//

/// One stored scale as a number; for shifts and integers, the multiplier.
static double readScale(ScaleFormatAttr format, const HostValue &stored,
                        int64_t index) {
  uint32_t bits = 0;
  size_t size = getElementBytes(stored.getElementType());
  std::memcpy(&bits, stored.getBytes().data() + index * size, size);
  return format.getFormat().decode(bits);
}

FailureOr<BlockValue> qt::readBlockValue(Operation *op, BlockType format,
                                         ArrayRef<HostValue> parts,
                                         ArrayRef<int64_t> shape) {
  // Sizes of what is evaluated may be data: see that the parts fit the value.
  SmallVector<RankedTensorType> types = format.getPartTypes(shape);
  if (parts.size() != types.size())
    return op->emitOpError() << "value of " << Type(format) << " has "
                             << parts.size() << " parts";
  for (auto [type, part] : llvm::zip_equal(types, parts))
    if (part.getType() != type)
      return op->emitOpError()
             << "part of type " << part.getType() << ", expected " << type
             << " for " << Type(format);

  BlockValue value;
  value.shape.assign(shape.begin(), shape.end());
  value.codes = unpackCodes(format, shape, parts[0]);
  value.integerIndex = BlockIndex(shape, format.getShape());
  numerics::ElementFormat element = format.getElement().getFormat();
  if (!element.isInteger())
    for (int32_t code : value.codes)
      value.numbers.push_back(element.decode(static_cast<uint32_t>(code)));
  unsigned next = 2;
  if (format.getZero()) {
    const HostValue &zeros = parts[next++];
    if (format.getZero().getFormat().isFloat()) {
      // Real zero points make real numbers of integer codes.
      if (value.numbers.empty())
        value.numbers.assign(value.codes.begin(), value.codes.end());
    }
    for (int64_t i = 0, e = value.codes.size(); i < e; ++i) {
      double zero = readScale(format.getZero(), zeros, value.integerIndex(i));
      if (value.numbers.empty())
        value.codes[i] -= static_cast<int32_t>(zero);
      else
        value.numbers[i] -= zero;
    }
  }
  int64_t inner = value.integerIndex.getNumBlocks();
  if (format.getScale().needsOuter()) {
    for (int64_t i = 0; i < inner; ++i)
      value.multipliers.push_back(
          static_cast<int32_t>(readScale(format.getScale(), parts[1], i)));
    value.realIndex = BlockIndex(shape, format.getOuterShape());
    for (int64_t i = 0, e = value.realIndex.getNumBlocks(); i < e; ++i)
      value.scales.push_back(
          static_cast<float>(readScale(format.getOuter(), parts[next], i)));
    return value;
  }
  value.realIndex = value.integerIndex;
  if (isWideExponent(format))
    for (int64_t i = 0; i < inner; ++i)
      value.exponents.push_back(static_cast<int32_t>(parts[1].getInteger(i)));
  for (int64_t i = 0; i < inner; ++i)
    value.scales.push_back(
        static_cast<float>(readScale(format.getScale(), parts[1], i)));
  if (!format.getOuter())
    return value;
  // Both scales are real: each block's is their rounded product.
  BlockIndex outer(shape, format.getOuterShape());
  std::vector<float> products(value.scales.size());
  for (int64_t i = 0, e = value.codes.size(); i < e; ++i)
    products[value.realIndex(i)] =
        value.scales[value.realIndex(i)] *
        static_cast<float>(readScale(format.getOuter(), parts[next], outer(i)));
  value.scales = std::move(products);
  return value;
}

FailureOr<BlockValue> qt::readJointValue(Operation *op,
                                         const HostValue &value) {
  return readBlockValue(op, getBlockFormat(value.getType()), value.getParts(),
                        value.getShape());
}

float BlockValue::decode(int64_t flat) const {
  // Beyond the powers that are floats, too.
  if (!exponents.empty())
    return static_cast<float>(
        std::scalbn(static_cast<double>(static_cast<float>(getNumber(flat))),
                    exponents[realIndex(flat)]));
  float scale = scales[realIndex(flat)];
  if (!multipliers.empty())
    scale = static_cast<float>(multipliers[integerIndex(flat)]) * scale;
  return static_cast<float>(getNumber(flat)) * scale;
}

HostValue qt::decodeBlockValue(MLIRContext *context, const BlockValue &value) {
  HostValue result = HostValue::allocate(
      RankedTensorType::get(value.shape, Float32Type::get(context)));
  MutableArrayRef<float> floats = result.asMutable<float>();
  for (int64_t i = 0, e = floats.size(); i < e; ++i)
    floats[i] = value.decode(i);
  return result;
}

//===----------------------------------------------------------------------===//
// Encoding
//===----------------------------------------------------------------------===//

static std::optional<numerics::PowerRule> getPowerRule(ScaleRule rule) {
  switch (rule) {
  case ScaleRule::Floor:
    return numerics::PowerRule::Floor;
  case ScaleRule::Ceil:
    return numerics::PowerRule::Ceil;
  case ScaleRule::RoundCeil:
    return numerics::PowerRule::RoundCeil;
  case ScaleRule::Even:
    return numerics::PowerRule::Even;
  case ScaleRule::AbsMax:
  case ScaleRule::Search:
  case ScaleRule::Norm:
    break;
  }
  return std::nullopt;
}

/// Scales that are powers of two, stored as exponents. A block of zeros has the
/// smallest one; one that is not finite has the NaN of e8m0, or the largest.
static void encodePowers(ArrayRef<float> floats, const BlockIndex &index,
                         BlockType format,
                         const numerics::PowerEncoder &encoder,
                         MutableArrayRef<int32_t> codes, HostValue &scales) {
  bool isE8M0 =
      format.getScale().getFormat().kind == numerics::ScaleFormat::Kind::E8M0;
  std::vector<uint32_t> largest(index.getNumBlocks());
  for (auto [i, x] : llvm::enumerate(floats))
    largest[index(i)] =
        std::max(largest[index(i)], llvm::bit_cast<uint32_t>(x) & 0x7fffffffU);
  std::vector<int> exponents;
  for (auto [block, bits] : llvm::enumerate(largest)) {
    float amax = llvm::bit_cast<float>(bits);
    int low = isE8M0 ? -127 : -128, high = 127, exponent = low;
    if (!std::isfinite(amax))
      exponent = isE8M0 ? high + 1 : high;
    else if (amax > 0)
      exponent = std::clamp(encoder.chooseExponent(amax), low, high);
    exponents.push_back(exponent);
    scales.setInteger(block,
                      isE8M0 ? static_cast<int8_t>(exponent + 127) : exponent);
  }
  for (auto [i, x] : llvm::enumerate(floats))
    codes[i] = static_cast<int32_t>(encoder.encode(x, exponents[index(i)]));
}

namespace {
/// The ways in which values are encoded.
enum class Encoder { AbsMax, Searched, Powers };
} // namespace

/// Whether one outer scale is a row's, or of all rows of an output: blocks of 1
/// in dimensions before, and whole ones from there on.
static bool hasOuterRows(BlockType format) {
  ArrayRef<int64_t> extents = format.getOuterShape();
  size_t ones = 0;
  while (ones < extents.size() && extents[ones] == 1)
    ++ones;
  return ones < extents.size() && (ones > 0 || extents.size() == 1) &&
         llvm::all_of(extents.drop_front(ones), ShapedType::isDynamic);
}

/// Whether blocks lie along the last dimension.
static bool hasRowBlocks(BlockType format) {
  return llvm::all_of(format.getShape().drop_back(),
                      [](int64_t extent) { return extent == 1; });
}

static std::optional<Encoder> chooseEncoder(BlockType format, ScaleRule rule) {
  numerics::ElementFormat element = format.getElement().getFormat();
  numerics::ScaleFormat scale = format.getScale().getFormat();
  if (format.getZero() || element.bits > 8)
    return std::nullopt;
  if (rule == ScaleRule::AbsMax && element.isInteger() && scale.isF32() &&
      !format.getOuter())
    return Encoder::AbsMax;
  if (rule == ScaleRule::Search && element.isSigned(element.bits) &&
      scale.isSigned(8) && format.getOuter().getFormat().isF32() &&
      hasRowBlocks(format) && hasOuterRows(format))
    return Encoder::Searched;
  if (getPowerRule(rule) && !format.getOuter() &&
      (scale.kind == numerics::ScaleFormat::Kind::E8M0 ||
       scale.kind == numerics::ScaleFormat::Kind::Exponent))
    return Encoder::Powers;
  return std::nullopt;
}

LogicalResult qt::verifyEncodable(function_ref<InFlightDiagnostic()> emitError,
                                  BlockType format, EncodingAttr encoding) {
  // What `norm` takes is verified with the op.
  if (encoding.getRule() == ScaleRule::Norm ||
      chooseEncoder(format, encoding.getRule()))
    return success();
  return emitError() << "rule '" << stringifyScaleRule(encoding.getRule())
                     << "' for the format " << Type(format)
                     << " is not evaluated yet; supported: absmax of integers "
                        "up to 8 bits with f32 scales, floor, ceil, rceil and "
                        "even with e8m0 or exp<8> scales, and search with s8 "
                        "multipliers and one f32 scale a row";
}

FailureOr<SmallVector<HostValue>> qt::encodeParts(Operation *op,
                                                  const HostValue &x,
                                                  BlockType format,
                                                  EncodingAttr encoding) {
  if (encoding.getRule() == ScaleRule::Norm)
    return encodeNormalised(op, x, format);
  std::optional<Encoder> encoder = chooseEncoder(format, encoding.getRule());
  if (!encoder)
    return verifyEncodable([&] { return op->emitOpError(); }, format, encoding);
  ArrayRef<int64_t> shape = x.getShape();
  SmallVector<HostValue> parts;
  for (RankedTensorType type : format.getPartTypes(shape))
    parts.push_back(HostValue::allocate(type));
  ArrayRef<float> floats = x.as<float>();
  numerics::ElementFormat element = format.getElement().getFormat();
  bool isSigned = element.kind == numerics::ElementFormat::Kind::Signed;
  numerics::CodeRange range{static_cast<int32_t>(encoding.getLow()),
                            static_cast<int32_t>(encoding.getHigh())};
  std::vector<int32_t> codes(floats.size());
  auto toInteger = [&](int8_t code) -> int32_t {
    return isSigned ? code : static_cast<uint8_t>(code);
  };

  BlockIndex index(shape, format.getShape());
  // Blocks that lie along the last dimension have their elements in sequence,
  // and so have those of all of the last few ones, which are a row, too.
  bool isRows = !shape.empty() && hasRowBlocks(format);
  int64_t row = shape.empty() ? 1 : shape.back();
  int64_t rows = row ? static_cast<int64_t>(floats.size()) / row : 0;
  int64_t extent = index.getLastExtent();
  if (encoder == Encoder::AbsMax && !isRows) {
    size_t ones = 0;
    while (ones < shape.size() && format.getShape()[ones] == 1)
      ++ones;
    isRows = llvm::all_of(llvm::seq<size_t>(ones, shape.size()),
                          [&](size_t dim) { return index.isWhole(dim); });
    if (isRows)
      row = extent = llvm::product_of(shape.drop_front(ones));
    rows = row ? static_cast<int64_t>(floats.size()) / row : 0;
  }
  std::vector<int8_t> rowCodes(row);
  if (encoder == Encoder::AbsMax && isRows) {
    float *scales = parts[1].asMutable<float>().data();
    for (int64_t r = 0; r < rows; ++r) {
      for (int64_t from = 0; from < row; from += extent)
        numerics::encodeAbsMax(floats.data() + r * row + from,
                               std::min(extent, row - from), range,
                               rowCodes.data() + from, scales++);
      for (int64_t i = 0; i < row; ++i)
        codes[r * row + i] = toInteger(rowCodes[i]);
    }
    parts[0] = packCodes(format, shape, codes);
    return parts;
  }
  if (encoder == Encoder::AbsMax) {
    std::vector<std::vector<int64_t>> members(index.getNumBlocks());
    for (int64_t i = 0, e = floats.size(); i < e; ++i)
      members[index(i)].push_back(i);
    for (auto [block, elements] : llvm::enumerate(members)) {
      std::vector<float> values;
      for (int64_t i : elements)
        values.push_back(floats[i]);
      std::vector<int8_t> encoded(values.size());
      numerics::encodeAbsMax(values.data(), values.size(), range,
                             encoded.data(),
                             &parts[1].asMutable<float>()[block]);
      for (auto [i, code] : llvm::zip_equal(elements, encoded))
        codes[i] = toInteger(code);
    }
    parts[0] = packCodes(format, shape, codes);
    return parts;
  }
  if (encoder == Encoder::Searched) {
    // Rows of an output have its scale together.
    int64_t together = 1;
    for (auto [size, outer] :
         llvm::zip(shape.drop_back(), format.getOuterShape().drop_back()))
      if (ShapedType::isDynamic(outer))
        together *= size;
    int64_t blocks = llvm::divideCeil(row, extent);
    rowCodes.resize(together * row);
    for (int64_t r = 0; r < rows; r += together) {
      numerics::encodeSearched(
          floats.data() + r * row, row, extent, range, rowCodes.data(),
          parts[1].asMutable<int8_t>().data() + r * blocks,
          parts[2].asMutable<float>().data() + r / together, together);
      for (int64_t i = 0; i < together * row; ++i)
        codes[r * row + i] = rowCodes[i];
    }
    parts[0] = packCodes(format, shape, codes);
    return parts;
  }
  encodePowers(
      floats, index, format,
      numerics::PowerEncoder(element, *getPowerRule(encoding.getRule()), range),
      codes, parts[1]);
  parts[0] = packCodes(format, shape, codes);
  return parts;
}
