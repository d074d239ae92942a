//===- NNDialect.cpp - What networks compute --------------------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "quantc/Dialect/NN/IR/NNDialect.h"
#include "NNUtils.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/IR/DialectImplementation.h"
#include "mlir/IR/Matchers.h"
#include "mlir/IR/OpImplementation.h"
#include "mlir/IR/TypeUtilities.h"
#include "quantc/Dialect/NN/IR/NNOps.h"
#include "quantc/Interfaces/IntegerLoweringInterface.h"
#include "quantc/Interfaces/QuantizedElementTypeInterface.h"
#include "quantc/Interpreter/HostValue.h"
#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;
using namespace quantc;
using namespace quantc::nn;

#include "quantc/Dialect/NN/IR/NNDialect.cpp.inc"
#include "quantc/Dialect/NN/IR/NNEnums.cpp.inc"

#define GET_ATTRDEF_CLASSES
#include "quantc/Dialect/NN/IR/NNAttrs.cpp.inc"

/// A double in an assembly format, without the type that F64Attr would print;
/// infinities are written by their bits.
static ParseResult parseDouble(OpAsmParser &parser, FloatAttr &attribute) {
  APFloat value(0.0);
  if (parser.parseFloat(APFloat::IEEEdouble(), value))
    return failure();
  attribute = parser.getBuilder().getF64FloatAttr(value.convertToDouble());
  return success();
}

static void printDouble(OpAsmPrinter &printer, Operation *,
                        FloatAttr attribute) {
  printer.printFloat(attribute.getValue());
}

#define GET_OP_CLASSES
#include "quantc/Dialect/NN/IR/NNOps.cpp.inc"

void NNDialect::initialize() {
  addAttributes<
#define GET_ATTRDEF_LIST
#include "quantc/Dialect/NN/IR/NNAttrs.cpp.inc"
      >();
  addOperations<
#define GET_OP_LIST
#include "quantc/Dialect/NN/IR/NNOps.cpp.inc"
      >();
}

Operation *NNDialect::materializeConstant(OpBuilder &builder, Attribute value,
                                          Type type, Location loc) {
  return arith::ConstantOp::materialize(builder, value, type, loc);
}

bool nn::isElement(Type type) {
  return type.isF32() || type.isSignlessInteger(32) ||
         type.isSignlessInteger(64) || type.isSignlessInteger(1);
}

bool nn::isElementwiseType(Type type) {
  if (isa<RankedTensorType, VectorType>(type))
    return isElement(cast<ShapedType>(type).getElementType());
  return isElement(type);
}

bool nn::isCastType(Type type) {
  if (isa<RankedTensorType, VectorType>(type))
    type = cast<ShapedType>(type).getElementType();
  if (auto integer = dyn_cast<IntegerType>(type))
    return integer.isSignless() && integer.getWidth() == 1
               ? true
               : !integer.isSigned() && llvm::is_contained({8u, 16u, 32u, 64u},
                                                           integer.getWidth());
  return isa<Float16Type, BFloat16Type, Float32Type, Float64Type>(type);
}

bool nn::isContractionOperand(Type type) {
  auto tensor = dyn_cast<RankedTensorType>(type);
  return tensor &&
         (tensor.getElementType().isF32() ||
          isa<QuantizedElementTypeInterface>(tensor.getElementType()));
}

bool nn::areCompatibleTypes(TypeRange lhs, TypeRange rhs) {
  return lhs.size() == rhs.size() &&
         llvm::all_of(llvm::zip_equal(lhs, rhs), [](auto pair) {
           auto [left, right] = pair;
           return left == right ||
                  (isa<RankedTensorType>(left) &&
                   isa<RankedTensorType>(right) &&
                   getElementTypeOrSelf(left) == getElementTypeOrSelf(right) &&
                   succeeded(verifyCompatibleShape(left, right)));
         });
}

LogicalResult nn::verifyTypes(Operation *op) {
  for (Type type :
       llvm::concat<const Type>(SmallVector<Type>(op->getOperandTypes()),
                                SmallVector<Type>(op->getResultTypes())))
    if (auto tensor = dyn_cast<RankedTensorType>(type);
        tensor && tensor.getRank() > MaxRank)
      return op->emitOpError("has a tensor of rank ")
             << tensor.getRank() << "; supported: " << MaxRank;
  auto isJoint = llvm::any_of(op->getOperandTypes(), isQuantizedTensor) ||
                 llvm::any_of(op->getResultTypes(), isQuantizedTensor);
  if (!isJoint || isQuantizable(op))
    return success();
  if (auto integer = dyn_cast<IntegerLoweringInterface>(op))
    return verifyIntegerTypes(integer);
  return op->emitOpError("has no form on quantised values");
}

std::optional<SmallVector<int64_t>> nn::broadcastShapes(ArrayRef<int64_t> a,
                                                        ArrayRef<int64_t> b) {
  if (a.size() < b.size())
    std::swap(a, b);
  SmallVector<int64_t> result(a);
  MutableArrayRef<int64_t> tail =
      MutableArrayRef<int64_t>(result).take_back(b.size());
  for (auto [size, other] : llvm::zip_equal(tail, b)) {
    if (size == other || other == 1)
      continue;
    if (size == 1 || ShapedType::isDynamic(size))
      size = other;
    else if (!ShapedType::isDynamic(other))
      return std::nullopt;
  }
  return result;
}

bool nn::broadcastsTo(ArrayRef<int64_t> shape, ArrayRef<int64_t> target) {
  std::optional<SmallVector<int64_t>> both = broadcastShapes(target, shape);
  return both && both->size() == target.size() &&
         succeeded(verifyCompatibleShape(*both, target));
}

Type nn::inferElementwiseType(TypeRange operands, Type element) {
  Type first = operands.front();
  if (auto vector = dyn_cast<VectorType>(first)) {
    bool same = llvm::all_of(operands, [&](Type type) {
      auto other = dyn_cast<VectorType>(type);
      return other && other.getShape() == vector.getShape();
    });
    return same ? Type(vector.clone(element)) : Type();
  }
  if (!isa<RankedTensorType>(first))
    return llvm::none_of(operands, llvm::IsaPred<ShapedType>) ? element
                                                              : Type();
  SmallVector<int64_t> shape;
  for (Type type : operands) {
    auto tensor = dyn_cast<RankedTensorType>(type);
    if (!tensor)
      return Type();
    std::optional<SmallVector<int64_t>> both =
        broadcastShapes(shape, tensor.getShape());
    if (!both)
      return Type();
    shape = std::move(*both);
  }
  return RankedTensorType::get(shape, element);
}

std::optional<SmallVector<int64_t>> nn::getConstantIntegers(Value value) {
  DenseIntElementsAttr attribute;
  if (!matchPattern(value, m_Constant(&attribute)))
    return std::nullopt;
  SmallVector<int64_t> integers;
  for (const APInt &integer : attribute.getValues<APInt>())
    integers.push_back(integer.getSExtValue());
  return integers;
}
