//===- RowOpInterface.h - Ops on the rows of a tensor -----------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QUANTC_INTERFACES_ROWOPINTERFACE_H
#define QUANTC_INTERFACES_ROWOPINTERFACE_H

#include "mlir/IR/OpDefinition.h"

#include "quantc/Interfaces/RowOpInterface.h.inc"

#endif // QUANTC_INTERFACES_ROWOPINTERFACE_H
