//===- KernelBuilder.cpp - The frame of a span function -*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "quantc/Conversion/KernelToLoops/KernelBuilder.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/IR/Matchers.h"
#include "quantc/Analysis/SizeArithmetic.h"
#include "quantc/Runtime/Program.h"

using namespace mlir;
using namespace quantc;

/// How a tensor's elements lie in memory: i1 as bytes, no integer with a sign.
static Type getStoredType(Type element) {
  auto integer = dyn_cast<IntegerType>(element);
  if (!integer)
    return element;
  return IntegerType::get(element.getContext(),
                          std::max(8u, integer.getWidth()));
}

static Type withElement(Type type, Type element) {
  if (auto vector = dyn_cast<VectorType>(type))
    return vector.clone(element);
  return element;
}

KernelBuilder::KernelBuilder(func::FuncOp kernel)
    : kernel(kernel), shapes(kernel), builder(kernel.getContext()),
      top(kernel.getContext()) {
  MLIRContext *context = kernel.getContext();
  Location loc = kernel.getLoc();
  builder.setInsertionPoint(kernel);
  module = ModuleOp::create(builder, loc, kernel.getName());
  builder.setInsertionPointToStart(module.getBody());
  Type i64 = builder.getI64Type(),
       pointer = LLVM::LLVMPointerType::get(context);
  span =
      func::FuncOp::create(builder, loc, kernel.getName(),
                           builder.getFunctionType({i64, i64, pointer, pointer},
                                                   builder.getI32Type()));
  Block *body = span.addEntryBlock();
  args = body->getArgument(2);
  scratch = body->getArgument(3);
  builder.setInsertionPointToStart(body);
  Type index = builder.getIndexType();
  begin = arith::IndexCastOp::create(builder, loc, index, body->getArgument(0));
  end = arith::IndexCastOp::create(builder, loc, index, body->getArgument(1));
  // Names are made before this op, the body behind it.
  errorSlot = memref::AllocaOp::create(
      builder, loc, MemRefType::get({}, builder.getI32Type()));
  top.setInsertionPoint(errorSlot.getDefiningOp());
  Value zero = arith::ConstantIntOp::create(builder, loc, 0, 32);
  memref::StoreOp::create(builder, loc, zero, errorSlot);
  for (StringRef name : {argShapesAttrName, resultShapesAttrName})
    if (auto maps = kernel->getAttrOfType<ArrayAttr>(name))
      for (auto map : maps.getAsRange<AffineMapAttr>())
        numSymbols = std::max(numSymbols, map.getValue().getNumSymbols());
  scratchBytes = getAffineConstantExpr(0, context);
  iterations = getAffineConstantExpr(1, context);
}

Value KernelBuilder::loadSlot(unsigned slot, Type type) {
  Type pointer = args.getType();
  Value address =
      LLVM::GEPOp::create(top, getLoc(), pointer, top.getI64Type(), args,
                          ArrayRef<LLVM::GEPArg>{static_cast<int32_t>(slot)});
  return LLVM::LoadOp::create(top, getLoc(), type, address, /*alignment=*/8);
}

Value KernelBuilder::makeBuffer(Value pointer, Type element) {
  Location loc = getLoc();
  MLIRContext *context = kernel.getContext();
  Type i64 = top.getI64Type();
  auto array = LLVM::LLVMArrayType::get(i64, 1);
  auto descriptor = LLVM::LLVMStructType::getLiteral(
      context, {pointer.getType(), pointer.getType(), i64, array, array});
  // Only the address and the stride are ever read; the size is not known to
  // any consumer, and poison says so.
  Value zero = LLVM::ConstantOp::create(top, loc, i64, 0);
  Value one = LLVM::ConstantOp::create(top, loc, i64, 1);
  Value value = LLVM::PoisonOp::create(top, loc, descriptor);
  auto insert = [&](Value part, ArrayRef<int64_t> position) {
    value = LLVM::InsertValueOp::create(top, loc, value, part, position);
  };
  insert(pointer, 0);
  insert(pointer, 1);
  insert(zero, 2);
  insert(one, {4, 0});
  auto type = MemRefType::get({ShapedType::kDynamic}, getStoredType(element));
  return UnrealizedConversionCastOp::create(top, loc, type, value).getResult(0);
}

Value KernelBuilder::getOperandBuffer(unsigned index) {
  Value &buffer = buffers[index];
  if (!buffer) {
    auto type = cast<RankedTensorType>(kernel.getArgumentTypes()[index]);
    buffer = makeBuffer(loadSlot(index, args.getType()), type.getElementType());
  }
  return buffer;
}

