//===- BlockType.cpp - The type of quantised elements -*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "FormatSpelling.h"
#include "quantc/Dialect/QT/IR/QTDialect.h"
#include "quantc/Dialect/QT/IR/QTTypes.h"

#include "mlir/IR/Builders.h"
#include "mlir/IR/DialectImplementation.h"
#include "llvm/ADT/TypeSwitch.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;
using namespace quantc;
using namespace quantc::qt;

#define GET_TYPEDEF_CLASSES
#include "quantc/Dialect/QT/IR/QTTypes.cpp.inc"

void QTDialect::registerTypes() {
  addTypes<
#define GET_TYPEDEF_LIST
#include "quantc/Dialect/QT/IR/QTTypes.cpp.inc"
      >();
}

static constexpr int64_t whole = ShapedType::kDynamic;

//===----------------------------------------------------------------------===//
// Parsing and printing
//===----------------------------------------------------------------------===//

/// Reads `[1, ?, 32]`.
static ParseResult
parseBlockShape(AsmParser &parser, SmallVectorImpl<int64_t> &shape,
                AsmParser::Delimiter delimiter = AsmParser::Delimiter::Square) {
  return parser.parseCommaSeparatedList(delimiter, [&]() -> ParseResult {
    if (succeeded(parser.parseOptionalQuestion())) {
      shape.push_back(whole);
      return success();
    }
    return parser.parseInteger(shape.emplace_back());
  });
}

static void printBlockShape(AsmPrinter &printer, ArrayRef<int64_t> shape) {
  printer << "[";
  llvm::interleaveComma(shape, printer, [&](int64_t extent) {
    if (extent == whole)
      printer << "?";
    else
      printer << extent;
  });
  printer << "]";
}

Type BlockType::parse(AsmParser &parser) {
  SMLoc loc = parser.getCurrentLocation();
  SmallVector<int64_t> shape, outerShape;
  std::string zero, outer;
  if (parser.parseLess() || parseBlockShape(parser, shape) ||
      parser.parseComma())
    return {};
  FailureOr<std::string> element = parseFormatSpelling(parser);
  if (failed(element) || parser.parseComma() || parser.parseKeyword("scale") ||
      parser.parseEqual())
    return {};
  FailureOr<std::string> scale = parseFormatSpelling(parser);
  if (failed(scale))
    return {};
  while (succeeded(parser.parseOptionalComma())) {
    bool isOuter = succeeded(parser.parseOptionalKeyword("outer"));
    if (!isOuter && (!zero.empty() || !outer.empty() ||
                     parser.parseOptionalKeyword("zero"))) {
      parser.emitError(parser.getCurrentLocation(),
                       "expected 'outer', or 'zero' before it, once each");
      return {};
    }
    if (parser.parseEqual())
      return {};
    FailureOr<std::string> format = parseFormatSpelling(parser);
    if (failed(format))
      return {};
    (isOuter ? outer : zero) = *format;
    if (!isOuter)
      continue;
    // `outer = f32[1, ?]` or `outer = f32`, last in either case.
    if (parseBlockShape(parser, outerShape,
                        AsmParser::Delimiter::OptionalSquare))
      return {};
    break;
  }
  if (parser.parseGreater())
    return {};
  return getFromSpelling([&] { return parser.emitError(loc); },
                         parser.getContext(), shape, *element, *scale, zero,
                         outer, outerShape);
}

void BlockType::print(AsmPrinter &printer) const {
  printer << "<";
  printBlockShape(printer, getShape());
  printer << ", " << getElement().getSpelling()
          << ", scale = " << getScale().getSpelling();
  if (getZero())
    printer << ", zero = " << getZero().getSpelling();
  if (getOuter()) {
    printer << ", outer = " << getOuter().getSpelling();
    if (getOuterShape() != ArrayRef(getDefaultOuterShape(getRank())))
      printBlockShape(printer, getOuterShape());
  }
  printer << ">";
}

