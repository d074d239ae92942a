//===- QTCrossingOps.td - Ops that cross representations -*- tablegen -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QUANTC_DIALECT_QT_IR_QTCROSSINGOPS_TD
#define QUANTC_DIALECT_QT_IR_QTCROSSINGOPS_TD

include "quantc/Dialect/QT/IR/QTOpBase.td"

def QT_WeightOp : QT_TensorOp<"weight", [
    ConstantLike, Pure, AllTypesMatch<["value", "result"]>]> {
  let summary = "a constant tensor from the model";
  let description = [{
    `%w = qt.weight #qt.blob<file "m.onnx", ...> : tensor<256x64xf32>`
  }];
  let arguments = (ins QT_BlobAttr:$value);
  let results = (outs QT_PlainTensor:$result);
  let assemblyFormat = "attr-dict custom<Blob>($value)";
  let hasFolder = 1;
  let hasVerifier = 1;
}

def QT_QuantizeOp : QT_TensorOp<"quantize", [
    Pure, AttrSizedOperandSegments, DeclareOpInterfaceMethods<RowOpInterface, ["isRowwise"]>]> {
  let summary = "encode a tensor";
  let description = [{
    Joint form: one result of a `!qt.block` type, which is the format. The
    operand is a float tensor, or a joint value that is encoded anew.
    Split form: the parts as results, and the format as an attribute. A float
    weight can be encoded piecewise elsewhere; nothing here says when.

    Integer-only formats are encoded by the rule `norm`: of floats (with one
    exponent a block) at the border of a network, or of integers and their
    `exponent`s, one for each outer block of the result.

    With `layout` the codes come packed for a contraction's lhs: rows of bytes
    with the stride and the offset that the layout's form states; the other
    parts stay as they are. With `halo` too they are those of a convolution's
    input, with zeros around it; every part is then of the larger tensor.
    `largest` are the input's `qt.magnitudes`, where somebody has found them
    already: the parts are the same without it. Where each channel has a scale
    they are those of channels, one channel beside the other.

    ```mlir
    %q = qt.quantize %x {encoding = #qt.encoding<absmax, -127..127>}
      : tensor<?x64xf32> -> tensor<?x64x!qt.block<[1, ?], s8, scale = f32>>
    %c, %s = qt.quantize %x {encoding = #qt.encoding<absmax, -127..127>,
                             format = !qt.block<[1, ?], s8, scale = f32>}
      : tensor<?x64xf32> -> tensor<?x64xi8>, tensor<?x1xf32>
    ```
  }];
  let arguments = (ins QT_AnyTensor:$input, Optional<QT_PlainTensor>:$exponent,
                       Optional<QT_FloatTensor>:$largest,
                       QT_EncodingAttr:$encoding,
                       OptionalAttr<QT_BlockFormatAttr>:$format,
                       OptionalAttr<QT_LayoutAttr>:$layout,
                       OptionalAttr<QT_HaloAttr>:$halo);
  let results = (outs Variadic<QT_AnyTensor>:$results);
  let assemblyFormat = [{
    $input (`exponent` $exponent^ `:` type($exponent))?
    (`largest` $largest^ `:` type($largest))? attr-dict
    `:` type($input) `->` type($results)
  }];
  let hasVerifier = 1;
  let builders = [
    // Split form.
    OpBuilder<(ins "::mlir::TypeRange":$results, "::mlir::Value":$input,
                   "::mlir::Value":$exponent,
                   "::quantc::qt::EncodingAttr":$encoding,
                   "::mlir::TypeAttr":$format,
                   "::quantc::qt::LayoutAttr":$layout,
                   "::quantc::qt::HaloAttr":$halo), [{
      build($_builder, $_state, results, input, exponent,
            /*largest=*/::mlir::Value(), encoding, format, layout, halo);
    }]>,
    // Split form of floats.
    OpBuilder<(ins "::mlir::TypeRange":$results, "::mlir::Value":$input,
                   "::quantc::qt::EncodingAttr":$encoding,
                   "::mlir::TypeAttr":$format,
                   "::quantc::qt::LayoutAttr":$layout,
                   "::quantc::qt::HaloAttr":$halo), [{
      build($_builder, $_state, results, input, /*exponent=*/::mlir::Value(),
            encoding, format, layout, halo);
    }]>,
    // Joint form.
    OpBuilder<(ins "::mlir::Value":$input, "::quantc::qt::BlockType":$format,
                   "::quantc::qt::EncodingAttr":$encoding)>
  ];
  let extraClassDeclaration = [{
    bool isSplit() { return getFormatAttr() != nullptr; }
    /// The format encoded to, in either form.
    BlockType getResultFormat();
    /// Whether all elements of an image of floats, with a halo, share a scale
    /// that is found from their largest magnitude.
    bool hasScaleOfImage();
    /// The same of the elements of each channel of an image, where no two
    /// channels are of one group.
    bool hasScaleOfChannels();
  }];
}

