//===- RowKernel.cpp - Kernels on the rows of a tensor -*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

//
// A row is the last dimension. Elementwise ops stay expressions that are
// emitted where their value is needed; an op that needs the whole row (a
// norm, softmax, a run-time scale) first has its input written to a buffer of
// one row, in a pass of its own. Results that no pass wrote are written by a
// last one. What is passed over more than once stays in the first-level cache.
//
//===----------------------------------------------------------------------===//

#include "Generators.h"
#include "VectorLoops.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/IR/Matchers.h"
#include "quantc/Dialect/NN/IR/NNOps.h"
#include "quantc/Dialect/QT/IR/QTOps.h"
#include "quantc/Interfaces/RowOpInterface.h"

using namespace mlir;
using namespace quantc;

namespace {

/// Elements of a call's unit where rows do not matter: small enough to share
/// out, long enough to hide the call.
constexpr int64_t chunkElements = 4096;

class RowEmitter {
public:
  explicit RowEmitter(KernelBuilder &kernel)
      : kernel(kernel), shapes(kernel.getShapes()), loc(kernel.getLoc()),
        f32(Float32Type::get(kernel.getKernel().getContext())) {}

  LogicalResult emit();

private:
  using Cache = llvm::DenseMap<Value, Value>;

  bool isFlat();
  void emitRow(OpBuilder &builder);
  void prepareOffsets(OpBuilder &builder);
  Value evaluate(OpBuilder &builder, Value value, Value position, Value mask,
                 Cache &cache);
  Value load(OpBuilder &builder, BlockArgument argument, Value position,
             Value mask);
  void materialize(OpBuilder &builder, Value value);
  void emitNorm(OpBuilder &builder, nn::LayerNormOp op);
  void emitSoftmax(OpBuilder &builder, nn::SoftmaxOp op);
  void emitReduce(OpBuilder &builder, nn::ReduceOp op);
  void emitQuantizeRow(OpBuilder &builder, qt::QuantizeOp op);
  void emitQuantizeBlocks(OpBuilder &builder, qt::QuantizeOp op, int64_t block);
  void padRow(OpBuilder &builder, qt::QuantizeOp op, Value codes, Value base);
  Value encode(OpBuilder &builder, qt::QuantizeOp op, Value x, Value inverse);
  std::pair<Value, Value> makeScales(OpBuilder &builder, qt::QuantizeOp op,
                                     Value amaxBits);
  std::optional<unsigned> getResultIndex(Value value);
  Value getStored(OpBuilder &builder, Value value);
  void store(OpBuilder &builder, Value value, Value vector, Value position,
             Value mask);

  KernelBuilder &kernel;
  SymbolicShapes &shapes;
  Location loc;
  Type f32;
  SmallVector<AffineExpr> sizes; ///< of the tensor whose rows are meant
  Value n, row, base;            ///< of the row at hand
  /// Values that lie in memory: buffer and index of the row's beginning.
  llvm::DenseMap<Value, std::pair<Value, Value>> rows;
  /// Scalars of the row at hand, by the value they belong to.
  llvm::DenseMap<Value, SmallVector<Value>> statistics;
  llvm::DenseSet<Value> written;
  llvm::DenseMap<Value, std::pair<Value, Value>> scratch;
};

} // namespace

static Value getRowTensor(Operation *op) {
  return cast<RowOpInterface>(op).getRowTensor();
}

static auto bodyOps(func::FuncOp kernel) {
  return kernel.getBody().front().without_terminator();
}

bool quantc::canEmitRows(func::FuncOp kernel) {
  SymbolicShapes shapes(kernel);
  Value first;
  for (Operation &op : bodyOps(kernel)) {
    if (op.hasTrait<OpTrait::ConstantLike>())
      continue;
    auto rowOp = dyn_cast<RowOpInterface>(op);
    if (!rowOp || !rowOp.isRowwise())
      return false;
    if (!isa<ElementwiseOpInterface, nn::LayerNormOp, nn::SoftmaxOp,
             nn::ReduceOp, qt::QuantizeOp>(op))
      return false;
    if (auto reduce = dyn_cast<nn::ReduceOp>(op);
        reduce && !reduce.getInput().getType().getElementType().isF32())
      return false;
    Value tensor = rowOp.getRowTensor();
    if (!first)
      first = tensor;
    if (!shapes.haveEqualSizes(first, tensor))
      return false;
    if (cast<RankedTensorType>(tensor.getType()).getRank() == 0)
      return isa<ElementwiseOpInterface>(op);
  }
  return first != nullptr;
}

