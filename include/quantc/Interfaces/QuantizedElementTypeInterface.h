//===- QuantizedElementTypeInterface.h - Joint values -----------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QUANTC_INTERFACES_QUANTIZEDELEMENTTYPEINTERFACE_H
#define QUANTC_INTERFACES_QUANTIZEDELEMENTTYPEINTERFACE_H

#include "mlir/IR/Diagnostics.h"
#include "mlir/IR/Types.h"

namespace mlir {
class Operation;
} // namespace mlir
namespace quantc {
class HostValue;
class InterpreterContext;
} // namespace quantc

#include "quantc/Interfaces/QuantizedElementTypeInterface.h.inc"

namespace quantc {

/// Whether \p type is a tensor of quantised elements in joint form.
bool isQuantizedTensor(mlir::Type type);

} // namespace quantc

#endif // QUANTC_INTERFACES_QUANTIZEDELEMENTTYPEINTERFACE_H
