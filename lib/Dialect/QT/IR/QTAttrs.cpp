//===- QTAttrs.cpp - Attributes of the qt dialect -*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "quantc/Dialect/QT/IR/QTAttrs.h"
#include "Bytecode.h"
#include "FormatSpelling.h"
#include "quantc/Dialect/QT/IR/QTDialect.h"

#include "mlir/IR/Builders.h"
#include "mlir/IR/DialectImplementation.h"
#include "mlir/IR/DialectResourceBlobManager.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/ADT/StringSet.h"
#include "llvm/ADT/TypeSwitch.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;
using namespace quantc;
using namespace quantc::qt;

#include "quantc/Dialect/QT/IR/QTEnums.cpp.inc"

#define GET_ATTRDEF_CLASSES
#include "quantc/Dialect/QT/IR/QTAttrs.cpp.inc"

void QTDialect::registerAttributes() {
  addAttributes<
#define GET_ATTRDEF_LIST
#include "quantc/Dialect/QT/IR/QTAttrs.cpp.inc"
      >();
}

//===----------------------------------------------------------------------===//
// Ranges
//===----------------------------------------------------------------------===//

// `lo..hi` is no sequence of MLIR's tokens ("127." is a float), so attributes
// with ranges read their text themselves. The parser around them goes on
// behind the attribute, wherever its lexer stands.

/// The text between the brackets of the attribute being parsed, split at its
/// commas; the mnemonic is behind us.
static FailureOr<SmallVector<StringRef>> getBodyFields(AsmParser &parser) {
  StringRef spec = static_cast<DialectAsmParser &>(parser).getFullSymbolSpec();
  auto [name, body] = spec.split('<');
  body = body.rtrim();
  if (!body.consume_back(">")) {
    parser.emitError(parser.getCurrentLocation(), "expected '<'");
    return failure();
  }
  SmallVector<StringRef> fields;
  body.split(fields, ',');
  for (StringRef &field : fields)
    field = field.trim();
  return fields;
}

/// Reads `lo..hi`.
static bool parseRange(StringRef text, int64_t &low, int64_t &high) {
  auto [first, second] = text.split("..");
  return !first.trim().getAsInteger(10, low) &&
         !second.trim().getAsInteger(10, high);
}

//===----------------------------------------------------------------------===//
// EncodingAttr
//===----------------------------------------------------------------------===//

static std::string listScaleRules() {
  std::string names;
  for (uint32_t number = 0; auto rule = symbolizeScaleRule(number); ++number)
    names.append(names.empty() ? "" : ", ").append(stringifyScaleRule(*rule));
  return names;
}

Attribute EncodingAttr::parse(AsmParser &parser, Type) {
  SMLoc loc = parser.getCurrentLocation();
  FailureOr<SmallVector<StringRef>> fields = getBodyFields(parser);
  if (failed(fields))
    return {};
  int64_t low, high;
  if (fields->size() != 2 || !parseRange((*fields)[1], low, high)) {
    parser.emitError(loc, "expected '<rule, lo..hi>' with a scale rule and a "
                          "range of codes");
    return {};
  }
  return getFromSpelling([&] { return parser.emitError(loc); },
                         parser.getContext(), (*fields)[0], low, high);
}

EncodingAttr
EncodingAttr::getFromSpelling(function_ref<InFlightDiagnostic()> emitError,
                              MLIRContext *context, StringRef rule, int64_t low,
                              int64_t high) {
  std::optional<ScaleRule> parsed = symbolizeScaleRule(rule);
  if (!parsed) {
    emitError() << "unknown scale rule '" << rule
                << "'; supported: " << listScaleRules();
    return {};
  }
  return getChecked(emitError, context, *parsed, low, high);
}

void EncodingAttr::print(AsmPrinter &printer) const {
  printer << "<" << stringifyScaleRule(getRule()) << ", " << getLow() << ".."
          << getHigh() << ">";
}

LogicalResult EncodingAttr::verify(function_ref<InFlightDiagnostic()> emitError,
                                   ScaleRule rule, int64_t low, int64_t high) {
  // Zero has a code, and the scale is chosen by the positive end.
  if (low > 0 || high < 1)
    return emitError() << "code range " << low << ".." << high
                       << "; supported: one that holds 0 and a positive number";
  return success();
}

//===----------------------------------------------------------------------===//
// BoundAttr
//===----------------------------------------------------------------------===//