static bool isSingle(Value tensor) {
  auto type = cast<RankedTensorType>(tensor.getType());
  return type.hasStaticShape() && type.getNumElements() == 1;
}

/// No broadcasting and no row matters: the kernel is one long row.
bool RowEmitter::isFlat() {
  for (Operation &op : bodyOps(kernel.getKernel())) {
    if (op.hasTrait<OpTrait::ConstantLike>())
      continue;
    if (!isa<ElementwiseOpInterface>(op))
      return false;
    for (Value operand : op.getOperands())
      if (!operand.getDefiningOp() && !llvm::equal(shapes.getSizes(operand), sizes) &&
          !isSingle(operand))
        return false;
  }
  return true;
}

LogicalResult RowEmitter::emit() {
  for (Operation &op : bodyOps(kernel.getKernel()))
    if (!op.hasTrait<OpTrait::ConstantLike>()) {
      sizes = SmallVector<AffineExpr>(shapes.getSizes(getRowTensor(&op)));
      break;
    }
  bool flat = isFlat();
  AffineExpr total = shapes.getProduct(sizes);
  AffineExpr rowCount =
      flat ? total.ceilDiv(chunkElements)
           : shapes.getProduct(ArrayRef(sizes).drop_back());
  AffineExpr length = flat ? total : sizes.back();
  auto constant = dyn_cast<AffineConstantExpr>(length);
  int64_t grain =
      flat ? 1 : std::max<int64_t>(1, 2048 / std::max<int64_t>(1, constant ? constant.getValue() : 64));
  kernel.setIterations(rowCount, grain);
  OpBuilder &builder = kernel.getBuilder();
  Value one = kernel.getIndex(int64_t(1));
  Value all = kernel.getIndex(length);
  auto loop = scf::ForOp::create(builder, loc, kernel.getBegin(),
                                 kernel.getEnd(), one);
  OpBuilder body = OpBuilder::atBlockBegin(loop.getBody());
  row = loop.getInductionVar();
  if (flat) {
    Value chunk = kernel.getIndex(chunkElements);
    base = arith::MulIOp::create(body, loc, row, chunk);
    n = arith::MinUIOp::create(body, loc, chunk,
                               arith::SubIOp::create(body, loc, all, base));
    if (constant && constant.getValue() <= chunkElements)
      n = all;
  } else {
    n = all;
    base = arith::MulIOp::create(body, loc, row, all);
  }
  emitRow(body);
  return success();
}

/// Where the row of every operand begins: operands broadcast.
void RowEmitter::prepareOffsets(OpBuilder &builder) {
  SmallVector<Value> index;
  auto delinearize = [&] {
    if (!index.empty() || sizes.size() < 2)
      return;
    index.resize(sizes.size() - 1);
    Value rest = row;
    for (size_t dim = sizes.size() - 1; dim-- > 0;) {
      if (dim == 0) {
        index[dim] = rest;
        break;
      }
      Value size = kernel.getIndex(sizes[dim]);
      index[dim] = arith::RemUIOp::create(builder, loc, rest, size);
      rest = arith::DivUIOp::create(builder, loc, rest, size);
    }
  };
  AffineExpr unit = shapes.getConstant(1);
  for (BlockArgument argument : kernel.getKernel().getArguments()) {
    SmallVector<AffineExpr> own(shapes.getSizes(argument));
    if (llvm::equal(own, sizes)) {
      rows[argument] = {kernel.getBuffer(argument), base};
      continue;
    }
    Value offset = kernel.getIndex(int64_t(0));
    AffineExpr stride = own.empty() ? unit : own.back();
    for (size_t dim = own.empty() ? 0 : own.size() - 1; dim-- > 0;) {
      if (own[dim] != unit) {
        delinearize();
        Value term = arith::MulIOp::create(
            builder, loc, index[sizes.size() - own.size() + dim],
            kernel.getIndex(stride));
        offset = arith::AddIOp::create(builder, loc, offset, term);
      }
      stride = shapes.getProduct({stride, own[dim]});
    }
    rows[argument] = {kernel.getBuffer(argument), offset};
  }
}

