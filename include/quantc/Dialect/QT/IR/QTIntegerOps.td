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

def QT_Halves : TensorRankOf<[I16], [4]>;
def QT_Bytes : TensorRankOf<[I8], [4]>;

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

def QT_IntegerAttentionOp : QT_TensorOp<"integer_attention", [Pure]> {
  let summary = "attention of integers with exponents";
  let description = [{
    Section 6 of the method `fixed`, per batch item and head: queries and keys of
    12 bits, values of 8 bits, each with an exponent for every token and head.
    `mask` is added to the scores, in their unit, 2^-15 in powers of two; a key
    whose mask is -(2^30 - 1) or less is hidden. `causal` lets query i see keys
    up to `i + T - S`. There may be fewer key heads than query heads, a divisor
    of them. Each operand and the results state the order of their dimensions.

    The result is below 2^30, with an exponent for every token and head; a query
    that sees no key gives zeros of exponent -100. Products of up to 512
    features and over up to 65,793 keys are exact.

    ```mlir
    %y, %e = qt.integer_attention
        q(%q, %qe : tensor<?x4x99x16xi16>, tensor<?x4x99x1xi8>)
        k(%k, %ke : tensor<?x4x99x16xi16>, tensor<?x4x99x1xi8>)
        v(%v, %ve : tensor<?x4x99x16xi8>, tensor<?x4x99x1xi8>)
        {scale = 0.25 : f32} -> tensor<?x4x99x16xi32>, tensor<?x4x99x1xi32>
    ```
  }];
  let arguments = (ins QT_Halves:$q, QT_Bytes:$q_exponents,
                       QT_Halves:$k, QT_Bytes:$k_exponents,
                       QT_Bytes:$v, QT_Bytes:$v_exponents,
                       Optional<RankedTensorOf<[I32]>>:$mask, F32Attr:$scale,
                       UnitAttr:$causal,
                       DefaultValuedOptionalAttr<QT_HeadOrderAttr, "HeadOrder::BHSD">:$q_order,
                       DefaultValuedOptionalAttr<QT_HeadOrderAttr, "HeadOrder::BHSD">:$k_order,
                       DefaultValuedOptionalAttr<QT_HeadOrderAttr, "HeadOrder::BHSD">:$v_order,
                       DefaultValuedOptionalAttr<QT_HeadOrderAttr, "HeadOrder::BHSD">:$result_order);
  let results = (outs TensorRankOf<[I32], [4]>:$result,
                      TensorRankOf<[I32], [4]>:$exponents);
  let assemblyFormat = [{
    `q` `(` $q `,` $q_exponents `:` type($q) `,` type($q_exponents) `)`
    `k` `(` $k `,` $k_exponents `:` type($k) `,` type($k_exponents) `)`
    `v` `(` $v `,` $v_exponents `:` type($v) `,` type($v_exponents) `)`
    (`mask` `(` $mask^ `:` type($mask) `)`)?
    attr-dict `->` type($result) `,` type($exponents)
  }];
  let hasVerifier = 1;
  let extraClassDeclaration = [{
    /// Up to which the sums of both products fit 32 bits.
    static constexpr int64_t largestHead = 512, mostKeys = 65793;
  }];
}

#endif // QUANTC_DIALECT_QT_IR_QTINTEGEROPS_TD
