//===- Contract.cpp - Contractions in split form -*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "PackedWeights.h"
#include "quantc/Dialect/QT/IR/QTOps.h"

#include "mlir/Dialect/Traits.h"
#include "mlir/IR/Builders.h"
#include "mlir/IR/PatternMatch.h"
#include "mlir/IR/TypeUtilities.h"
#include "llvm/ADT/BitVector.h"

using namespace mlir;
using namespace quantc;
using namespace quantc::qt;

static constexpr int64_t unknown = ShapedType::kDynamic;

//===----------------------------------------------------------------------===//
// ContractOp: parsing and printing
//===----------------------------------------------------------------------===//

/// Reads `name(%a, %b : type, type)` behind the name.
static ParseResult
parseGroup(OpAsmParser &parser,
           SmallVectorImpl<OpAsmParser::UnresolvedOperand> &operands,
           SmallVectorImpl<Type> &types) {
  if (parser.parseLParen())
    return failure();
  if (succeeded(parser.parseOptionalRParen()))
    return success();
  return failure(parser.parseOperandList(operands) || parser.parseColon() ||
                 parser.parseTypeList(types) || parser.parseRParen());
}

ParseResult ContractOp::parse(OpAsmParser &parser, OperationState &result) {
  SmallVector<OpAsmParser::UnresolvedOperand> operands[3];
  SmallVector<Type> types[3];
  SMLoc locs[3];
  constexpr StringLiteral names[] = {"lhs", "rhs", "epilogue"};
  for (auto [i, name] : llvm::enumerate(names)) {
    if (i < 2 ? failed(parser.parseKeyword(name))
              : failed(parser.parseOptionalKeyword(name))) {
      if (i < 2)
        return failure();
      continue;
    }
    locs[i] = parser.getCurrentLocation();
    if (parseGroup(parser, operands[i], types[i]))
      return failure();
  }
  SMLoc attributesLoc = parser.getCurrentLocation();
  Region *region = result.addRegion();
  if (parser.parseOptionalAttrDict(result.attributes))
    return failure();
  if (failed(verifyInherentAttrs(result.name, result.attributes, [&]() {
        return parser.emitError(attributesLoc)
               << "'" << result.name.getStringRef() << "' op ";
      })))
    return failure();
  OptionalParseResult parsed = parser.parseOptionalRegion(*region);
  if (parsed.has_value() && failed(*parsed))
    return failure();
  Type type;
  if (parser.parseArrow() || parser.parseType(type))
    return failure();
  for (unsigned i = 0; i < 3; ++i)
    if (parser.resolveOperands(operands[i], types[i], locs[i], result.operands))
      return failure();
  llvm::copy(ArrayRef<int32_t>({static_cast<int32_t>(operands[0].size()),
                                static_cast<int32_t>(operands[1].size()),
                                static_cast<int32_t>(operands[2].size())}),
             result.getOrAddProperties<ContractOp::Properties>()
                 .operandSegmentSizes.begin());
  result.addTypes(type);
  return success();
}

void ContractOp::print(OpAsmPrinter &printer) {
  auto printGroup = [&](StringRef name, ValueRange values) {
    printer << " " << name << "(";
    if (!values.empty())
      printer << values << " : " << values.getTypes();
    printer << ")";
  };
  printGroup("lhs", getLhs());
  printGroup("rhs", getRhs());
  if (!getEpilogueOperands().empty())
    printGroup("epilogue", getEpilogueOperands());
  printer.printOptionalAttrDict((*this)->getAttrs(),
                                {getOperandSegmentSizesAttrName()});
  if (hasEpilogue()) {
    printer << " ";
    printer.printRegion(getEpilogue());
  }
  printer << " -> " << getType();
}

//===----------------------------------------------------------------------===//
// ContractOp: sizes
//===----------------------------------------------------------------------===//

bool ContractOp::isBatched() {
  auto matmul = dyn_cast<MatmulAttr>(getGeometry());
  return matmul && matmul.getBatched();
}

bool ContractOp::hasPackedRhs() { return getLayoutAttr() && !isBatched(); }

bool ContractOp::hasLhsRows() {
  return getLayoutAttr() && isa<BlockType>(getLhsFormat());
}

/// The last size of the value with these parts, where its type shows it.
static int64_t getLastSize(ValueRange parts, Type format) {
  if (parts.empty())
    return unknown;
  ArrayRef<int64_t> shape =
      cast<RankedTensorType>(parts[0].getType()).getShape();
  if (shape.empty())
    return unknown;
  auto block = dyn_cast<BlockType>(format);
  return block && block.getElement().getBitWidth() < 8 ? unknown : shape.back();
}

