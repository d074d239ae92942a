//===- Integerize.cpp - Networks of integers ----------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Every op on floats is made anew on integer-only values, in the types that
// IntegerLoweringInterface infers from those that its operands can be had in.
//
//===----------------------------------------------------------------------===//

#include "mlir/IR/TypeUtilities.h"
#include "quantc/Analysis/ConstantSlices.h"
#include "quantc/Analysis/InputArithmetic.h"
#include "quantc/Analysis/IntegerRanges.h"
#include "quantc/Analysis/SmallElements.h"
#include "quantc/Conversion/IntegerLowering/IntegerLowering.h"
#include "quantc/Conversion/IntegerLowering/StaticIntegers.h"
#include "quantc/Dialect/NN/IR/NNOps.h"
#include "quantc/Dialect/QT/IR/IntegerTypes.h"
#include "quantc/Dialect/QT/IR/LimitAttr.h"
#include "quantc/Dialect/QT/IR/QTAttrNames.h"
#include "quantc/Dialect/QT/IR/QTDialect.h"
#include "quantc/Dialect/QT/IR/QTOps.h"
#include "quantc/Dialect/QT/Transforms/Passes.h"
#include "quantc/Interfaces/IntegerLoweringInterface.h"
#include "quantc/Support/Locations.h"
#include "llvm/ADT/DenseMap.h"
#include "llvm/ADT/DenseSet.h"

namespace quantc::qt {
#define GEN_PASS_DEF_INTEGERIZE
#include "quantc/Dialect/QT/Transforms/Passes.h.inc"
} // namespace quantc::qt

using namespace mlir;
using namespace quantc;

static bool isFloat(Value value) {
  auto tensor = dyn_cast<RankedTensorType>(value.getType());
  return tensor && tensor.getElementType().isF32();
}
static bool isJoint(Value value) {
  return qt::getBlockFormat(value.getType()) != nullptr;
}

namespace {
struct Integerize : quantc::qt::impl::IntegerizeBase<Integerize>,
                    StaticIntegers::Source {
  using IntegerizeBase::IntegerizeBase;

  void runOnOperation() override;

private:
  /// Makes the values that need no integers of their operands; the ops that
  /// nothing else uses then are left out.
  void buildDirectly(ArrayRef<Operation *> ops);
  LogicalResult convert(Operation *op);
  /// Leaves an op in float: it takes decoded values.
  void leaveFloat(Operation *op, StringRef reason);
  Value decode(Value value);
  LogicalResult convertResults(func::ReturnOp op);
  /// Marks what the model computes on integers that are made of quantised ones.
  void markModelIntegers(Operation *op);
  /// Whether a value is an input, or made of inputs before the border.
  bool isOfInput(Value value) const {
    return isa<BlockArgument>(value) || ofInputs.contains(value);
  }
  /// What stands for a float: itself, or what a recipe has quantised.
  Value getSource(Value value);
  /// The type that the value can be had in.
  Type getAvailable(Value value);
  /// Returns \p result, which is made of \p op, or once it has given up too
  /// many bits of results, the same with all of them again.
  Value returnBits(OpBuilder &builder, Operation *op, TypeRange operandTypes,
                   Value result);
  /// The value in a type; null after an error.
  Value getAs(OpBuilder &builder, Value value, Type type);
  Value encode(OpBuilder &builder, Value value, Type type);
  Value getJoint(OpBuilder &builder, Value value) override;
  Value getWeights(OpBuilder &builder, Operation *op) override;

  /// The integer-only value that stands for a float one.
  llvm::DenseMap<Value, Value> integers;
  /// Values in other types.
  llvm::DenseMap<std::pair<Value, Type>, Value> converted;
  /// Floats that are decoded again.
  llvm::DenseMap<Value, Value> decoded;
  SmallVector<Operation *> unsupported;
  /// Floats that are made of inputs before these are quantised.
  llvm::DenseSet<Value> ofInputs;
  /// The model's own integers that are made of quantised values.
  llvm::DenseSet<Value> modelIntegers;
  qt::IntegerMethod methodKind = qt::IntegerMethod::Fixed;
  llvm::DenseSet<Operation *> leftOut;
  /// By results of integers: the most bits that sums and choices on the way
  /// to them have given up.
  llvm::DenseMap<Value, unsigned> lostBits;
  std::optional<StaticIntegers> statics;
  std::optional<SmallElements> smallElements;
  llvm::DenseSet<Operation *> comparedExtremes;
};
} // namespace

