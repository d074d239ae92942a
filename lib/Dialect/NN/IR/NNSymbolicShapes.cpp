//===- NNSymbolicShapes.cpp - Sizes of results ------------------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "mlir/IR/TypeUtilities.h"
#include "quantc/Analysis/SymbolicShapes.h"
#include "quantc/Dialect/NN/IR/NNOps.h"

using namespace mlir;
using namespace quantc;
using namespace quantc::nn;

using Sizes = SymbolicShapes::Sizes;

static Sizes broadcastAll(SymbolicShapes &shapes, ArrayRef<Sizes> lists) {
  Sizes result;
  for (const Sizes &list : lists) {
    Sizes longer(list), shorter(result);
    if (longer.size() < shorter.size())
      std::swap(longer, shorter);
    size_t offset = longer.size() - shorter.size();
    for (size_t i = 0; i < shorter.size(); ++i)
      longer[offset + i] = shapes.broadcast(longer[offset + i], shorter[i]);
    result = std::move(longer);
  }
  return result;
}

static void inferBroadcast(Operation *op, SymbolicShapes &shapes) {
  if (!isa<RankedTensorType>(op->getResult(0).getType()))
    return;
  SmallVector<Sizes> lists;
  for (Value operand : op->getOperands())
    lists.emplace_back(shapes.getSizes(operand));
  shapes.setSizes(op->getResult(0), broadcastAll(shapes, lists));
}

static void copySizes(Operation *op, SymbolicShapes &shapes) {
  if (isa<RankedTensorType>(op->getResult(0).getType()))
    shapes.setSizes(op->getResult(0), Sizes(shapes.getSizes(op->getOperand(0))));
}

//===----------------------------------------------------------------------===//
// Elementwise ops
//===----------------------------------------------------------------------===//

void UnaryOp::inferSymbolic(SymbolicShapes &shapes) { copySizes(*this, shapes); }
void GeluOp::inferSymbolic(SymbolicShapes &shapes) { copySizes(*this, shapes); }
void SiluOp::inferSymbolic(SymbolicShapes &shapes) { copySizes(*this, shapes); }
void ClipOp::inferSymbolic(SymbolicShapes &shapes) { copySizes(*this, shapes); }
/// Whether the expression is at least zero whatever its symbols are; symbols are
/// sizes.
static bool isNotNegative(AffineExpr expression) {
  if (auto constant = dyn_cast<AffineConstantExpr>(expression))
    return constant.getValue() >= 0;
  auto binary = dyn_cast<AffineBinaryOpExpr>(expression);
  return !binary ||
         (isNotNegative(binary.getLHS()) && isNotNegative(binary.getRHS()));
}

/// Whether the two are equal, where that can be told.
static std::optional<bool> areEqual(AffineExpr a, AffineExpr b) {
  if (a == b)
    return true;
  auto x = dyn_cast<AffineConstantExpr>(a), y = dyn_cast<AffineConstantExpr>(b);
  if (x && y)
    return false;
  if ((x && x.getValue() < 0 && isNotNegative(b)) ||
      (y && y.getValue() < 0 && isNotNegative(a)))
    return false;
  return std::nullopt;
}

/// The elements of operands that broadcast to one length of at most one dim.
static std::optional<SmallVector<Sizes>>
broadcastElements(Operation *op, SymbolicShapes &shapes) {
  SmallVector<Sizes> lists;
  size_t count = 1;
  for (Value operand : op->getOperands()) {
    auto elements = shapes.getElements(operand);
    if (!elements)
      return std::nullopt;
    lists.emplace_back(*elements);
    if (lists.back().size() != 1)
      count = lists.back().size();
  }
  for (Sizes &list : lists) {
    if (list.size() == 1)
      list.assign(count, Sizes(list)[0]);
    if (list.size() != count)
      return std::nullopt;
  }
  return lists;
}

void CompareOp::inferSymbolic(SymbolicShapes &shapes) {
  inferBroadcast(*this, shapes);
  bool wanted = getPredicate() == Predicate::Eq;
  auto lists = broadcastElements(*this, shapes);
  if (!lists || (!wanted && getPredicate() != Predicate::Ne))
    return;
  Sizes result;
  for (auto [a, b] : llvm::zip_equal((*lists)[0], (*lists)[1])) {
    std::optional<bool> equal = areEqual(a, b);
    if (!equal)
      return;
    result.push_back(shapes.getConstant(*equal == wanted));
  }
  shapes.setElements(getResult(), result);
}

void SelectOp::inferSymbolic(SymbolicShapes &shapes) {
  inferBroadcast(*this, shapes);
  auto lists = broadcastElements(*this, shapes);
  if (!lists)
    return;
  Sizes result;
  for (auto [condition, a, b] :
       llvm::zip_equal((*lists)[0], (*lists)[1], (*lists)[2])) {
    auto known = dyn_cast<AffineConstantExpr>(condition);
    if (!known)
      return;
    result.push_back(known.getValue() ? a : b);
  }
  shapes.setElements(getResult(), result);
}

