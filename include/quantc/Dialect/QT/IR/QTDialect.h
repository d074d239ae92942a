//===- QTDialect.h - How numbers are represented -*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QUANTC_DIALECT_QT_IR_QTDIALECT_H
#define QUANTC_DIALECT_QT_IR_QTDIALECT_H

#include "mlir/IR/Dialect.h"

#include <memory>

namespace quantc {
namespace qt {
class BlobManager;
} // namespace qt
} // namespace quantc

#include "quantc/Dialect/QT/IR/QTDialect.h.inc"

#endif // QUANTC_DIALECT_QT_IR_QTDIALECT_H