Attribute BoundAttr::parse(AsmParser &parser, Type) {
  SMLoc loc = parser.getCurrentLocation();
  FailureOr<SmallVector<StringRef>> fields = getBodyFields(parser);
  if (failed(fields))
    return {};
  int64_t lhs[2], rhs[2], lane[2] = {0, 0}, init[2] = {0, 0}, chain = 0;
  bool seenLhs = false, seenRhs = false, seenLane = false;
  llvm::StringSet<> seen;
  for (StringRef field : *fields) {
    auto [name, value] = field.split('=');
    name = name.trim();
    value = value.trim();
    if (!seen.insert(name).second) {
      parser.emitError(loc) << "'" << name << "' is given twice";
      return {};
    }
    bool ok = true;
    if (name == "lhs")
      ok = seenLhs = parseRange(value, lhs[0], lhs[1]);
    else if (name == "rhs")
      ok = seenRhs = parseRange(value, rhs[0], rhs[1]);
    else if (name == "lane")
      ok = seenLane = parseRange(value, lane[0], lane[1]);
    else if (name == "init")
      ok = parseRange(value, init[0], init[1]);
    else if (name == "chain")
      ok = !value.getAsInteger(10, chain);
    else
      ok = false;
    if (!ok) {
      parser.emitError(loc) << "cannot read '" << field
                            << "'; expected lhs, rhs, lane or init with a "
                               "range 'lo..hi', or chain with a number";
      return {};
    }
  }
  if (!seenLhs || !seenRhs) {
    parser.emitError(loc) << "expected the range of "
                          << (seenLhs ? "rhs" : "lhs");
    return {};
  }
  return getChecked([&] { return parser.emitError(loc); }, parser.getContext(),
                    lhs[0], lhs[1], rhs[0], rhs[1], chain, seenLane, lane[0],
                    lane[1], init[0], init[1]);
}

void BoundAttr::print(AsmPrinter &printer) const {
  printer << "<lhs = " << getLhsLow() << ".." << getLhsHigh()
          << ", rhs = " << getRhsLow() << ".." << getRhsHigh()
          << ", chain = " << getChain();
  if (getHasLane())
    printer << ", lane = " << getLaneLow() << ".." << getLaneHigh();
  if (getInitLow() || getInitHigh())
    printer << ", init = " << getInitLow() << ".." << getInitHigh();
  printer << ">";
}

LogicalResult BoundAttr::verify(function_ref<InFlightDiagnostic()> emitError,
                                int64_t lhsLow, int64_t lhsHigh, int64_t rhsLow,
                                int64_t rhsHigh, int64_t chain, bool hasLane,
                                int64_t laneLow, int64_t laneHigh,
                                int64_t initLow, int64_t initHigh) {
  auto check = [&](StringRef name, int64_t low, int64_t high) -> LogicalResult {
    // Products of such numbers fit 63 bits, which the proof relies on.
    constexpr int64_t limit = int64_t(1) << 31;
    if (low > high || low < -limit || high >= limit)
      return emitError() << name << " range " << low << ".." << high
                         << " is no range of 32-bit integers";
    return success();
  };
  if (failed(check("lhs", lhsLow, lhsHigh)) ||
      failed(check("rhs", rhsLow, rhsHigh)) ||
      failed(check("lane", laneLow, laneHigh)) ||
      failed(check("init", initLow, initHigh)))
    return failure();
  if (hasLane && (laneLow > 0 || laneHigh < 0))
    return emitError() << "lane range " << laneLow << ".." << laneHigh
                       << " of sums of negative and of positive elements has "
                          "to hold 0";
  if (chain < 1 || chain > (int64_t(1) << 24))
    return emitError() << "chain " << chain << " is not in 1..16777216";
  return success();
}

//===----------------------------------------------------------------------===//
// qt::BlobAttr
//===----------------------------------------------------------------------===//

qt::BlobAttr qt::BlobAttr::get(RankedTensorType type, BlobHandle handle) {
  return Base::get(type.getContext(), type, handle);
}

qt::BlobAttr
qt::BlobAttr::getChecked(function_ref<InFlightDiagnostic()> emitError,
                         RankedTensorType type, BlobHandle handle) {
  return Base::getChecked(emitError, type.getContext(), type, handle);
}

