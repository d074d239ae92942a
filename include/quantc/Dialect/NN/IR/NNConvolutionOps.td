//===- NNConvolutionOps.td - Windows over positions --------*- tablegen -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QUANTC_DIALECT_NN_IR_NNCONVOLUTIONOPS_TD
#define QUANTC_DIALECT_NN_IR_NNCONVOLUTIONOPS_TD

include "quantc/Dialect/NN/IR/NNDialect.td"

def NN_ConvOp : NN_Op<"conv", [
    DeclareOpInterfaceMethods<InferTypeOpInterface>,
    DeclareOpInterfaceMethods<QuantizableOpInterface>]> {
  let summary = "convolution, channels last";
  let description = [{
    The input is `[B, spatial..., C]` with one to three spatial dimensions, the
    weights are `[O, taps, C/groups]` with the taps of all spatial dimensions
    in one, row by row of `kernel`; the result is `[B, spatial..., O]`. Pads
    are zeros: those before every spatial dimension, then those behind.

    ```mlir
    %y = nn.conv %x, %w kernel [3, 3] strides [1, 1] dilations [1, 1] pads [1, 1, 1, 1] groups 1
      : tensor<?x32x32x16xf32>, tensor<16x9x16xf32> -> tensor<?x32x32x16xf32>
    ```
  }];
  let arguments = (ins NN_QuantizableTensor:$input,
                       NN_QuantizableTensor:$weights,
                       DenseI64ArrayAttr:$kernel, DenseI64ArrayAttr:$strides,
                       DenseI64ArrayAttr:$dilations, DenseI64ArrayAttr:$pads,
                       I64Attr:$groups);
  let results = (outs NN_QuantizableTensor:$result);
  let assemblyFormat = [{
    $input `,` $weights `kernel` $kernel `strides` $strides `dilations` $dilations
    `pads` $pads `groups` $groups attr-dict
    `:` type($input) `,` type($weights) `->` type($result)
  }];
  let extraClassDeclaration = [{
    static bool isCompatibleReturnTypes(::mlir::TypeRange lhs,
                                        ::mlir::TypeRange rhs) {
      return ::quantc::nn::areCompatibleContractionTypes(lhs, rhs);
    }
    ::quantc::nn::Window getWindow() {
      return {getKernel(), getStrides(), getDilations(), getPads()};
    }
    /// Whether every channel is a group of its own, with one output.
    bool isDepthwise();
  }];
  let hasVerifier = 1;
}

def NN_PoolKind : I32EnumAttr<"PoolKind", "pooling", [
    I32EnumAttrCase<"Max", 0, "max">, I32EnumAttrCase<"Average", 1, "average">,
    I32EnumAttrCase<"Lp", 2, "lp">, I32EnumAttrCase<"Sum", 3, "sum">]> {
  let cppNamespace = "::quantc::nn";
  let genSpecializedAttr = 0;
}
def NN_PoolKindAttr : EnumAttr<NN_Dialect, NN_PoolKind, "pool_kind">;

/// Sums of windows may have more bits than what they are of.
def NN_PooledTensor : Type<
    Or<[NN_MantissaTensor.predicate, RankedTensorOf<[I64]>.predicate]>,
    "ranked tensor of 32-bit float values, i16, i32 or i64",
    "::mlir::RankedTensorType">;

def NN_PoolOp : NN_Op<"pool", [
    DeclareOpInterfaceMethods<InferTypeOpInterface>,
    DeclareOpInterfaceMethods<SignOpInterface, ["isResultNonNegative"]>]> {
  let summary = "reduce windows of positions, channels last";
  let description = [{
    Of `[B, spatial..., C]`. Pads are no values: a maximum, a norm or a sum does not
    see them, an average divides by the number of positions that are there, or with
    `count_pads` by those of the window with its pads. `ceil` rounds the number of
    windows up, but none begins behind the input and its pads. A window
    without a position gives what an empty reduction gives. `p` is the order of
    the norm `lp`. Of integers there are `max` and `sum`, which wraps around.

    ```mlir
    %y = nn.pool max %x kernel [3, 3] strides [2, 2] dilations [1, 1] pads [1, 1, 1, 1]
      : tensor<?x112x112x64xf32> -> tensor<?x56x56x64xf32>
    ```
  }];
  let arguments = (ins NN_PoolKindAttr:$kind, NN_PooledTensor:$input,
                       DenseI64ArrayAttr:$kernel, DenseI64ArrayAttr:$strides,
                       DenseI64ArrayAttr:$dilations, DenseI64ArrayAttr:$pads,
                       UnitAttr:$ceil, UnitAttr:$count_pads,
                       DefaultValuedAttr<I64Attr, "2">:$p);
  let results = (outs NN_PooledTensor:$result);
  let assemblyFormat = [{
    `` $kind $input `kernel` $kernel `strides` $strides `dilations` $dilations
    `pads` $pads (`ceil` $ceil^)? (`count_pads` $count_pads^)? attr-dict
    `:` type($input) `->` type($result)
  }];
  let extraClassDeclaration = [{
    static bool isCompatibleReturnTypes(::mlir::TypeRange lhs,
                                        ::mlir::TypeRange rhs) {
      return ::quantc::nn::areCompatibleContractionTypes(lhs, rhs);
    }
    ::quantc::nn::Window getWindow() {
      return {getKernel(), getStrides(), getDilations(), getPads(), getCeil()};
    }
  }];
  let hasVerifier = 1;
}

def NN_PadMode : I32EnumAttr<"PadMode", "what stands beyond an edge", [
    I32EnumAttrCase<"Constant", 0, "constant">,
    I32EnumAttrCase<"Reflect", 1, "reflect">,
    I32EnumAttrCase<"Edge", 2, "edge">, I32EnumAttrCase<"Wrap", 3, "wrap">]> {
  let cppNamespace = "::quantc::nn";
  let genSpecializedAttr = 0;
}
def NN_PadModeAttr : EnumAttr<NN_Dialect, NN_PadMode, "pad_mode">;

def NN_PadOp : NN_Op<"pad", [
    DeclareOpInterfaceMethods<InferTypeOpInterface>,
    DeclareOpInterfaceMethods<SignOpInterface, ["isResultNonNegative"]>]> {
  let summary = "add positions at the edges of dimensions";
  let description = [{
    `low` before and `high` behind every dimension: `value`, or with `reflect`
    what lies as far inside the edge, with `edge` the last element, with `wrap`
    what the other end begins with.

    ```mlir
    %y = nn.pad constant %x low [0, 1, 1, 0] high [0, 1, 1, 0] {value = 0.0 : f64}
      : tensor<?x8x8x3xf32> -> tensor<?x10x10x3xf32>
    ```
  }];
  let arguments = (ins NN_PadModeAttr:$mode, NN_Tensor:$input,
                       DenseI64ArrayAttr:$low, DenseI64ArrayAttr:$high,
                       DefaultValuedAttr<F64Attr, "::llvm::APFloat(0.0)">:$value);
  let results = (outs NN_Tensor:$result);
  let assemblyFormat = [{
    `` $mode $input `low` $low `high` $high attr-dict
    `:` type($input) `->` type($result)
  }];
  let hasVerifier = 1;
  let hasFolder = 1;
}

#endif // QUANTC_DIALECT_NN_IR_NNCONVOLUTIONOPS_TD