Value Integerize::getSource(Value value) {
  if (auto quantize = value.getDefiningOp<qt::QuantizeOp>();
      quantize && !isConstantSlice(value))
    return getSource(quantize.getInput());
  return integers.contains(value) ? integers.lookup(value) : value;
}

Type Integerize::getAvailable(Value value) {
  Value source = getSource(value);
  if (!isFloat(source) || isConstantSlice(source))
    return source.getType();
  // An input is quantised in rows, or in what its user needs; a mask, which is
  // what has been limited, and what has been scaled with the bits of results.
  auto type = cast<RankedTensorType>(source.getType());
  // A scalar is no row.
  if (type.getRank() == 0)
    return type;
  Operation *op = source.getDefiningOp();
  bool isMask = op && (isa<nn::ClipOp>(op) ||
                       (ofInputs.contains(source) && getScaledOperand(op)));
  bool isWide =
      isMask || (isOfInput(source) && smallElements->areShown(source));
  return type.clone(
      qt::getIntegerFormat(&getContext(), qt::getRowBlocks(type.getRank()),
                           isWide ? qt::summandBits : qt::rowBits));
}

/// The maxima and minima of computed values that are compared, through others,
/// as with what they are the extreme of: on one exponent after the other, or in
/// 16 bits of windows, an element does not equal itself.
static llvm::DenseSet<Operation *> findComparedExtremes(Block &block) {
  llvm::DenseSet<Operation *> extremes;
  llvm::DenseSet<Value> compared;
  for (Operation &op : llvm::reverse(block)) {
    auto binary = dyn_cast<nn::BinaryOp>(op);
    bool isExtreme = binary && (binary.getKind() == nn::BinaryKind::Max ||
                                binary.getKind() == nn::BinaryKind::Min);
    auto pool = dyn_cast<nn::PoolOp>(op);
    isExtreme |= pool && pool.getKind() == nn::PoolKind::Max;
    bool isMovement = op.hasTrait<nn::MovesElements>();
    if (!isMovement && !isExtreme && !isa<nn::CompareOp>(op))
      continue;
    if (!isa<nn::CompareOp>(op) && !compared.contains(op.getResult(0)))
      continue;
    if (!isMovement && llvm::any_of(op.getOperands(), isConstantSlice))
      continue;
    compared.insert_range(op.getOperands());
    if (isExtreme)
      extremes.insert(&op);
  }
  return extremes;
}

Value Integerize::returnBits(OpBuilder &builder, Operation *op,
                             TypeRange operandTypes, Value result) {
  qt::BlockType format = qt::getIntegerFormat(result.getType());
  if (!format || !qt::isWide(format))
    return result;
  SmallVector<unsigned> before;
  for (auto [operand, type] :
       llvm::zip_equal(op->getOperands(), operandTypes)) {
    qt::BlockType own = qt::getIntegerFormat(type);
    before.push_back(
        own && qt::isWide(own) ? lostBits.lookup(getSource(operand)) : 0);
  }
  // Of the 30 bits of a result, which its own bound has taken some of, those of
  // a row are left.
  constexpr unsigned mostLostBits = 8;
  lostBits[result] = cast<IntegerLoweringInterface>(result.getDefiningOp())
                         .countLostBits(operandTypes, before);
  if (lostBits[result] < mostLostBits)
    return result;
  // All that read it see the same integers: a maximum is one of its operands.
  auto type = cast<RankedTensorType>(result.getType());
  return encode(builder, result,
                type.clone(qt::getIntegerFormat(
                    &getContext(), format.getShape(), qt::summandBits)));
}

/// The range of codes of signed integers of as many bits, without the smallest.
static qt::EncodingAttr getEncoding(qt::BlockType format, qt::ScaleRule rule) {
  unsigned bits = format.getElement().getBitWidth();
  int64_t limit = (int64_t(1) << (bits - 1)) - 1;
  return qt::EncodingAttr::get(format.getContext(), rule, -limit, limit);
}

/// Whether elements of a row have exponents of their own, with others of their
/// column or alone.
static bool splitsRows(qt::BlockType format) {
  return !format.getOuter() && format.getShape().back() == 1;
}

