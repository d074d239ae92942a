//===- RowKernel.cpp - Kernels on the rows of a tensor ----------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "RowQuantize.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/IR/Matchers.h"
#include "mlir/IR/TypeUtilities.h"
#include "quantc/Interfaces/RowOpInterface.h"

using namespace mlir;
using namespace quantc;

/// Elements of a call's unit where rows do not matter: small enough to share
/// out, long enough to hide the call.
static constexpr int64_t chunkElements = 4096;
/// Elements that one call should at least compute, in several passes and in one
/// or two.
static constexpr int64_t grainOfPasses = 1024, grainElements = 2048;

static auto bodyOps(func::FuncOp kernel) {
  return kernel.getBody().front().without_terminator();
}

static bool isConstantOne(AffineExpr size) {
  auto constant = dyn_cast<AffineConstantExpr>(size);
  return constant && constant.getValue() == 1;
}

/// A tensor whose rows are read as vectors or as one number each: which of
/// both must be known.
static bool canLoadRows(SymbolicShapes &shapes, Value tensor, Value rows) {
  ArrayRef<AffineExpr> all = shapes.getSizes(rows);
  AffineExpr length = all.empty() ? shapes.getConstant(1) : all.back();
  ArrayRef<AffineExpr> own = shapes.getSizes(tensor);
  return own.size() <= all.size() &&
         (own.empty() || own.back() == length || isConstantOne(own.back()));
}

/// The model of \p op; null if it is an expression or not known.
static const RowModel *getModel(Operation *op) {
  static const std::pair<TypeID, const RowModel *> models[] = {
      {TypeID::get<nn::LayerNormOp>(), &layerNormRows},
      {TypeID::get<nn::RMSNormOp>(), &rmsNormRows},
      {TypeID::get<nn::SoftmaxOp>(), &softmaxRows},
      {TypeID::get<nn::ReduceOp>(), &reduceRows},
      {TypeID::get<qt::QuantizeOp>(), &quantizeRows},
  };
  for (auto [id, model] : models)
    if (op->getName().getTypeID() == id)
      return model;
  return nullptr;
}

/// The tensor whose rows the kernel goes over: of the ops' ones the first that
/// has more than one element a row.
static Value findRows(SymbolicShapes &shapes, func::FuncOp kernel) {
  Value rows;
  for (Operation &op : bodyOps(kernel)) {
    auto rowOp = dyn_cast<RowOpInterface>(op);
    if (!rowOp)
      continue;
    Value tensor = rowOp.getRowTensor();
    ArrayRef<AffineExpr> sizes = shapes.getSizes(tensor);
    if (!sizes.empty() && !isConstantOne(sizes.back()))
      return tensor;
    if (!rows)
      rows = tensor;
  }
  return rows;
}

/// Whether \p tensor has one element for each row of a tensor of \p sizes.
static bool isRowScalar(ArrayRef<AffineExpr> own, ArrayRef<AffineExpr> sizes) {
  return !own.empty() && isConstantOne(own.back()) &&
         !isConstantOne(sizes.back()) && own.size() == sizes.size() &&
         own.drop_back() == sizes.drop_back();
}

bool RowEmitter::isNumber(Value value) {
  return isRowScalar(SmallVector<AffineExpr>(shapes.getSizes(value)), sizes);
}

static bool canEmitOp(SymbolicShapes &shapes, Operation &op, Value rows) {
  auto rowOp = dyn_cast<RowOpInterface>(op);
  if (!rowOp || !rowOp.isRowwise())
    return false;
  bool isElementwise = isa<ElementwiseOpInterface>(op);
  if (!shapes.haveEqualSizes(rows, rowOp.getRowTensor()))
    return isElementwise && isRowScalar(SmallVector<AffineExpr>(shapes.getSizes(
                                            rowOp.getRowTensor())),
                                        shapes.getSizes(rows));
  if (isElementwise)
    return true;
  const RowModel *model = getModel(&op);
  bool isScalar = cast<RankedTensorType>(rows.getType()).getRank() == 0;
  return model && !isScalar && model->canEmit(&op);
}

bool quantc::canEmitRows(func::FuncOp kernel) {
  SymbolicShapes shapes(kernel);
  Value rows = findRows(shapes, kernel);
  if (!rows)
    return false;
  for (Operation &op : bodyOps(kernel)) {
    if (op.hasTrait<OpTrait::ConstantLike>()) {
      DenseElementsAttr constant;
      if (!matchPattern(&op, m_Constant(&constant)) || !constant.isSplat())
        return false;
      continue;
    }
    if (!canEmitOp(shapes, op, rows))
      return false;
    for (Value operand : op.getOperands())
      if (!canLoadRows(shapes, operand, rows))
        return false;
  }
  return llvm::none_of(
      kernel.getBody().front().getTerminator()->getOperands(), [](Value value) {
        return isa<BlockArgument>(value) || matchPattern(value, m_Constant());
      });
}

