//===- QuantizeContractions.cpp - From recipe to types ----------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "FormatsWithCode.h"
#include "mlir/IR/TypeUtilities.h"
#include "quantc/Analysis/ConstantSlices.h"
#include "quantc/Dialect/QT/IR/QTAttrs.h"
#include "quantc/Dialect/QT/IR/QTDialect.h"
#include "quantc/Dialect/QT/IR/QTOps.h"
#include "quantc/Dialect/QT/IR/QTTypes.h"
#include "quantc/Interfaces/QuantizableOpInterface.h"
#include "quantc/Recipe/Recipe.h"
#include "quantc/Support/Locations.h"
#include "quantc/Target/CPU/CpuTarget.h"
#include "quantc/Target/CPU/Passes.h"
#include "llvm/ADT/DenseMap.h"

namespace quantc {
#define GEN_PASS_DEF_QUANTIZECONTRACTIONS
#include "quantc/Target/CPU/Passes.h.inc"
} // namespace quantc

using namespace mlir;
using namespace quantc;

namespace {

/// First and last contractions of a function, by reachability of values.
class Positions {
public:
  explicit Positions(func::FuncOp func);
  Position get(Operation *op) const { return positions.lookup(op); }

private:
  llvm::DenseMap<Operation *, Position> positions;
};

struct QuantizeContractions
    : quantc::impl::QuantizeContractionsBase<QuantizeContractions> {
  using QuantizeContractionsBase::QuantizeContractionsBase;

  void runOnOperation() override;

private:
  LogicalResult quantize(QuantizableOpInterface op, Position position,
                         const Recipe &recipe);
  Value quantizeOperand(OpBuilder &builder, const ContractionOperand &operand,
                        const OperandFormat &format, Operation *user);
};

} // namespace

Positions::Positions(func::FuncOp func) {
  SmallVector<Operation *> ops;
  func.walk<WalkOrder::PreOrder>([&](Operation *op) {
    if (op != func)
      ops.push_back(op);
  });
  llvm::DenseSet<Value> behind, ahead;
  auto anyOf = [](ValueRange values, const llvm::DenseSet<Value> &set) {
    return llvm::any_of(values, [&](Value v) { return set.contains(v); });
  };
  for (Operation *op : ops) {
    bool contraction = isContraction(op);
    bool reached = anyOf(op->getOperands(), behind);
    if (contraction)
      positions[op].first = !reached;
    if (contraction || reached)
      behind.insert_range(op->getResults());
  }
  for (Operation *op : llvm::reverse(ops)) {
    bool contraction = isContraction(op);
    bool reaches = anyOf(op->getResults(), ahead);
    if (contraction)
      positions[op].last = !reaches;
    if (contraction || reaches)
      ahead.insert_range(op->getOperands());
  }
}

/// The block of \p rank dimensions that \p format describes for \p operand.
static SmallVector<int64_t> getBlockShape(const OperandFormat &format,
                                          int64_t rank,
                                          const ContractionOperand &operand) {
  constexpr int64_t whole = ShapedType::kDynamic;
  SmallVector<int64_t> shape(rank,
                             format.grid == ScaleGrid::Tensor ? whole : 1);
  shape[operand.axis] = format.block ? format.block : whole;
  // The row of a convolution's weights is an output: all taps of it.
  bool isOutput = operand.kind != ContractionKind::Product &&
                  operand.role == OperandRole::Weight && !format.block;
  if (format.grid == ScaleGrid::Image || format.grid == ScaleGrid::Channel ||
      isOutput)
    std::fill(shape.begin() + 1, shape.end(), whole);
  if (format.grid == ScaleGrid::Channel)
    shape.back() = 1;
  return shape;
}

/// The outer scale of a convolution's weights is that of an output: all taps.
/// Others have the default.
static SmallVector<int64_t> getOuterShape(const OperandFormat &format,
                                          int64_t rank,
                                          const ContractionOperand &operand) {
  if (format.outer.empty() || operand.kind == ContractionKind::Product ||
      operand.role != OperandRole::Weight)
    return {};
  SmallVector<int64_t> shape(rank, ShapedType::kDynamic);
  shape.front() = 1;
  return shape;
}

