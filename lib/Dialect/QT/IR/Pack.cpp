//===- Pack.cpp - Weights in panels -*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "BlockValue.h"
#include "PackedWeights.h"
#include "quantc/Dialect/QT/IR/ChainPlans.h"
#include "quantc/Interpreter/Interpreter.h"
#include "quantc/Numerics/Fixed/Linear.h"
#include "quantc/Numerics/Fixed/Rows.h"
#include "quantc/Numerics/TileTransform.h"

#include "llvm/Support/MathExtras.h"

#include <cstring>
#include <limits>

using namespace mlir;
using namespace quantc;
using namespace quantc::qt;

numerics::PackedLayout qt::getPackedLayout(LayoutAttr layout, int64_t n,
                                           int64_t k) {
  return {layout.getForm(), layout.getPanel(), layout.getBias(), n, k};
}

static bool isExponent(BlockType format) {
  return format.getScale().getFormat().kind ==
         numerics::ScaleFormat::Kind::Exponent;
}

/// Codes of 8 bits with one exponent a row, or an output.
static bool isExponentRow(BlockType format) {
  ArrayRef<int64_t> extents = format.getShape();
  return format.getElement().getFormat().isSigned(8) && isExponent(format) &&
         format.getScale().getFormat().bits == 8 && !format.getZero() &&
         !format.getOuter() && extents.front() == 1 &&
         llvm::all_of(extents.drop_front(), ShapedType::isDynamic);
}

LogicalResult
qt::verifyLayoutFormat(function_ref<InFlightDiagnostic()> emitError,
                       LayoutAttr layout, Type format, bool isDepthwise) {
  auto fail = [&](StringRef supported) -> LogicalResult {
    return emitError() << "format " << format << " in the layout " << layout
                       << "; supported: " << supported;
  };
  const numerics::FormTraits &form = numerics::getTraits(layout.getForm());
  if (form.codeBits == 0)
    return format.isF32() ? success() : fail("f32");
  // Rows are output channels: one block, or blocks of 32 along the last
  // dimension, with one outer scale for all of an output.
  auto isRows = [&](BlockType block) {
    if (form.codeBits == 4 ? !block.hasMultipliedNibbles()
                           : !block.hasScaledCodes(form.codeBits))
      return false;
    if (block.getOuter() && !llvm::all_of(block.getOuterShape().drop_front(),
                                          ShapedType::isDynamic))
      return false;
    ArrayRef<int64_t> extents = block.getShape();
    return extents.front() == 1 &&
           extents.back() == (form.isCut ? 32 : ShapedType::kDynamic) &&
           llvm::all_of(extents.drop_front().drop_back(), [&](int64_t extent) {
             return extent == (form.isCut ? 1 : ShapedType::kDynamic);
           });
  };
  auto block = dyn_cast<BlockType>(format);
  if (layout.getForm() == LayoutForm::Chained)
    return block && isExponentRow(block)
               ? success()
               : fail("!qt.block<[1, ?], s8, scale = exp<8>>");
  if (block && isRows(block))
    return success();
  // Blocks of integer-only activations against one exponent a row.
  LayoutForm ofShifts = isDepthwise ? LayoutForm::S8 : LayoutForm::B32;
  if (layout.getForm() == ofShifts && block && isExponentRow(block))
    return success();
  if (layout.getForm() == LayoutForm::W4I && block && isIntegerNibbles(block))
    return success();
  if (layout.getForm() == LayoutForm::W4I)
    return fail("!qt.block<[1, 32], s4, scale = s8, outer = f32 or exp<8>>");
  if (form.codeBits == 4)
    return fail("!qt.block<[1, 32], s4, scale = s8, outer = f32>");
  if (layout.getForm() == LayoutForm::B32)
    return fail("!qt.block<[1, 32], s8, scale = f32>, "
                "!qt.block<[1, ?], s8, scale = exp<8>>");
  return fail(form.isCut ? "!qt.block<[1, 32], s8, scale = f32>"
                         : "!qt.block<[1, ?], s8, scale = f32>");
}