std::optional<int64_t> ContractOp::getMostProducts() {
  if (!getAcc().isInteger(32))
    return std::nullopt;
  int64_t most = INT32_MAX;
  for (Type type : {getLhsFormat(), getRhsFormat()}) {
    auto format = dyn_cast<BlockType>(type);
    if (!format || format.getOuter() || format.getZero() ||
        format.getElement().getFormat().kind !=
            numerics::ElementFormat::Kind::Signed)
      return std::nullopt;
    most /= (int64_t(1) << (format.getElement().getBitWidth() - 1)) - 1;
  }
  return most;
}

bool ContractOp::readsLines() {
  // Each has code of its own.
  constexpr int64_t mostTaps = 64;
  auto conv = dyn_cast<ConvAttr>(getGeometry());
  if (!conv || conv.getTaps().size() != 2 || conv.getNumTaps() > mostTaps ||
      !isDepthwise(getContractionSize(), conv.getGroups()) ||
      getType().getShape().back() != static_cast<int64_t>(conv.getGroups()) ||
      !getAcc().isF32())
    return false;
  return llvm::all_of(
      TypeRange{getType(), getLhs()[0].getType()}, [](Type type) {
        return llvm::all_of(
            cast<RankedTensorType>(type).getShape().drop_front(),
            [](int64_t size) { return size > 0; });
      });
}

bool ContractOp::makesPads(LayoutAttr layout) {
  return layout.getForm() == LayoutForm::Winograd ||
         (layout.getForm() == LayoutForm::F32 && readsLines());
}

bool ContractOp::isResultNonNegative(
    llvm::function_ref<bool(Value)> isNonNegative) {
  return hasEpilogue() &&
         isNonNegative(getEpilogue().front().getTerminator()->getOperand(0));
}

/// The first one is the sum.
Value ContractOp::getOperandOfArgument(unsigned number) {
  return number > 0 ? getEpilogueOperands()[number - 1] : Value();
}

int64_t ContractOp::getContractionSize() {
  std::optional<int64_t> stated;
  int64_t groups = 1;
  if (auto matmul = dyn_cast<MatmulAttr>(getGeometry()))
    stated = matmul.getK();
  if (auto conv = dyn_cast<ConvAttr>(getGeometry())) {
    if (conv.getK())
      stated = conv.getK();
    groups = conv.getGroups();
  }
  if (stated)
    return *stated % groups == 0 ? *stated / groups : unknown;
  if (!hasPackedRhs()) {
    int64_t size = getLastSize(getRhs(), getRhsFormat());
    if (!ShapedType::isDynamic(size))
      return size;
  }
  // Codes under a layout have the stride of their rows, not their size.
  if (getLayoutAttr() && isa<BlockType>(getLhsFormat()))
    return unknown;
  int64_t size = getLastSize(getLhs(), getLhsFormat());
  return ShapedType::isDynamic(size) || size % groups != 0 ? unknown
                                                           : size / groups;
}

//===----------------------------------------------------------------------===//
// ContractOp: verification
//===----------------------------------------------------------------------===//

/// Two sizes that have to be equal, as far as they are known.
static bool mayBeEqual(int64_t a, int64_t b) {
  return succeeded(verifyCompatibleDims({a, b}));
}

/// Checks the parts of one operand and returns the shape of its value. `last`
/// is the size of the last dimension if it is known, `stride` the one that the
/// rows of its codes have under a layout.
static FailureOr<SmallVector<int64_t>>
verifyOperand(ContractOp op, StringRef what, ValueRange parts, Type format,
              int64_t last, bool hasRows) {
  auto block = dyn_cast<BlockType>(format);
  if (!block) {
    if (parts.size() != 1)
      return op.emitOpError() << what << " has " << parts.size()
                              << " parts, its format " << format << " 1";
    auto type = cast<RankedTensorType>(parts[0].getType());
    if (type.getElementType() != format)
      return op.emitOpError()
             << what << " is of type " << type << ", its format is " << format;
    return SmallVector<int64_t>(type.getShape());
  }
  if (parts.empty())
    return op.emitOpError() << what << " has no parts";
  SmallVector<Type> types(parts.getTypes());
  SmallVector<int64_t> shape = getValueShape(types, block, last);
  if (shape.empty())
    return op.emitOpError() << what << " is a scalar";
  if (hasRows) {
    // Rows of bytes with a stride: the value's last size is the one stated.
    auto codes = cast<RankedTensorType>(types[0]);
    if (!codes.getElementType().isInteger(8) ||
        !mayBeEqual(codes.getShape().back(), getPackedRowStride(last)))
      return op.emitOpError()
             << what << ": codes are of type " << codes << ", expected rows of "
             << getPackedRowStride(last) << " bytes of i8 for k = " << last;
    shape.back() = last;
    types[0] =
        RankedTensorType::get(shape, block.getElement().getStorageType());
  }
  if (failed(verifyParts([&] { return op.emitOpError(); }, what, types, block,
                         shape)))
    return failure();
  return shape;
}

