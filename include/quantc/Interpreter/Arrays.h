//===- Arrays.h - Arrays of files as values of the interpreter --*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QUANTC_INTERPRETER_ARRAYS_H
#define QUANTC_INTERPRETER_ARRAYS_H

#include "quantc/Interpreter/HostValue.h"
#include "quantc/Support/Npz.h"

namespace quantc {

/// The code of quantc_dtype for an element type of a model's interface.
quantc_dtype getDtype(mlir::Type element);

/// The type of such elements.
mlir::Type getElementType(mlir::MLIRContext &context, quantc_dtype dtype);

/// The elements of \p array, which has to live as long as the result, as a
/// tensor of \p element, which is the type of its dtype.
HostValue toHostValue(const NamedArray &array, mlir::Type element);

NamedArray toArray(llvm::StringRef name, const HostValue &value);

} // namespace quantc

#endif // QUANTC_INTERPRETER_ARRAYS_H