std::optional<int64_t>
qt::getPackedBytes(LayoutAttr layout, ArrayRef<int64_t> shape, int64_t groups) {
  LayoutForm form = layout.getForm();
  constexpr int64_t most = int64_t(1) << 62;
  // The last size may be filled up; then a panel has 40 bytes of a block of 32.
  auto fits = [&](int64_t a, int64_t b, int64_t c) {
    int64_t product;
    return a >= 0 && b >= 0 && c >= 0 && !llvm::MulOverflow(a, b, product) &&
           !llvm::MulOverflow(product, c, product) && product <= most;
  };
  int64_t n = shape.front(), taps = shape.size() == 3 ? shape[1] : 1;
  int64_t depth = shape.back();
  if (groups < 1 || ShapedType::isDynamic(n) || ShapedType::isDynamic(taps) ||
      ShapedType::isDynamic(depth) || n % groups != 0 || depth > most / 64 ||
      !fits(n + layout.getPanel() * groups, taps, (depth + 32) * 8))
    return std::nullopt;
  if (form == LayoutForm::Winograd &&
      (shape.size() != 3 || taps != numerics::windowTaps || groups != 1))
    return std::nullopt;
  // Only activations without a bias are read where they lie.
  if (form == LayoutForm::Chained && shape.size() != 2 &&
      (layout.getBias() != 0 || groups != 1))
    return std::nullopt;
  if (shape.size() == 3 && isDepthwise(depth, groups))
    return getDepthwiseBytes(form, taps, groups);
  int64_t k = shape.size() == 3 ? taps * getTapStride(form, depth) : depth;
  return groups * getPackedLayout(layout, n / groups, k).leastBytes();
}

LogicalResult
qt::verifyPackedBytes(function_ref<InFlightDiagnostic()> emitError,
                      RankedTensorType type, LayoutAttr layout,
                      ArrayRef<int64_t> shape, int64_t groups) {
  if (llvm::any_of(shape, ShapedType::isDynamic))
    return success();
  std::optional<int64_t> bytes = getPackedBytes(layout, shape, groups);
  if (!bytes)
    return emitError() << "holds weights of shape [" << shape << "] in "
                       << groups << " groups, which do not fit the layout "
                       << layout;
  // How many steps there are depends on the weights.
  bool isExact = !numerics::hasTable(layout.getForm());
  int64_t stated = type.getDimSize(0);
  if (ShapedType::isDynamic(stated) ||
      (isExact ? stated == *bytes : stated >= *bytes))
    return success();
  return emitError() << "has " << stated << " bytes, weights of shape ["
                     << shape << "] take " << (isExact ? "" : "at least ")
                     << *bytes << " in the layout " << layout;
}

LogicalResult PackOp::verify() {
  auto emitError = [&] { return emitOpError(); };
  if (getParts().empty())
    return emitOpError() << "has no parts";
  auto block = dyn_cast<BlockType>(getFormat());
  SmallVector<int64_t> shape(
      cast<RankedTensorType>(getParts()[0].getType()).getShape());
  if (block) {
    shape = getValueShape(getParts().getTypes(), block);
    if (shape.size() == block.getShape().size() &&
        failed(verifyParts(emitError, "operand", getParts().getTypes(), block,
                           shape)))
      return failure();
  } else if (getParts().size() != 1 ||
             !cast<RankedTensorType>(getParts()[0].getType())
                  .getElementType()
                  .isF32()) {
    return emitOpError() << "of " << getParts().getTypes()
                         << "; supported for format f32: one tensor of it";
  }
  if (shape.size() != 2 && shape.size() != 3)
    return emitOpError() << "of rank " << shape.size()
                         << "; supported: [N, K] or [O, taps, C/groups]";
  if (shape.back() == ShapedType::kDynamic && getK())
    shape.back() = static_cast<int64_t>(getK());
  int64_t groups = getGroups();
  if (!ShapedType::isDynamic(shape[0]) && shape[0] % groups != 0)
    return emitOpError() << "groups = " << groups << " do not divide "
                         << shape[0] << " outputs";
  LayoutForm form = getLayout().getForm();
  bool isPerChannel = shape.size() == 3 && isDepthwise(shape[2], groups);
  if (failed(verifyLayoutFormat(emitError, getLayout(), getFormat(),
                                isPerChannel)))
    return failure();
  if (isPerChannel && (shape[0] != groups ||
                       (form != LayoutForm::F32 && form != LayoutForm::S8)))
    return emitOpError() << "of a depthwise convolution with " << shape[0]
                         << " outputs in " << groups << " groups in the "
                         << "layout " << getLayout()
                         << "; supported: one output a group, forms f32, s8";
  return verifyPackedBytes([&] { return emitOpError() << "result "; },
                           getType(), getLayout(), shape, groups);
}