BlockType
BlockType::getFromSpelling(function_ref<InFlightDiagnostic()> emitError,
                           MLIRContext *context, ArrayRef<int64_t> shape,
                           StringRef element, StringRef scale, StringRef zero,
                           StringRef outer, ArrayRef<int64_t> outerShape) {
  auto elementAttr = ElementFormatAttr::getChecked(emitError, context, element);
  if (!elementAttr)
    return {};
  const StringRef spellings[] = {scale, zero, outer};
  ScaleFormatAttr formats[3];
  for (auto [format, spelling] : llvm::zip_equal(formats, spellings)) {
    if (spelling.empty())
      continue;
    format = ScaleFormatAttr::getChecked(emitError, context, spelling);
    if (!format)
      return {};
  }
  return getChecked(emitError, context, shape, elementAttr, formats[0],
                    formats[1], formats[2], outerShape);
}

//===----------------------------------------------------------------------===//
// Verification
//===----------------------------------------------------------------------===//

/// Extents are positive or whole.
static LogicalResult verifyExtents(function_ref<InFlightDiagnostic()> emitError,
                                   StringRef what, ArrayRef<int64_t> shape) {
  for (auto [dim, extent] : llvm::enumerate(shape))
    if (extent != whole && extent < 1)
      return emitError() << what << " extent " << extent << " of dimension "
                         << dim << " is not positive; '?' is the whole";
  return success();
}

LogicalResult BlockType::verify(function_ref<InFlightDiagnostic()> emitError,
                                ArrayRef<int64_t> shape,
                                ElementFormatAttr element,
                                ScaleFormatAttr scale, ScaleFormatAttr zero,
                                ScaleFormatAttr outer,
                                ArrayRef<int64_t> outerShape) {
  if (!element || !scale)
    return emitError() << "a block type has an element and a scale format";
  if (shape.empty())
    return emitError() << "block shape [] has no dimension";
  if (failed(verifyExtents(emitError, "block", shape)))
    return failure();
  if (!outer) {
    if (scale.needsOuter())
      return emitError() << "scale format '" << scale.getSpelling()
                         << "' is relative to an outer scale, and there is "
                            "none";
    return outerShape.empty()
               ? success()
               : emitError() << "outer blocks without an outer scale";
  }
  if (outer.needsOuter())
    return emitError() << "outer scale format '" << outer.getSpelling()
                       << "' is itself relative to another scale";
  if (outerShape.size() != shape.size())
    return emitError() << "outer block has " << outerShape.size()
                       << " dimensions, the block " << shape.size();
  if (failed(verifyExtents(emitError, "outer block", outerShape)))
    return failure();
  for (auto [dim, inner, extent] : llvm::enumerate(shape, outerShape)) {
    if (extent == whole)
      continue;
    if (inner == whole)
      return emitError() << "outer block extent " << extent << " of dimension "
                         << dim << " cuts a block of the whole dimension";
    if (extent % inner != 0)
      return emitError() << "outer block extent " << extent << " of dimension "
                         << dim << " is no multiple of the block's " << inner;
  }
  return success();
}

LogicalResult
BlockType::verifyShape(function_ref<InFlightDiagnostic()> emitError,
                       ArrayRef<int64_t> shape) const {
  if (shape.size() != getShape().size())
    return emitError() << "block rank " << getShape().size() << " of "
                       << Type(*this) << " differs from tensor rank "
                       << shape.size();
  auto check = [&](StringRef what, ArrayRef<int64_t> blocks) -> LogicalResult {
    for (auto [dim, size, extent] : llvm::enumerate(shape, blocks))
      if (ShapedType::isDynamic(size) && extent != whole && extent != 1)
        return emitError() << what << " extent " << extent << " cuts dimension "
                           << dim
                           << ", whose size is dynamic; supported: 1, '?', or "
                              "a static size";
    return success();
  };
  if (failed(check("block", getShape())))
    return failure();
  return getOuter() ? check("outer block", getOuterShape()) : success();
}

int64_t BlockType::getBlockExtent(int64_t dim) const { return getShape()[dim]; }

//===----------------------------------------------------------------------===//
// Parts
//===----------------------------------------------------------------------===//

SmallVector<int64_t> BlockType::getDefaultOuterShape(unsigned rank) {
  SmallVector<int64_t> shape(rank, 1);
  if (rank)
    shape.back() = whole;
  return shape;
}