std::optional<unsigned> RowEmitter::getResultIndex(Value value) {
  Operation *terminator = kernel.getKernel().getBody().front().getTerminator();
  for (auto [index, operand] : llvm::enumerate(terminator->getOperands()))
    if (operand == value)
      return index;
  return std::nullopt;
}

/// Elements of i1 lie in bytes.
static Value fromMemory(OpBuilder &builder, Location loc, Value vector,
                        Type element) {
  if (!element.isInteger(1))
    return vector;
  Value zero = splatConstant(builder, loc, builder.getI8Type(), 0);
  return arith::CmpIOp::create(builder, loc, arith::CmpIPredicate::ne, vector,
                               zero);
}

Value RowEmitter::load(OpBuilder &builder, BlockArgument argument,
                       Value position, Value mask) {
  auto [buffer, offset] = rows[argument];
  auto type = cast<RankedTensorType>(argument.getType());
  ArrayRef<AffineExpr> own = shapes.getSizes(argument);
  bool scalar = own.empty() || (own.back() == shapes.getConstant(1) &&
                                sizes.back() != shapes.getConstant(1));
  Value vector;
  if (scalar || isSingle(argument)) {
    Value element = memref::LoadOp::create(builder, loc, buffer, offset);
    vector = splat(builder, loc, element);
  } else {
    Value index = arith::AddIOp::create(builder, loc, offset, position);
    vector = loadVector(builder, loc, buffer, index, mask);
  }
  return fromMemory(builder, loc, vector, type.getElementType());
}

Value RowEmitter::evaluate(OpBuilder &builder, Value value, Value position,
                           Value mask, Cache &cache) {
  if (Value known = cache.lookup(value))
    return known;
  Value result;
  Operation *op = value.getDefiningOp();
  DenseElementsAttr constant;
  if (auto it = statistics.find(value);
      it != statistics.end() && isa<nn::ReduceOp>(op)) {
    result = splat(builder, loc, it->second[0]);
  } else if (written.contains(value)) {
    auto [buffer, offset] = rows[value];
    Value index = arith::AddIOp::create(builder, loc, offset, position);
    result = loadVector(builder, loc, buffer, index, mask);
  } else if (auto argument = dyn_cast<BlockArgument>(value)) {
    result = load(builder, argument, position, mask);
  } else if (matchPattern(value, m_Constant(&constant))) {
    auto type = VectorType::get(lanes, constant.getElementType());
    result = arith::ConstantOp::create(
        builder, loc,
        DenseElementsAttr::get(type, constant.getSplatValue<Attribute>()));
  } else if (auto norm = dyn_cast<nn::LayerNormOp>(op)) {
    SmallVector<Value> &mean = statistics[value];
    Value x = evaluate(builder, norm.getInput(), position, mask, cache);
    Value centred = arith::SubFOp::create(builder, loc, x, splat(builder, loc, mean[0]));
    Value scaled = arith::MulFOp::create(builder, loc, centred, splat(builder, loc, mean[1]));
    Value scale = evaluate(builder, norm.getScale(), position, mask, cache);
    if (norm.getBias())
      result = math::FmaOp::create(
          builder, loc, scaled, scale,
          evaluate(builder, norm.getBias(), position, mask, cache));
    else
      result = arith::MulFOp::create(builder, loc, scaled, scale);
  } else if (isa<nn::SoftmaxOp>(op)) {
    // The exponentials lie where the op's input was written.
    auto [buffer, offset] = scratch[value];
    Value index = arith::AddIOp::create(builder, loc, offset, position);
    Value e = loadVector(builder, loc, buffer, index, mask);
    result = arith::MulFOp::create(builder, loc, e,
                                   splat(builder, loc, statistics[value][0]));
  } else {
    SmallVector<Value> operands;
    for (Value operand : op->getOperands())
      operands.push_back(evaluate(builder, operand, position, mask, cache));
    result = cast<ElementwiseOpInterface>(op)
                 .cloneOnto(builder, operands)
                 ->getResult(0);
  }
  cache[value] = result;
  return result;
}