/// Elements [rows, depth] with rows filled up to \p stride by zeros.
template <typename T>
static std::vector<T> fillRows(const T *from, int64_t rows, int64_t depth,
                               int64_t stride) {
  std::vector<T> result(rows * stride, T(0));
  for (int64_t row = 0; row < rows; ++row)
    std::copy_n(from + row * depth, depth, result.begin() + row * stride);
  return result;
}

/// Puts [channels, taps] weights, floats or codes with scales, tap after tap.
static HostValue packDepthwise(RankedTensorType type, int64_t taps,
                               int64_t channels, ArrayRef<float> values,
                               ArrayRef<int8_t> codes, ArrayRef<float> scales) {
  bool isFloat = scales.empty();
  HostValue result = HostValue::allocate(RankedTensorType::get(
      {getDepthwiseBytes(isFloat ? LayoutForm::F32 : LayoutForm::S8, taps,
                         channels)},
      type.getElementType()));
  uint8_t *out = result.getMutableBytes().data();
  if (!isFloat) {
    std::memcpy(out, scales.data(), channels * sizeof(float));
    out += channels * sizeof(float);
  }
  for (int64_t tap = 0; tap < taps; ++tap)
    for (int64_t c = 0; c < channels; ++c) {
      int64_t from = c * taps + tap, to = tap * channels + c;
      if (!isFloat)
        out[to] = static_cast<uint8_t>(codes[from]);
      else
        std::memcpy(out + to * sizeof(float), &values[from], sizeof(float));
    }
  return result;
}