Value KernelBuilder::getResultBuffer(unsigned index) {
  unsigned slot = kernel.getNumArguments() + index;
  Value &buffer = buffers[slot];
  if (!buffer) {
    auto type = cast<RankedTensorType>(kernel.getResultTypes()[index]);
    buffer = makeBuffer(loadSlot(slot, args.getType()), type.getElementType());
  }
  return buffer;
}

Value KernelBuilder::emit(AffineExpr expression) {
  Location loc = getLoc();
  Type index = top.getIndexType();
  if (auto constant = dyn_cast<AffineConstantExpr>(expression))
    return arith::ConstantIndexOp::create(top, loc, constant.getValue());
  if (auto symbol = dyn_cast<AffineSymbolExpr>(expression)) {
    if (symbol.getPosition() >= numSymbols) {
      unknownSize = true;
      return arith::ConstantIndexOp::create(top, loc, 0);
    }
    unsigned slot = kernel.getNumArguments() + kernel.getNumResults() +
                    symbol.getPosition();
    Value size = loadSlot(slot, top.getI64Type());
    return arith::IndexCastOp::create(top, loc, index, size);
  }
  auto binary = cast<AffineBinaryOpExpr>(expression);
  Value lhs = getIndex(binary.getLHS()), rhs = getIndex(binary.getRHS());
  bool isNotNegative = isSizeAtLeast(
      binary.getLHS(), getAffineConstantExpr(0, kernel.getContext()));
  switch (expression.getKind()) {
  case AffineExprKind::Add:
    return arith::AddIOp::create(top, loc, lhs, rhs);
  case AffineExprKind::Mul:
    return arith::MulIOp::create(top, loc, lhs, rhs);
  case AffineExprKind::FloorDiv:
    // Signs are quotients of what may be below zero by a power of two.
    if (auto divisor = dyn_cast<AffineConstantExpr>(binary.getRHS());
        divisor && llvm::isPowerOf2_64(divisor.getValue()))
      return arith::ShRSIOp::create(
          top, loc, lhs, getIndex(llvm::Log2_64(divisor.getValue())));
    return arith::FloorDivSIOp::create(top, loc, lhs, rhs);
  case AffineExprKind::CeilDiv:
    if (isNotNegative)
      return arith::CeilDivUIOp::create(top, loc, lhs, rhs);
    return arith::CeilDivSIOp::create(top, loc, lhs, rhs);
  case AffineExprKind::Mod: {
    if (isNotNegative)
      return arith::RemUIOp::create(top, loc, lhs, rhs);
    // What a quotient that is rounded down leaves over, as the entry has it.
    Value rest = arith::RemSIOp::create(top, loc, lhs, rhs);
    Value isBelow = arith::CmpIOp::create(top, loc, arith::CmpIPredicate::slt,
                                          rest, getIndex(int64_t(0)));
    return arith::SelectOp::create(
        top, loc, isBelow, arith::AddIOp::create(top, loc, rest, rhs), rest);
  }
  default:
    llvm_unreachable("binary expressions are covered");
  }
}

Value KernelBuilder::getIndex(AffineExpr expression) {
  if (Value known = indices.lookup(expression))
    return known;
  Value value = emit(expression);
  indices[expression] = value;
  return value;
}

Value KernelBuilder::getIndex(int64_t value) {
  return getIndex(getAffineConstantExpr(value, kernel.getContext()));
}

Value KernelBuilder::allocateScratch(Type element, AffineExpr count) {
  // Each buffer begins on a cache line of its own.
  int64_t size = element.isIndex() ? 8 : element.getIntOrFloatBitWidth() / 8;
  Value offset = getIndex(scratchBytes);
  scratchBytes = scratchBytes + (count * size).ceilDiv(64) * 64;
  Value bytes =
      arith::IndexCastOp::create(top, getLoc(), top.getI64Type(), offset);
  Value address =
      LLVM::GEPOp::create(top, getLoc(), scratch.getType(), top.getI8Type(),
                          scratch, ArrayRef<LLVM::GEPArg>{bytes});
  return makeBuffer(address, element);
}

Value KernelBuilder::getConstantBuffer(DenseElementsAttr constant) {
  Value &buffer = constants[constant];
  if (buffer)
    return buffer;
  Type element = constant.getElementType();
  if (element.isInteger(1)) {
    SmallVector<int8_t> bytes;
    for (bool bit : constant.getValues<bool>())
      bytes.push_back(bit);
    constant = DenseElementsAttr::get(
        RankedTensorType::get(bytes.size(), top.getI8Type()), ArrayRef(bytes));
  }
  int64_t count = constant.getNumElements();
  constant =
      constant.reshape(RankedTensorType::get(count, constant.getElementType()));
  auto type = MemRefType::get(count, constant.getElementType());
  std::string name = ("constant" + Twine(constants.size())).str();
  OpBuilder outside(span);
  memref::GlobalOp::create(outside, getLoc(), name,
                           outside.getStringAttr("private"), type, constant,
                           /*constant=*/true, /*alignment=*/IntegerAttr());
  Value global = memref::GetGlobalOp::create(top, getLoc(), type, name);
  auto flat = MemRefType::get({ShapedType::kDynamic}, type.getElementType());
  buffer = memref::CastOp::create(top, getLoc(), flat, global);
  return buffer;
}

