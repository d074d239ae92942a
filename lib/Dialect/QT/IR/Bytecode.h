//===- Bytecode.h - Blobs in bytecode ---------------------------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QUANTC_LIB_DIALECT_QT_IR_BYTECODE_H
#define QUANTC_LIB_DIALECT_QT_IR_BYTECODE_H

#include "quantc/Dialect/QT/IR/Blob.h"

namespace quantc::qt {

/// Below this many bytes a blob is spelt out.
inline constexpr uint64_t inlineLimit = 4096;

/// Whether a file that refers to the blob carries its bytes among its
/// resources: neither are they few, nor those of a file that can be named.
bool isWrittenApart(const Blob &blob);

void addBytecodeInterface(QTDialect &dialect);

} // namespace quantc::qt

#endif // QUANTC_LIB_DIALECT_QT_IR_BYTECODE_H
