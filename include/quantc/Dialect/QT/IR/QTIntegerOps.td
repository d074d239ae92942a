//===- QTIntegerOps.td - Integer arithmetic of networks ----*- tablegen -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Functions of integer-only networks that Numerics/Fixed defines as a whole, bit
// for bit.
//
//===----------------------------------------------------------------------===//

#ifndef QUANTC_DIALECT_QT_IR_QTINTEGEROPS_TD
#define QUANTC_DIALECT_QT_IR_QTINTEGEROPS_TD

include "quantc/Dialect/QT/IR/QTOpBase.td"

def QT_SigmaKind : I32EnumAttr<"SigmaKind", "sigmoid-like function", [
    I32EnumAttrCase<"GeluErf", 0, "gelu_erf">,
    I32EnumAttrCase<"GeluTanh", 1, "gelu_tanh">,
    I32EnumAttrCase<"QuickGelu", 2, "quick_gelu">,
    I32EnumAttrCase<"Sigmoid", 3, "sigmoid">,
    I32EnumAttrCase<"Erf", 4, "erf">]> {
  let cppNamespace = "::quantc::qt";
  let genSpecializedAttr = 0;
}
def QT_SigmaKindAttr : EnumAttr<QT_Dialect, QT_SigmaKind, "sigma_kind">;

def QT_SigmaOp : QT_ElementwiseOp<"sigma", [], ["isLong"]> {
  let summary = "a sigmoid-like function of an integer with an exponent";
  let description = [{
    G(m 2^e) in units of 2^-15, 0 to 32768, for m of 16 bits, where
    G(-x) = 1 - G(x): (1 + erf(x / sqrt 2)) / 2 and its tanh form, sigmoid(1.702 x),
    sigmoid, (1 + erf x) / 2.

    ```mlir
    %g = qt.sigma gelu_erf %m, %e
      : tensor<?x64xi32>, tensor<?x1xi32> -> tensor<?x64xi32>
    ```
  }];
  let arguments = (ins QT_SigmaKindAttr:$kind, QT_Words:$mantissa,
                       QT_Words:$exponent);
  let results = (outs QT_Words:$result);
  let assemblyFormat = [{
    $kind $mantissa `,` $exponent attr-dict
    `:` type($mantissa) `,` type($exponent) `->` type($result)
  }];
  let hasVerifier = 1;
}

#endif // QUANTC_DIALECT_QT_IR_QTINTEGEROPS_TD
