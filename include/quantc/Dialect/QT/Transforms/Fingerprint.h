//===- Fingerprint.h - Equality of computations -----------------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QUANTC_DIALECT_QT_TRANSFORMS_FINGERPRINT_H
#define QUANTC_DIALECT_QT_TRANSFORMS_FINGERPRINT_H

#include "mlir/IR/Operation.h"

namespace quantc::qt {

/// Strings that are equal within one context where the computations are:
/// locations apart, the same ops with the same attributes on the same values.
/// Not what they print as, which flags of the command line may shorten.
std::string getFingerprint(mlir::Operation *op);

/// Of \p root, which is computed by \p ops, in order.
std::string getFingerprint(llvm::ArrayRef<mlir::Operation *> ops,
                           mlir::Value root);

} // namespace quantc::qt

#endif // QUANTC_DIALECT_QT_TRANSFORMS_FINGERPRINT_H