LogicalResult PackOp::interpret(ArrayRef<HostValue> operands,
                                SmallVectorImpl<HostValue> &results,
                                InterpreterContext &) {
  auto block = dyn_cast<BlockType>(getFormat());
  SmallVector<int64_t> shape(operands[0].getShape());
  LayoutForm form = getLayout().getForm();
  int64_t groups = getGroups();
  std::vector<float> values;
  std::vector<int8_t> bytes;
  if (block) {
    if (unsigned bits = block.getElement().getBitWidth(); bits < 8) {
      // The size of a row is not part of the parts: the one that is stated, or
      // that of whole blocks, as far as the bytes go.
      shape.back() =
          getK() ? static_cast<int64_t>(getK()) : shape.back() * 8 / bits;
    }
    SmallVector<RankedTensorType> types = block.getPartTypes(shape);
    for (auto [type, part] : llvm::zip_equal(types, operands))
      if (part.getType() != type)
        return emitOpError()
               << "part of type " << part.getType() << ", expected " << type;
    std::vector<int32_t> codes = unpackCodes(block, shape, operands[0]);
    bytes.assign(codes.begin(), codes.end());
  } else {
    ArrayRef<float> given = operands[0].as<float>();
    values.assign(given.begin(), given.end());
  }
  if (shape.size() == 3 && isDepthwise(shape[2], groups)) {
    std::vector<float> scales;
    for (int64_t c = 0; block && c < groups; ++c)
      scales.push_back(static_cast<float>(operands[1].getNumber(c)));
    results.push_back(
        packDepthwise(getType(), shape[1], groups, values, bytes, scales));
    return success();
  }
  if (shape.size() == 3) {
    int64_t depth = shape[2], rows = shape[0] * shape[1];
    shape[2] = getTapStride(form, depth);
    if (block)
      bytes = fillRows(bytes.data(), rows, depth, shape[2]);
    else
      values = fillRows(values.data(), rows, depth, shape[2]);
  }
  int64_t n = shape[0], k = shape.size() == 3 ? shape[1] * shape[2] : shape[1];
  if (n % groups != 0)
    return emitOpError() << "groups = " << groups << " do not divide " << n
                         << " outputs";
  numerics::PackedLayout layout = getPackedLayout(getLayout(), n / groups, k);
  // Exponents of rows stand in the places of scales, as floats.
  bool isMultiplied = block && block.getOuter();
  bool hasIntegerSums = block && (isExponent(block) || isIntegerNibbles(block));
  std::vector<float> exponents;
  int64_t ofRow =
      !isMultiplied && numerics::hasBlockScales(form) ? layout.numBlocks() : 1;
  for (int64_t row = 0; hasIntegerSums && row < n; ++row)
    exponents.insert(exponents.end(), ofRow,
                     static_cast<float>(operands.back().getInteger(row)));
  std::vector<uint8_t> packed;
  for (int64_t group = 0; group < groups; ++group) {
    int64_t first = group * layout.n;
    numerics::WeightParts parts;
    if (!block) {
      parts.values = values.data() + first * k;
    } else {
      parts.codes = bytes.data() + first * k;
      int64_t blocks =
          n == 0 ? 0 : operands[1].getNumElements() / n; // scales of a row
      if (isMultiplied) {
        parts.multipliers = operands[1].as<int8_t>().data() + first * blocks;
        parts.outer = hasIntegerSums ? exponents.data() + first
                                     : operands[2].as<float>().data() + first;
      } else if (hasIntegerSums) {
        parts.scales = exponents.data() + first * ofRow;
      } else {
        parts.scales = operands[1].as<float>().data() + first * blocks;
      }
    }
    if (form == LayoutForm::B32N &&
        !numerics::areNarrow(parts.codes, layout.n * k))
      return emitOpError() << "codes reach beyond " << numerics::narrowCode
                           << ", more than the layout 'b32n' holds; the layout "
                              "'b32' has no such limit";
    // Kernels for few rows give weights the signs of activations.
    constexpr int8_t lowest = std::numeric_limits<int8_t>::min();
    if (form == LayoutForm::Chained &&
        llvm::is_contained(ArrayRef(parts.codes, layout.n * k), lowest))
      return emitOpError() << "codes reach " << static_cast<int>(lowest)
                           << ", which the layout 'chained' does not hold; the "
                              "layout 'b32' does";
    if (form == LayoutForm::W4S &&
        !numerics::haveSmallProducts(parts.multipliers,
                                     layout.n * layout.numBlocks()))
      return emitOpError() << "multipliers reach beyond "
                           << numerics::smallMultiplier
                           << ", more than the layout 'w4s' holds; the layout "
                              "'w4i' has no such limit";
    int64_t bound = numerics::boundSums(layout, parts);
    for (int64_t row = 0; hasIntegerSums && row < layout.n; ++row) {
      std::vector<int16_t> multipliers;
      if (parts.multipliers)
        multipliers.assign(parts.multipliers + row * layout.numBlocks(),
                           parts.multipliers + (row + 1) * layout.numBlocks());
      bound = std::max(bound,
                       numerics::fixed::boundSum(
                           parts.codes + row * k,
                           multipliers.empty() ? nullptr : multipliers.data(),
                           k, 32, numerics::fixed::blockDepth));
    }
    if (bound > std::numeric_limits<int32_t>::max())
      return emitOpError() << "sums of " << k << " products with these weights "
                           << "reach " << bound
                           << ", more than 32 bits hold; blocks of 32 have no "
                              "such limit";
    std::shared_ptr<const numerics::ChainPlan> plan;
    if (form == LayoutForm::Chained)
      plan = ChainPlans::get(getContext()).find(layout, parts.codes);
    parts.plan = plan.get();
    std::vector<uint8_t> own = numerics::packWeights(layout, parts);
    if (numerics::hasTable(form) &&
        own.size() > std::numeric_limits<uint32_t>::max())
      return emitOpError() << "panels of " << own.size()
                           << " bytes in the layout '"
                           << stringifyLayoutForm(form)
                           << "', whose offsets have 32 bits; the layout '"
                           << (hasIntegerSums ? "b32" : "s8")
                           << "' has no such limit";
    packed.insert(packed.end(), own.begin(), own.end());
  }
  // Room for weights of the same shape that take more.
  if (numerics::hasTable(form) && !getType().isDynamicDim(0))
    packed.resize(std::max<size_t>(packed.size(), getType().getDimSize(0)));
  auto type = RankedTensorType::get({static_cast<int64_t>(packed.size())},
                                    IntegerType::get(getContext(), 8));
  HostValue result = HostValue::allocate(type);
  if (!packed.empty())
    std::memcpy(result.getMutableBytes().data(), packed.data(), packed.size());
  results.push_back(result);
  return success();
}

/// Elements [rows, stride] without what fills rows up behind \p depth.
template <typename T>
static void cutRows(std::vector<T> &values, int64_t stride, int64_t depth) {
  size_t rows = stride == 0 ? 0 : values.size() / stride;
  for (size_t row = 0; row < rows; ++row)
    std::copy_n(values.begin() + row * stride, depth,
                values.begin() + row * depth);
  values.resize(rows * depth);
}