Value KernelBuilder::getBuffer(Value tensor) {
  DenseElementsAttr constant;
  if (matchPattern(tensor, m_Constant(&constant)))
    return getConstantBuffer(constant);
  return getOperandBuffer(cast<BlockArgument>(tensor).getArgNumber());
}

void KernelBuilder::require(Value condition, KernelError error) {
  requireOrReturn(condition, static_cast<int32_t>(error));
}

void KernelBuilder::requireAtMost(Value count, int64_t most) {
  // Of whatever a model or IR has: keys are qt::IntegerAttentionOp::mostKeys at
  // most, and a plain contraction is one of codes of 8 bits or more only, of
  // which 2^31 / 127^2 products are.
  assert(most <= QCRT_ERROR_MOST_INDEX && "is told beside the kind");
  requireOrReturn(
      arith::CmpIOp::create(builder, getLoc(), arith::CmpIPredicate::ule, count,
                            getIndex(most)),
      static_cast<int32_t>(most << (QCRT_ERROR_KIND_BITS + 1) |
                           1 << QCRT_ERROR_KIND_BITS |
                           static_cast<int32_t>(KernelError::SizeOverflow)));
}

void KernelBuilder::requireOrReturn(Value condition, int32_t error) {
  Value word = memref::LoadOp::create(builder, getLoc(), errorSlot);
  Value failure = arith::ConstantIntOp::create(builder, getLoc(), error, 32);
  word = arith::SelectOp::create(builder, getLoc(), condition, word, failure);
  memref::StoreOp::create(builder, getLoc(), word, errorSlot);
  end = arith::SelectOp::create(builder, getLoc(), condition, end, begin);
}

void KernelBuilder::requireBroadcast(AffineExpr size, AffineExpr whole) {
  auto isEqual = [&](AffineExpr other) -> Value {
    return arith::CmpIOp::create(builder, getLoc(), arith::CmpIPredicate::eq,
                                 getIndex(size), getIndex(other));
  };
  Value one = isEqual(getAffineConstantExpr(1, kernel.getContext()));
  require(arith::OrIOp::create(builder, getLoc(), one, isEqual(whole)),
          KernelError::ShapeMismatch);
}

void KernelBuilder::requireEqual(AffineExpr a, AffineExpr b) {
  if (a == b)
    return;
  require(arith::CmpIOp::create(builder, getLoc(), arith::CmpIPredicate::eq,
                                getIndex(a), getIndex(b)),
          KernelError::ShapeMismatch);
}

void KernelBuilder::requireBroadcast(ArrayRef<AffineExpr> own,
                                     ArrayRef<AffineExpr> whole) {
  AffineExpr one = getAffineConstantExpr(1, kernel.getContext());
  for (auto [size, other] : llvm::zip_equal(own, whole.take_back(own.size())))
    if (size != other && size != one)
      requireBroadcast(size, other);
}

void KernelBuilder::requireBroadcastOfRows(ArrayRef<AffineExpr> own,
                                           ArrayRef<AffineExpr> whole) {
  if (own.empty())
    return;
  requireBroadcast(own.drop_back(), whole.drop_back());
  if (own.back() != shapes.getConstant(1))
    requireEqual(own.back(), whole.back());
}

Value KernelBuilder::getBroadcastStep(OpBuilder &at, AffineExpr size,
                                      AffineExpr whole, AffineExpr stride) {
  AffineExpr one = getAffineConstantExpr(1, kernel.getContext());
  if (size == one)
    return getIndex(int64_t(0));
  Value step = getIndex(stride);
  if (size == whole)
    return step;
  Value isOne = arith::CmpIOp::create(at, getLoc(), arith::CmpIPredicate::eq,
                                      getIndex(size), getIndex(one));
  return arith::SelectOp::create(at, getLoc(), isOne, getIndex(int64_t(0)),
                                 step);
}

