//===- Integerize.cpp - Networks of integers --------------------*- C++ -*-===//
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

#include "IntegerPlan.h"
#include "Refusals.h"
#include "mlir/IR/TypeUtilities.h"
#include "quantc/Analysis/ConstantSlices.h"
#include "quantc/Analysis/IntegerRanges.h"
#include "quantc/Conversion/IntegerLowering/IntegerLowering.h"
#include "quantc/Conversion/IntegerLowering/StaticIntegers.h"
#include "quantc/Dialect/NN/IR/NNOps.h"
#include "quantc/Dialect/NN/Transforms/Passes.h"
#include "quantc/Dialect/QT/IR/IntegerTypes.h"
#include "quantc/Dialect/QT/IR/QTAttrNames.h"
#include "quantc/Dialect/QT/IR/QTDialect.h"
#include "quantc/Dialect/QT/IR/QTOps.h"
#include "quantc/Dialect/QT/Transforms/Passes.h"
#include "quantc/Interfaces/IntegerLoweringInterface.h"
#include "quantc/Support/OwnDiagnostics.h"
#include "llvm/ADT/StringExtras.h"

namespace quantc::qt {
#define GEN_PASS_DEF_INTEGERIZE
#include "quantc/Dialect/QT/Transforms/Passes.h.inc"
} // namespace quantc::qt

using namespace mlir;
using namespace quantc;

namespace {
/// What is known of one function while its ops are made anew.
class Integerizer : public StaticIntegers::Source {
public:
  Integerizer(func::FuncOp func, qt::IntegerMethod method, bool isPartial);

  /// Fails after errors that name the ops.
  LogicalResult run();

private:
  /// Makes the values that need no integers of their operands; the ops that
  /// nothing else uses then are left out.
  void buildDirectly(ArrayRef<Operation *> ops);
  LogicalResult convert(Operation *op);
  /// Whether nothing is made of \p op: others made it, or make it of floats
  /// behind the last integers.
  bool isLeft(Operation *op);
  /// Whether \p op moves or scales inputs before they are quantised.
  bool isBeforeBorder(Operation *op);
  /// Nothing if \p op has no such types and is left in float.
  std::optional<LogicalResult> inferTypes(IntegerLoweringInterface op,
                                          SmallVectorImpl<Type> &operandTypes,
                                          SmallVectorImpl<Type> &resultTypes);
  /// Makes \p op of operands in these types.
  Value build(OpBuilder &builder, Operation *op, ValueRange operands,
              TypeRange resultTypes);
  /// The sum of products of the parts of an operand, of as many bits each as
  /// the type of codes has, that leave 15 to 24 bits of it.
  Value buildInParts(OpBuilder &builder, Operation *op,
                     ArrayRef<Value> operands, Type codes,
                     TypeRange resultTypes);
  /// Takes \p made for a result of an op on floats.
  void replace(Value value, Value made);
  /// Leaves an op in float: it takes decoded values.
  void leaveFloat(Operation *op, StringRef reason);
  /// The same where ops may stay in float; else fails after an error for each
  /// of the reasons.
  LogicalResult refuse(Operation *op, ArrayRef<std::string> reasons);
  Value decode(Value value);
  /// Marks what the model computes on integers that are made of quantised ones.
  void markModelIntegers(Operation *op);
  Value getSource(Value value) const { return values.getSource(value); }
  /// Returns \p result, which is made of \p op, or once it has given up too
  /// many bits of results, the same with all of them again.
  Value returnBits(OpBuilder &builder, Operation *op, TypeRange operandTypes,
                   Value result);
  /// Returns \p result, which is made of \p op, in rows where elements of
  /// inputs with an exponent each have their units no longer.
  Value joinUnits(OpBuilder &builder, Operation *op, Value result);
  Value getJoint(OpBuilder &builder, Value value) override;
  Value getWeights(OpBuilder &builder, Operation *op) override;

  func::FuncOp func;
  /// Whether ops without an integer-only form stay in float.
  bool isPartial;
  JointValues values;
  /// Floats that are decoded again.
  llvm::DenseMap<Value, Value> decoded;
  Refusals refusals;
  /// The model's own integers that are made of quantised values.
  llvm::DenseSet<Value> modelIntegers;
  llvm::DenseSet<Operation *> leftOut;
  /// By results of integers: the most bits that sums and choices on the way
  /// to them have given up.
  llvm::DenseMap<Value, unsigned> lostBits;
  IntegerPlan plan;
  StaticIntegers statics;
};

struct Integerize : quantc::qt::impl::IntegerizeBase<Integerize> {
  using IntegerizeBase::IntegerizeBase;

