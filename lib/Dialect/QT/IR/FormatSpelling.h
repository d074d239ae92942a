//===- FormatSpelling.h - Spelling of number formats -*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QUANTC_LIB_DIALECT_QT_IR_FORMATSPELLING_H
#define QUANTC_LIB_DIALECT_QT_IR_FORMATSPELLING_H

#include "quantc/Dialect/QT/IR/QTAttrs.h"

#include "mlir/IR/OpImplementation.h"

namespace quantc {
namespace qt {

/// Reads the spelling of a format, `s8` or `exp<8>`, without judging it.
llvm::FailureOr<std::string> parseFormatSpelling(mlir::AsmParser &parser);

} // namespace qt
} // namespace quantc

#endif // QUANTC_LIB_DIALECT_QT_IR_FORMATSPELLING_H