/// The blocks before \p op of what has \p blocks behind it, where rows that
/// share an exponent are then next to each other: rescaling there is the same
/// and leaves less to move.
static std::optional<SmallVector<int64_t>>
getBlocksBefore(nn::TransposeOp op, ArrayRef<int64_t> blocks) {
  SmallVector<int64_t> before(blocks.size());
  for (auto [dim, from] : llvm::enumerate(op.getPerm()))
    before[from] = blocks[dim];
  ArrayRef<int64_t> rows =
      ArrayRef(before).drop_while([](int64_t extent) { return extent == 1; });
  if (rows.empty() || llvm::is_contained(rows, 1))
    return std::nullopt;
  return before;
}

Value Integerize::encode(OpBuilder &builder, Value value, Type type) {
  qt::BlockType format = qt::getBlockFormat(type);
  Location loc = value.getLoc();
  auto quantize = [&](Value from, qt::EncodingAttr encoding) -> Value {
    // Rows that another user needed stand behind what they are made of, too.
    builder.setInsertionPointAfterValue(from);
    return qt::QuantizeOp::create(builder, loc, from, format, encoding)
        .getResult(0);
  };
  // Constants with real scales: weights in another format than the recipe's.
  if (format.getScale().getFormat().isFloat() ||
      (format.getOuter() && format.getOuter().getFormat().isFloat())) {
    auto encoded = value.getDefiningOp<qt::QuantizeOp>();
    bool isSearched = format.getOuter() != nullptr;
    qt::EncodingAttr encoding =
        isSearched
            ? qt::EncodingAttr::get(&getContext(), qt::ScaleRule::Search, -8, 7)
            : getEncoding(format, qt::ScaleRule::AbsMax);
    return quantize(encoded ? encoded.getInput() : value, encoding);
  }
  if (isFloat(value)) {
    // At the border, or of a constant.
    bool isWide = qt::isWide(format) && qt::isInputFormat(format);
    qt::BlockType row = qt::getIntegerFormat(
        &getContext(),
        format.getOuter() ? format.getOuterShape() : format.getShape(),
        isWide ? qt::summandBits : qt::rowBits);
    // Rows and images are encoded from floats, other blocks from rows.
    auto tensor = cast<RankedTensorType>(type);
    auto rows = qt::getRowBlocks(tensor.getRank());
    bool isImage =
        !isWide &&
        row.getShape() == ArrayRef(qt::getImageBlocks(tensor.getRank()));
    if (!isImage && row.getShape() != ArrayRef(rows) && !isConstantSlice(value))
      row = qt::getIntegerFormat(&getContext(), rows,
                                 isWide || splitsRows(format) ? qt::summandBits
                                                              : qt::rowBits);
    auto rowType = tensor.clone(row);
    if (rowType != type)
      return getAs(builder, getAs(builder, value, rowType), type);
    return quantize(value, getEncoding(row, qt::ScaleRule::Norm));
  }
  if (format.getOuter()) {
    auto rowType = cast<RankedTensorType>(type).clone(qt::getIntegerFormat(
        &getContext(), format.getOuterShape(), qt::rowBits));
    Value row = getAs(builder, value, rowType);
    // Which may have been made before, behind other conversions.
    builder.setInsertionPointAfterValue(row);
    return quantize(row, getEncoding(format, qt::ScaleRule::Norm));
  }
  if (auto transpose = value.getDefiningOp<nn::TransposeOp>())
    if (auto blocks = getBlocksBefore(transpose, format.getShape())) {
      auto before = transpose.getInput().getType().clone(qt::getIntegerFormat(
          &getContext(), *blocks, format.getElement().getBitWidth()));
      return nn::TransposeOp::create(
          builder, loc, type, getAs(builder, transpose.getInput(), before),
          transpose.getPerm());
    }
  return qt::RescaleOp::create(builder, loc, type, qt::Rounding::HalfUp, value,
                               /*multiplier=*/Value(), /*shift=*/Value());
}

/// Whether codes of rows leave a part of their range to a target's float-scaled
/// products, which integer sums do not need: bits are those of every target.
static bool isReduced(Value value) {
  auto quantize = value.getDefiningOp<qt::QuantizeOp>();
  if (!quantize || quantize.getEncoding().getRule() != qt::ScaleRule::AbsMax)
    return false;
  qt::BlockType format = quantize.getResultFormat();
  return !format.getOuter() &&
         quantize.getEncoding() != getEncoding(format, qt::ScaleRule::AbsMax);
}

