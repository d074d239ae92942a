//===- ImportState.cpp - What the import of one model shares ----*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ImportState.h"
#include "quantc/Dialect/QT/IR/Blob.h"
#include "quantc/Dialect/QT/IR/QTOps.h"
#include "quantc/Import/ONNX/onnx-ml.pb.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/IR/Matchers.h"

#include <cstring>

using namespace quantc;
using namespace quantc::onnx;
using namespace mlir;
using quantc_onnx::TensorProto;

Type quantc::onnx::computationType(int32_t dataType, MLIRContext *context) {
  switch (dataType) {
  case TensorProto::FLOAT:
  case TensorProto::FLOAT16:
  case TensorProto::BFLOAT16:
  case TensorProto::DOUBLE:
    return Float32Type::get(context);
  case TensorProto::INT8:
  case TensorProto::UINT8:
  case TensorProto::INT16:
  case TensorProto::UINT16:
  case TensorProto::INT32:
    return IntegerType::get(context, 32);
  case TensorProto::UINT32:
  case TensorProto::INT64:
  case TensorProto::UINT64:
    return IntegerType::get(context, 64);
  case TensorProto::BOOL:
    return IntegerType::get(context, 1);
  default:
    return {};
  }
}

Type quantc::onnx::signatureType(int32_t dataType, MLIRContext *context) {
  switch (dataType) {
  case TensorProto::FLOAT16:
    return Float16Type::get(context);
  case TensorProto::BFLOAT16:
    return BFloat16Type::get(context);
  case TensorProto::DOUBLE:
    return Float64Type::get(context);
  case TensorProto::INT8:
    return IntegerType::get(context, 8);
  case TensorProto::UINT8:
    return IntegerType::get(context, 8, IntegerType::Unsigned);
  case TensorProto::INT16:
    return IntegerType::get(context, 16);
  case TensorProto::UINT16:
    return IntegerType::get(context, 16, IntegerType::Unsigned);
  case TensorProto::UINT32:
    return IntegerType::get(context, 32, IntegerType::Unsigned);
  case TensorProto::UINT64:
    return IntegerType::get(context, 64, IntegerType::Unsigned);
  default:
    return computationType(dataType, context);
  }
}

StringRef quantc::onnx::supportedDataTypes() {
  return "float, float16, bfloat16, double, int8, int16, int32, int64, uint8, "
         "uint16, uint32, uint64, bool";
}

Location ImportState::locationOf(StringRef valueName) {
  if (valueName.empty())
    return builder.getUnknownLoc();
  return NameLoc::get(builder.getStringAttr(valueName));
}

Location ImportState::locationOf(const quantc_onnx::NodeProto &node) {
  Location named = locationOf(node.name());
  for (const std::string &output : node.output())
    if (!output.empty())
      return node.name().empty() || node.name() == output
                 ? locationOf(output)
                 : NameLoc::get(builder.getStringAttr(output), named);
  return named;
}

Value ImportState::lookup(StringRef name) {
  if (auto found = values.find(name); found != values.end())
    return found->second;
  auto initializer = initializers.find(name);
  if (initializer == initializers.end())
    return {};
  std::string error;
  Value value = constant(*initializer->second, locationOf(name), error);
  if (!value)
    problems.push_back("initialiser '" + name.str() + "': " + error);
  define(name, value);
  return value;
}

int32_t ImportState::dataTypeOf(StringRef name) const {
  if (auto found = dataTypes.find(name); found != dataTypes.end())
    return found->second;
  auto initializer = initializers.find(name);
  return initializer == initializers.end() ? TensorProto::UNDEFINED
                                           : initializer->second->data_type();
}

/// Bytes of `data` in the form of `element`: little-endian, a byte a boolean.
static std::vector<uint8_t> convert(const TensorData &data, Type element) {
  auto count = static_cast<size_t>(data.count());
  size_t width = llvm::divideCeil(element.getIntOrFloatBitWidth(), 8);
  std::vector<uint8_t> bytes(count * width);
  for (size_t i = 0; i < count; ++i) {
    uint8_t *at = bytes.data() + i * width;
    if (isa<FloatType>(element)) {
      auto number = static_cast<float>(data.floatAt(i));
      std::memcpy(at, &number, sizeof(number));
    } else {
      // Little-endian: the low bytes come first.
      int64_t number = data.intAt(i);
      std::memcpy(at, &number, width);
    }
  }
  return bytes;
}