def QT_ImageTensor : RankedTensorOf<[F32, I32], [],
                                    "a ranked tensor of f32 or i32">;

def QT_MagnitudesOp : QT_TensorOp<"magnitudes", [Pure]> {
  let summary = "the largest magnitudes of the parts of images";
  let description = [{
    The input is `[B, spatial..., C]` with known sizes of an image, the result
    has a number for each part of it: for every run of positions, line by line,
    those of its channels. The bits of magnitudes are compared, so that a NaN
    is larger than any number. Images of integers have magnitudes below 2^31.
    What makes an image part by part leaves them behind for its quantisation,
    which then reads the image once.

    ```mlir
    %m = qt.magnitudes %x {part = #qt.part<line = 56, lines = 1, run = 56, channels = 32>}
      : tensor<?x56x56x64xf32> -> tensor<?x112xf32>
    ```
  }];
  let arguments = (ins QT_ImageTensor:$input, QT_PartAttr:$part);
  let results = (outs QT_ImageTensor:$result);
  let assemblyFormat = "$input attr-dict `:` type($input) `->` type($result)";
  let hasVerifier = 1;
  let builders = [OpBuilder<(ins "::mlir::Value":$input,
                                 "::quantc::ImagePart":$part)>];
}

def QT_DequantizeOp : QT_TensorOp<"dequantize", [
    Pure, DeclareOpInterfaceMethods<RowOpInterface, ["isRowwise", "getRowTensor"]>]> {
  let summary = "decode a tensor";
  let description = [{
    Joint form: `qt.dequantize %q : tensor<joint> -> tensor<..xf32>`.
    Split form: the parts as operands, and the format as an attribute.
    It never cancels with a quantisation: that rounds.
  }];
  let arguments = (ins Variadic<QT_AnyTensor>:$input,
                       OptionalAttr<QT_BlockFormatAttr>:$format);
  let results = (outs QT_FloatTensor:$result);
  let assemblyFormat = "$input attr-dict `:` type($input) `->` type($result)";
  let hasVerifier = 1;
  let hasCanonicalizer = 1;
}

def QT_GatherOp : QT_TensorOp<"gather", [Pure]> {
  let summary = "decode rows of a table";
  let description = [{
    The rows of a quantised matrix in split form that `indices` pick, decoded.
    An index below zero counts from the end; one out of range is an error at
    run time. The format is s8 with one f32 scale a row.

    ```mlir
    %y = qt.gather %i of %c, %s {format = !qt.block<[1, ?], s8, scale = f32>}
      : tensor<?x99xi64> of tensor<1000x64xi8>, tensor<1000x1xf32> -> tensor<?x99x64xf32>
    ```
  }];
  let arguments = (ins RankedTensorOf<[I32, I64]>:$indices,
                       QT_PlainTensor:$codes, QT_PlainTensor:$scales,
                       QT_BlockFormatAttr:$format);
  let results = (outs QT_FloatTensor:$result);
  let assemblyFormat = [{
    $indices `of` $codes `,` $scales attr-dict `:` type($indices) `of`
    type($codes) `,` type($scales) `->` type($result)
  }];
  let hasVerifier = 1;
}