/// Writes \p value's row to memory, once: to its result, or to scratch.
void RowEmitter::materialize(OpBuilder &builder, Value value) {
  if (written.contains(value))
    return;
  if (isa<BlockArgument>(value) && llvm::equal(shapes.getSizes(value), sizes))
    return;
  Value buffer, offset;
  if (std::optional<unsigned> index = getResultIndex(value)) {
    buffer = kernel.getResultBuffer(*index);
    offset = base;
  } else {
    buffer = kernel.allocateScratch(f32, sizes.back() + lanes);
    offset = kernel.getIndex(int64_t(0));
  }
  forEachVector(builder, loc, n, {},
                [&](OpBuilder &inner, Value position, Value mask, ValueRange) {
                  Cache cache;
                  Value v = evaluate(inner, value, position, mask, cache);
                  Value at = arith::AddIOp::create(inner, loc, offset, position);
                  storeVector(inner, loc, v, buffer, at, mask);
                  return SmallVector<Value>();
                });
  rows[value] = {buffer, offset};
  written.insert(value);
}

static Value addLanes(OpBuilder &builder, Location loc, Value vector) {
  return reduceLanes(builder, loc, vector,
                     [&](OpBuilder &inner, Value a, Value b) -> Value {
                       return arith::AddFOp::create(inner, loc, a, b);
                     });
}

void RowEmitter::emitNorm(OpBuilder &builder, nn::LayerNormOp op) {
  materialize(builder, op.getInput());
  Value zero = splatConstant(builder, loc, f32, 0);
  Value count = arith::UIToFPOp::create(
      builder, loc, f32,
      arith::IndexCastOp::create(builder, loc, builder.getI64Type(), n));
  auto average = [&](function_ref<Value(OpBuilder &, Value)> map) -> Value {
    SmallVector<Value> sum = forEachVector(
        builder, loc, n, zero,
        [&](OpBuilder &inner, Value position, Value mask, ValueRange values) {
          Cache cache;
          Value x = evaluate(inner, op.getInput(), position, mask, cache);
          Value y = blend(inner, loc, mask, map(inner, x), zero);
          return SmallVector<Value>{
              arith::AddFOp::create(inner, loc, values[0], y)};
        });
    return arith::DivFOp::create(builder, loc, addLanes(builder, loc, sum[0]),
                                 count);
  };
  Value mean = average([](OpBuilder &, Value x) { return x; });
  Value means = splat(builder, loc, mean);
  Value variance = average([&](OpBuilder &inner, Value x) -> Value {
    Value d = arith::SubFOp::create(inner, loc, x, means);
    return arith::MulFOp::create(inner, loc, d, d);
  });
  Value epsilon = arith::ConstantOp::create(builder, loc, op.getEpsilonAttr());
  Value root = math::SqrtOp::create(
      builder, loc, arith::AddFOp::create(builder, loc, variance, epsilon));
  Value one = arith::ConstantOp::create(builder, loc, builder.getF32FloatAttr(1));
  Value inverse = arith::DivFOp::create(builder, loc, one, root);
  statistics[op.getResult()] = {mean, inverse};
}

/// The larger one; a NaN on the right stays.
static Value maximum(OpBuilder &builder, Location loc, Value a, Value b) {
  Value less = arith::CmpFOp::create(builder, loc, arith::CmpFPredicate::OLT, b, a);
  return arith::SelectOp::create(builder, loc, less, a, b);
}

