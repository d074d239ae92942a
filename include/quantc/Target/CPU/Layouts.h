//===- Layouts.h - Which packed layout a contraction gets -*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QUANTC_TARGET_CPU_LAYOUTS_H
#define QUANTC_TARGET_CPU_LAYOUTS_H

#include "mlir/IR/BuiltinTypes.h"
#include "quantc/Dialect/QT/IR/QTOps.h"
#include "quantc/Numerics/Packing.h"
#include "quantc/Target/CPU/LayoutClass.h"

namespace quantc {

/// A layout, and the bytes of the weights that are packed in it.
struct PackingChoice {
  qt::LayoutAttr layout;
  int64_t bytes;
};

/// The layout for \p contract, whose rhs is constant, on a class of target.
/// Emits what is supported where there is none. Looks at the weights where a
/// form depends on their values. The codes of activations may be known not to
/// be negative. A direct convolution sums over every window by itself. Chains
/// may be left out.
llvm::FailureOr<PackingChoice> chooseLayout(qt::ContractOp contract,
                                            LayoutClass layoutClass,
                                            bool isNonNegative = false,
                                            bool isDirect = false,
                                            bool withChains = true);

/// The layout of a form on a class of target.
qt::LayoutAttr makeLayout(mlir::MLIRContext *context, qt::LayoutForm form,
                          LayoutClass layoutClass, bool isNonNegative = false);

} // namespace quantc

#endif // QUANTC_TARGET_CPU_LAYOUTS_H