void CastOp::inferSymbolic(SymbolicShapes &shapes) {
  copySizes(*this, shapes);
  // Sizes survive a conversion between integers.
  if (auto values = shapes.getElements(getInput()))
    if (isa<IntegerType>(getElementTypeOrSelf(getResult())) &&
        !getElementTypeOrSelf(getResult()).isInteger(1))
      shapes.setElements(getResult(), Sizes(*values));
}

void BinaryOp::inferSymbolic(SymbolicShapes &shapes) {
  inferBroadcast(*this, shapes);
  auto lhs = shapes.getElements(getLhs()), rhs = shapes.getElements(getRhs());
  if (!lhs || !rhs)
    return;
  Sizes left(*lhs), right(*rhs), result;
  size_t count = std::max(left.size(), right.size());
  if ((left.size() != count && left.size() != 1) ||
      (right.size() != count && right.size() != 1))
    return;
  for (size_t i = 0; i < count; ++i) {
    AffineExpr a = left[left.size() == 1 ? 0 : i];
    AffineExpr b = right[right.size() == 1 ? 0 : i];
    AffineExpr value;
    switch (getKind()) {
    case BinaryKind::Add:
      value = a + b;
      break;
    case BinaryKind::Sub:
      value = a - b;
      break;
    case BinaryKind::Mul:
      value = shapes.getProduct({a, b});
      break;
    case BinaryKind::Div:
      // Truncation is the floor for sizes, which are not negative.
      value = shapes.divideExactly(a, b);
      break;
    default:
      break;
    }
    if (!value)
      return;
    result.push_back(value);
  }
  shapes.setElements(getResult(), result);
}

//===----------------------------------------------------------------------===//
// Contractions, reductions
//===----------------------------------------------------------------------===//

void MatmulOp::inferSymbolic(SymbolicShapes &shapes) {
  Sizes lhs(shapes.getSizes(getLhs())), rhs(shapes.getSizes(getRhs()));
  ArrayRef<AffineExpr> l(lhs), r(rhs);
  Sizes result = broadcastAll(
      shapes, {Sizes(l.drop_back(std::min<size_t>(2, l.size()))),
               Sizes(r.drop_back(std::min<size_t>(2, r.size())))});
  if (l.size() > 1)
    result.push_back(l[l.size() - 2]);
  if (r.size() > 1)
    result.push_back(r[r.size() - 2]);
  shapes.setSizes(getResult(), result);
}

void AttentionOp::inferSymbolic(SymbolicShapes &shapes) {
  Sizes result(shapes.getSizes(getQuery()));
  result[3] = shapes.getSizes(getValue())[3];
  shapes.setSizes(getResult(), result);
}

void LayerNormOp::inferSymbolic(SymbolicShapes &shapes) {
  copySizes(*this, shapes);
}

void SoftmaxOp::inferSymbolic(SymbolicShapes &shapes) {
  copySizes(*this, shapes);
}

void ReduceOp::inferSymbolic(SymbolicShapes &shapes) {
  Sizes result;
  Sizes input(shapes.getSizes(getInput()));
  for (auto [dim, size] : llvm::enumerate(input)) {
    if (!llvm::is_contained(getAxes(), static_cast<int64_t>(dim)))
      result.push_back(size);
    else if (getKeepdims())
      result.push_back(shapes.getConstant(1));
  }
  shapes.setSizes(getResult(), result);
  auto values = shapes.getElements(getInput());
  if (values && getKind() == ReduceKind::Prod)
    shapes.setElements(getResult(), shapes.getProduct(Sizes(*values)));
}

//===----------------------------------------------------------------------===//
// Data movement and shapes
//===----------------------------------------------------------------------===//

void ReshapeOp::inferSymbolic(SymbolicShapes &shapes) {
  Sizes input(shapes.getSizes(getInput()));
  if (auto target = shapes.getElements(getShape())) {
    Sizes result(*target), known;
    std::optional<size_t> open;
    for (auto [index, size] : llvm::enumerate(result)) {
      if (size == shapes.getConstant(-1))
        open = index;
      else
        known.push_back(size);
    }
    if (open) {
      AffineExpr quotient = shapes.divideExactly(input, known);
      result[*open] = quotient ? quotient : shapes.makeFreshSymbol();
    }
    shapes.setSizes(getResult(), result);
  }
  if (auto values = shapes.getElements(getInput());
      values && getType().getRank() <= 1)
    shapes.setElements(getResult(), Sizes(*values));
}

void TransposeOp::inferSymbolic(SymbolicShapes &shapes) {
  Sizes input(shapes.getSizes(getInput())), result;
  for (int64_t dim : getPerm())
    result.push_back(input[dim]);
  shapes.setSizes(getResult(), result);
}