void RowEmitter::emitSoftmax(OpBuilder &builder, nn::SoftmaxOp op) {
  materialize(builder, op.getInput());
  Value lowest = splatConstant(builder, loc, f32, -std::numeric_limits<float>::infinity());
  SmallVector<Value> largest = forEachVector(
      builder, loc, n, lowest,
      [&](OpBuilder &inner, Value position, Value mask, ValueRange values) {
        Cache cache;
        Value x = evaluate(inner, op.getInput(), position, mask, cache);
        x = blend(inner, loc, mask, x, lowest);
        return SmallVector<Value>{maximum(inner, loc, values[0], x)};
      });
  Value top = reduceLanes(builder, loc, largest[0],
                          [&](OpBuilder &inner, Value a, Value b) {
                            return maximum(inner, loc, a, b);
                          });
  // Of a row of -inf nothing may be subtracted: -inf - -inf is no number.
  Value minusInf = arith::ConstantOp::create(
      builder, loc, builder.getF32FloatAttr(-std::numeric_limits<float>::infinity()));
  Value isEmpty = arith::CmpFOp::create(builder, loc, arith::CmpFPredicate::OEQ, top, minusInf);
  Value scalarZero = arith::ConstantOp::create(builder, loc, builder.getF32FloatAttr(0));
  top = arith::SelectOp::create(builder, loc, isEmpty, scalarZero, top);
  Value tops = splat(builder, loc, top);
  Value zero = splatConstant(builder, loc, f32, 0);
  Value buffer = kernel.allocateScratch(f32, sizes.back() + lanes);
  Value offset = kernel.getIndex(int64_t(0));
  SmallVector<Value> sum = forEachVector(
      builder, loc, n, zero,
      [&](OpBuilder &inner, Value position, Value mask, ValueRange values) {
        Cache cache;
        Value x = evaluate(inner, op.getInput(), position, mask, cache);
        Value d = arith::SubFOp::create(inner, loc, x, tops);
        Value e = nn::UnaryOp::create(inner, loc, d.getType(), nn::UnaryKind::Exp, d);
        e = blend(inner, loc, mask, e, zero);
        Value at = arith::AddIOp::create(inner, loc, offset, position);
        storeVector(inner, loc, e, buffer, at, Value());
        return SmallVector<Value>{arith::AddFOp::create(inner, loc, values[0], e)};
      });
  Value one = arith::ConstantOp::create(builder, loc, builder.getF32FloatAttr(1));
  Value total = addLanes(builder, loc, sum[0]);
  Value inverse = arith::DivFOp::create(builder, loc, one, total);
  inverse = arith::SelectOp::create(builder, loc, isEmpty, scalarZero, inverse);
  statistics[op.getResult()] = {inverse};
  scratch[op.getResult()] = {buffer, offset};
}

void RowEmitter::emitReduce(OpBuilder &builder, nn::ReduceOp op) {
  nn::ReduceKind kind = op.getKind();
  float inf = std::numeric_limits<float>::infinity();
  float neutral = kind == nn::ReduceKind::Max   ? -inf
                  : kind == nn::ReduceKind::Min ? inf
                  : kind == nn::ReduceKind::Prod ? 1.0f
                                                 : 0.0f;
  Value start = splatConstant(builder, loc, f32, neutral);
  auto combine = [&](OpBuilder &inner, Value a, Value b) -> Value {
    switch (kind) {
    case nn::ReduceKind::Max:
      return arith::MaximumFOp::create(inner, loc, a, b);
    case nn::ReduceKind::Min:
      return arith::MinimumFOp::create(inner, loc, a, b);
    case nn::ReduceKind::Prod:
      return arith::MulFOp::create(inner, loc, a, b);
    default:
      return arith::AddFOp::create(inner, loc, a, b);
    }
  };
  SmallVector<Value> folded = forEachVector(
      builder, loc, n, start,
      [&](OpBuilder &inner, Value position, Value mask, ValueRange values) {
        Cache cache;
        Value x = evaluate(inner, op.getInput(), position, mask, cache);
        if (kind == nn::ReduceKind::SumSq || kind == nn::ReduceKind::L2)
          x = arith::MulFOp::create(inner, loc, x, x);
        else if (kind == nn::ReduceKind::L1)
          x = math::AbsFOp::create(inner, loc, x);
        x = blend(inner, loc, mask, x, start);
        return SmallVector<Value>{combine(inner, values[0], x)};
      });
  Value result = reduceLanes(builder, loc, folded[0], combine);
  if (kind == nn::ReduceKind::Mean) {
    Value count = arith::UIToFPOp::create(
        builder, loc, f32,
        arith::IndexCastOp::create(builder, loc, builder.getI64Type(), n));
    result = arith::DivFOp::create(builder, loc, result, count);
  } else if (kind == nn::ReduceKind::L2) {
    result = math::SqrtOp::create(builder, loc, result);
  }
  statistics[op.getResult()] = {result};
  if (std::optional<unsigned> index = getResultIndex(op.getResult())) {
    memref::StoreOp::create(builder, loc, result, kernel.getResultBuffer(*index), row);
    written.insert(op.getResult());
  }
}