Value QuantizeContractions::quantizeOperand(OpBuilder &builder,
                                            const ContractionOperand &operand,
                                            const OperandFormat &format,
                                            Operation *user) {
  Value value = user->getOperand(operand.index);
  auto type = cast<RankedTensorType>(value.getType());
  auto emitError = [&] {
    return user->emitError("operand of type ") << type << ": ";
  };
  qt::BlockType element = qt::BlockType::getFromSpelling(
      emitError, &getContext(), getBlockShape(format, type.getRank(), operand),
      format.element, format.scale, /*zero=*/"", format.outer,
      getOuterShape(format, type.getRank(), operand));
  if (!element)
    return nullptr;
  auto encoding = qt::EncodingAttr::getFromSpelling(
      emitError, &getContext(), format.encoding, format.lowest, format.highest);
  if (!encoding || failed(qt::verifyEncodable(emitError, element, encoding)))
    return nullptr;
  return qt::QuantizeOp::create(builder, value.getLoc(), value, element,
                                encoding)
      .getResult(0);
}

LogicalResult QuantizeContractions::quantize(QuantizableOpInterface op,
                                             Position position,
                                             const Recipe &recipe) {
  // What constants alone are computed to is evaluated before there is code.
  if (llvm::all_of(op->getResults(), isConstantSlice))
    return success();
  StringRef name = getValueName(op.getLoc());
  SmallVector<ContractionOperand> operands = op.getContractionOperands();
  SmallVector<std::optional<OperandFormat>> formats;
  bool hasWeight = false, isQuantized = false;
  for (const ContractionOperand &operand : operands) {
    // A product of two activations is no weight matrix: floats unless it is
    // attention, which has rules of its own. A table is stored as well.
    bool isWeight = operand.role == OperandRole::Weight ||
                    operand.role == OperandRole::Embedding;
    if (isWeight && !isConstantSlice(op->getOperand(operand.index)))
      return success();
    // A sum of nothing has no codes.
    auto type = cast<RankedTensorType>(op->getOperand(operand.index).getType());
    if (type.getDimSize(operand.axis) == 0)
      return success();
    formats.push_back(recipe.lookup(operand, position, name));
    hasWeight |= operand.role != OperandRole::Activation;
    isQuantized |= formats.back().has_value();
  }
  if (!isQuantized || !hasWeight)
    return success();

  if (needsCode && failed(verifyHasCode(op, operands, formats, recipe)))
    return failure();
  OpBuilder builder(op);
  SmallVector<Value> quantized;
  for (auto [operand, format] : llvm::zip_equal(operands, formats)) {
    Value value = op->getOperand(operand.index);
    if (format)
      value = quantizeOperand(builder, operand, *format, op);
    if (!value)
      return failure();
    quantized.push_back(value);
  }
  SmallVector<Type> types;
  for (Value value : quantized)
    types.push_back(getElementTypeOrSelf(value));
  size_t kept = llvm::count(formats, std::nullopt);
  if (kept != 0 && !hasOnlyWeights(op, types))
    return op.emitError("recipe '")
           << recipe.getName() << "' keeps " << kept << " of its "
           << operands.size()
           << " operands in float; supported: all of them quantised, none, or "
              "the weights alone";
  if (failed(op.verifyFormats(types)))
    return failure();
  for (auto [operand, value] : llvm::zip_equal(operands, quantized))
    op->setOperand(operand.index, value);
  return success();
}

void QuantizeContractions::runOnOperation() {
  func::FuncOp func = getOperation();
  CpuTarget target = CpuTarget::get(func->getParentOfType<ModuleOp>());
  llvm::Expected<Recipe> loaded =
      Recipe::load(recipe, getTraits(target.getLayoutClass()).name);
  if (!loaded) {
    func.emitError(llvm::toString(loaded.takeError()));
    return signalPassFailure();
  }
  Positions positions(func);
  SmallVector<QuantizableOpInterface> ops;
  func.walk([&](QuantizableOpInterface op) { ops.push_back(op); });
  bool ok = true;
  // A pattern that matches nothing is a name that is spelt wrong.
  std::vector<StringRef> names;
  for (QuantizableOpInterface op : ops)
    if (!op.getContractionOperands().empty())
      names.push_back(getValueName(op.getLoc()));
  if (func.isPublic())
    for (const std::string &pattern : loaded->getUnmatched(names)) {
      InFlightDiagnostic error = func.emitError("recipe '")
                                 << loaded->getName() << "': name '" << pattern
                                 << "' matches no contraction; there are "
                                 << names.size();
      constexpr size_t shown = 8;
      llvm::interleaveComma(ArrayRef(names).take_front(shown), error << ": ");
      if (names.size() > shown)
        error << ", ...";
      ok = false;
    }
  for (QuantizableOpInterface op : ops)
    ok &= succeeded(quantize(op, positions.get(op), *loaded));
  if (!ok)
    signalPassFailure();
}
