//===- Pack.cpp - Weights in panels -*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "BlockValue.h"
#include "PackedWeights.h"
#include "quantc/Interpreter/Interpreter.h"
#include "quantc/Numerics/Fixed/Linear.h"
#include "quantc/Numerics/Fixed/Rows.h"

#include <cstring>
#include <limits>

using namespace mlir;
using namespace quantc;
using namespace quantc::qt;

numerics::PackedForm qt::getPackedForm(LayoutForm form) {
  switch (form) {
  case LayoutForm::F32:
    return numerics::PackedForm::F32;
  case LayoutForm::S8:
    return numerics::PackedForm::S8;
  case LayoutForm::Matched:
    return numerics::PackedForm::Matched;
  case LayoutForm::W4I:
    return numerics::PackedForm::W4I;
  case LayoutForm::B32:
    return numerics::PackedForm::B32;
  case LayoutForm::S8F:
    return numerics::PackedForm::S8F;
  case LayoutForm::B32F:
    return numerics::PackedForm::B32F;
  case LayoutForm::W4F:
    return numerics::PackedForm::W4F;
  }
  llvm_unreachable("all forms are covered");
}

numerics::PackedLayout qt::getPackedLayout(LayoutAttr layout, int64_t n,
                                           int64_t k) {
  return {getPackedForm(layout.getForm()), layout.getPanel(), layout.getBias(),
          n, k};
}

LogicalResult
qt::verifyLayoutFormat(function_ref<InFlightDiagnostic()> emitError,
                       LayoutAttr layout, Type format) {
  auto fail = [&](StringRef supported) -> LogicalResult {
    return emitError() << "format " << format << " in the layout " << layout
                       << "; supported: " << supported;
  };
  auto block = dyn_cast<BlockType>(format);
  if (layout.getForm() == LayoutForm::F32)
    return format.isF32() ? success() : fail("f32");
  // Rows are output channels: one block, or blocks of 32 along the last
  // dimension.
  auto isRows = [&](StringRef element, StringRef scale, bool cut, bool outer) {
    if (!block || block.getZero() || !block.getOuter() == outer ||
        block.getElement().getSpelling() != element ||
        block.getScale().getSpelling() != scale ||
        block.getShape().front() != 1)
      return false;
    for (int64_t extent : block.getShape().drop_front().drop_back())
      if (extent != (cut ? 1 : ShapedType::kDynamic))
        return false;
    // One outer scale for all of an output.
    if (outer && !llvm::all_of(block.getOuterShape().drop_front(),
                               ShapedType::isDynamic))
      return false;
    return block.getShape().back() == (cut ? 32 : ShapedType::kDynamic);
  };
  switch (layout.getForm()) {
  case LayoutForm::S8:
  case LayoutForm::Matched:
  case LayoutForm::S8F:
    return isRows("s8", "f32", false, false)
               ? success()
               : fail("!qt.block<[1, ?], s8, scale = f32>");
  case LayoutForm::B32:
    // Blocks of integer-only activations against one exponent a row.
    if (isRows("s8", "exp<8>", false, false))
      return success();
    return isRows("s8", "f32", true, false)
               ? success()
               : fail("!qt.block<[1, 32], s8, scale = f32>, "
                      "!qt.block<[1, ?], s8, scale = exp<8>>");
  case LayoutForm::B32F:
    return isRows("s8", "f32", true, false)
               ? success()
               : fail("!qt.block<[1, 32], s8, scale = f32>");
  case LayoutForm::W4I:
  case LayoutForm::W4F:
    return isRows("s4", "s8", true, true) &&
                   block.getOuter().getSpelling() == "f32"
               ? success()
               : fail("!qt.block<[1, 32], s4, scale = s8, outer = f32>");
  case LayoutForm::F32:
    break;
  }
  return success();
}

static bool isExponent(BlockType format) {
  return format.getScale().getFormat().kind ==
         numerics::ScaleFormat::Kind::Exponent;
}

/// Rows and their lengths of weights of this shape; -1 where it is not known,
/// or more than any memory holds.
static std::pair<int64_t, int64_t> getMatrix(ArrayRef<int64_t> shape) {
  constexpr int64_t limit = int64_t(1) << 28;
  auto clip = [](int64_t size) {
    return ShapedType::isDynamic(size) || size > limit ? -1 : size;
  };
  int64_t k = 1;
  for (int64_t size : shape.drop_front())
    k = clip(size) < 0 || k < 0 ? -1 : clip(k * size);
  return {clip(shape[0]), k};
}

