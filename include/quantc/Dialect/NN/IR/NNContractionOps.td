//===- NNContractionOps.td - Matrix products and attention -*- tablegen -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QUANTC_DIALECT_NN_IR_NNCONTRACTIONOPS_TD
#define QUANTC_DIALECT_NN_IR_NNCONTRACTIONOPS_TD

include "quantc/Dialect/NN/IR/NNDialect.td"

/// A contraction infers f32; with integer-only operands its result may be of
/// an integer-only type, which nothing but the stage that made it knows.
defvar contractionReturnTypes = [{
  static bool isCompatibleReturnTypes(::mlir::TypeRange lhs,
                                      ::mlir::TypeRange rhs) {
    return ::quantc::nn::areCompatibleContractionTypes(lhs, rhs);
  }
}];

def NN_MatmulOp : NN_Op<"matmul", [
    DeclareOpInterfaceMethods<ExponentOpInterface, [
        "isResultSpread", "getSmallOperands", "passesErrors", "sumsRows"]>,
    DeclareOpInterfaceMethods<InferTypeOpInterface>,
    DeclareOpInterfaceMethods<QuantizableOpInterface>]> {
  let summary = "matrix product with a transposed right side";
  let description = [{
    `y[..., m, n] = sum over k of lhs[..., m, k] * rhs[..., n, k]`: rhs is
    `[..., N, K]` always, so both sides run along memory. Dimensions before
    the last two broadcast. lhs of rank 1 has no m, rhs of rank 1 no n. A rhs
    of rank 2 is a weight as far as recipes are concerned.

    ```mlir
    %y = nn.matmul %x, %w : tensor<?x99x64xf32>, tensor<256x64xf32> -> tensor<?x99x256xf32>
    ```
  }];
  let arguments = (ins NN_QuantizableTensor:$lhs, NN_QuantizableTensor:$rhs);
  let results = (outs NN_QuantizableTensor:$result);
  let extraClassDeclaration = contractionReturnTypes;
  let assemblyFormat = [{
    $lhs `,` $rhs attr-dict `:` type($lhs) `,` type($rhs) `->` type($result)
  }];
  let hasCanonicalizer = 1;
  let hasVerifier = 1;
}

def NN_AttentionOp : NN_Op<"attention", [
    AttrSizedOperandSegments,
    DeclareOpInterfaceMethods<InferTypeOpInterface>,
    DeclareOpInterfaceMethods<QuantizableOpInterface>]> {
  let summary = "scaled dot product attention";
  let description = [{
    `softmax(cap(scale * q k^T) + mask) v` per batch item and head: q is
    `[B, H, S, D]`, k `[B, Hk, T, D]`, v `[B, Hk, T, Dv]`, the result
    `[B, H, S, Dv]`. Hk divides H: neighbouring query heads share keys. The
    mask broadcasts to `[B, H, S, T]` and is added. With `softcap` c,
    `cap(x) = c tanh(x / c)`; without, x itself.

    Of batch item b, with `lengths`, the first `lengths[b]` keys are seen, and
    of those the ones that lie near the query where a window says so. Query i
    stands at key `p = i + offset[b]`, without `offset` at `i + T - S`: the last
    query at the last key. `causal` lets it see keys up to p, `right_window` up
    to `p + right_window`, `left_window` from `p - left_window` on. `lengths`
    and `offset` have an element for each batch item or one for all. A row whose
    keys are all hidden, so or by -inf in the mask, gives zeros.

    ```mlir
    %y = nn.attention %q, %k, %v mask(%m : tensor<?x1x1x?xf32>) {scale = 0.125 : f32}
      : tensor<?x4x99x16xf32>, tensor<?x4x99x16xf32>, tensor<?x4x99x16xf32> -> tensor<?x4x99x16xf32>
    %z = nn.attention %q, %k, %v lengths(%n : tensor<?xi64>) offset(%o : tensor<1xi64>)
      {causal, left_window = 32 : i64, scale = 0.125 : f32, softcap = 50.0 : f32}
      : tensor<?x4x99x16xf32>, tensor<?x4x?x16xf32>, tensor<?x4x?x16xf32> -> tensor<?x4x99x16xf32>
    ```
  }];
  let arguments = (ins NN_QuantizableTensor:$query, NN_QuantizableTensor:$key,
                       NN_QuantizableTensor:$value,
                       Optional<NN_FloatTensor>:$mask,
                       Optional<NN_IndexList>:$lengths,
                       Optional<NN_IndexList>:$offset, F32Attr:$scale,
                       OptionalAttr<F32Attr>:$softcap, UnitAttr:$causal,
                       OptionalAttr<ConfinedAttr<I64Attr, [IntNonNegative]>>:$left_window,
                       OptionalAttr<ConfinedAttr<I64Attr, [IntNonNegative]>>:$right_window);
  let results = (outs NN_QuantizableTensor:$result);
  let extraClassDeclaration = contractionReturnTypes;
  // Without a window but `causal`.
  let builders = [
    OpBuilder<(ins "::mlir::Type":$result, "::mlir::Value":$query,
                   "::mlir::Value":$key, "::mlir::Value":$value,
                   "::mlir::Value":$mask, "::mlir::FloatAttr":$scale,
                   "::mlir::FloatAttr":$softcap, "::mlir::UnitAttr":$causal), [{
      build($_builder, $_state, result, query, key, value, mask,
            /*lengths=*/::mlir::Value(), /*offset=*/::mlir::Value(), scale,
            softcap, causal, /*left_window=*/::mlir::IntegerAttr(),
            /*right_window=*/::mlir::IntegerAttr());
    }]>];
  let assemblyFormat = [{
    $query `,` $key `,` $value (`mask` `(` $mask^ `:` type($mask) `)`)?
    (`lengths` `(` $lengths^ `:` type($lengths) `)`)?
    (`offset` `(` $offset^ `:` type($offset) `)`)? attr-dict
    `:` type($query) `,` type($key) `,` type($value) `->` type($result)
  }];
  let hasVerifier = 1;
}

#endif // QUANTC_DIALECT_NN_IR_NNCONTRACTIONOPS_TD