/// Checks an input with its halo, as qt.quantize lays it out, and returns its
/// shape with as many channels as there are.
static FailureOr<SmallVector<int64_t>>
verifyHaloCodes(ContractOp op, ConvAttr conv, int64_t k) {
  if (op.getLhs().empty())
    return op.emitOpError() << "lhs has no parts";
  auto type = cast<RankedTensorType>(op.getLhs()[0].getType());
  int64_t groups = conv.getGroups();
  int64_t bytes =
      groups * getTapStride(op.getLayoutAttr().getForm(), k, groups);
  if (!type.getElementType().isInteger(8) || type.getRank() == 0 ||
      !mayBeEqual(type.getShape().back(), bytes))
    return op.emitOpError()
           << "lhs: codes are of type " << type << ", expected i8 with "
           << bytes << " bytes a position for k = " << k * groups;
  SmallVector<int64_t> shape(type.getShape());
  shape.back() = k * groups;
  return shape;
}

/// The shape of the result of a convolution, or failure.
static FailureOr<SmallVector<int64_t>>
inferConvShape(ContractOp op, ConvAttr conv, ArrayRef<int64_t> lhs,
               ArrayRef<int64_t> rhs, int64_t columns) {
  unsigned spatial = conv.getTaps().size();
  if (lhs.size() != spatial + 2)
    return op.emitOpError()
           << "lhs has rank " << lhs.size() << ", a convolution over "
           << spatial << " dimensions takes " << spatial + 2;
  if (!rhs.empty()) {
    if (rhs.size() != 3)
      return op.emitOpError() << "rhs has rank " << rhs.size()
                              << "; supported: [outputs, taps, channels]";
    if (!mayBeEqual(rhs[1], conv.getNumTaps()))
      return op.emitOpError() << "rhs has " << rhs[1] << " taps, the geometry "
                              << conv.getNumTaps();
  }
  if (!ShapedType::isDynamic(columns) && columns % conv.getGroups() != 0)
    return op.emitOpError() << columns << " outputs are not divided by groups "
                            << conv.getGroups();
  SmallVector<int64_t> shape{lhs[0]};
  for (unsigned i = 0; i < spatial; ++i) {
    int64_t size = lhs[1 + i];
    if (ShapedType::isDynamic(size)) {
      shape.push_back(unknown);
      continue;
    }
    std::optional<int64_t> count = conv.countWindows(i, size);
    if (!count)
      return op.emitOpError()
             << "spatial dimension " << i << " of size " << size
             << " with its pads is smaller than the span of the taps, or more "
                "than 64 bits hold";
    shape.push_back(*count);
  }
  shape.push_back(columns);
  return shape;
}

/// The shape of the result of a matrix product, or failure.
static FailureOr<SmallVector<int64_t>> inferMatmulShape(ContractOp op,
                                                        ArrayRef<int64_t> lhs,
                                                        ArrayRef<int64_t> rhs,
                                                        int64_t columns) {
  if (lhs.empty())
    return op.emitOpError() << "lhs is a scalar";
  if (!op.isBatched()) {
    if (!rhs.empty() && rhs.size() != 2)
      return op.emitOpError()
             << "rhs has rank " << rhs.size() << ", #qt.matmul takes [N, K]";
    SmallVector<int64_t> shape(lhs.drop_back());
    shape.push_back(columns);
    return shape;
  }
  if (lhs.size() < 2 || rhs.size() < 2)
    return op.emitOpError()
           << "operands of rank " << lhs.size() << " and " << rhs.size()
           << "; #qt.matmul<batched> takes matrices";
  SmallVector<int64_t> shape;
  if (!OpTrait::util::getBroadcastedShape(lhs.drop_back(2), rhs.drop_back(2),
                                          shape))
    return op.emitOpError()
           << "batch dimensions [" << lhs.drop_back(2) << "] and ["
           << rhs.drop_back(2) << "] do not broadcast";
  shape.push_back(lhs[lhs.size() - 2]);
  shape.push_back(columns);
  return shape;
}

