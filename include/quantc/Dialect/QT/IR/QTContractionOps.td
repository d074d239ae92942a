//===- QTContractionOps.td - Contractions and attention -*- tablegen -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QUANTC_DIALECT_QT_IR_QTCONTRACTIONOPS_TD
#define QUANTC_DIALECT_QT_IR_QTCONTRACTIONOPS_TD

include "quantc/Dialect/QT/IR/QTOpBase.td"
include "quantc/Interfaces/SignOpInterface.td"

def QT_ContractOp : QT_TensorOp<"contract", [
    AttrSizedOperandSegments, IsolatedFromAbove, RecursiveMemoryEffects,
    SingleBlock, DeclareOpInterfaceMethods<SignOpInterface, [
      "isResultNonNegative", "getOperandOfArgument"]>]> {
  let summary = "a contraction in split form";
  let description = [{
    The product of two operands given by their parts, with an epilogue on
    every element of the accumulator. A float operand is one part and its
    format is `f32`. With `layout`, rhs is one packed buffer of `qt.pack` and
    the codes of lhs are rows of `qt.quantize {layout}`.

    The accumulator has one value per element of the result: with `acc = f32`
    the scaled sum, with `acc = i32` the sum of integers in units of the
    operands' outer scales. The epilogue takes it and one scalar of every
    epilogue operand, which broadcast against the result, and yields the
    element of the result. Without a region the accumulator is the result.

    ```mlir
    %y = qt.contract lhs(%xc, %xs : tensor<?x64xi8>, tensor<?x1xf32>)
                     rhs(%wc, %ws : tensor<256x64xi8>, tensor<256x1xf32>)
                     epilogue(%bias : tensor<256xf32>)
        {acc = f32, geometry = #qt.matmul,
         lhs_format = !qt.block<[1, ?], s8, scale = f32>,
         rhs_format = !qt.block<[1, ?], s8, scale = f32>} {
    ^bb0(%acc: f32, %b: f32):
      %0 = nn.binary add %acc, %b : f32, f32 -> f32
      qt.yield %0 : f32
    } -> tensor<?x256xf32>
    ```
  }];
  let arguments = (ins Variadic<QT_PlainTensor>:$lhs,
                       Variadic<QT_PlainTensor>:$rhs,
                       Variadic<QT_PlainTensor>:$epilogue_operands,
                       QT_FormatAttr:$lhs_format, QT_FormatAttr:$rhs_format,
                       QT_GeometryAttr:$geometry, QT_AccumulatorAttr:$acc,
                       OptionalAttr<QT_LayoutAttr>:$layout);
  let results = (outs QT_PlainTensor:$result);
  let regions = (region AnyRegion:$epilogue);
  let hasCustomAssemblyFormat = 1;
  let hasVerifier = 1;
  let hasRegionVerifier = 1;
  let hasCanonicalizer = 1;
  let extraClassDeclaration = [{
    bool hasEpilogue() { return !getEpilogue().empty(); }
    bool isBatched();
    /// Whether rhs is a buffer of qt.pack.
    bool hasPackedRhs();
    /// Whether the codes of lhs are rows with a stride of their own.
    bool hasLhsRows();
    /// The size of the contraction per tap: K, or channels per group.
    /// ShapedType::kDynamic where no type shows it.
    int64_t getContractionSize();
    /// Up to how many products of signed codes of rows a sum of 32 bits holds;
    /// nothing where operands are others.
    ::std::optional<int64_t> getMostProducts();
    /// Whether it is a depthwise convolution of images of known sizes that code
    /// goes through line by line, and makes the pads of by itself.
    bool readsLines();
    /// Whether code in \p layout makes pads itself; of all other packed
    /// convolutions they are part of the input.
    bool makesPads(LayoutAttr layout);
  }];
}