FailureOr<SmallVector<HostValue>>
qt::unpackParts(Operation *op, const HostValue &packed, LayoutAttr layout,
                Type format, ArrayRef<int64_t> shape, int64_t groups) {
  ArrayRef<uint8_t> bytes = packed.getBytes();
  bool hasTaps = shape.size() == 3;
  int64_t depth = shape.back();
  bool isPerChannel = hasTaps && isDepthwise(depth, groups);
  int64_t stride = hasTaps ? getTapStride(layout.getForm(), depth) : depth;
  int64_t n = shape[0] / groups, k = hasTaps ? shape[1] * stride : depth;
  size_t each = bytes.size() / groups;
  numerics::UnpackedWeights all;
  if (isPerChannel) {
    stride = depth;
    bool isFloat = layout.getForm() == LayoutForm::F32;
    if (static_cast<int64_t>(bytes.size()) !=
        getDepthwiseBytes(layout.getForm(), shape[1], groups))
      return op->emitOpError()
             << "rhs of " << bytes.size() << " bytes holds no " << groups
             << " channels of " << shape[1] << " taps";
    const uint8_t *data = bytes.data();
    if (!isFloat) {
      all.scales.resize(groups);
      std::memcpy(all.scales.data(), data, groups * sizeof(float));
      data += groups * sizeof(float);
    }
    for (int64_t c = 0; c < groups; ++c)
      for (int64_t tap = 0; tap < shape[1]; ++tap) {
        int64_t at = tap * groups + c;
        if (isFloat)
          std::memcpy(&all.values.emplace_back(), data + at * sizeof(float),
                      sizeof(float));
        else
          all.codes.push_back(static_cast<int8_t>(data[at]));
      }
  }
  for (int64_t group = 0; !isPerChannel && group < groups; ++group) {
    std::optional<numerics::UnpackedWeights> own = numerics::unpackWeights(
        getPackedLayout(layout, n, k), bytes.data() + group * each,
        static_cast<int64_t>(each));
    if (!own)
      return op->emitOpError()
             << "rhs of " << bytes.size() << " bytes holds no " << shape[0]
             << " columns of " << k << " in the layout " << layout;
    auto append = [](auto &to, const auto &from) {
      to.insert(to.end(), from.begin(), from.end());
    };
    append(all.values, own->values);
    append(all.codes, own->codes);
    append(all.scales, own->scales);
    append(all.multipliers, own->multipliers);
    append(all.outer, own->outer);
  }
  cutRows(all.values, stride, depth);
  cutRows(all.codes, stride, depth);
  MLIRContext *context = op->getContext();
  auto fill = [](RankedTensorType type, const void *data) {
    HostValue value = HostValue::allocate(type);
    MutableArrayRef<uint8_t> to = value.getMutableBytes();
    if (!to.empty())
      std::memcpy(to.data(), data, to.size());
    return value;
  };
  SmallVector<HostValue> parts;
  auto block = dyn_cast<BlockType>(format);
  if (!block) {
    parts.push_back(
        fill(RankedTensorType::get(shape, Float32Type::get(context)),
             all.values.data()));
    return parts;
  }
  SmallVector<RankedTensorType> types = block.getPartTypes(shape);
  std::vector<int32_t> codes(all.codes.begin(), all.codes.end());
  parts.push_back(packCodes(block, shape, codes));
  // Exponents of rows stand in the places of scales.
  auto fillExponents = [](RankedTensorType type, ArrayRef<float> scales) {
    HostValue exponents = HostValue::allocate(type);
    int64_t rows = exponents.getNumElements();
    for (int64_t row = 0; row < rows; ++row)
      exponents.setInteger(
          row, static_cast<int64_t>(scales[row * scales.size() / rows]));
    return exponents;
  };
  if (block.getOuter()) {
    parts.push_back(fill(types[1], all.multipliers.data()));
    parts.push_back(isIntegerNibbles(block) ? fillExponents(types[2], all.outer)
                                            : fill(types[2], all.outer.data()));
  } else if (isExponent(block)) {
    parts.push_back(fillExponents(types[1], all.scales));
  } else {
    parts.push_back(fill(types[1], all.scales.data()));
  }
  return parts;
}