Value KernelBuilder::getBroadcastOffset(OpBuilder &at, ArrayRef<AffineExpr> own,
                                        ArrayRef<AffineExpr> whole,
                                        ValueRange position, size_t inner) {
  Value offset = getIndex(int64_t(0));
  if (own.size() <= inner)
    return offset;
  AffineExpr one = shapes.getConstant(1);
  AffineExpr stride = shapes.getProduct(own.take_back(inner));
  for (size_t dim = own.size() - inner; dim-- > 0;) {
    size_t target = whole.size() - own.size() + dim;
    if (own[dim] != one) {
      Value step = getBroadcastStep(at, own[dim], whole[target], stride);
      Value term = arith::MulIOp::create(at, getLoc(), position[target], step);
      offset = arith::AddIOp::create(at, getLoc(), offset, term);
    }
    stride = shapes.getProduct({stride, own[dim]});
  }
  return offset;
}

SmallVector<Value> KernelBuilder::delinearize(OpBuilder &at,
                                              ArrayRef<AffineExpr> sizes,
                                              Value number) {
  SmallVector<Value> positions(sizes.size());
  for (size_t dim = sizes.size(); dim-- > 1;) {
    Value size = getIndex(sizes[dim]);
    positions[dim] = arith::RemUIOp::create(at, getLoc(), number, size);
    number = arith::DivUIOp::create(at, getLoc(), number, size);
  }
  if (!positions.empty())
    positions[0] = number;
  return positions;
}

Value KernelBuilder::fromStored(OpBuilder &at, Value stored, Type element) {
  Type type = withElement(stored.getType(), element);
  if (element.isInteger(1)) {
    Value zero = arith::ConstantOp::create(
        at, getLoc(), cast<TypedAttr>(at.getZeroAttr(stored.getType())));
    return arith::CmpIOp::create(at, getLoc(), arith::CmpIPredicate::ne, stored,
                                 zero);
  }
  if (type == stored.getType())
    return stored;
  return UnrealizedConversionCastOp::create(at, getLoc(), type, stored)
      .getResult(0);
}

Value KernelBuilder::toStored(OpBuilder &at, Value value, Type element) {
  Type type = withElement(value.getType(), getStoredType(element));
  if (type == value.getType())
    return value;
  if (element.isInteger(1))
    return arith::ExtUIOp::create(at, getLoc(), type, value);
  return UnrealizedConversionCastOp::create(at, getLoc(), type, value)
      .getResult(0);
}

void KernelBuilder::setIterations(AffineExpr units, int64_t least) {
  iterations = units;
  grain = least;
}

void KernelBuilder::setAttr(StringRef name, AffineExpr value) {
  module->setAttr(name,
                  AffineMapAttr::get(AffineMap::get(0, numSymbols, value)));
}

void KernelBuilder::recordError(OpBuilder &at, KernelError error) {
  Value word = arith::ConstantIntOp::create(at, getLoc(),
                                            static_cast<int32_t>(error), 32);
  memref::StoreOp::create(at, getLoc(), word, errorSlot);
}

void KernelBuilder::recordIndex(OpBuilder &at, Value index) {
  Location loc = getLoc();
  Type i64 = at.getI64Type();
  if (index.getType() != i64)
    index = arith::ExtSIOp::create(at, loc, i64, index);
  auto number = [&](int64_t value) -> Value {
    return arith::ConstantIntOp::create(at, loc, value, 64);
  };
  index =
      arith::MaxSIOp::create(at, loc, index, number(-QCRT_ERROR_MOST_INDEX));
  index = arith::MinSIOp::create(at, loc, index, number(QCRT_ERROR_MOST_INDEX));
  // Beside the kind, as the runtime reads it.
  Value word =
      arith::ShLIOp::create(at, loc, index, number(QCRT_ERROR_KIND_BITS + 1));
  word = arith::OrIOp::create(
      at, loc, word,
      number(1 << QCRT_ERROR_KIND_BITS |
             static_cast<int64_t>(KernelError::IndexOutOfRange)));
  word = arith::TruncIOp::create(at, loc, at.getI32Type(), word);
  memref::StoreOp::create(at, loc, word, errorSlot);
}

void KernelBuilder::finish() {
  builder.setInsertionPointToEnd(&span.getBody().front());
  Value word = memref::LoadOp::create(builder, getLoc(), errorSlot);
  func::ReturnOp::create(builder, getLoc(), word);
  setAttr(iterationsAttrName, iterations);
  setAttr(scratchAttrName, scratchBytes);
  module->setAttr(grainAttrName, builder.getI64IntegerAttr(grain));
  // The entry sizes its buffers by these.
  if (Attribute results = kernel->getAttr(resultShapesAttrName))
    module->setAttr(resultShapesAttrName, results);
  if (Operation *parent = kernel->getParentOp())
    if (Attribute target = parent->getAttr(targetAttrName))
      module->setAttr(targetAttrName, target);
  kernel.erase();
}