/// Whether the bytes of such a tensor can stand as they are in the file.
static bool isPlain(int32_t dataType) {
  return dataType == TensorProto::FLOAT || dataType == TensorProto::INT32 ||
         dataType == TensorProto::INT64;
}

/// Small integer tensors describe shapes, axes and bounds: folding looks into
/// them. So it does into single numbers. Everything else is a weight.
static bool isShapeMath(const TensorData &data, Type element) {
  constexpr int64_t small = 4096;
  if (isa<FloatType>(element))
    return data.count() == 1;
  return data.count() * (element.getIntOrFloatBitWidth() / 8 + 1) <= small;
}

Value ImportState::constant(const TensorProto &tensor, Location loc,
                            std::string &error) {
  std::optional<TensorData> data = TensorData::find(file, tensor, error);
  if (!data)
    return {};
  Type element = computationType(data->dataType(), context());
  if (!element) {
    error = "elements of type " + dataTypeName(data->dataType()) +
            " are not supported; supported: " + supportedDataTypes().str();
    return {};
  }
  if (data->dataType() == TensorProto::UINT64)
    for (int64_t i = 0; i < data->count(); ++i)
      if (data->intAt(i) < 0) {
        error = "an element of type uint64 is beyond 2^63 - 1";
        return {};
      }
  auto type = RankedTensorType::get(data->dims(), element);
  if (isShapeMath(*data, element)) {
    std::vector<uint8_t> bytes = convert(*data, element);
    ArrayRef<char> raw(reinterpret_cast<const char *>(bytes.data()),
                       bytes.size());
    DenseElementsAttr attribute;
    if (element.isInteger(1)) {
      SmallVector<bool> flags(bytes.begin(), bytes.end());
      attribute = DenseElementsAttr::get(type, flags);
    } else {
      attribute = DenseElementsAttr::getFromRawBuffer(type, raw);
    }
    if (element.isInteger())
      return arith::ConstantOp::create(builder, loc, attribute);
    // Folding would merge equal numbers without their names.
    Value &known = numbers[{builder.getInsertionBlock(), attribute}];
    if (known)
      known.setLoc(FusedLoc::get(context(), {known.getLoc(), loc}));
    else
      known = arith::ConstantOp::create(builder, loc, attribute);
    return known;
  }
  auto *dialect = context()->getLoadedDialect<qt::QTDialect>();
  qt::BlobManager &blobs = dialect->getBlobManager();
  qt::Blob *blob =
      isPlain(data->dataType()) && data->file()
          ? blobs.getMapped(data->file(), data->offset(), data->bytes())
          : blobs.getOwned(convert(*data, element));
  return qt::WeightOp::create(
      builder, loc, qt::BlobAttr::get(type, qt::BlobHandle(blob, dialect)));
}

std::optional<SmallVector<int64_t>>
quantc::onnx::constantElements(Value value) {
  DenseIntElementsAttr elements;
  if (!matchPattern(value, m_Constant(&elements)))
    return std::nullopt;
  SmallVector<int64_t> result;
  bool flags = elements.getElementType().isInteger(1);
  for (const APInt &element : elements.getValues<APInt>())
    result.push_back(flags ? element.getZExtValue() : element.getSExtValue());
  return result;
}

std::optional<double> quantc::onnx::constantScalar(Value value) {
  DenseElementsAttr elements;
  if (!matchPattern(value, m_Constant(&elements)) ||
      elements.getNumElements() != 1)
    return std::nullopt;
  if (auto reals = dyn_cast<DenseFPElementsAttr>(elements))
    return (*reals.value_begin<APFloat>()).convertToDouble();
  return static_cast<double>((*constantElements(value))[0]);
}