/// Integers can be summed where no real scale changes within the sum.
static LogicalResult verifyIntegerAccumulator(ContractOp op, BlockType lhs,
                                              BlockType rhs) {
  if (!lhs)
    return op.emitOpError() << "acc = i32 of float operands";
  for (BlockType format : {lhs, rhs}) {
    if (!format.getElement().getFormat().isInteger())
      return op.emitOpError() << "acc = i32 with format " << Type(format)
                              << ", whose elements are no integers";
    bool isRelative = format.getScale().needsOuter();
    ArrayRef<int64_t> real =
        isRelative ? format.getOuterShape() : format.getShape();
    if (!real.empty() && !ShapedType::isDynamic(real.back()))
      return op.emitOpError() << "acc = i32 with format " << Type(format)
                              << ", whose scales differ along the contraction";
  }
  return success();
}

LogicalResult ContractOp::verify() {
  auto result = getType();
  if (result.getRank() == 0)
    return emitOpError() << "result is a scalar";
  auto conv = dyn_cast<ConvAttr>(getGeometry());
  int64_t groups = conv ? conv.getGroups() : 1;
  int64_t k = getContractionSize();
  auto lhsBlock = dyn_cast<BlockType>(getLhsFormat());
  if (lhsBlock && !isa<BlockType>(getRhsFormat()))
    return emitOpError() << "formats " << getLhsFormat() << " and "
                         << getRhsFormat()
                         << "; supported: a float lhs, or both quantised";
  if (getAcc().isInteger(32) &&
      failed(verifyIntegerAccumulator(*this, lhsBlock,
                                      dyn_cast<BlockType>(getRhsFormat()))))
    return failure();

  int64_t lhsLast = ShapedType::isDynamic(k) ? unknown : k * groups;
  if (hasLhsRows() && ShapedType::isDynamic(lhsLast))
    return emitOpError()
           << "no type shows the size of the contraction; the geometry has to "
              "state it, as in #qt.matmul<k = 64>";
  SmallVector<int64_t> lhs, rhs;
  if (conv && hasLhsRows()) {
    FailureOr<SmallVector<int64_t>> shape = verifyHaloCodes(*this, conv, k);
    if (failed(shape))
      return failure();
    lhs = *shape;
  } else {
    FailureOr<SmallVector<int64_t>> shape = verifyOperand(
        *this, "lhs", getLhs(), getLhsFormat(), lhsLast, hasLhsRows());
    if (failed(shape))
      return failure();
    lhs = *shape;
    if (!lhs.empty() && !mayBeEqual(lhs.back(), lhsLast))
      return emitOpError() << "lhs contracts " << lhs.back()
                           << " elements, rhs " << lhsLast;
  }
  int64_t columns = result.getShape().back();
  if (hasPackedRhs()) {
    auto type = getRhs().size() == 1
                    ? cast<RankedTensorType>(getRhs()[0].getType())
                    : RankedTensorType();
    if (!type || type.getRank() != 1 || !type.getElementType().isInteger(8))
      return emitOpError() << "with a layout rhs is one tensor<?xi8> of "
                              "qt.pack, not "
                           << getRhs().size() << " parts of "
                           << getRhs().getTypes();
    if (getLayoutAttr().getForm() == LayoutForm::Winograd &&
        !(conv && conv.isWindowOfTiles()))
      return emitOpError() << "geometry " << getGeometry() << " in the layout "
                           << getLayoutAttr()
                           << "; supported: taps = [3, 3] with strides and "
                              "dilations of 1 in one group";
    if (conv && !makesPads(getLayoutAttr()) &&
        llvm::any_of(conv.getPads(), [](int64_t pad) { return pad != 0; }))
      return emitOpError() << "geometry " << getGeometry() << " in the layout "
                           << getLayoutAttr()
                           << "; supported: pads of zero, those of tiles, and "
                              "those of a depthwise convolution of floats in "
                              "two dimensions of known sizes";
    if (failed(verifyLayoutFormat([&] { return emitOpError() << "rhs: "; },
                                  getLayoutAttr(), getRhsFormat(),
                                  conv && isDepthwise(k, groups))))
      return failure();
    SmallVector<int64_t> weights{columns, k};
    if (conv)
      weights.insert(weights.begin() + 1, conv.getNumTaps());
    if (failed(verifyPackedBytes([&] { return emitOpError() << "rhs "; }, type,
                                 getLayoutAttr(), weights, groups)))
      return failure();
  } else {
    FailureOr<SmallVector<int64_t>> shape = verifyOperand(
        *this, "rhs", getRhs(), getRhsFormat(), k, /*hasRows=*/false);
    if (failed(shape))
      return failure();
    rhs = *shape;
    if (rhs.size() < 2)
      return emitOpError() << "rhs has rank " << rhs.size();
    if (!mayBeEqual(rhs.back(), k))
      return emitOpError() << "rhs contracts " << rhs.back()
                           << " elements, lhs " << k;
    int64_t outputs = conv ? rhs[0] : rhs[rhs.size() - 2];
    if (!mayBeEqual(outputs, columns))
      return emitOpError() << "rhs has " << outputs << " columns, the result "
                           << columns;
  }
  FailureOr<SmallVector<int64_t>> shape =
      conv ? inferConvShape(*this, conv, lhs, rhs, columns)
           : inferMatmulShape(*this, lhs, rhs, columns);
  if (failed(shape))
    return failure();
  if (failed(verifyCompatibleShape(*shape, result.getShape())))
    return emitOpError() << "result is of type " << result << ", expected "
                         << RankedTensorType::get(*shape,
                                                  result.getElementType());
  for (Value operand : getEpilogueOperands()) {
    auto type = cast<RankedTensorType>(operand.getType());
    SmallVector<int64_t> both;
    if (!OpTrait::util::getBroadcastedShape(type.getShape(), result.getShape(),
                                            both) ||
        both.size() != result.getShape().size() ||
        failed(verifyCompatibleShape(both, result.getShape())))
      return emitOpError() << "epilogue operand of type " << type
                           << " does not broadcast to " << result;
  }
  return success();
}