//===----------------------------------------------------------------------===//
// Run-time quantisation, as numerics::encode defines it
//===----------------------------------------------------------------------===//

/// Scale and the factor that makes codes, from the bits of the largest
/// magnitude.
std::pair<Value, Value> RowEmitter::makeScales(OpBuilder &builder,
                                               qt::QuantizeOp op,
                                               Value amaxBits) {
  Value amax = arith::BitcastOp::create(builder, loc, f32, amaxBits);
  auto number = [&](double value) -> Value {
    return arith::ConstantOp::create(builder, loc, builder.getF32FloatAttr(value));
  };
  Value highest = number(op.getEncoding().getHigh());
  Value zero = number(0);
  Value isTiny = arith::CmpFOp::create(builder, loc, arith::CmpFPredicate::OLT,
                                       amax, number(0x1p-100));
  Value isFinite = arith::CmpFOp::create(builder, loc, arith::CmpFPredicate::OLT,
                                         amax, number(INFINITY));
  Value scale = arith::DivFOp::create(builder, loc, amax, highest);
  Value inverse = arith::DivFOp::create(builder, loc, highest, amax);
  scale = arith::SelectOp::create(builder, loc, isFinite, scale, number(NAN));
  scale = arith::SelectOp::create(builder, loc, isTiny, zero, scale);
  inverse = arith::SelectOp::create(builder, loc, isFinite, inverse, zero);
  inverse = arith::SelectOp::create(builder, loc, isTiny, zero, inverse);
  return {scale, inverse};
}

/// Codes of 16 values, as bytes of the layout: biased by 128 where it says so.
Value RowEmitter::encode(OpBuilder &builder, qt::QuantizeOp op, Value x,
                         Value inverse) {
  Value scaled = arith::MulFOp::create(builder, loc, x, inverse);
  auto ints = VectorType::get(lanes, builder.getI32Type());
  // To nearest even; a NaN gives the lowest integer.
  Value rounded =
      LLVM::CallIntrinsicOp::create(
          builder, loc, ints, builder.getStringAttr("llvm.lrint.v16i32.v16f32"),
          scaled)
          .getResult(0);
  qt::EncodingAttr encoding = op.getEncoding();
  Value low = splatConstant(builder, loc, builder.getI32Type(), encoding.getLow());
  Value high = splatConstant(builder, loc, builder.getI32Type(), encoding.getHigh());
  Value clamped = arith::MaxSIOp::create(builder, loc, rounded, low);
  clamped = arith::MinSIOp::create(builder, loc, clamped, high);
  Value bytes = arith::TruncIOp::create(
      builder, loc, VectorType::get(lanes, builder.getI8Type()), clamped);
  if (!op.getLayoutAttr() || op.getLayoutAttr().getBias() == 0)
    return bytes;
  Value bias = splatConstant(builder, loc, builder.getI8Type(), -128);
  return arith::XOrIOp::create(builder, loc, bytes, bias);
}

/// Behind the row's last whole vector: code zero up to the stride.
void RowEmitter::padRow(OpBuilder &builder, qt::QuantizeOp op, Value codes,
                        Value at) {
  int64_t length = cast<AffineConstantExpr>(sizes.back()).getValue();
  int64_t stride = cast<RankedTensorType>(op.getResult(0).getType()).getShape().back();
  bool isBiased = op.getLayoutAttr().getBias() != 0;
  Value bias = splatConstant(builder, loc, builder.getI8Type(), isBiased ? -128 : 0);
  for (int64_t i = llvm::alignTo(length, lanes); i < stride; i += lanes) {
    Value index = arith::AddIOp::create(builder, loc, at, kernel.getIndex(i));
    vector::StoreOp::create(builder, loc, bias, codes, index);
  }
}