  void runOnOperation() override;
};
} // namespace

Value Integerizer::returnBits(OpBuilder &builder, Operation *op,
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
  return values.encode(
      builder, result,
      type.clone(qt::getIntegerFormat(type.getContext(), format.getShape(),
                                      qt::summandBits)));
}

Value Integerizer::joinUnits(OpBuilder &builder, Operation *op, Value result) {
  qt::BlockType format = qt::getIntegerFormat(result.getType());
  if (!format || !plan.comesToRows(op))
    return result;
  auto type = cast<RankedTensorType>(result.getType());
  qt::BlockType rows = qt::getIntegerFormat(
      type.getContext(), qt::getExampleBlocks(type.getRank()),
      qt::isWide(format) ? qt::summandBits : qt::rowBits);
  return values.getAs(builder, result, type.clone(rows));
}

Value Integerizer::getJoint(OpBuilder &builder, Value value) {
  Value source = getSource(value);
  Type type = plan.getAvailable(source);
  // A float at the border is rounded once only as far as that shows.
  if (isFloat(source))
    type = cast<RankedTensorType>(type).clone(qt::getIntegerFormat(
        func.getContext(),
        qt::getExampleBlocks(cast<RankedTensorType>(type).getRank()),
        qt::summandBits));
  return values.getAs(builder, source, type);
}

Value Integerizer::getWeights(OpBuilder &builder, Operation *op) {
  // Where there is no such form the op says so when it is converted.
  OwnDiagnostics ignored(func.getContext());
  SmallVector<Type> available, operandTypes, resultTypes;
  for (Value operand : op->getOperands())
    available.push_back(plan.getAvailable(operand, op));
  if (failed(cast<IntegerLoweringInterface>(op).inferIntegerTypes(
          available, operandTypes, resultTypes)))
    return {};
  return values.getAs(builder, getSource(op->getOperand(1)), operandTypes[1]);
}