/// The clamped end of a forward slice where it can be told.
static AffineExpr clampIndex(SymbolicShapes &shapes, int64_t index,
                             AffineExpr size) {
  auto constant = dyn_cast<AffineConstantExpr>(size);
  if (constant) {
    int64_t n = constant.getValue();
    int64_t wrapped = index < 0 ? index + n : index;
    return shapes.getConstant(std::clamp<int64_t>(wrapped, 0, n));
  }
  if (index == 0)
    return shapes.getConstant(0);
  // Exporters write the largest integer for "to the end".
  if (index >= std::numeric_limits<int32_t>::max())
    return size;
  return nullptr;
}

void SliceOp::inferSymbolic(SymbolicShapes &shapes) {
  auto starts = getConstantIntegers(getStarts());
  auto ends = getConstantIntegers(getEnds());
  auto axes = getConstantIntegers(getAxes());
  auto steps = getConstantIntegers(getSteps());
  if (!starts || !ends || !axes || !steps)
    return;
  Sizes result(shapes.getSizes(getInput()));
  int64_t rank = result.size();
  for (auto [start, end, axis, step] : llvm::zip_equal(*starts, *ends, *axes, *steps)) {
    AffineExpr &size = result[axis < 0 ? axis + rank : axis];
    AffineExpr from = step > 0 ? clampIndex(shapes, start, size) : AffineExpr();
    AffineExpr to = step > 0 ? clampIndex(shapes, end, size) : AffineExpr();
    if (from && to && step == 1 && from == shapes.getConstant(0))
      size = to;
    else if (from && to && isa<AffineConstantExpr>(from) && isa<AffineConstantExpr>(to)) {
      int64_t length = cast<AffineConstantExpr>(to).getValue() -
                       cast<AffineConstantExpr>(from).getValue();
      size = shapes.getConstant(length <= 0 ? 0 : (length + step - 1) / step);
    } else {
      size = shapes.makeFreshSymbol();
    }
  }
  shapes.setSizes(getResult(), result);
  auto values = shapes.getElements(getInput());
  if (!values || rank != 1 || starts->size() != 1 || (*steps)[0] != 1)
    return;
  int64_t n = values->size();
  auto clamp = [&](int64_t i) { return std::clamp<int64_t>(i < 0 ? i + n : i, 0, n); };
  int64_t from = clamp((*starts)[0]), to = std::max(from, clamp((*ends)[0]));
  shapes.setElements(getResult(), Sizes(values->slice(from, to - from)));
}

void ConcatOp::inferSymbolic(SymbolicShapes &shapes) {
  Sizes result(shapes.getSizes(getInputs()[0]));
  for (Value input : getInputs().drop_front()) {
    Sizes sizes(shapes.getSizes(input));
    result[getAxis()] = result[getAxis()] + sizes[getAxis()];
  }
  shapes.setSizes(getResult(), result);
  if (getType().getRank() != 1)
    return;
  Sizes values;
  for (Value input : getInputs()) {
    auto part = shapes.getElements(input);
    if (!part)
      return;
    values.append(part->begin(), part->end());
  }
  shapes.setElements(getResult(), values);
}

void ExpandOp::inferSymbolic(SymbolicShapes &shapes) {
  auto target = shapes.getElements(getShape());
  if (!target)
    return;
  Sizes sizes(*target), input(shapes.getSizes(getInput()));
  shapes.setSizes(getResult(), broadcastAll(shapes, {input, sizes}));
  auto values = shapes.getElements(getInput());
  auto type = getType();
  if (!values || values->size() != 1 || type.getRank() != 1)
    return;
  auto count = dyn_cast<AffineConstantExpr>(shapes.getSizes(getResult())[0]);
  constexpr int64_t small = 64;
  if (count && count.getValue() >= 0 && count.getValue() <= small)
    shapes.setElements(getResult(), Sizes(count.getValue(), Sizes(*values)[0]));
}

void GatherOp::inferSymbolic(SymbolicShapes &shapes) {
  Sizes input(shapes.getSizes(getInput())), indices(shapes.getSizes(getIndices()));
  Sizes result(ArrayRef<AffineExpr>(input).take_front(getAxis()));
  llvm::append_range(result, indices);
  llvm::append_range(result, ArrayRef<AffineExpr>(input).drop_front(getAxis() + 1));
  shapes.setSizes(getResult(), result);
  auto values = shapes.getElements(getInput());
  auto picks = getConstantIntegers(getIndices());
  if (!values || !picks || getType().getRank() > 1 || input.size() != 1)
    return;
  Sizes picked;
  int64_t n = values->size();
  for (int64_t index : *picks) {
    if (index < -n || index >= n)
      return;
    picked.push_back((*values)[index < 0 ? index + n : index]);
  }
  shapes.setElements(getResult(), picked);
}

void ShapeOp::inferSymbolic(SymbolicShapes &shapes) {
  shapes.setSizes(getResult(), shapes.getConstant(getEnd() - getStart()));
  Sizes sizes(shapes.getSizes(getInput()));
  shapes.setElements(getResult(),
                     ArrayRef(sizes).slice(getStart(), getEnd() - getStart()));
}