LogicalResult qt::BlobAttr::verify(function_ref<InFlightDiagnostic()> emitError,
                                   RankedTensorType type, BlobHandle handle) {
  if (!type)
    return emitError() << "#qt.blob needs the type of a ranked tensor";
  if (!getStoredBytes(type.getElementType()))
    return emitError() << "element type " << type.getElementType()
                       << " has no bytes; supported: floats, i1, i8, i16, i32, "
                          "i64 and index";
  std::optional<int64_t> expected = getTensorBytes(type);
  if (!expected)
    return emitError() << "type " << type
                       << " is not static, or larger than 2^63 bytes";
  uint64_t size = handle.getResource()->getSize();
  // One whose bytes come at the end of the file is verified with its op.
  if (size != BlobManager::unknownSize &&
      size != static_cast<uint64_t>(*expected))
    return emitError() << "blob has " << size << " bytes, type " << type
                       << " needs " << *expected;
  return success();
}

void qt::BlobAttr::print(AsmPrinter &printer) const {
  BlobHandle handle = getHandle();
  std::shared_ptr<const Blob::Data> data = handle.getResource()->getData();
  printer << "<";
  if (isWrittenApart(*handle.getResource())) {
    printer.printResourceHandle(handle);
  } else if (data->bytes.size() < inlineLimit) {
    printer << "\"0x" << llvm::toHex(data->bytes) << "\"";
  } else {
    printer << "file ";
    printer.printString(data->file->path());
    printer << ", offset = " << data->offset << ", hash = \""
            << handle.getResource()->getHash() << "\"";
  }
  printer << ">";
}

/// `file "m.onnx", offset = 64, hash = "8f..."`, behind the word `file`.
static Blob *parseFileReference(AsmParser &parser, BlobManager &blobs,
                                RankedTensorType type) {
  SMLoc loc = parser.getCurrentLocation();
  std::string path, hash, error;
  int64_t offset;
  if (parser.parseString(&path) || parser.parseComma() ||
      parser.parseKeyword("offset") || parser.parseEqual() ||
      parser.parseInteger(offset) || parser.parseComma() ||
      parser.parseKeyword("hash") || parser.parseEqual() ||
      parser.parseString(&hash))
    return nullptr;
  std::optional<int64_t> size = getTensorBytes(type);
  if (!size) {
    parser.emitError(loc) << "type " << type << " has no constant size";
    return nullptr;
  }
  std::shared_ptr<const MappedFile> file = blobs.open(path, error);
  if (!file) {
    parser.emitError(loc) << error;
    return nullptr;
  }
  if (offset < 0 || static_cast<uint64_t>(offset) > file->size() ||
      static_cast<uint64_t>(*size) > file->size() - offset) {
    parser.emitError(loc) << "'" << path << "' has " << file->size()
                          << " bytes; " << *size << " at offset " << offset
                          << " do not lie within it";
    return nullptr;
  }
  Blob *blob = blobs.getMapped(std::move(file), offset, *size);
  if (std::string actual = blob->getHash(); actual != hash) {
    parser.emitError(loc) << "'" << path << "' at offset " << offset
                          << " has hash " << actual << ", not " << hash
                          << ": it is another file now";
    return nullptr;
  }
  return blob;
}

Attribute qt::BlobAttr::parse(AsmParser &parser, Type type) {
  SMLoc loc = parser.getCurrentLocation();
  auto *dialect = parser.getContext()->getOrLoadDialect<QTDialect>();
  BlobManager &blobs = dialect->getBlobManager();
  std::string text;
  std::optional<BlobHandle> handle;
  if (parser.parseLess())
    return {};
  auto tensor = dyn_cast_or_null<RankedTensorType>(type);
  if (type && !tensor) {
    parser.emitError(loc) << "#qt.blob needs the type of a ranked tensor, not "
                          << type;
    return {};
  }
  auto needType = [&]() -> LogicalResult {
    if (tensor)
      return success();
    return parser.emitError(loc, "#qt.blob needs the type of a ranked tensor");
  };
  if (succeeded(parser.parseOptionalString(&text))) {
    std::string bytes;
    StringRef digits = text;
    if (!digits.consume_front("0x") || !llvm::tryGetFromHex(digits, bytes) ||
        digits.size() % 2) {
      parser.emitError(loc)
          << "'" << text << "' is not 0x and pairs of hexadecimal digits";
      return {};
    }
    handle = BlobHandle(
        blobs.getOwned(std::vector<uint8_t>(bytes.begin(), bytes.end())),
        dialect);
  } else if (succeeded(parser.parseOptionalKeyword("file"))) {
    if (failed(needType()))
      return {};
    Blob *blob = parseFileReference(parser, blobs, tensor);
    if (!blob)
      return {};
    handle = BlobHandle(blob, dialect);
  } else {
    FailureOr<BlobHandle> parsed = parser.parseResourceHandle<BlobHandle>();
    if (failed(parsed))
      return {};
    handle = *parsed;
  }
  if (parser.parseGreater() || failed(needType()))
    return {};
  return getChecked([&] { return parser.emitError(loc); }, tensor, *handle);
}