void Integerizer::buildDirectly(ArrayRef<Operation *> ops) {
  for (Operation *op : ops) {
    auto integer = dyn_cast<IntegerLoweringInterface>(op);
    if (!integer || op->getNumResults() != 1 || !isFloat(op->getResult(0)) ||
        plan.isBeforeBorder(op) || isConstantSlice(op->getResult(0)))
      continue;
    OpBuilder builder(op);
    if (Value value = integer.buildDirectly(builder)) {
      values.enter(op->getResult(0), value);
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

bool Integerizer::isLeft(Operation *op) {
  // What a recipe quantised is quantised for its users.
  if (leftOut.contains(op) || isa<qt::QuantizeOp>(op))
    return true;
  // An output that is a scalar is one again behind its decoding, and has its
  // width.
  if (op->getNumResults() == 1 && getRowOfScalar(op->getResult(0)) &&
      llvm::all_of(op->getUsers(), llvm::IsaPred<func::ReturnOp>))
    return true;
  return isCastOfOutput(op);
}

bool Integerizer::isBeforeBorder(Operation *op) {
  if (plan.isBeforeBorder(op))
    return true;
  // What stays in float can be moved before it is quantised, too.
  auto integer = dyn_cast<IntegerLoweringInterface>(op);
  return integer && integer.isMovement() &&
         llvm::none_of(op->getOperands(), [&](Value operand) {
           Value source = getSource(operand);
           return isJoint(source) ||
                  (isFloat(source) && isConstantSlice(source));
         });
}

std::optional<LogicalResult>
Integerizer::inferTypes(IntegerLoweringInterface op,
                        SmallVectorImpl<Type> &operandTypes,
                        SmallVectorImpl<Type> &resultTypes) {
  auto available = llvm::map_to_vector(op->getOperands(), [&](Value operand) {
    return plan.getAvailable(operand, op);
  });
  if (!isPartial)
    return op.inferIntegerTypes(available, operandTypes, resultTypes);
  // The reason of what stays a float is no error.
  std::string reason;
  {
    OwnDiagnostics said(op->getContext());
    if (succeeded(op.inferIntegerTypes(available, operandTypes, resultTypes)))
      return success();
    reason = said.getLast();
  }
  IntegerPlan::clearForm(op);
  leaveFloat(op, reason);
  return std::nullopt;
}

Value Integerizer::build(OpBuilder &builder, Operation *op, ValueRange operands,
                         TypeRange resultTypes) {
  OperationState state(op->getLoc(), op->getName(), operands, resultTypes);
  state.addAttributes(op->getDiscardableAttrDictionary().getValue());
  state.propertiesAttr = op->getPropertiesAsAttribute();
  return builder.create(state)->getResult(0);
}

Value Integerizer::buildInParts(OpBuilder &builder, Operation *op,
                                ArrayRef<Value> operands, Type codes,
                                TypeRange resultTypes) {
  auto tensor = cast<RankedTensorType>(codes);
  ArrayRef<int64_t> blocks = qt::getBlockFormat(codes).getOuterShape();
  auto getRows = [&](unsigned bits) -> Type {
    return tensor.clone(qt::getIntegerFormat(op->getContext(), blocks, bits));
  };
  auto combine = [&](nn::BinaryKind kind, Value x, Value y, Type type) {
    return nn::BinaryOp::create(builder, op->getLoc(), type,
                                nn::BinaryKindAttr::get(op->getContext(), kind),
                                x, y);
  };
  qt::BlockType own = qt::getIntegerFormat(plan.getAvailable(operands[0]));
  bool isWide = own && qt::isWide(own);
  Value rest = values.getAs(builder, operands[0],
                            getRows(isWide ? qt::summandBits : qt::rowBits));
  SmallVector<Value> given(operands);
  Value sum;
  for (unsigned left = isWide ? 3 : 2; left > 0; --left) {
    Value part = rest;
    if (left > 1)
      part = values.getAs(builder, values.getAs(builder, rest, getRows(8)),
                          getRows(qt::rowBits));
    given[0] = values.getAs(builder, part, codes);
    builder.setInsertionPoint(op);
    Value product = build(builder, op, given, resultTypes);
    Type wide = cast<RankedTensorType>(product.getType())
                    .clone(qt::getIntegerFormat(
                        op->getContext(),
                        qt::getBlockFormat(product.getType()).getShape(),
                        qt::wideBits));
    sum = sum ? combine(nn::BinaryKind::Add, sum, product, wide) : product;
    if (left > 1)
      rest = combine(nn::BinaryKind::Sub, rest, part, getRows(qt::wideBits));
  }
  return sum;
}

void Integerizer::replace(Value value, Value made) {
  if (isFloat(value)) {
    values.enter(value, made);
    return;
  }
  value.replaceAllUsesWith(made);
  modelIntegers.insert(made);
}

LogicalResult Integerizer::convert(Operation *op) {
  bool isReal =
      llvm::any_of(op->getOperands(),
                   [](Value v) { return isFloat(v) || isJoint(v); }) ||
      llvm::any_of(op->getResults(), isFloat);
  if (!leftOut.contains(op) &&
      (!isReal || llvm::all_of(op->getResults(), isConstantSlice))) {
    markModelIntegers(op);
    return success();
  }
  bool isBefore = isBeforeBorder(op);
  bool isDone = isLeft(op);
  if (SmallVector<std::string> reasons =
          refusals.find(op, isBefore, isPartial && !isDone);
      !reasons.empty())
    return refuse(op, reasons);
  if (isDone || isBefore)
    return success();
  auto integer = dyn_cast<IntegerLoweringInterface>(op);
  if (!integer || op->getNumResults() != 1)
    return refuse(op, {"has no integer-only form; supported: the ops of "
                       "docs/integer-only.md with one result"});
  OpBuilder builder(op);
  Value result = op->getResult(0);
  // No type holds both, so that integers are made at once.
  if (isa<nn::CastOp>(op) && isJoint(getSource(op->getOperand(0))) &&
      !isFloat(result))
    if (Value made =
            buildTruncation(builder, op->getLoc(), getSource(op->getOperand(0)),
                            getElementTypeOrSelf(result.getType()))) {
      replace(result, made);
      return success();
    }
  if (Value known = statics.build(builder, op)) {
    values.enter(result, known);
    return success();
  }
  plan.markForm(integer);
  SmallVector<Type> operandTypes, resultTypes;
  std::optional<LogicalResult> isInferred =
      inferTypes(integer, operandTypes, resultTypes);
  if (!isInferred)
    return success();
  if (failed(*isInferred))
    return failure();
  qt::BlockType codes = plan.isInParts(op) ? qt::getBlockFormat(operandTypes[0])
                                           : qt::BlockType();
  bool isInParts = codes && codes.getOuter();
  SmallVector<Value> operands;
  for (auto [i, operand] : llvm::enumerate(op->getOperands())) {
    Value source = getSource(operand);
    // Elements with units of their own, also where columns share exponents.
    if (plan.isReadInUnits(operand, op) && isFloat(source))
      source = values.getAs(builder, source, plan.getAvailable(operand, op));
    operands.push_back(isInParts && i == 0
                           ? source
                           : values.getAs(builder, source, operandTypes[i]));
  }
  builder.setInsertionPoint(op);
  Value made = isInParts ? buildInParts(builder, op, operands, operandTypes[0],
                                        resultTypes)
                         : build(builder, op, operands, resultTypes);
  replace(result,
          joinUnits(builder, op, returnBits(builder, op, operandTypes, made)));
  return success();
}

void Integerizer::markModelIntegers(Operation *op) {
  if (llvm::none_of(op->getOperands(), [&](Value operand) {
        return modelIntegers.contains(operand);
      }))
    return;
  modelIntegers.insert_range(op->getResults());
  if (mayWrapAround(op))
    op->setAttr(wrapsAttrName, UnitAttr::get(func.getContext()));
}

Value Integerizer::decode(Value value) {
  if (Value row = getRowOfScalar(value); row && values.lookup(row)) {
    auto reshape = value.getDefiningOp<nn::ReshapeOp>();
    OpBuilder builder(reshape);
    return nn::ReshapeOp::create(builder, value.getLoc(), reshape.getType(),
                                 decode(row), reshape.getShape());
  }
  if (Operation *op = value.getDefiningOp(); op && isCastOfOutput(op))
    op->setOperand(0, decode(op->getOperand(0)));
  Value joint = values.lookup(value);
  if (!joint)
    return value;
  Value &known = decoded[value];
  if (!known) {
    OpBuilder builder(func.getContext());
    builder.setInsertionPointAfterValue(joint);
    known = qt::DequantizeOp::create(builder, joint.getLoc(),
                                     cast<RankedTensorType>(value.getType()),
                                     joint, /*format=*/nullptr);
  }
  return known;
}

void Integerizer::leaveFloat(Operation *op, StringRef reason) {
  if (!reason.empty())
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

LogicalResult Integerizer::refuse(Operation *op,
                                  ArrayRef<std::string> reasons) {
  SmallVector<std::string> fresh = refusals.takeUntold(op, reasons);
  // Nothing decodes what others make of an op's integers.
  if (isPartial && !leftOut.contains(op)) {
    std::string name = ("'" + op->getName().getStringRef() + "' op ").str();
    leaveFloat(op, fresh.empty() ? "" : name + llvm::join(fresh, "; "));
    return success();
  }
  for (const std::string &reason : fresh)
    op->emitOpError(reason);
  return failure();
}

Integerizer::Integerizer(func::FuncOp func, qt::IntegerMethod method,
                         bool isPartial)
    : func(func), isPartial(isPartial),
      plan(func.getBody().front(), method, values),
      statics(func, method, *this) {}

LogicalResult Integerizer::run() {
  // Everything that is wrong is told at once.
  bool ok = succeeded(nn::verifyNetwork(func));
  Block &block = func.getBody().front();
  SmallVector<Operation *> ops;
  for (Operation &op : block.without_terminator())
    ops.push_back(&op);
  buildDirectly(ops);
  for (Operation *op : ops)
    ok &= succeeded(convert(op));
  if (!ok)
    return failure();
  if (auto last = dyn_cast<func::ReturnOp>(block.getTerminator()))
    for (OpOperand &operand : last->getOpOperands())
      operand.set(decode(operand.get()));
  // The floats that integers stand for, and what a form began that gave up.
  for (Operation &op :
       llvm::make_early_inc_range(llvm::reverse(block.getOperations())))
    if (op.use_empty() && isMemoryEffectFree(&op) &&
        !op.hasTrait<OpTrait::IsTerminator>())
      op.erase();
  return success();
}

void Integerize::runOnOperation() {
  func::FuncOp func = getOperation();
  if (func.isExternal())
    return;
  std::optional<qt::IntegerMethod> known = qt::symbolizeIntegerMethod(method);
  if (!known) {
    func.emitError("method '") << method << "'; supported: fixed, ibert, ivit";
    return signalPassFailure();
  }
  if (!func.getBody().hasOneBlock()) {
    func.emitError("has several blocks; supported: one");
    return signalPassFailure();
  }
  noteReshapeCuts(func);
  noteSizeBounds(func);
  if (failed(Integerizer(func, *known, partial).run()))
    return signalPassFailure();
  if (!partial)
    func->setAttr(integerOnlyAttrName, UnitAttr::get(&getContext()));
}
