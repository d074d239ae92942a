//===- ChainPlans.h - Chains that were found before -------------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QUANTC_DIALECT_QT_IR_CHAINPLANS_H
#define QUANTC_DIALECT_QT_IR_CHAINPLANS_H

#include "mlir/IR/DialectInterface.h"
#include "quantc/Numerics/ChainPlan.h"

#include <map>
#include <memory>
#include <mutex>

namespace quantc::qt {

/// What searches for chains of weights have found, by the weights: a layout is
/// chosen by it long before these are packed, and a search takes longer than
/// all else about them. It is a memo: what is not in it is searched for again,
/// with the same result.
class ChainPlans : public mlir::DialectInterface::Base<ChainPlans> {
public:
  explicit ChainPlans(mlir::Dialect *dialect) : Base(dialect) {}
  static ChainPlans &get(mlir::MLIRContext *context);

  std::shared_ptr<const numerics::ChainPlan>
  find(const numerics::PackedLayout &layout, const int8_t *codes);
  void keep(const numerics::PackedLayout &layout, const int8_t *codes,
            numerics::ChainPlan plan);

private:
  /// The sizes and the bias, and a hash of 128 bits of the codes.
  using Key = std::array<uint64_t, 6>;
  static Key getKey(const numerics::PackedLayout &layout, const int8_t *codes);

  std::mutex mutex;
  std::map<Key, std::shared_ptr<const numerics::ChainPlan>> plans;
};

} // namespace quantc::qt

#endif // QUANTC_DIALECT_QT_IR_CHAINPLANS_H
