//===- ChainPlans.cpp - Chains that were found before -----------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "quantc/Dialect/QT/IR/ChainPlans.h"
#include "quantc/Dialect/QT/IR/QTDialect.h"

#include "llvm/Support/xxhash.h"

using namespace mlir;
using namespace quantc;
using namespace quantc::qt;

ChainPlans &ChainPlans::get(MLIRContext *context) {
  return *context->getLoadedDialect<QTDialect>()
              ->getRegisteredInterface<ChainPlans>();
}

ChainPlans::Key ChainPlans::getKey(const numerics::PackedLayout &layout,
                                   const int8_t *codes) {
  auto hash = llvm::xxh3_128bits(
      ArrayRef(reinterpret_cast<const uint8_t *>(codes), layout.n * layout.k));
  Key key{hash.low64, hash.high64};
  int64_t sizes[] = {layout.n, layout.k, layout.panel, layout.bias};
  std::copy(std::begin(sizes), std::end(sizes), key.begin() + 2);
  return key;
}

std::shared_ptr<const numerics::ChainPlan>
ChainPlans::find(const numerics::PackedLayout &layout, const int8_t *codes) {
  Key key = getKey(layout, codes);
  std::lock_guard lock(mutex);
  auto known = plans.find(key);
  return known == plans.end() ? nullptr : known->second;
}

void ChainPlans::keep(const numerics::PackedLayout &layout, const int8_t *codes,
                      numerics::ChainPlan plan) {
  Key key = getKey(layout, codes);
  auto own = std::make_shared<const numerics::ChainPlan>(std::move(plan));
  std::lock_guard lock(mutex);
  plans.insert_or_assign(key, std::move(own));
}