def QT_RescaleOp : QT_TensorOp<"rescale", [Pure, AttrSizedOperandSegments]> {
  let summary = "an integer multiplier, a shift and a saturation";
  let description = [{
    On integers: `y = saturate(round((x * multiplier) >> shift))`, with the
    exact product; multiplier and shift are integer tensors that broadcast
    against `x`, or absent (1 and 0). A negative shift is to the left.
    On a joint value of an integer-only type: the same value in another
    integer-only type, its exponents taken from the integers themselves.

    ```mlir
    %y = qt.rescale half_up %x by %m, %s
      : tensor<?x64xi32>, tensor<64xi32>, tensor<64xi8> -> tensor<?x64xi8>
    %r = qt.rescale half_up %w : tensor<?x64x!qt.block<[1, ?], s32, scale = exp<32>>>
      -> tensor<?x64x!qt.block<[1, ?], s16, scale = exp<8>>>
    ```
  }];
  let arguments = (ins QT_RoundingAttr:$rounding,
                       QT_AnyTensor:$input,
                       Optional<QT_PlainTensor>:$multiplier,
                       Optional<QT_PlainTensor>:$shift);
  let results = (outs QT_AnyTensor:$result);
  let assemblyFormat = [{
    $rounding $input (`by` $multiplier^ `,` $shift)? attr-dict `:` type($input)
    (`,` type($multiplier)^ `,` type($shift))? `->` type($result)
  }];
  let hasVerifier = 1;
}

def QT_SplitOp : QT_TensorOp<"split", [
    Pure, DeclareOpInterfaceMethods<InferTypeOpInterface>]> {
  let summary = "the parts of a joint value";
  let description = [{
    `%c, %s = qt.split %q : tensor<..x!qt.block<...>> -> tensor<..xi8>, ...`
  }];
  let arguments = (ins QT_JointTensor:$input);
  let results = (outs Variadic<QT_PlainTensor>:$parts);
  let assemblyFormat = "$input attr-dict `:` type($input) `->` type($parts)";
  let hasVerifier = 1;
  let hasFolder = 1;
}

def QT_JoinOp : QT_TensorOp<"join", [Pure]> {
  let summary = "a joint value from its parts";
  let description = [{
    `%q = qt.join %c, %s : tensor<..xi8>, ... -> tensor<..x!qt.block<...>>`
  }];
  let arguments = (ins Variadic<QT_PlainTensor>:$parts);
  let results = (outs QT_JointTensor:$result);
  let assemblyFormat = "$parts attr-dict `:` type($parts) `->` type($result)";
  let hasVerifier = 1;
  let hasFolder = 1;
}

def QT_HadamardOp : QT_TensorOp<"hadamard", [
    Pure, RowOpInterface, AllTypesMatch<["input", "result"]>]> {
  let summary = "multiply by an orthogonal Hadamard matrix";
  let description = [{
    Multiplies every run of `block` elements along the last dimension by the
    Walsh-Hadamard matrix of that order over `sqrt(block)`: a power of two
    that divides the dimension. The op is its own inverse.

    `%y = qt.hadamard 64 %x : tensor<?x256xf32>`
  }];
  let arguments = (ins ConfinedAttr<I64Attr, [IntPositivePowerOf2]>:$block,
                       QT_FloatTensor:$input);
  let results = (outs QT_FloatTensor:$result);
  let assemblyFormat = "$block $input attr-dict `:` type($input)";
  let hasVerifier = 1;
}

#endif // QUANTC_DIALECT_QT_IR_QTCROSSINGOPS_TD
