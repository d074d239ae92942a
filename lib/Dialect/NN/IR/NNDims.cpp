//===- NNDims.cpp - Several dimensions as one -------------------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "quantc/Dialect/NN/IR/NNDims.h"
#include "quantc/Dialect/NN/IR/NNOps.h"

using namespace mlir;
using namespace quantc;

/// To \p type: its first \p lead sizes are those of \p like, \p behind are the
/// others, of which one may be -1.
static Value reshape(OpBuilder &builder, Location loc, Value x,
                     RankedTensorType type, Value like, int64_t lead,
                     ArrayRef<int64_t> behind) {
  SmallVector<int64_t> sizes(type.getShape().take_front(lead));
  llvm::append_range(sizes, behind);
  for (int64_t &size : sizes)
    if (ShapedType::isDynamic(size))
      size = -1;
  auto listType = [&](int64_t count) {
    return RankedTensorType::get(count, builder.getI64Type());
  };
  Value shape;
  if (llvm::count(sizes, -1) <= 1)
    shape = nn::makeIntegers(builder, loc, sizes);
  else if (behind.empty())
    shape = nn::ShapeOp::create(builder, loc, listType(lead), like, 0, lead);
  else
    shape = nn::ConcatOp::create(
        builder, loc, listType(sizes.size()),
        ValueRange{
            nn::ShapeOp::create(builder, loc, listType(lead), like, 0, lead),
            nn::makeIntegers(builder, loc, behind)},
        /*axis=*/0);
  return nn::ReshapeOp::create(builder, loc, type, x, shape);
}

Value nn::joinDims(OpBuilder &builder, Location loc, Value x, int64_t lead) {
  auto type = cast<RankedTensorType>(x.getType());
  SmallVector<int64_t> shape(type.getShape().take_front(lead));
  int64_t product = 1;
  for (int64_t size : type.getShape().drop_front(lead))
    product = ShapedType::isDynamic(size) || ShapedType::isDynamic(product)
                  ? ShapedType::kDynamic
                  : product * size;
  shape.push_back(product);
  return reshape(builder, loc, x, type.clone(shape), x, lead,
                 ShapedType::isDynamic(product) ? -1 : product);
}

Value nn::splitDims(OpBuilder &builder, Location loc, Value x,
                    RankedTensorType type, Value like) {
  return reshape(builder, loc, x, type, like, type.getRank(), {});
}

Value nn::appendOnes(OpBuilder &builder, Location loc, Value x, int64_t lead,
                     int64_t rank) {
  auto type = cast<RankedTensorType>(x.getType());
  SmallVector<int64_t> shape(type.getShape().take_front(lead));
  SmallVector<int64_t> ones(rank - lead, 1);
  llvm::append_range(shape, ones);
  return reshape(builder, loc, x, type.clone(shape), x, lead, ones);
}