SmallVector<unsigned> quantc::getResultIndices(func::FuncOp kernel,
                                               Value value) {
  SmallVector<unsigned> indices;
  Operation *terminator = kernel.getBody().front().getTerminator();
  for (OpOperand &operand : terminator->getOpOperands())
    if (operand.get() == value)
      indices.push_back(operand.getOperandNumber());
  return indices;
}

RowEmitter::RowEmitter(KernelBuilder &kernel)
    : kernel(kernel), shapes(kernel.getShapes()), loc(kernel.getLoc()),
      f32(Float32Type::get(kernel.getKernel().getContext())),
      target(CpuTarget::get(kernel.getKernel()->getParentOfType<ModuleOp>())) {}

static bool isSingle(Value tensor) {
  auto type = cast<RankedTensorType>(tensor.getType());
  return type.hasStaticShape() && type.getNumElements() == 1;
}

/// Floats that become integers in rows of one: each has its own exponent.
static bool isOfElements(SymbolicShapes &shapes, Operation &op) {
  auto quantize = dyn_cast<qt::QuantizeOp>(op);
  if (!quantize || quantize.getExponent() || !quantize.isRowwise() ||
      quantize.getEncoding().getRule() != qt::ScaleRule::Norm)
    return false;
  ArrayRef<AffineExpr> own = shapes.getSizes(quantize.getInput());
  return !own.empty() && isConstantOne(own.back());
}

/// No row matters: the kernel has one long row, or one for each position of the
/// first dimensions where an operand has one element for all behind these (the
/// exponents of images). How many these are; none where rows matter.
std::optional<size_t> RowEmitter::findLeading() {
  for (Operation &op : bodyOps(kernel.getKernel())) {
    if (op.hasTrait<OpTrait::ConstantLike>())
      continue;
    if ((!isa<ElementwiseOpInterface>(op) && !isOfElements(shapes, op)) ||
        !llvm::equal(shapes.getSizes(op.getResult(0)), sizes))
      return std::nullopt;
  }
  size_t leading = 0;
  for (BlockArgument argument : kernel.getKernel().getArguments()) {
    if (llvm::equal(shapes.getSizes(argument), sizes) || isSingle(argument))
      continue;
    SmallVector<AffineExpr> own(shapes.getSizes(argument));
    while (!own.empty() && isConstantOne(own.back()))
      own.pop_back();
    size_t behind = shapes.getSizes(argument).size() - own.size();
    leading = std::max(leading, sizes.size() - behind);
  }
  // Rows as they are.
  if (leading > 0 && leading + 1 >= sizes.size() &&
      !isConstantOne(sizes.back()))
    return std::nullopt;
  return leading;
}

/// Sizes that only run time knows are either 1 or those of the rows.
void RowEmitter::requireBroadcast() {
  for (BlockArgument argument : kernel.getKernel().getArguments())
    kernel.requireBroadcast(SmallVector<AffineExpr>(shapes.getSizes(argument)),
                            sizes);
}

LogicalResult RowEmitter::emit() {
  sizes = SmallVector<AffineExpr>(
      shapes.getSizes(findRows(shapes, kernel.getKernel())));
  leading = findLeading();
  flat = leading.has_value();
  width = chooseWidth();
  AffineExpr rowCount = shapes.getProduct(getLeadingSizes());
  AffineExpr length = getRowLength();
  if (flat)
    rowCount = shapes.getProduct({rowCount, length.ceilDiv(chunkElements)});
  auto constant = dyn_cast<AffineConstantExpr>(length);
  int64_t perRow = std::max<int64_t>(1, constant ? constant.getValue() : 64);
  int64_t most = countTogether();
  int64_t grain = (most > 1 ? grainOfPasses : grainElements) / perRow;
  kernel.setIterations(rowCount, flat ? 1 : std::max(most, grain));
  requireBroadcast();
  OpBuilder &builder = kernel.getBuilder();
  auto forRows = [&](Value from, Value to, int64_t count) {
    auto loop =
        scf::ForOp::create(builder, loc, from, to, kernel.getIndex(count));
    OpBuilder body = OpBuilder::atBlockBegin(loop.getBody());
    RowEmitter rows(*this);
    rows.together = count;
    rows.emitRowsAt(body, loop.getInductionVar());
  };
  Value begin = kernel.getBegin(), end = kernel.getEnd();
  if (most > 1) {
    Value count = arith::SubIOp::create(builder, loc, end, begin);
    Value rest =
        arith::RemUIOp::create(builder, loc, count, kernel.getIndex(most));
    Value whole = arith::SubIOp::create(builder, loc, end, rest);
    forRows(begin, whole, most);
    begin = whole;
  }
  forRows(begin, end, 1);
  return success();
}

