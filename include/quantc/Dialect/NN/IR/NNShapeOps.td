//===- NNShapeOps.td - Data movement and shapes ------------*- tablegen -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QUANTC_DIALECT_NN_IR_NNSHAPEOPS_TD
#define QUANTC_DIALECT_NN_IR_NNSHAPEOPS_TD

include "quantc/Dialect/NN/IR/NNDialect.td"

// Reshape, slice and expand infer no type: their sizes are values, which only a
// builder that has them at hand knows.
def NN_ReshapeOp : NN_Op<"reshape", [NN_MovesElements]> {
  let summary = "the same elements in another shape";
  let description = [{
    `shape` holds the new sizes; one may be -1 and follows from the others. A
    0 is a size of zero: copied sizes are settled at import.

    ```mlir
    %y = nn.reshape %x, %s : tensor<?x99x64xf32>, tensor<4xi64> -> tensor<?x99x1x64xf32>
    ```
  }];
  let arguments = (ins NN_MovedTensor:$input, NN_IndexList:$shape);
  let results = (outs NN_MovedTensor:$result);
  let assemblyFormat = [{
    $input `,` $shape attr-dict `:` type($input) `,` type($shape) `->` type($result)
  }];
  let extraClassDeclaration = [{
    /// Of ShapeInterface.
    bool isShapeOperand(unsigned index) { return index == 1; }
    bool isSizeOperand(unsigned index) { return index == 1; }
  }];
  let hasVerifier = 1;
  let hasFolder = 1;
  let hasCanonicalizer = 1;
}

def NN_TransposeOp : NN_Op<"transpose", [
    DeclareOpInterfaceMethods<InferTypeOpInterface>, NN_MovesElementsTrait,
    SignOpInterface,
    DeclareOpInterfaceMethods<ExponentOpInterface, ["turnsRows"]>]> {
  let summary = "permute dimensions";
  let description = [{
    Dimension i of the result is dimension `perm[i]` of the input.
    `nn.transpose %x perm [0, 2, 1, 3] : tensor<?x99x4x16xf32> -> tensor<?x4x99x16xf32>`
  }];
  let arguments = (ins NN_MovedTensor:$input, DenseI64ArrayAttr:$perm);
  let results = (outs NN_MovedTensor:$result);
  let assemblyFormat = [{
    $input `perm` $perm attr-dict `:` type($input) `->` type($result)
  }];
  let hasVerifier = 1;
  let hasFolder = 1;
  let hasCanonicalizer = 1;
}

def NN_SliceOp : NN_Op<"slice", [NN_MovesElements]> {
  let summary = "every step-th element between start and end along axes";
  let description = [{
    As ONNX's Slice: starts and ends below zero count from the end, both are
    clamped to the dimension; a negative step goes backwards. The four
    operands are rank-1 tensors of equal size.

    ```mlir
    %y = nn.slice %x, %starts, %ends, %axes, %steps : tensor<?x99x64xf32>,
      tensor<1xi64>, tensor<1xi64>, tensor<1xi64>, tensor<1xi64> -> tensor<?x1x64xf32>
    ```
  }];
  let arguments = (ins NN_MovedTensor:$input, NN_IndexList:$starts,
                       NN_IndexList:$ends, NN_IndexList:$axes,
                       NN_IndexList:$steps);
  let results = (outs NN_MovedTensor:$result);
  let assemblyFormat = [{
    $input `,` $starts `,` $ends `,` $axes `,` $steps attr-dict `:` type($input) `,`
    type($starts) `,` type($ends) `,` type($axes) `,` type($steps) `->` type($result)
  }];
  let extraClassDeclaration = [{
    /// The axes, counted from the front; nothing where they are not constant,
    /// or no such dimensions: a constant may have become known just now.
    std::optional<::llvm::SmallVector<int64_t>> getKnownAxes();
    /// Of ShapeInterface.
    bool isShapeOperand(unsigned index) { return index > 0; }
  }];
  let hasVerifier = 1;
  let hasFolder = 1;
}

def NN_ConcatOp : NN_Op<"concat", [
    DeclareOpInterfaceMethods<InferTypeOpInterface>,
    DeclareOpInterfaceMethods<ExponentOpInterface, ["keepsUnits"]>,
    DeclareOpInterfaceMethods<SignOpInterface, ["isResultNonNegative"]>]> {
  let summary = "join tensors along an axis";
  let arguments = (ins Variadic<NN_MovedTensor>:$inputs, NN_DimAttr:$axis);
  let results = (outs NN_MovedTensor:$result);
  let assemblyFormat = "$inputs attr-dict `:` type($inputs) `->` type($result)";
  let hasVerifier = 1;
  let hasFolder = 1;
  let hasCanonicalizer = 1;
}

def NN_ExpandOp : NN_Op<"expand", [NN_MovesElements]> {
  let summary = "broadcast to a shape";
  let description = [{
    As ONNX's Expand: input and `shape` broadcast against each other.
    `nn.expand %x, %s : tensor<1x1x64xf32>, tensor<3xi64> -> tensor<?x1x64xf32>`
  }];
  let arguments = (ins NN_MovedTensor:$input, NN_IndexList:$shape);
  let results = (outs NN_MovedTensor:$result);
  let assemblyFormat = [{
    $input `,` $shape attr-dict `:` type($input) `,` type($shape) `->` type($result)
  }];
  let extraClassDeclaration = [{
    /// Of ShapeInterface.
    bool isShapeOperand(unsigned index) { return index == 1; }
    bool isSizeOperand(unsigned index) { return index == 1; }
  }];
  let hasVerifier = 1;
  let hasFolder = 1;
}

def NN_GatherOp : NN_Op<"gather", [
    DeclareOpInterfaceMethods<InferTypeOpInterface>,
    DeclareOpInterfaceMethods<QuantizableOpInterface>, NN_MovesElements]> {
  let summary = "pick slices along an axis by index";
  let description = [{
    The result has the dimensions of `indices` in place of `axis`. An index
    below zero counts from the end; one out of range is an error at run time.
    The rows of a matrix may be picked from a quantised one (an embedding
    table): what is picked is decoded, unless the result's type says otherwise.
    `nn.gather %x, %i {axis = 1 : i64} : tensor<?x99x64xf32>, tensor<i64> -> tensor<?x64xf32>`
  }];
  let arguments = (ins NN_MovedTensor:$input, RankedTensorOf<[I32, I64]>:$indices,
                       NN_DimAttr:$axis);
  let results = (outs NN_MovedTensor:$result);
  let assemblyFormat = [{
    $input `,` $indices attr-dict `:` type($input) `,` type($indices) `->` type($result)
  }];
  let hasVerifier = 1;
  let hasCanonicalizer = 1;
}

def NN_ShapeOp : NN_Op<"shape", [
    DeclareOpInterfaceMethods<InferTypeOpInterface>]> {
  let summary = "the sizes of a tensor";
  let description = [{
    Of the dimensions from `start` to before `end`.
    `nn.shape %x {start = 0 : i64, end = 2 : i64} : tensor<?x99x64xf32> -> tensor<2xi64>`
  }];
  let arguments = (ins NN_MovedTensor:$input, NN_DimAttr:$start, NN_DimAttr:$end);
  let results = (outs NN_IndexList:$result);
  let assemblyFormat = "$input attr-dict `:` type($input) `->` type($result)";
  let hasVerifier = 1;
  let hasFolder = 1;
}

#endif // QUANTC_DIALECT_NN_IR_NNSHAPEOPS_TD