LogicalResult ContractOp::verifyRegions() {
  Type element = getType().getElementType();
  if (!hasEpilogue()) {
    if (!getEpilogueOperands().empty())
      return emitOpError() << "has epilogue operands and no epilogue";
    if (element != getAcc())
      return emitOpError() << "without an epilogue gives " << getAcc()
                           << ", its result has elements of " << element;
    return success();
  }
  Block &body = getEpilogue().front();
  SmallVector<Type> expected{getAcc()};
  for (Value operand : getEpilogueOperands())
    expected.push_back(getElementTypeOrSelf(operand.getType()));
  if (body.getArgumentTypes() != TypeRange(expected))
    return emitOpError() << "epilogue takes (" << body.getArgumentTypes()
                         << "), expected (" << TypeRange(expected) << ")";
  for (Operation &op : body.without_terminator()) {
    if (!isMemoryEffectFree(&op) || op.getNumRegions() != 0)
      return op.emitOpError() << "does not belong in an epilogue: it has side "
                                 "effects or regions";
    for (Type type : op.getResultTypes())
      if (isa<ShapedType>(type))
        return op.emitOpError()
               << "gives a " << type << " in an epilogue, which is of scalars";
  }
  auto yield = dyn_cast<YieldOp>(body.getTerminator());
  if (!yield || yield.getValues().getTypes() != TypeRange(element))
    return emitOpError() << "epilogue has to yield one " << element;
  return success();
}

//===----------------------------------------------------------------------===//
// ContractOp: canonicalisation
//===----------------------------------------------------------------------===//

namespace {
/// Drops epilogue operands that the epilogue does not read, and reads one that
/// is given twice only once.
struct DropEpilogueOperands : OpRewritePattern<ContractOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(ContractOp op,
                                PatternRewriter &rewriter) const override {
    if (!op.hasEpilogue())
      return rewriter.notifyMatchFailure(op, "has no epilogue");
    Block &body = op.getEpilogue().front();
    llvm::BitVector dropped(body.getNumArguments());
    SmallVector<Value> kept;
    SmallVector<BlockArgument> arguments;
    SmallVector<std::pair<BlockArgument, BlockArgument>> doubled;
    for (auto [operand, argument] : llvm::zip_equal(
             op.getEpilogueOperands(), body.getArguments().drop_front())) {
      auto *known = llvm::find(kept, operand);
      if (known == kept.end() && !argument.use_empty()) {
        kept.push_back(operand);
        arguments.push_back(argument);
        continue;
      }
      dropped.set(argument.getArgNumber());
      if (!argument.use_empty())
        doubled.push_back({argument, arguments[known - kept.begin()]});
    }
    if (dropped.none())
      return rewriter.notifyMatchFailure(op, "reads each operand once");
    rewriter.modifyOpInPlace(op, [&] {
      for (auto [argument, first] : doubled)
        argument.replaceAllUsesWith(first);
      body.eraseArguments(dropped);
      op.getEpilogueOperandsMutable().assign(kept);
    });
    return success();
  }
};
} // namespace

void ContractOp::getCanonicalizationPatterns(RewritePatternSet &patterns,
                                             MLIRContext *context) {
  patterns.add<DropEpilogueOperands>(context);
}