ArrayRef<AffineExpr> RowEmitter::getLeadingSizes() {
  return leading ? ArrayRef(sizes).take_front(*leading)
                 : ArrayRef(sizes).drop_back();
}

AffineExpr RowEmitter::getRowLength() {
  return leading ? shapes.getProduct(ArrayRef(sizes).drop_front(*leading))
                 : sizes.back();
}

/// Rows of integers are computed side by side: their statistics are chains of
/// dependences, from a maximum through numbers of the row to the next pass,
/// which take longer than what short rows have to do besides.
int64_t RowEmitter::countTogether() {
  constexpr int64_t shortRow = 128, middleRow = 512, longRow = 2048;
  auto length = flat || sizes.empty()
                    ? AffineConstantExpr()
                    : dyn_cast<AffineConstantExpr>(sizes.back());
  // Numbers are vectors, for which there have to be instructions.
  if (!length || length.getValue() > longRow || !target.has("avx2"))
    return 1;
  bool hasStatistics = false;
  for (Operation &op : bodyOps(kernel.getKernel())) {
    if (getModel(&op)) {
      hasStatistics = true;
      if (!isa<IntegerType>(getElementTypeOrSelf(op.getOperand(0).getType())))
        return 1;
    } else if (!op.hasTrait<OpTrait::ConstantLike>() &&
               isNumber(op.getResult(0)) &&
               llvm::any_of(op.getOperands(), [&](Value operand) {
                 return isa<BlockArgument>(operand) && !isNumber(operand) &&
                        !isSingle(operand);
               })) {
      return 1;
    }
  }
  if (!hasStatistics)
    return 1;
  return length.getValue() <= shortRow    ? 16
         : length.getValue() <= middleRow ? 8
                                          : 4;
}

void RowEmitter::startRow(OpBuilder &builder, Value number) {
  row = number;
  Value all = kernel.getIndex(getRowLength());
  if (!flat) {
    n = all;
    base = arith::MulIOp::create(builder, loc, row, all);
    return;
  }
  Value chunk = kernel.getIndex(chunkElements), part = row;
  if (*leading > 0) {
    Value parts = kernel.getIndex(getRowLength().ceilDiv(chunkElements));
    part = arith::RemUIOp::create(builder, loc, row, parts);
    row = arith::DivUIOp::create(builder, loc, row, parts);
  }
  Value start = arith::MulIOp::create(builder, loc, part, chunk);
  n = arith::MinUIOp::create(builder, loc, chunk,
                             arith::SubIOp::create(builder, loc, all, start));
  base = *leading == 0
             ? start
             : arith::AddIOp::create(
                   builder, loc, arith::MulIOp::create(builder, loc, row, all),
                   start);
  std::optional<int64_t> known = getConstantIndex(all);
  if (known && *known <= chunkElements)
    n = all;
  else if (known && *known % chunkElements == 0)
    n = chunk;
}

/// Where the row of every operand begins: operands broadcast.
void RowEmitter::prepareOffsets(OpBuilder &builder) {
  SmallVector<Value> index;
  for (BlockArgument argument : kernel.getKernel().getArguments()) {
    SmallVector<AffineExpr> own(shapes.getSizes(argument));
    if (llvm::equal(own, sizes)) {
      places[argument] = {kernel.getBuffer(argument), base, Place::Fixed};
      continue;
    }
    if (isNumber(argument)) {
      places[argument] = {kernel.getBuffer(argument), row, Place::Fixed};
      continue;
    }
    bool isOneRow =
        own.empty() || llvm::all_of(ArrayRef(own).drop_back(), isConstantOne);
    if (!isOneRow && index.empty()) {
      index = kernel.delinearize(builder, getLeadingSizes(), row);
      index.resize(sizes.size(), kernel.getIndex(int64_t(0)));
    }
    places[argument] = {kernel.getBuffer(argument),
                        kernel.getBroadcastOffset(builder, own, sizes, index),
                        Place::Fixed};
  }
}

Value RowEmitter::getNumber(OpBuilder &builder, double value) {
  return arith::ConstantOp::create(
      builder, loc, builder.getF32FloatAttr(static_cast<float>(value)));
}

