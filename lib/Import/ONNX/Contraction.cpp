//===- Contraction.cpp - Matrix products ------------------------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "OpTable.h"

using namespace mlir;
using namespace quantc::onnx;

static void importMatMul(NodeBinder &node) {
  Value a = node.input(0, Float), b = node.input(1, Float);
  if (node.failed())
    return;
  if (rankOf(a) == 0 || rankOf(b) == 0) {
    node.problem("a matrix product needs tensors of rank 1 or more");
    return;
  }
  Emitter &emit = node.emit();
  if (rankOf(b) > 1)
    b = emit.transposeLastTwo(b);
  node.output(0, emit.matmul(a, b));
}

static void importGemm(NodeBinder &node) {
  float alpha = node.real("alpha", 1), beta = node.real("beta", 1);
  bool transA = node.flag("transA", false), transB = node.flag("transB", false);
  Value a = node.input(0, Float), b = node.input(1, Float);
  if (node.opset() < 11 && !node.hasInput(2))
    node.problem("input 2 is missing; it is optional from opset 11 on");
  Value c = node.optionalInput(2, Float);
  for (Value matrix : {a, b})
    if (matrix && rankOf(matrix) != 2)
      node.problem("its factors must be matrices, one has rank " +
                   Twine(rankOf(matrix)));
  if (c && rankOf(c) > 2)
    node.problem("its summand must have rank 2 or less, not " +
                 Twine(rankOf(c)));
  if (node.failed())
    return;
  Emitter &emit = node.emit();
  if (transA)
    a = emit.transposeLastTwo(a);
  if (!transB)
    b = emit.transposeLastTwo(b);
  Value result = emit.matmul(a, b);
  if (alpha != 1)
    result = emit.binary("mul", result, emit.scalar(emit.f32(), alpha));
  // A summand times zero is no summand, whatever is in it.
  if (c && beta != 0) {
    if (beta != 1)
      c = emit.binary("mul", c, emit.scalar(emit.f32(), beta));
    result = emit.binary("add", result, c);
  }
  node.output(0, result);
}

void quantc::onnx::addContractionOps(OpTable &table) {
  table.add("MatMul", importMatMul, 1, 2, 2);
  table.add("Gemm", importGemm, 7, 2, 3);
}
