//===- QTDialect.td - How numbers are represented -*- tablegen -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QUANTC_DIALECT_QT_IR_QTDIALECT_TD
#define QUANTC_DIALECT_QT_IR_QTDIALECT_TD

include "mlir/IR/OpBase.td"

def QT_Dialect : Dialect {
  let name = "qt";
  let summary = "Quantised representations and the ops that cross them";
  let description = [{
    `qt` says how numbers are represented: the quantised element type, the
    attributes that describe encoding and layout, and the ops that cross from
    one representation to another. What a network computes is `nn`'s to say.

    A quantised value has two forms. In *joint form* one SSA value of
    `tensor<...x!qt.block<...>>` is codes and scales (and zero points and outer
    scales) together; only `nn` and `qt` ops may use it. In *split form* the
    same value is several builtin tensors, its *parts*, always in the order
    `codes, scales[, zeros][, outer]`:

    - codes: the shape of the value, elements of 8, 16 or 32 bits as they are;
      narrower ones are packed along the last dimension, low bits first, into
      an `i8` tensor whose last dimension is the number of bytes;
    - scales and zeros: one entry per block, so a dimension of size `d` cut in
      blocks of `b` has `ceil(d / b)` entries and a whole one (`?`) has 1;
    - outer: the same with the outer scale's blocks.
  }];
  let cppNamespace = "::quantc::qt";
  let useDefaultTypePrinterParser = 1;
  let useDefaultAttributePrinterParser = 1;
  let hasConstantMaterializer = 1;
  let hasOperationAttrVerify = 1;
  let dependentDialects = ["::mlir::arith::ArithDialect"];
  let extraClassDeclaration = [{
    /// Owner of the bytes behind `#qt.blob`.
    BlobManager &getBlobManager() { return *blobs; }

  private:
    void registerAttributes();
    void registerTypes();
    void registerOperations();

    std::shared_ptr<BlobManager> blobs;

  public:
  }];
}

#endif // QUANTC_DIALECT_QT_IR_QTDIALECT_TD
