//===- DescribeLayers.cpp - What became of every layer ----------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "quantc/Analysis/ConstantSlices.h"
#include "quantc/Dialect/QT/IR/QTAttrNames.h"
#include "quantc/Dialect/QT/IR/QTAttrs.h"
#include "quantc/Dialect/QT/IR/QTOps.h"
#include "quantc/Dialect/QT/IR/QTTypes.h"
#include "quantc/Dialect/QT/Transforms/Passes.h"
#include "quantc/Interpreter/HostValue.h"
#include "quantc/Support/Locations.h"
#include "llvm/ADT/DenseSet.h"
#include "llvm/ADT/TypeSwitch.h"

namespace quantc::qt {
#define GEN_PASS_DEF_DESCRIBELAYERS
#include "quantc/Dialect/QT/Transforms/Passes.h.inc"
} // namespace quantc::qt

using namespace mlir;
using namespace quantc;

/// Constants from this size on make an op worth a line by themselves.
static constexpr int64_t leastBytes = 4096;

template <typename T> static std::string print(T value) {
  std::string text;
  llvm::raw_string_ostream(text) << value;
  return text;
}

namespace {
struct DescribeLayers : quantc::qt::impl::DescribeLayersBase<DescribeLayers> {
  using DescribeLayersBase::DescribeLayersBase;

  void runOnOperation() override {
    seen.clear();
    SmallVector<Attribute> layers;
    for (auto func : getOperation().getOps<func::FuncOp>()) {
      if (!func.isPublic() || func.isExternal())
        continue;
      varying = getVaryingValues(func.getBody().front());
      for (Operation &op : func.getBody().front())
        if (op.getNumResults() != 0 && varying.contains(op.getResult(0)))
          if (DictionaryAttr layer = describe(op))
            layers.push_back(layer);
    }
    getOperation()->setAttr(layersAttrName,
                            ArrayAttr::get(&getContext(), layers));
  }

private:
  int64_t countBytes(Operation &op, RankedTensorType &largest);
  DictionaryAttr describe(Operation &op);

  llvm::DenseSet<Value> varying, seen;
};
} // namespace

/// Of the constants that \p op reads and none before it.
int64_t DescribeLayers::countBytes(Operation &op, RankedTensorType &largest) {
  int64_t sum = 0, most = 0;
  for (Value operand : op.getOperands()) {
    auto type = dyn_cast<RankedTensorType>(operand.getType());
    if (!type || !type.hasStaticShape() || varying.contains(operand))
      continue;
    int64_t bytes =
        type.getNumElements() * getElementBytes(type.getElementType());
    if (bytes > most) {
      most = bytes;
      largest = type;
    }
    sum += seen.insert(operand).second ? bytes : 0;
  }
  return sum;
}

/// Null where it is no layer.
DictionaryAttr DescribeLayers::describe(Operation &op) {
  Builder builder(&getContext());
  RankedTensorType largest;
  int64_t bytes = countBytes(op, largest);
  NamedAttrList formats, layer;
  auto addFormat = [&](StringRef name, std::optional<Type> format) {
    formats.set(name, builder.getStringAttr(format ? print(*format)
                                                   : std::string("f32")));
  };
  SmallVector<int64_t> shape;
  bool isLayer =
      llvm::TypeSwitch<Operation *, bool>(&op)
          .Case([&](qt::ContractOp contract) {
            addFormat("lhs", contract.getLhsFormat());
            addFormat("rhs", contract.getRhsFormat());
            if (auto layout = contract.getLayoutAttr())
              layer.set("layout", builder.getStringAttr(print(layout)));
            shape.push_back(contract.getType().getShape().back());
            if (auto conv = dyn_cast<qt::ConvAttr>(contract.getGeometry()))
              shape.push_back(conv.getNumTaps());
            shape.push_back(contract.getContractionSize());
            return true;
          })
          .Case([&](qt::AttentionOp attention) {
            addFormat("q", attention.getQFormat());
            addFormat("k", attention.getKFormat());
            addFormat("v", attention.getVFormat());
            return true;
          })
          .Case([&](qt::GatherOp gather) {
            addFormat("table", gather.getFormat());
            llvm::append_range(shape, gather.getCodes().getType().getShape());
            return true;
          })
          .Default([&](Operation *) {
            if (largest)
              shape.assign(largest.getShape().begin(),
                           largest.getShape().end());
            return bytes >= leastBytes;
          });
  if (!isLayer)
    return {};
  layer.set("name", builder.getStringAttr(getValueName(op.getLoc())));
  // What was fused into it, too.
  layer.set("nodes", builder.getStrArrayAttr(getValueNames(op.getLoc())));
  layer.set("op", builder.getStringAttr(op.getName().stripDialect()));
  layer.set("shape", builder.getI64ArrayAttr(shape));
  layer.set("formats", formats.getDictionary(&getContext()));
  layer.set("bytes", builder.getI64IntegerAttr(bytes));
  return layer.getDictionary(&getContext());
}