Value RowEmitter::getCount(OpBuilder &builder) {
  return arith::SIToFPOp::create(
      builder, loc, f32,
      arith::IndexCastOp::create(builder, loc, builder.getI64Type(), n));
}

Value RowEmitter::getOffset(Place place) {
  switch (place.kind) {
  case Place::Fixed:
    return place.at;
  case Place::Result:
    return base;
  case Place::Scratch:
    return scratchBase;
  }
  llvm_unreachable("all kinds are handled");
}

Value RowEmitter::loadAt(OpBuilder &builder, Place place,
                         const VectorStep &step) {
  Value index =
      arith::AddIOp::create(builder, loc, getOffset(place), step.position);
  return loadVector(builder, loc, place.buffer, index, step.valid, step.width);
}

void RowEmitter::storeAt(OpBuilder &builder, Value vector, Place place,
                         const VectorStep &step) {
  Value index =
      arith::AddIOp::create(builder, loc, getOffset(place), step.position);
  storeVector(builder, loc, vector, place.buffer, index, step.valid);
}

Value RowEmitter::load(OpBuilder &builder, BlockArgument argument,
                       const VectorStep &step) {
  Place place = places[argument];
  auto type = cast<RankedTensorType>(argument.getType());
  ArrayRef<AffineExpr> own = shapes.getSizes(argument);
  bool isNumber =
      isSingle(argument) || own.empty() ||
      (leading ? !llvm::equal(own, sizes)
               : isConstantOne(own.back()) && !isConstantOne(sizes.back()));
  Value vector =
      isNumber
          ? splat(builder, loc,
                  memref::LoadOp::create(builder, loc, place.buffer, place.at),
                  step.width)
          : loadAt(builder, place, step);
  return kernel.fromStored(builder, vector, type.getElementType());
}

Value RowEmitter::evaluate(OpBuilder &builder, Value value,
                           const VectorStep &step, Cache &cache) {
  if (Value known = cache.lookup(value))
    return known;
  Value result;
  Operation *op = value.getDefiningOp();
  DenseElementsAttr constant;
  if (auto argument = dyn_cast<BlockArgument>(value)) {
    result = load(builder, argument, step);
  } else if (hasNumber(value)) {
    result = splat(builder, loc, getNumberOfRow(value), step.width);
  } else if (auto it = places.find(value); it != places.end()) {
    result = kernel.fromStored(
        builder, loadAt(builder, it->second, step),
        cast<RankedTensorType>(value.getType()).getElementType());
  } else if (matchPattern(value, m_Constant(&constant))) {
    auto type = VectorType::get(step.width, constant.getElementType());
    result = arith::ConstantOp::create(
        builder, loc,
        DenseElementsAttr::get(type, constant.getSplatValue<Attribute>()));
  } else if (auto normalised = getNormalised(value)) {
    result = evaluateNormalised(builder, *normalised, step, cache);
  } else if (auto quantize = dyn_cast<qt::QuantizeOp>(op)) {
    // Rows of one: others write their codes and exponents themselves.
    auto [codes, exponents] =
        encodeElements(builder, loc, quantize,
                       evaluate(builder, quantize.getInput(), step, cache));
    cache[quantize.getResult(0)] = codes;
    cache[quantize.getResult(1)] = exponents;
    return cache[value];
  } else if (const RowModel *model = getModel(op)) {
    result = model->evaluate(*this, builder, op, step, cache);
  } else if (auto scaled = matchScaled(op)) {
    result =
        evaluateScaled(builder, cast<nn::BinaryOp>(op), *scaled, step, cache);
  } else {
    SmallVector<Value> operands;
    for (Value operand : op->getOperands())
      operands.push_back(evaluate(builder, operand, step, cache));
    result = cast<ElementwiseOpInterface>(op)
                 .cloneOnto(builder, operands)
                 ->getResult(0);
  }
  cache[value] = result;
  return result;
}

RowEmitter::Place RowEmitter::allocateRow(Type element) {
  Type stored = element.isInteger(1) ? IntegerType::get(element.getContext(), 8)
                                     : element;
  return {kernel.allocateScratch(stored, (sizes.back() + width) * together),
          Value(), Place::Scratch};
}

/// A last step that costs less than a load and a store.
static bool isCheapStep(Value value) {
  Operation *op = value.getDefiningOp();
  auto unary = dyn_cast_or_null<nn::UnaryOp>(op);
  return isa_and_nonnull<nn::CastOp>(op) ||
         (unary && (unary.getKind() == nn::UnaryKind::Abs ||
                    unary.getKind() == nn::UnaryKind::Neg));
}