SmallVector<int64_t> BlockType::getGrid(ArrayRef<int64_t> tensorShape,
                                        ArrayRef<int64_t> blockShape) {
  SmallVector<int64_t> grid;
  // Ranks may differ where nothing has been verified yet.
  for (auto [size, extent] : llvm::zip(tensorShape, blockShape)) {
    if (extent == whole)
      grid.push_back(1);
    else if (extent == 1 || ShapedType::isDynamic(size))
      grid.push_back(size);
    else
      grid.push_back(llvm::divideCeil(size, extent));
  }
  return grid;
}

SmallVector<RankedTensorType>
BlockType::getPartTypes(ArrayRef<int64_t> tensorShape) const {
  SmallVector<RankedTensorType> types;
  SmallVector<int64_t> codes(tensorShape);
  unsigned bits = getElement().getBitWidth();
  if (bits < 8 && !codes.empty() && !ShapedType::isDynamic(codes.back()))
    codes.back() =
        codes.back() / 8 * bits + llvm::divideCeil(codes.back() % 8 * bits, 8);
  types.push_back(RankedTensorType::get(codes, getElement().getStorageType()));
  SmallVector<int64_t> grid = getGrid(tensorShape, getShape());
  types.push_back(RankedTensorType::get(grid, getScale().getStorageType()));
  if (getZero())
    types.push_back(RankedTensorType::get(grid, getZero().getStorageType()));
  if (getOuter())
    types.push_back(RankedTensorType::get(getGrid(tensorShape, getOuterShape()),
                                          getOuter().getStorageType()));
  return types;
}

bool BlockType::hasScaledCodes(unsigned bits) const {
  return getElement().getFormat().isSigned(bits) &&
         getScale().getFormat().isF32() && !getZero() && !getOuter();
}

bool BlockType::hasMultipliedNibbles() const {
  return getElement().getFormat().isSigned(4) &&
         getScale().getFormat().isSigned(8) && !getZero() && getOuter() &&
         getOuter().getFormat().isF32();
}

bool BlockType::isOfChannels() const {
  ArrayRef<int64_t> extents = getShape();
  return extents.size() > 2 && extents.back() == 1 &&
         llvm::all_of(extents.drop_front().drop_back(), ShapedType::isDynamic);
}

BlockType qt::getBlockFormat(Type type) {
  auto tensor = dyn_cast<RankedTensorType>(type);
  return tensor ? dyn_cast<BlockType>(tensor.getElementType()) : BlockType();
}

SmallVector<int64_t> qt::getValueShape(TypeRange parts, BlockType format,
                                       int64_t lastSize) {
  if (parts.empty())
    return {};
  SmallVector<int64_t> shape(cast<RankedTensorType>(parts[0]).getShape());
  if (format.getElement().getBitWidth() < 8 && !shape.empty())
    shape.back() = lastSize;
  return shape;
}

/// The names of a format's parts in order.
static SmallVector<StringRef> getPartNames(BlockType format) {
  SmallVector<StringRef> names{"codes", "scales"};
  if (format.getZero())
    names.push_back("zeros");
  if (format.getOuter())
    names.push_back("outer scales");
  return names;
}

LogicalResult qt::verifyParts(function_ref<InFlightDiagnostic()> emitError,
                              StringRef what, TypeRange types, BlockType format,
                              ArrayRef<int64_t> shape) {
  if (types.size() != format.getNumParts())
    return emitError() << what << " has " << types.size()
                       << " parts, its format " << Type(format) << " "
                       << format.getNumParts();
  auto withName = [&] { return emitError() << what << ": "; };
  // Where the codes are packed nothing may be known of the last size.
  SmallVector<int64_t> known(shape);
  bool packed = format.getElement().getBitWidth() < 8;
  if (!packed || shape.empty() || !ShapedType::isDynamic(shape.back())) {
    if (failed(format.verifyShape(withName, shape)))
      return failure();
  } else if (shape.size() != format.getShape().size()) {
    return format.verifyShape(withName, shape);
  }
  SmallVector<RankedTensorType> expected = format.getPartTypes(known);
  for (auto [name, actual, wanted] :
       llvm::zip_equal(getPartNames(format), types, expected)) {
    auto tensor = cast<RankedTensorType>(actual);
    if (tensor.getElementType() != wanted.getElementType() ||
        failed(verifyCompatibleShape(tensor, wanted)))
      return emitError() << what << ": " << name << " are of type " << tensor
                         << ", expected " << wanted << " for the format "
                         << Type(format);
  }
  return success();
}