def QT_AttentionOp : QT_TensorOp<"attention", [Pure, AttrSizedOperandSegments]> {
  let summary = "attention in split form";
  let description = [{
    `softmax(cap(scale * q k^T) + mask) v` per batch item and head; `softcap`,
    `lengths`, `offset`, `causal` and the windows are those of `nn.attention`.
    Each of q, k, v is its parts, or one float tensor; a float tensor with a
    block format is encoded by the op itself. Each operand and the result states
    the order of its dimensions, `bhsd` (the default) or `bshd`. There may be
    fewer key heads than query heads, a divisor of them. `q_heads`, `k_heads` and `v_heads` say which heads of a
    float tensor the operand is, all of them by default: a projection may make
    the three operands in one product.

    A row whose keys are all hidden, in whatever way or because there are none,
    gives zeros. A key of weight 0 does not count, whatever its value is.

    Where v is quantised its scale is folded into the row of P, which is then
    encoded to `p_format` per row, so that the second product is of integers as
    well: with codes 0..255 for `u8`, for `s8` in the range of `encoding`
    (-127..127 if there is none).

    ```mlir
    %o = qt.attention q(%q : tensor<?x4x99x16xf32>) k(%k : tensor<?x4x99x16xf32>)
                      v(%v : tensor<?x99x4x16xf32>) mask(%m : tensor<1x1x99x99xf32>)
        {scale = 0.25 : f32, v_order = #qt.order<bshd>}
        -> tensor<?x4x99x16xf32>
    ```
  }];
  let arguments = (ins Variadic<QT_PlainTensor>:$q, Variadic<QT_PlainTensor>:$k,
                       Variadic<QT_PlainTensor>:$v,
                       Optional<QT_FloatTensor>:$mask,
                       Optional<1DTensorOf<[I64]>>:$lengths,
                       Optional<1DTensorOf<[I64]>>:$offset, F32Attr:$scale,
                       OptionalAttr<F32Attr>:$softcap, UnitAttr:$causal,
                       OptionalAttr<ConfinedAttr<I64Attr, [IntNonNegative]>>:$left_window,
                       OptionalAttr<ConfinedAttr<I64Attr, [IntNonNegative]>>:$right_window,
                       OptionalAttr<QT_BlockFormatAttr>:$q_format,
                       OptionalAttr<QT_BlockFormatAttr>:$k_format,
                       OptionalAttr<QT_BlockFormatAttr>:$v_format,
                       OptionalAttr<QT_BlockFormatAttr>:$p_format,
                       OptionalAttr<QT_EncodingAttr>:$encoding,
                       DefaultValuedOptionalAttr<QT_HeadOrderAttr, "HeadOrder::BHSD">:$q_order,
                       DefaultValuedOptionalAttr<QT_HeadOrderAttr, "HeadOrder::BHSD">:$k_order,
                       DefaultValuedOptionalAttr<QT_HeadOrderAttr, "HeadOrder::BHSD">:$v_order,
                       DefaultValuedOptionalAttr<QT_HeadOrderAttr, "HeadOrder::BHSD">:$result_order,
                       OptionalAttr<QT_HeadRangeAttr>:$q_heads,
                       OptionalAttr<QT_HeadRangeAttr>:$k_heads,
                       OptionalAttr<QT_HeadRangeAttr>:$v_heads);
  let results = (outs QT_FloatTensor:$result);
  // All tensors [B, H, S, D], with all their heads.
  let builders = [
    OpBuilder<(ins "::mlir::Type":$result, "::mlir::ValueRange":$q,
                   "::mlir::ValueRange":$k, "::mlir::ValueRange":$v,
                   "::mlir::Value":$mask, "::mlir::Value":$lengths,
                   "::mlir::Value":$offset, "::mlir::FloatAttr":$scale,
                   "::mlir::FloatAttr":$softcap, "::mlir::UnitAttr":$causal,
                   "::mlir::IntegerAttr":$left_window,
                   "::mlir::IntegerAttr":$right_window,
                   "::mlir::TypeAttr":$q_format, "::mlir::TypeAttr":$k_format,
                   "::mlir::TypeAttr":$v_format, "::mlir::TypeAttr":$p_format,
                   "::quantc::qt::EncodingAttr":$encoding), [{
      build($_builder, $_state, result, q, k, v, mask, lengths, offset, scale,
            softcap, causal, left_window, right_window, q_format, k_format,
            v_format, p_format, encoding,
            /*q_order=*/HeadOrderAttr(), /*k_order=*/HeadOrderAttr(),
            /*v_order=*/HeadOrderAttr(), /*result_order=*/HeadOrderAttr(),
            /*q_heads=*/HeadRangeAttr(), /*k_heads=*/HeadRangeAttr(),
            /*v_heads=*/HeadRangeAttr());
    }]>];
  let assemblyFormat = [{
    `q` `(` $q `:` type($q) `)` `k` `(` $k `:` type($k) `)`
    `v` `(` $v `:` type($v) `)` (`mask` `(` $mask^ `:` type($mask) `)`)?
    (`lengths` `(` $lengths^ `:` type($lengths) `)`)?
    (`offset` `(` $offset^ `:` type($offset) `)`)? attr-dict `->` type($result)
  }];
  let hasVerifier = 1;
}

def QT_PackOp : QT_TensorOp<"pack", [Pure]> {
  let summary = "lay a contraction's weights out for its kernel";
  let description = [{
    Parts of `[N, K]` (or `[O, taps, C/g]`) weights in one buffer of bytes,
    panel after panel, as the layout says. The channels of each tap are filled
    up to what the layout reads at once; the panels of one of `groups` stand
    behind those of the one before. `k` states the last size where the bytes of
    narrow codes do not.

    ```mlir
    %p = qt.pack %c, %s {format = !qt.block<[1, ?], s8, scale = f32>,
                         layout = #qt.layout<matched, panel = 16, rows = 4>}
      : tensor<256x64xi8>, tensor<256x1xf32> -> tensor<18432xi8>
    ```
  }];
  let arguments = (ins Variadic<QT_PlainTensor>:$parts, QT_FormatAttr:$format,
                       QT_LayoutAttr:$layout,
                       DefaultValuedAttr<ConfinedAttr<I64Attr, [IntPositive]>, "1">:$groups,
                       DefaultValuedAttr<ConfinedAttr<I64Attr, [IntNonNegative]>, "0">:$k);
  let results = (outs 1DTensorOf<[I8]>:$result);
  let assemblyFormat = "$parts attr-dict `:` type($parts) `->` type($result)";
  let hasVerifier = 1;
}

def QT_YieldOp : QT_Op<"yield", [
    Pure, Terminator, ReturnLike, ParentOneOf<["ContractOp", "GlobalOp"]>]> {
  let summary = "results of an epilogue or a global";
  let arguments = (ins Variadic<AnyType>:$values);
  let assemblyFormat = "attr-dict ($values^ `:` type($values))?";
}

#endif // QUANTC_DIALECT_QT_IR_QTCONTRACTIONOPS_TD
