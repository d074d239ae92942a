//===- ImageOpInterface.h - Ops that make images part by part ---*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QUANTC_INTERFACES_IMAGEOPINTERFACE_H
#define QUANTC_INTERFACES_IMAGEOPINTERFACE_H

#include "mlir/IR/OpDefinition.h"
#include "quantc/Interfaces/ImagePart.h"
#include <optional>

#include "quantc/Interfaces/ImageOpInterface.h.inc"

#endif // QUANTC_INTERFACES_IMAGEOPINTERFACE_H