Value Integerize::getAs(OpBuilder &builder, Value value, Type type) {
  if (getElementTypeOrSelf(value.getType()) == getElementTypeOrSelf(type) &&
      !isReduced(value))
    return value;
  Value &known = converted[{value, type}];
  if (known)
    return known;
  OpBuilder::InsertionGuard guard(builder);
  builder.setInsertionPointAfterValue(value);
  // The reference may move while other conversions are entered.
  Value made = encode(builder, value, type);
  return converted[{value, type}] = made;
}

Value Integerize::getJoint(OpBuilder &builder, Value value) {
  Value source = getSource(value);
  Type type = getAvailable(source);
  // A float at the border is rounded once only as far as that shows.
  if (isFloat(source))
    type = cast<RankedTensorType>(type).clone(qt::getIntegerFormat(
        &getContext(), qt::getRowBlocks(cast<RankedTensorType>(type).getRank()),
        qt::summandBits));
  return getAs(builder, source, type);
}

Value Integerize::getWeights(OpBuilder &builder, Operation *op) {
  // Where there is no such form the op says so when it is converted.
  ScopedDiagnosticHandler ignore(&getContext(),
                                 [](Diagnostic &) { return success(); });
  SmallVector<Type> available, operandTypes, resultTypes;
  for (Value operand : op->getOperands())
    available.push_back(getAvailable(operand));
  if (failed(cast<IntegerLoweringInterface>(op).inferIntegerTypes(
          available, operandTypes, resultTypes)))
    return {};
  return getAs(builder, getSource(op->getOperand(1)), operandTypes[1]);
}

void Integerize::buildDirectly(ArrayRef<Operation *> ops) {
  for (Operation *op : ops) {
    auto integer = dyn_cast<IntegerLoweringInterface>(op);
    if (!integer || op->getNumResults() != 1 || !isFloat(op->getResult(0)) ||
        isConstantSlice(op->getResult(0)))
      continue;
    OpBuilder builder(op);
    if (Value value = integer.buildDirectly(builder)) {
      integers[op->getResult(0)] = value;
      leftOut.insert(op);
    }
  }
  for (Operation *op : llvm::reverse(ops))
    if (isMemoryEffectFree(op) && !op->use_empty() &&
        llvm::all_of(op->getUsers(),
                     [&](Operation *user) { return leftOut.contains(user); }))
      leftOut.insert(op);
}

/// The row that a scalar is made of, which only an output needs as a scalar.
static Value getRowOfScalar(Value value) {
  auto reshape = value.getDefiningOp<nn::ReshapeOp>();
  auto type = dyn_cast<RankedTensorType>(value.getType());
  return reshape && type.getRank() == 0 && isFloat(value) &&
                 !isConstantSlice(value)
             ? reshape.getInput()
             : Value();
}

/// Floats of another width, which only an output needs.
static bool isCastOfOutput(Operation *op) {
  auto cast = dyn_cast<nn::CastOp>(op);
  return cast && isFloat(cast.getInput()) &&
         isa<FloatType>(getElementTypeOrSelf(cast.getType())) &&
         !isFloat(cast.getResult()) &&
         llvm::all_of(cast->getUsers(), llvm::IsaPred<func::ReturnOp>);
}

