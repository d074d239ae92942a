//===- Predicates.h - Comparisons of numbers ---------------------*- C++
//-*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QUANTC_DIALECT_NN_IR_PREDICATES_H
#define QUANTC_DIALECT_NN_IR_PREDICATES_H

#include "quantc/Dialect/NN/IR/NNOps.h"

namespace quantc::nn {

/// Whether \p predicate holds between two numbers; a NaN is unlike all.
template <typename T> bool holds(Predicate predicate, T a, T b) {
  switch (predicate) {
  case Predicate::Eq:
    return a == b;
  case Predicate::Ne:
    return a != b;
  case Predicate::Lt:
    return a < b;
  case Predicate::Le:
    return a <= b;
  case Predicate::Gt:
    return a > b;
  case Predicate::Ge:
    return a >= b;
  }
  llvm_unreachable("all predicates are covered");
}

} // namespace quantc::nn

#endif // QUANTC_DIALECT_NN_IR_PREDICATES_H
