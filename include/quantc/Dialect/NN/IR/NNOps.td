//===- NNOps.td - All ops of the nn dialect ----------------*- tablegen -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QUANTC_DIALECT_NN_IR_NNOPS_TD
#define QUANTC_DIALECT_NN_IR_NNOPS_TD

include "quantc/Dialect/NN/IR/NNContractionOps.td"
include "quantc/Dialect/NN/IR/NNConvolutionOps.td"
include "quantc/Dialect/NN/IR/NNElementwiseOps.td"
include "quantc/Dialect/NN/IR/NNPositionOps.td"
include "quantc/Dialect/NN/IR/NNReductionOps.td"
include "quantc/Dialect/NN/IR/NNShapeOps.td"

#endif // QUANTC_DIALECT_NN_IR_NNOPS_TD