LogicalResult Integerize::convert(Operation *op) {
  if (leftOut.contains(op))
    return success();
  bool isReal =
      llvm::any_of(op->getOperands(),
                   [](Value v) { return isFloat(v) || isJoint(v); }) ||
      llvm::any_of(op->getResults(), isFloat);
  if (!isReal || llvm::all_of(op->getResults(), isConstantSlice)) {
    markModelIntegers(op);
    return success();
  }
  // What a recipe quantised is quantised for its users.
  if (isa<qt::QuantizeOp>(op))
    return success();
  auto integer = dyn_cast<IntegerLoweringInterface>(op);
  bool isBorder = llvm::none_of(op->getOperands(), [&](Value operand) {
    Value source = getSource(operand);
    return isJoint(source) || (isFloat(source) && isConstantSlice(source));
  });
  // An output that is a scalar is one again behind its decoding, and has its
  // width.
  if (op->getNumResults() == 1 && getRowOfScalar(op->getResult(0)) &&
      llvm::all_of(op->getUsers(), llvm::IsaPred<func::ReturnOp>))
    return success();
  if (isCastOfOutput(op))
    return success();
  // Data can be moved before it is quantised.
  if (isBorder && integer && integer.isMovement()) {
    ofInputs.insert_range(op->getResults());
    return success();
  }
  // And scaled, by the method that knows no ranges of what is scaled.
  if (Value scaled = getScaledOperand(op);
      scaled && methodKind == qt::IntegerMethod::Fixed && isOfInput(scaled)) {
    ofInputs.insert_range(op->getResults());
    return success();
  }
  if (!integer || op->getNumResults() != 1) {
    if (partial)
      leaveFloat(op, "has no integer-only form");
    else
      unsupported.push_back(op);
    return success();
  }
  OpBuilder builder(op);
  // No type holds both, so that integers are made at once.
  if (isa<nn::CastOp>(op) && isJoint(getSource(op->getOperand(0))) &&
      !isFloat(op->getResult(0)))
    if (Value made =
            buildTruncation(builder, op->getLoc(), getSource(op->getOperand(0)),
                            getElementTypeOrSelf(op->getResult(0).getType()))) {
      op->getResult(0).replaceAllUsesWith(made);
      modelIntegers.insert(made);
      return success();
    }
  if (Value known = statics->build(builder, op)) {
    integers[op->getResult(0)] = known;
    return success();
  }
  if (methodKind != qt::IntegerMethod::Fixed &&
      isa<nn::SoftmaxOp, nn::GeluOp, nn::LayerNormOp, nn::AttentionOp>(op))
    op->setAttr(methodAttrName,
                qt::IntegerMethodAttr::get(&getContext(), methodKind));
  if (auto reduce = dyn_cast<nn::ReduceOp>(op);
      reduce && isOfInput(reduce.getInput()) &&
      smallElements->areShown(reduce.getInput()) &&
      (reduce.getKind() == nn::ReduceKind::Mean ||
       reduce.getKind() == nn::ReduceKind::Sum))
    op->setAttr(qt::allBitsAttrName, UnitAttr::get(&getContext()));
  bool isCompared = comparedExtremes.contains(op);
  if (isCompared && isa<nn::PoolOp>(op))
    op->setAttr(qt::allBitsAttrName, UnitAttr::get(&getContext()));
  else if (isCompared || smallElements->keepExponents(op))
    op->setAttr(qt::elementExponentsAttrName, UnitAttr::get(&getContext()));
  SmallVector<Type> available, operandTypes, resultTypes;
  for (Value operand : op->getOperands())
    available.push_back(getAvailable(operand));
  std::string reason;
  LogicalResult isInferred = success();
  {
    // The reason of what stays a float is no error.
    std::optional<ScopedDiagnosticHandler> handler;
    if (partial)
      handler.emplace(&getContext(), [&](Diagnostic &diagnostic) {
        reason = diagnostic.str();
        return success();
      });
    isInferred =
        integer.inferIntegerTypes(available, operandTypes, resultTypes);
  }
  if (failed(isInferred) && partial) {
    op->removeAttr(methodAttrName);
    op->removeAttr(qt::elementExponentsAttrName);
    op->removeAttr(qt::allBitsAttrName);
    leaveFloat(op, reason);
    return success();
  }
  if (failed(isInferred))
    return failure();
  SmallVector<Value> operands;
  for (auto [operand, type] : llvm::zip_equal(op->getOperands(), operandTypes))
    operands.push_back(getAs(builder, getSource(operand), type));
  OperationState state(op->getLoc(), op->getName(), operands, resultTypes);
  state.addAttributes(op->getDiscardableAttrDictionary().getValue());
  state.propertiesAttr = op->getPropertiesAsAttribute();
  builder.setInsertionPoint(op);
  Value result = builder.create(state)->getResult(0);
  result = returnBits(builder, op, operandTypes, result);
  if (isFloat(op->getResult(0))) {
    integers[op->getResult(0)] = result;
  } else {
    op->getResult(0).replaceAllUsesWith(result);
    modelIntegers.insert(result);
  }
  return success();
}

void Integerize::markModelIntegers(Operation *op) {
  if (llvm::none_of(op->getOperands(), [&](Value operand) {
        return modelIntegers.contains(operand);
      }))
    return;
  modelIntegers.insert_range(op->getResults());
  // Choices, and what moves elements, leave them as they are.
  if (isa<nn::BinaryOp, nn::UnaryOp, nn::CastOp, nn::ReduceOp, nn::CumSumOp>(
          op) &&
      !getElementTypeOrSelf(op->getResult(0).getType()).isInteger(1))
    op->setAttr(wrapsAttrName, UnitAttr::get(&getContext()));
}