qt::BlobAttr qt::getMappedBlob(RankedTensorType type,
                               std::shared_ptr<const MappedFile> file,
                               uint64_t offset) {
  auto *dialect = type.getContext()->getOrLoadDialect<QTDialect>();
  std::optional<int64_t> size = getTensorBytes(type);
  assert(size && "a static type that has bytes");
  return qt::BlobAttr::get(type, BlobHandle(dialect->getBlobManager().getMapped(
                                                std::move(file), offset, *size),
                                            dialect));
}

qt::BlobAttr qt::getOwnedBlob(RankedTensorType type,
                              std::vector<uint8_t> bytes) {
  auto *dialect = type.getContext()->getOrLoadDialect<QTDialect>();
  return qt::BlobAttr::get(
      type, BlobHandle(dialect->getBlobManager().getOwned(std::move(bytes)),
                       dialect));
}

//===----------------------------------------------------------------------===//
// Bytes of constants
//===----------------------------------------------------------------------===//

unsigned qt::getStoredBytes(Type element) {
  if (element.isIndex())
    return 8;
  if (!element.isIntOrFloat())
    return 0;
  unsigned bits = element.getIntOrFloatBitWidth();
  if (bits == 1)
    return 1;
  return bits % 8 == 0 && bits <= 64 ? bits / 8 : 0;
}

std::optional<int64_t> qt::getTensorBytes(RankedTensorType type) {
  if (!type)
    return std::nullopt;
  int64_t bytes = getStoredBytes(type.getElementType());
  if (bytes == 0 || !type.hasStaticShape())
    return std::nullopt;
  for (int64_t size : type.getShape())
    if (llvm::MulOverflow(bytes, size, bytes))
      return std::nullopt;
  return bytes;
}

std::optional<ConstantBytes> qt::getConstantBytes(Attribute attribute) {
  if (auto blob = dyn_cast_or_null<qt::BlobAttr>(attribute)) {
    BlobHandle handle = blob.getHandle();
    std::shared_ptr<const Blob::Data> data = handle.getResource()->getData();
    if (!data)
      return std::nullopt;
    return ConstantBytes{data->bytes, data};
  }
  auto elements = dyn_cast_or_null<ElementsAttr>(attribute);
  if (!elements)
    return std::nullopt;
  auto type = dyn_cast<RankedTensorType>(elements.getType());
  std::optional<int64_t> size = getTensorBytes(type);
  if (!size)
    return std::nullopt;
  if (auto resource = dyn_cast<DenseResourceElementsAttr>(attribute)) {
    DenseResourceElementsHandle handle = resource.getRawHandle();
    AsmResourceBlob *blob = handle.getBlob();
    // Upstream verifies neither that it is there nor its size.
    if (!blob || blob->getData().size() != static_cast<size_t>(*size))
      return std::nullopt;
    return ConstantBytes{
        {reinterpret_cast<const uint8_t *>(blob->getData().data()),
         blob->getData().size()},
        nullptr};
  }
  auto dense = dyn_cast<DenseIntOrFPElementsAttr>(attribute);
  if (!dense)
    return std::nullopt;
  ArrayRef<uint8_t> raw(
      reinterpret_cast<const uint8_t *>(dense.getRawData().data()),
      dense.getRawData().size());
  bool bits = type.getElementType().isInteger(1);
  if (!bits && !dense.isSplat())
    return ConstantBytes{raw, nullptr};
  auto bytes = std::make_shared<std::vector<uint8_t>>();
  bytes->reserve(*size);
  if (bits) {
    for (bool value : dense.getValues<bool>())
      bytes->push_back(value);
  } else {
    for (int64_t i = 0, e = type.getNumElements(); i < e; ++i)
      bytes->insert(bytes->end(), raw.begin(), raw.end());
  }
  return ConstantBytes{*bytes, bytes};
}
