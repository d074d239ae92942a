//===- SymbolicShapes.cpp - Sizes of results -*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "quantc/Analysis/SymbolicShapes.h"
#include "quantc/Analysis/SizeArithmetic.h"
#include "quantc/Dialect/NN/IR/NNOps.h"
#include "quantc/Dialect/QT/IR/QTOps.h"

#include "mlir/IR/BuiltinAttributes.h"

using namespace mlir;
using namespace quantc;
using namespace quantc::qt;

using Sizes = SymbolicShapes::Sizes;

/// Static sizes as the type states them, dynamic ones from `source`, whose
/// dimensions are the same ones.
static void inferLike(SymbolicShapes &shapes, Value result, Value source) {
  Sizes sizes;
  Sizes known(shapes.getSizes(source));
  ArrayRef<int64_t> shape = cast<RankedTensorType>(result.getType()).getShape();
  for (auto [dim, size] : llvm::enumerate(shape))
    sizes.push_back(
        ShapedType::isDynamic(size)
            ? (dim < known.size() ? known[dim] : shapes.makeFreshSymbol())
            : shapes.getConstant(size));
  shapes.setSizes(result, sizes);
}

static void inferAllLike(SymbolicShapes &shapes, ValueRange results,
                         Value source) {
  for (Value result : results)
    inferLike(shapes, result, source);
}

static void inferStatic(SymbolicShapes &shapes, Value result) {
  Sizes sizes;
  for (int64_t size : cast<RankedTensorType>(result.getType()).getShape())
    sizes.push_back(ShapedType::isDynamic(size) ? shapes.makeFreshSymbol()
                                                : shapes.getConstant(size));
  shapes.setSizes(result, sizes);
}

void WeightOp::inferSymbolic(SymbolicShapes &shapes) {
  inferStatic(shapes, getResult());
}
void QuantizeOp::inferSymbolic(SymbolicShapes &shapes) {
  inferAllLike(shapes, getResults(), getInput());
  HaloAttr halo = getHaloAttr();
  if (!halo)
    return;
  size_t rank = halo.getPads().size() / 2;
  for (Value result : getResults()) {
    Sizes sizes(shapes.getSizes(result));
    auto type = cast<RankedTensorType>(result.getType());
    for (size_t dim = 0; dim < rank; ++dim)
      if (type.isDynamicDim(1 + dim))
        sizes[1 + dim] =
            sizes[1 + dim] + (halo.getPads()[dim] + halo.getPads()[rank + dim]);
    shapes.setSizes(result, sizes);
  }
}
void MagnitudesOp::inferSymbolic(SymbolicShapes &shapes) {
  shapes.setSizes(getResult(),
                  Sizes{SmallVector<AffineExpr>(shapes.getSizes(getInput()))[0],
                        shapes.getConstant(getType().getDimSize(1))});
}
void DequantizeOp::inferSymbolic(SymbolicShapes &shapes) {
  inferLike(shapes, getResult(), getInput()[0]);
}
void GatherOp::inferSymbolic(SymbolicShapes &shapes) {
  Sizes sizes(shapes.getSizes(getIndices()));
  sizes.push_back(Sizes(shapes.getSizes(getCodes())).back());
  shapes.setSizes(getResult(), sizes);
}
void RescaleOp::inferSymbolic(SymbolicShapes &shapes) {
  inferLike(shapes, getResult(), getInput());
}
void SigmaOp::inferSymbolic(SymbolicShapes &shapes) {
  nn::inferBroadcastSizes(*this, shapes);
}
void SplitOp::inferSymbolic(SymbolicShapes &shapes) {
  inferAllLike(shapes, getParts(), getInput());
}
void JoinOp::inferSymbolic(SymbolicShapes &shapes) {
  inferLike(shapes, getResult(), getParts()[0]);
}
void HadamardOp::inferSymbolic(SymbolicShapes &shapes) {
  inferLike(shapes, getResult(), getInput());
}
void PackOp::inferSymbolic(SymbolicShapes &shapes) {
  inferStatic(shapes, getResult());
}
void GlobalRefOp::inferSymbolic(SymbolicShapes &shapes) {
  inferStatic(shapes, getResult());
}