Value Integerize::decode(Value value) {
  if (Value row = getRowOfScalar(value); row && integers.contains(row)) {
    auto reshape = value.getDefiningOp<nn::ReshapeOp>();
    OpBuilder builder(reshape);
    return nn::ReshapeOp::create(builder, value.getLoc(), reshape.getType(),
                                 decode(row), reshape.getShape());
  }
  if (Operation *op = value.getDefiningOp(); op && isCastOfOutput(op))
    op->setOperand(0, decode(op->getOperand(0)));
  Value joint = integers.lookup(value);
  if (!joint)
    return value;
  Value &known = decoded[value];
  if (!known) {
    OpBuilder builder(&getContext());
    builder.setInsertionPointAfterValue(joint);
    known = qt::DequantizeOp::create(builder, joint.getLoc(),
                                     cast<RankedTensorType>(value.getType()),
                                     joint, /*format=*/nullptr);
  }
  return known;
}

void Integerize::leaveFloat(Operation *op, StringRef reason) {
  op->emitRemark("stays in float: ") << reason;
  for (Value result : op->getResults())
    if (!isFloat(result))
      modelIntegers.insert(result);
  for (OpOperand &operand : op->getOpOperands()) {
    auto quantize = operand.get().getDefiningOp<qt::QuantizeOp>();
    if (!quantize || isConstantSlice(operand.get())) {
      operand.set(decode(operand.get()));
      continue;
    }
    // What a recipe quantises is encoded from the decoded value.
    quantize.getInputMutable().assign(decode(quantize.getInput()));
  }
}

LogicalResult Integerize::convertResults(func::ReturnOp op) {
  for (OpOperand &operand : op->getOpOperands())
    operand.set(decode(operand.get()));
  return success();
}

void Integerize::runOnOperation() {
  func::FuncOp func = getOperation();
  if (func.isExternal())
    return;
  // A pass runs on one function after the other, whose ops may lie where those
  // of the last one did.
  integers.clear();
  converted.clear();
  decoded.clear();
  unsupported.clear();
  ofInputs.clear();
  modelIntegers.clear();
  leftOut.clear();
  std::optional<qt::IntegerMethod> known = qt::symbolizeIntegerMethod(method);
  if (!known) {
    func.emitError("method '") << method << "'; supported: fixed, ibert, ivit";
    return signalPassFailure();
  }
  methodKind = *known;
  if (!func.getBody().hasOneBlock()) {
    func.emitError("has several blocks; supported: one");
    return signalPassFailure();
  }
  noteReshapeCuts(func);
  noteSizeBounds(func);
  smallElements.emplace(func.getBody().front());
  comparedExtremes = findComparedExtremes(func.getBody().front());
  SmallVector<Operation *> ops;
  for (Operation &op : func.getBody().front().without_terminator())
    ops.push_back(&op);
  buildDirectly(ops);
  statics.emplace(func, methodKind, *this);
  bool ok = true;
  for (Operation *op : ops)
    ok &= succeeded(convert(op));
  if (!unsupported.empty()) {
    InFlightDiagnostic error = func.emitError()
                               << "ops without an integer-only form ("
                               << unsupported.size() << "): ";
    llvm::interleaveComma(unsupported, error, [&](Operation *op) {
      StringRef node = getNodeName(op->getLoc());
      error << op->getName() << " '"
            << (node.empty() ? getValueName(op->getLoc()) : node) << "'";
    });
    ok = false;
  }
  if (!ok)
    return signalPassFailure();
  if (auto last =
          dyn_cast<func::ReturnOp>(func.getBody().front().getTerminator()))
    ok = succeeded(convertResults(last));
  if (!ok)
    return signalPassFailure();
  if (!partial)
    func->setAttr(integerOnlyAttrName, UnitAttr::get(&getContext()));
  // The floats that integers stand for, and what a form began that gave up.
  for (Operation &op : llvm::make_early_inc_range(
           llvm::reverse(func.getBody().front().getOperations())))
    if (op.use_empty() && isMemoryEffectFree(&op) &&
        !op.hasTrait<OpTrait::IsTerminator>())
      op.erase();
}