/// The bits of the magnitudes of 16 values.
static Value getMagnitudes(OpBuilder &builder, Location loc, Value x) {
  auto ints = VectorType::get(lanes, builder.getI32Type());
  Value bits = arith::BitcastOp::create(builder, loc, ints, x);
  Value mask = splatConstant(builder, loc, builder.getI32Type(), 0x7fffffff);
  return arith::AndIOp::create(builder, loc, bits, mask);
}

static Value maximumBits(OpBuilder &builder, Location loc, Value vector) {
  return reduceLanes(builder, loc, vector,
                     [&](OpBuilder &inner, Value a, Value b) -> Value {
                       return arith::MaxUIOp::create(inner, loc, a, b);
                     });
}

void RowEmitter::emitQuantizeRow(OpBuilder &builder, qt::QuantizeOp op) {
  unsigned codesIndex = *getResultIndex(op.getResult(0));
  unsigned scalesIndex = *getResultIndex(op.getResult(1));
  materialize(builder, op.getInput());
  Value zero = splatConstant(builder, loc, builder.getI32Type(), 0);
  SmallVector<Value> amax = forEachVector(
      builder, loc, n, zero,
      [&](OpBuilder &inner, Value position, Value mask, ValueRange values) {
        Cache cache;
        Value x = evaluate(inner, op.getInput(), position, mask, cache);
        Value bits = getMagnitudes(inner, loc, x);
        return SmallVector<Value>{arith::MaxUIOp::create(inner, loc, values[0], bits)};
      });
  auto [scale, inverse] =
      makeScales(builder, op, maximumBits(builder, loc, amax[0]));
  memref::StoreOp::create(builder, loc, scale, kernel.getResultBuffer(scalesIndex), row);
  Value inverses = splat(builder, loc, inverse);
  Value codes = kernel.getResultBuffer(codesIndex);
  int64_t stride = cast<RankedTensorType>(op.getResult(0).getType()).getShape().back();
  Value at = arith::MulIOp::create(
      builder, loc, row,
      ShapedType::isDynamic(stride) ? n : kernel.getIndex(stride));
  forEachVector(builder, loc, n, {},
                [&](OpBuilder &inner, Value position, Value mask, ValueRange) {
                  Cache cache;
                  Value x = evaluate(inner, op.getInput(), position, mask, cache);
                  Value bytes = encode(inner, op, x, inverses);
                  Value index = arith::AddIOp::create(inner, loc, at, position);
                  // Rows of a layout have room for whole vectors.
                  storeVector(inner, loc, bytes, codes, index,
                              op.getLayout() ? Value() : mask);
                  return SmallVector<Value>();
                });
  if (op.getLayout())
    padRow(builder, op, codes, at);
}

