//===- SignOpInterface.h - Ops whose results may have no sign ---*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QUANTC_INTERFACES_SIGNOPINTERFACE_H
#define QUANTC_INTERFACES_SIGNOPINTERFACE_H

#include "mlir/IR/OpDefinition.h"
#include "llvm/ADT/STLFunctionalExtras.h"

#include "quantc/Interfaces/SignOpInterface.h.inc"

#endif // QUANTC_INTERFACES_SIGNOPINTERFACE_H
