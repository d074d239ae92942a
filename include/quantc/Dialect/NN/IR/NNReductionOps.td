//===- NNReductionOps.td - Norms and reductions ------------*- tablegen -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QUANTC_DIALECT_NN_IR_NNREDUCTIONOPS_TD
#define QUANTC_DIALECT_NN_IR_NNREDUCTIONOPS_TD

include "quantc/Dialect/NN/IR/NNDialect.td"

def NN_LayerNormOp : NN_Op<"layer_norm", [
    AllTypesMatch<["input", "result"]>,
    DeclareOpInterfaceMethods<RowOpInterface, ["isRowwise"]>]> {
  let summary = "normalise to mean 0 and variance 1, scale and shift";
  let description = [{
    Over the dimensions from `axis` on: `(x - mean) / sqrt(variance + epsilon)
    * scale + bias`, with the variance about the mean. Scale and bias broadcast
    to the input.

    ```mlir
    %y = nn.layer_norm %x, %g, %b {axis = 2 : i64, epsilon = 1.0e-5 : f32}
      : tensor<?x99x64xf32>, tensor<64xf32>, tensor<64xf32>
    ```
  }];
  let arguments = (ins NN_FloatTensor:$input, NN_FloatTensor:$scale,
                       Optional<NN_FloatTensor>:$bias, NN_DimAttr:$axis,
                       F32Attr:$epsilon);
  let results = (outs NN_FloatTensor:$result);
  let assemblyFormat = [{
    $input `,` $scale (`,` $bias^)? attr-dict
    `:` type($input) `,` type($scale) (`,` type($bias)^)?
  }];
  let hasVerifier = 1;
}

def NN_RMSNormOp : NN_Op<"rms_norm", [
    AllTypesMatch<["input", "result"]>,
    DeclareOpInterfaceMethods<RowOpInterface, ["isRowwise"]>]> {
  let summary = "divide by the root of the mean square, scale";
  let description = [{
    Over the dimensions from `axis` on: `x / sqrt(mean(x^2) + epsilon) * scale`.
    The scale broadcasts to the input.

    ```mlir
    %y = nn.rms_norm %x, %g {axis = 2 : i64, epsilon = 1.0e-5 : f32}
      : tensor<?x?x64xf32>, tensor<64xf32>
    ```
  }];
  let arguments = (ins NN_FloatTensor:$input, NN_FloatTensor:$scale,
                       NN_DimAttr:$axis, F32Attr:$epsilon);
  let results = (outs NN_FloatTensor:$result);
  let assemblyFormat = [{
    $input `,` $scale attr-dict `:` type($input) `,` type($scale)
  }];
  let hasVerifier = 1;
}

def NN_SoftmaxOp : NN_Op<"softmax", [
    AllTypesMatch<["input", "result"]>,
    DeclareOpInterfaceMethods<ExponentOpInterface, [
        "isResultSpread", "canKeepExponents", "getSmallOperands", "passesErrors"]>,
    DeclareOpInterfaceMethods<RowOpInterface, ["isRowwise"]>,
    DeclareOpInterfaceMethods<SignOpInterface, ["isResultNonNegative"]>]> {
  let summary = "exponentials that sum to one along an axis";
  let description = [{
    `exp(x - max) / sum`; the input's own NaN and +inf give NaN, a row of -inf
    gives zeros. `nn.softmax %x {axis = 1 : i64} : tensor<?x12xf32>`
  }];
  let arguments = (ins NN_FloatTensor:$input, NN_DimAttr:$axis);
  let results = (outs NN_FloatTensor:$result);
  let assemblyFormat = "$input attr-dict `:` type($input)";
  let hasVerifier = 1;
}

def NN_TopKOp : NN_Op<"topk", [DeclareOpInterfaceMethods<InferTypeOpInterface>]> {
  let summary = "positions of the largest or smallest elements along an axis";
  let description = [{
    The positions of the `k` largest elements (with `smallest` the smallest) in
    their order, of equal ones the first; NaN comes last. There must be `k`
    elements.

    ```mlir
    %p = nn.topk %x {axis = 1 : i64, k = 5 : i64} : tensor<?x100xf32> -> tensor<?x5xi64>
    ```
  }];
  let arguments = (ins NN_Tensor:$input, NN_DimAttr:$axis,
                       ConfinedAttr<I64Attr, [IntPositive]>:$k,
                       UnitAttr:$smallest);
  let results = (outs NN_Tensor:$result);
  let assemblyFormat = "$input attr-dict `:` type($input) `->` type($result)";
  let hasVerifier = 1;
}

def NN_ReduceKind : I32EnumAttr<"ReduceKind", "reduction", [
    I32EnumAttrCase<"Sum", 0, "sum">, I32EnumAttrCase<"Mean", 1, "mean">,
    I32EnumAttrCase<"Max", 2, "max">, I32EnumAttrCase<"Min", 3, "min">,
    I32EnumAttrCase<"Prod", 4, "prod">, I32EnumAttrCase<"SumSq", 5, "sumsq">,
    I32EnumAttrCase<"L1", 6, "l1">, I32EnumAttrCase<"L2", 7, "l2">]> {
  let cppNamespace = "::quantc::nn";
  let genSpecializedAttr = 0;
}
def NN_ReduceKindAttr : EnumAttr<NN_Dialect, NN_ReduceKind, "reduce_kind">;

def NN_ReduceOp : NN_Op<"reduce", [
    DeclareOpInterfaceMethods<InferTypeOpInterface>,
    DeclareOpInterfaceMethods<ExponentOpInterface, [
        "isResultSpread", "canKeepExponents", "getSmallOperands", "passesErrors"]>,
    DeclareOpInterfaceMethods<RowOpInterface, ["isRowwise"]>,
    DeclareOpInterfaceMethods<SignOpInterface, ["isResultNonNegative"]>]> {
  let summary = "reduce along axes";
  let description = [{
    Axes are sorted, distinct and not negative; with `keepdims` they stay with
    size 1. An empty sum is 0, an empty product 1, an empty maximum the lowest
    value, an empty mean NaN (0 for integers).

    ```mlir
    %y = nn.reduce mean %x axes [1] keepdims : tensor<?x99x64xf32> -> tensor<?x1x64xf32>
    ```
  }];
  let arguments = (ins NN_ReduceKindAttr:$kind,
                       NN_Tensor:$input, DenseI64ArrayAttr:$axes,
                       UnitAttr:$keepdims);
  let results = (outs NN_Tensor:$result);
  let assemblyFormat = [{
    `` $kind $input `axes` $axes (`keepdims` $keepdims^)? attr-dict
    `:` type($input) `->` type($result)
  }];
  let hasVerifier = 1;
  let hasFolder = 1;
}

def NN_CumSumOp : NN_Op<"cumsum", [AllTypesMatch<["input", "result"]>]> {
  let summary = "running sums along an axis";
  let description = [{
    The sum of the elements up to each position, itself included unless
    `exclusive` is set; counted from the end where `reverse` is. Integers wrap.

    ```mlir
    %y = nn.cumsum %x {axis = 1 : i64, exclusive} : tensor<?x?xi64>
    ```
  }];
  let arguments = (ins NN_Tensor:$input, NN_DimAttr:$axis, UnitAttr:$exclusive,
                       UnitAttr:$reverse);
  let results = (outs NN_Tensor:$result);
  let assemblyFormat = "$input attr-dict `:` type($input)";
  let hasVerifier = 1;
}

#endif // QUANTC_DIALECT_NN_IR_NNREDUCTIONOPS_TD