void RowEmitter::emitQuantizeBlocks(OpBuilder &builder, qt::QuantizeOp op,
                                    int64_t block) {
  unsigned codesIndex = *getResultIndex(op.getResult(0));
  unsigned scalesIndex = *getResultIndex(op.getResult(1));
  int64_t length = cast<AffineConstantExpr>(sizes.back()).getValue();
  int64_t stride = cast<RankedTensorType>(op.getResult(0).getType()).getShape().back();
  int64_t blocks = llvm::divideCeil(length, block);
  Value codes = kernel.getResultBuffer(codesIndex);
  Value scales = kernel.getResultBuffer(scalesIndex);
  Value at = arith::MulIOp::create(builder, loc, row, kernel.getIndex(stride));
  Value scaleAt = arith::MulIOp::create(builder, loc, row, kernel.getIndex(blocks));
  // `count` elements from `start` on are the block.
  auto emitBlock = [&](OpBuilder &inner, Value number, Value start, int64_t count) {
    SmallVector<std::tuple<Value, Value, Value>> parts; // value, position, mask
    Value amax = splatConstant(inner, loc, inner.getI32Type(), 0);
    for (int64_t i = 0; i < count; i += lanes) {
      Value position = arith::AddIOp::create(inner, loc, start, kernel.getIndex(i));
      Value mask;
      if (count - i < lanes)
        mask = vector::CreateMaskOp::create(
            inner, loc, VectorType::get(lanes, inner.getI1Type()),
            kernel.getIndex(count - i));
      Cache cache;
      Value x = evaluate(inner, op.getInput(), position, mask, cache);
      if (mask)
        x = blend(inner, loc, mask, x, splatConstant(inner, loc, f32, 0));
      parts.push_back({x, position, mask});
      amax = arith::MaxUIOp::create(inner, loc, amax, getMagnitudes(inner, loc, x));
    }
    auto [scale, inverse] = makeScales(inner, op, maximumBits(inner, loc, amax));
    Value scaleIndex = arith::AddIOp::create(inner, loc, scaleAt, number);
    memref::StoreOp::create(inner, loc, scale, scales, scaleIndex);
    Value inverses = splat(inner, loc, inverse);
    for (auto [x, position, mask] : parts) {
      Value bytes = encode(inner, op, x, inverses);
      storeVector(inner, loc, bytes, codes,
                  arith::AddIOp::create(inner, loc, at, position),
                  op.getLayout() ? Value() : mask);
    }
  };
  int64_t whole = length / block;
  if (whole > 0) {
    auto loop = scf::ForOp::create(builder, loc, kernel.getIndex(int64_t(0)),
                                   kernel.getIndex(whole), kernel.getIndex(int64_t(1)));
    OpBuilder inner = OpBuilder::atBlockBegin(loop.getBody());
    Value number = loop.getInductionVar();
    emitBlock(inner, number,
              arith::MulIOp::create(inner, loc, number, kernel.getIndex(block)), block);
  }
  if (length % block)
    emitBlock(builder, kernel.getIndex(whole), kernel.getIndex(whole * block),
              length % block);
  if (op.getLayout())
    padRow(builder, op, codes, at);
}

void RowEmitter::store(OpBuilder &builder, Value value, Value vector,
                       Value position, Value mask) {
  Type element = cast<RankedTensorType>(value.getType()).getElementType();
  if (element.isInteger(1))
    vector = arith::ExtUIOp::create(
        builder, loc, VectorType::get(lanes, builder.getI8Type()), vector);
  Value index = arith::AddIOp::create(builder, loc, base, position);
  storeVector(builder, loc, vector, kernel.getResultBuffer(*getResultIndex(value)),
              index, mask);
}

void RowEmitter::emitRow(OpBuilder &builder) {
  prepareOffsets(builder);
  for (Operation &op : bodyOps(kernel.getKernel())) {
    if (auto norm = dyn_cast<nn::LayerNormOp>(op)) {
      emitNorm(builder, norm);
    } else if (auto softmax = dyn_cast<nn::SoftmaxOp>(op)) {
      emitSoftmax(builder, softmax);
    } else if (auto reduce = dyn_cast<nn::ReduceOp>(op)) {
      emitReduce(builder, reduce);
    } else if (auto quantize = dyn_cast<qt::QuantizeOp>(op)) {
      int64_t block = quantize.getResultFormat().getShape().back();
      if (ShapedType::isDynamic(block))
        emitQuantizeRow(builder, quantize);
      else
        emitQuantizeBlocks(builder, quantize, block);
      written.insert(op.getResult(0));
      written.insert(op.getResult(1));
    }
  }
  SmallVector<Value> rest;
  for (Value value : kernel.getKernel().getBody().front().getTerminator()->getOperands())
    if (!written.contains(value))
      rest.push_back(value);
  if (rest.empty())
    return;
  forEachVector(builder, loc, n, {},
                [&](OpBuilder &inner, Value position, Value mask, ValueRange) {
                  Cache cache;
                  SmallVector<Value> vectors;
                  for (Value value : rest)
                    vectors.push_back(evaluate(inner, value, position, mask, cache));
                  for (auto [value, vector] : llvm::zip_equal(rest, vectors))
                    store(inner, value, vector, position, mask);
                  return SmallVector<Value>();
                });
}

LogicalResult quantc::emitRows(KernelBuilder &kernel) {
  return RowEmitter(kernel).emit();
}