/// Whether nothing but a reduction of \p value, in one pass, reads \p kept.
static bool isReadOnce(Value value, Value kept) {
  return value.hasOneUse() && kept.hasOneUse() &&
         isa<nn::ReduceOp>(*value.user_begin());
}

std::optional<RowEmitter::Place> RowEmitter::keep(Value value) {
  if (isa<BlockArgument>(value) || hasNumber(value) ||
      matchPattern(value, m_Constant()) || places.contains(value))
    return std::nullopt;
  auto results = getResultIndices(kernel.getKernel(), value);
  if (results.empty())
    return allocateRow(getElementTypeOrSelf(value));
  return Place{kernel.getResultBuffer(results[0]), Value(), Place::Result};
}

void RowEmitter::storeKept(OpBuilder &builder, Value value, Value vector,
                           Place place, const VectorStep &step) {
  if (place.kind == Place::Result)
    return store(builder, value, vector, step);
  storeAt(builder,
          kernel.toStored(builder, vector, getElementTypeOrSelf(value)), place,
          step);
}

void RowEmitter::noteKept(Value value, Place place) {
  places[value] = place;
  if (place.kind == Place::Result)
    finished.insert(value);
}

SmallVector<Value> RowEmitter::passOver(OpBuilder &builder, Value value,
                                        ValueRange initial, PassBody body) {
  auto getResults = [&](Value of) {
    return getResultIndices(kernel.getKernel(), of);
  };
  // What of the expression is worth keeping.
  Value kept = value;
  if (getResults(value).empty())
    while (isCheapStep(kept) && !getNormalised(kept))
      kept = kept.getDefiningOp()->getOperand(0);
  std::optional<Place> place;
  if (!getResults(kept).empty() || !isReadOnce(value, kept))
    place = keep(kept);
  SmallVector<Value> values = forEachVector(
      builder, loc, n, initial,
      [&](OpBuilder &inner, const VectorStep &step, ValueRange carried) {
        Cache cache;
        Value x = evaluate(inner, value, step, cache);
        if (place)
          storeKept(inner, kept, evaluate(inner, kept, step, cache), *place,
                    step);
        return body(inner, step, x, carried);
      },
      width);
  if (place)
    noteKept(kept, *place);
  return values;
}

/// Writes to all results that are \p value.
void RowEmitter::store(OpBuilder &builder, Value value, Value vector,
                       const VectorStep &step) {
  Type element = cast<RankedTensorType>(value.getType()).getElementType();
  Value stored = kernel.toStored(builder, vector, element);
  for (unsigned index : getResultIndices(kernel.getKernel(), value))
    storeAt(builder, stored,
            {kernel.getResultBuffer(index), Value(), Place::Result}, step);
}

void RowEmitter::emitOp(OpBuilder &builder, Operation *op) {
  if (flat)
    return;
  if (const RowModel *model = getModel(op))
    model->emitRow(*this, builder, op);
  else if (auto elementwise = dyn_cast<ElementwiseOpInterface>(op);
           elementwise && isNumber(op->getResult(0)))
    emitNumbers(builder, elementwise);
}

/// What no op has written yet.
void RowEmitter::emitRest(OpBuilder &builder) {
  SmallVector<Value> rest;
  for (Value value :
       kernel.getKernel().getBody().front().getTerminator()->getOperands())
    if (!finished.contains(value) && !llvm::is_contained(rest, value))
      rest.push_back(value);
  if (rest.empty())
    return;
  auto write = [&](OpBuilder &inner, const VectorStep &step, ValueRange) {
    Cache cache;
    SmallVector<Value> vectors;
    for (Value value : rest)
      vectors.push_back(evaluate(inner, value, step, cache));
    for (auto [value, vector] : llvm::zip_equal(rest, vectors))
      store(inner, value, vector, step);
    return SmallVector<Value>();
  };
  forEachRow(builder, [&](OpBuilder &ofRow) {
    forEachVector(ofRow, loc, n, {}, write, width);
  });
}

/// The rows from \p number on that are side by side.
void RowEmitter::emitRowsAt(OpBuilder &builder, Value number) {
  firstRow = number;
  if (together == 1) {
    scratchBase = kernel.getIndex(int64_t(0));
    startRow(builder, number);
    prepareOffsets(builder);
    rowStart = arith::ConstantIndexOp::create(builder, loc, 0);
  }
  for (Operation &op : bodyOps(kernel.getKernel()))
    emitOp(builder, &op);
  emitRest(builder);
}

LogicalResult quantc::emitRows(KernelBuilder &kernel) {
  return RowEmitter(kernel).emit();
}
