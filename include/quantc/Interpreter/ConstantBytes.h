//===- ConstantBytes.h - Bytes behind constant attributes -*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QUANTC_INTERPRETER_CONSTANTBYTES_H
#define QUANTC_INTERPRETER_CONSTANTBYTES_H

#include "mlir/IR/Attributes.h"
#include "llvm/ADT/ArrayRef.h"
#include <optional>

namespace quantc {

/// The dense, row-major bytes of a weight attribute where it holds them as
/// such; nothing for other attributes.
std::optional<llvm::ArrayRef<uint8_t>> getConstantBytes(mlir::Attribute attribute);

} // namespace quantc

#endif // QUANTC_INTERPRETER_CONSTANTBYTES_H