void ContractOp::inferSymbolic(SymbolicShapes &shapes) {
  Sizes lhs(shapes.getSizes(getLhs()[0])), sizes;
  auto type = cast<RankedTensorType>(getType());
  unsigned rank = type.getRank();
  if (auto conv = dyn_cast<ConvAttr>(getGeometry())) {
    unsigned spatial = conv.getTaps().size();
    sizes.push_back(lhs[0]);
    for (unsigned i = 0; i < spatial; ++i) {
      int64_t span = conv.getDilations()[i] * (conv.getTaps()[i] - 1) + 1;
      int64_t pads = conv.getPads()[i] + conv.getPads()[spatial + i];
      sizes.push_back(
          shapes.countWindows(lhs[1 + i], pads, span, conv.getStrides()[i]));
    }
  } else if (isBatched()) {
    Sizes rhs(shapes.getSizes(getRhs()[0]));
    // Batch dimensions count from the right.
    for (unsigned dim = 0; dim + 2 < rank; ++dim) {
      int64_t left = static_cast<int64_t>(lhs.size() + dim) - rank;
      int64_t right = static_cast<int64_t>(rhs.size() + dim) - rank;
      sizes.push_back(left < 0    ? rhs[right]
                      : right < 0 ? lhs[left]
                                  : shapes.broadcast(lhs[left], rhs[right]));
    }
    sizes.push_back(lhs[lhs.size() - 2]);
  } else {
    sizes.assign(lhs.begin(), lhs.end() - 1);
  }
  // Columns: those of rhs where it is not packed.
  if (!type.isDynamicDim(rank - 1) || hasPackedRhs()) {
    sizes.push_back(type.isDynamicDim(rank - 1)
                        ? shapes.makeFreshSymbol()
                        : shapes.getConstant(type.getDimSize(rank - 1)));
  } else {
    Sizes rhs(shapes.getSizes(getRhs()[0]));
    sizes.push_back(isa<ConvAttr>(getGeometry()) ? rhs[0]
                                                 : rhs[rhs.size() - 2]);
  }
  shapes.setSizes(getResult(), sizes);
}

void AttentionOp::inferSymbolic(SymbolicShapes &shapes) {
  auto inOrder = [](Sizes sizes, HeadOrder order) {
    if (order == HeadOrder::BSHD)
      std::swap(sizes[1], sizes[2]);
    return sizes;
  };
  Sizes sizes = inOrder(Sizes(shapes.getSizes(getQ()[0])), getQOrder());
  if (HeadRangeAttr range = getQHeadsAttr())
    sizes[1] = shapes.getConstant(range.getCount());
  sizes[3] = shapes.getSizes(getV()[0])[3];
  sizes = inOrder(std::move(sizes), getResultOrder());
  shapes.setSizes(getResult(), sizes);
}

void IntegerAttentionOp::inferSymbolic(SymbolicShapes &shapes) {
  Sizes sizes(shapes.getSizes(getQ()));
  if (getQOrder() != getResultOrder())
    std::swap(sizes[1], sizes[2]);
  for (auto [result, width] :
       {std::pair(getResult(), shapes.getSizes(getV())[3]),
        std::pair(getExponents(), shapes.getConstant(1))}) {
    sizes[3] = width;
    Sizes own(sizes);
    for (auto [dim, size] :
         llvm::enumerate(cast<RankedTensorType>(result.getType()).getShape()))
      if (!ShapedType::isDynamic(size))
        own[dim] = shapes.getConstant(size);
    shapes.setSizes(result, own);
  }
}

void LaunchOp::inferSymbolic(SymbolicShapes &shapes) {
  Operation *kernel =
      SymbolTable::lookupNearestSymbolFrom(*this, getKernelAttr());
  auto maps = kernel ? kernel->getAttrOfType<ArrayAttr>(resultShapesAttrName)
                     : ArrayAttr();
  for (auto [i, result] : llvm::enumerate(getResults())) {
    auto map = maps && i < maps.size() ? dyn_cast<AffineMapAttr>(maps[i])
                                       : AffineMapAttr();
    if (!map || map.getValue().getNumSymbols() != getSizes().getNumResults()) {
      inferStatic(shapes, result);
      continue;
    }
    Sizes sizes;
    for (AffineExpr size : map.getValue().getResults())
      sizes.push_back(size.replaceSymbols(getSizes().getResults()));
    shapes.setSizes(result, sizes);
  }
}

void AliasOp::inferSymbolic(SymbolicShapes &shapes) {
  if (std::optional<AffineMap> sizes = getSizes()) {
    shapes.setSizes(getResult(), sizes->getResults());
    return;
  }
  Sizes source(shapes.getSizes(getInput())), sizes, divisors;
  for (int64_t size : getType().getShape())
    if (!ShapedType::isDynamic(size))
      divisors.push_back(shapes.getConstant(size));
  for (int64_t size : getType().getShape()) {
    if (!ShapedType::isDynamic(size)) {
      sizes.push_back(shapes.getConstant(size));
      continue;
    }
    AffineExpr quotient = shapes.divideExactly(source, divisors);
    sizes.push_back(quotient ? quotient : shapes.makeFreshSymbol());
  }
  shapes.setSizes(getResult(), sizes);
}
