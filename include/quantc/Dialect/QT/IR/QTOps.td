//===- QTOps.td - All ops of the qt dialect -*- tablegen -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QUANTC_DIALECT_QT_IR_QTOPS_TD
#define QUANTC_DIALECT_QT_IR_QTOPS_TD

include "quantc/Dialect/QT/IR/QTContractionOps.td"
include "quantc/Dialect/QT/IR/QTCrossingOps.td"
include "quantc/Dialect/QT/IR/QTIntegerOps.td"
include "quantc/Dialect/QT/IR/QTProgramOps.td"
include "quantc/Dialect/QT/IR/QTTargetOps.td"

#endif // QUANTC_DIALECT_QT_IR_QTOPS_TD