LogicalResult PackOp::verify() {
  auto emitError = [&] { return emitOpError(); };
  if (getParts().empty())
    return emitOpError() << "has no parts";
  if (failed(verifyLayoutFormat(emitError, getLayout(), getFormat())))
    return failure();
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
  if (groups < 1 || (!ShapedType::isDynamic(shape[0]) && shape[0] % groups))
    return emitOpError() << "groups = " << groups << " do not divide "
                         << shape[0] << " outputs";
  LayoutForm form = getLayout().getForm();
  if (shape.size() == 3 && isDepthwise(shape[2], groups)) {
    if (shape[0] != groups ||
        (form != LayoutForm::F32 && form != LayoutForm::S8))
      return emitOpError() << "of a depthwise convolution with " << shape[0]
                           << " outputs in " << groups << " groups in the "
                           << "layout " << getLayout()
                           << "; supported: one output a group, forms f32, s8";
    if (!ShapedType::isDynamic(shape[1]) && !getType().isDynamicDim(0) &&
        getType().getDimSize(0) != getDepthwiseBytes(form, shape[1], groups))
      return emitOpError() << "result has " << getType().getDimSize(0)
                           << " bytes, " << groups << " channels of "
                           << shape[1] << " taps take "
                           << getDepthwiseBytes(form, shape[1], groups);
    return success();
  }
  if (shape.size() == 3 && !ShapedType::isDynamic(shape[2]))
    shape[2] = getTapStride(form, shape[2]);
  auto [n, k] = getMatrix(shape);
  // How many steps `matched` has depends on the weights.
  if (n < 0 || k < 0 || getType().isDynamicDim(0) ||
      getLayout().getForm() == LayoutForm::Matched)
    return success();
  numerics::PackedLayout layout = getPackedLayout(getLayout(), n / groups, k);
  int64_t bytes = groups * layout.numPanels() * layout.panelBytes();
  if (getType().getDimSize(0) != bytes)
    return emitOpError() << "result has " << getType().getDimSize(0)
                         << " bytes, " << n << " columns of " << k << " take "
                         << bytes;
  return success();
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
                               ArrayRef<int8_t> codes, const float *scales) {
  HostValue result = HostValue::allocate(RankedTensorType::get(
      {getDepthwiseBytes(scales ? LayoutForm::S8 : LayoutForm::F32, taps,
                         channels)},
      type.getElementType()));
  uint8_t *out = result.getMutableBytes().data();
  if (scales) {
    std::memcpy(out, scales, channels * sizeof(float));
    out += channels * sizeof(float);
  }
  for (int64_t tap = 0; tap < taps; ++tap)
    for (int64_t c = 0; c < channels; ++c) {
      int64_t from = c * taps + tap, to = tap * channels + c;
      if (scales)
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
    const float *scales =
        block ? operands[1].as<float>().data() : static_cast<float *>(nullptr);
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
  auto [n, k] = getMatrix(shape);
  if (n % groups != 0)
    return emitOpError() << "groups = " << groups << " do not divide " << n
                         << " outputs";
  numerics::PackedLayout layout = getPackedLayout(getLayout(), n / groups, k);
  // Exponents of rows stand in the places of scales, as floats.
  bool hasExponents = block && isExponent(block);
  std::vector<float> exponents;
  if (hasExponents)
    for (int64_t row = 0; row < n; ++row)
      exponents.insert(exponents.end(), layout.numBlocks(),
                       static_cast<float>(operands[1].getInteger(row)));
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
      if (hasExponents) {
        parts.scales = exponents.data() + first * layout.numBlocks();
      } else if (block.getOuter()) {
        parts.multipliers = operands[1].as<int8_t>().data() + first * blocks;
        parts.outer = operands[2].as<float>().data() + first;
      } else {
        parts.scales = operands[1].as<float>().data() + first * blocks;
      }
    }
    int64_t bound = numerics::boundSums(layout, parts);
    if (hasExponents)
      for (int64_t row = 0; row < layout.n; ++row)
        bound = std::max(
            bound, numerics::fixed::boundSum(parts.codes + row * k, nullptr, k,
                                             32, numerics::fixed::blockDepth));
    if (bound > std::numeric_limits<int32_t>::max())
      return emitOpError() << "sums of " << k << " products with these weights "
                           << "reach " << bound
                           << ", more than 32 bits hold; blocks of 32 have no "
                              "such limit";
    std::vector<uint8_t> own = numerics::packWeights(layout, parts);
    if (form == LayoutForm::Matched &&
        own.size() > std::numeric_limits<uint32_t>::max())
      return emitOpError() << "panels of " << own.size()
                           << " bytes in the layout 'matched', whose offsets "
                              "have 32 bits; the layout 's8' has no such limit";
    packed.insert(packed.end(), own.begin(), own.end());
  }
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
  if (block.getOuter()) {
    parts.push_back(fill(types[1], all.multipliers.data()));
    parts.push_back(fill(types[2], all.outer.data()));
  } else if (isExponent(block)) {
    HostValue exponents = HostValue::allocate(types[1]);
    int64_t rows = exponents.getNumElements();
    for (int64_t row = 0; row < rows; ++row)
      exponents.setInteger(
          row,
          static_cast<int64_t>(all.scales[row * all.scales.size() / rows]));
    parts.push_back(exponents);
  } else {
    parts.push_back(fill(types[1], all.scales.data()));
  }
  return parts;
}
