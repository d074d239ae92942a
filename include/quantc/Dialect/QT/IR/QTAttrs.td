//===- QTAttrs.td - Attributes of the qt dialect -*- tablegen -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QUANTC_DIALECT_QT_IR_QTATTRS_TD
#define QUANTC_DIALECT_QT_IR_QTATTRS_TD

include "mlir/IR/AttrTypeBase.td"
include "mlir/IR/BuiltinAttributeInterfaces.td"
include "mlir/IR/EnumAttr.td"
include "quantc/Dialect/QT/IR/QTDialect.td"

class QT_Attr<string name, string attrMnemonic, list<Trait> traits = []>
    : AttrDef<QT_Dialect, name, traits> {
  let mnemonic = attrMnemonic;
}

//===----------------------------------------------------------------------===//
// Formats
//===----------------------------------------------------------------------===//

def QT_ElementFormatAttr : QT_Attr<"ElementFormat", "element"> {
  let summary = "a number format of elements";
  let description = [{
    How one code is read as a number: `s8`, `u4`, `f4E2M1`, `nf4`, ... Inside
    `!qt.block` the spelling stands alone. `Numerics` defines every format;
    this attribute holds its canonical spelling.
  }];
  let parameters = (ins StringRefParameter<>:$spelling);
  let hasCustomAssemblyFormat = 1;
  let genVerifyDecl = 1;
  let extraClassDeclaration = [{
    /// What the spelling means.
    ::quantc::numerics::ElementFormat getFormat() const;
    /// Bits of one code.
    unsigned getBitWidth() const { return getFormat().bits; }
    /// The type of the tensor that holds the codes in split form.
    ::mlir::Type getStorageType() const;
  }];
}

def QT_ScaleFormatAttr : QT_Attr<"ScaleFormat", "scale"> {
  let summary = "how a scale or zero point is stored";
  let description = [{
    `f32`, `f16`, `bf16`, `e8m0`, `e4m3`, `exp<8>`, `exp<32>` (the value 2^e,
    e signed), `shift<N>` (a left shift relative to the outer scale, a number
    of N bits), or an integer such as `s8` (a multiple of the outer scale).
  }];
  let parameters = (ins StringRefParameter<>:$spelling);
  let hasCustomAssemblyFormat = 1;
  let genVerifyDecl = 1;
  let extraClassDeclaration = [{
    /// What the spelling means.
    ::quantc::numerics::ScaleFormat getFormat() const;
    /// The type of the tensor that holds such scales in split form.
    ::mlir::Type getStorageType() const;
    /// Whether the scale is a number only relative to an outer scale.
    bool needsOuter() const { return getFormat().isRelative(); }
  }];
}

//===----------------------------------------------------------------------===//
// Encoding
//===----------------------------------------------------------------------===//

def QT_ScaleRule : I32EnumAttr<"ScaleRule", "how a block's scale is chosen", [
    I32EnumAttrCase<"AbsMax", 0, "absmax">,
    I32EnumAttrCase<"Search", 1, "search">,
    I32EnumAttrCase<"Floor", 2, "floor">,
    I32EnumAttrCase<"Ceil", 3, "ceil">,
    I32EnumAttrCase<"RoundCeil", 4, "rceil">,
    I32EnumAttrCase<"Even", 5, "even">,
    I32EnumAttrCase<"Norm", 6, "norm">]> {
  let cppNamespace = "::quantc::qt";
  let genSpecializedAttr = 0;
}

def QT_EncodingAttr : QT_Attr<"Encoding", "encoding"> {
  let summary = "how values are encoded";
  let description = [{
    The rule that chooses a block's scale, and the range of codes that may
    result: `#qt.encoding<absmax, -127..127>`. A type says how codes are
    decoded; this says how they came to be, which includes their range, for
    layouts rely on it.

    `norm` is the rule of integer-only formats: the exponent is the smallest
    that lets the largest magnitude of a row fit, and a block's shift keeps it
    within four bits of the row's. Rounding is half up.
  }];
  let parameters = (ins "::quantc::qt::ScaleRule":$rule, "int64_t":$low,
                        "int64_t":$high);
  let hasCustomAssemblyFormat = 1;
  let genVerifyDecl = 1;
  let extraClassDeclaration = [{
    /// Null after an error that names what is wrong.
    static EncodingAttr
    getFromSpelling(::llvm::function_ref<::mlir::InFlightDiagnostic()> emitError,
                    ::mlir::MLIRContext *context, ::llvm::StringRef rule,
                    int64_t low, int64_t high);
  }];
}

def QT_Rounding : I32EnumAttr<"Rounding", "how a right shift rounds", [
    I32EnumAttrCase<"HalfUp", 0, "half_up">,
    I32EnumAttrCase<"HalfEven", 1, "half_even">,
    I32EnumAttrCase<"HalfAway", 2, "half_away">,
    I32EnumAttrCase<"Down", 3, "floor">]> {
  let cppNamespace = "::quantc::qt";
  let genSpecializedAttr = 0;
}
def QT_RoundingAttr : EnumAttr<QT_Dialect, QT_Rounding, "rounding">;

def QT_IntegerMethod : I32EnumAttr<"IntegerMethod", "method of integer-only functions", [
    I32EnumAttrCase<"Fixed", 0, "fixed">, I32EnumAttrCase<"IBert", 1, "ibert">,
    I32EnumAttrCase<"IVit", 2, "ivit">]> {
  let cppNamespace = "::quantc::qt";
  let genSpecializedAttr = 0;
}
/// On an op of nn in integer-only form as `qt.method`: how it is computed. Ops
/// without one are computed by `fixed`.
def QT_IntegerMethodAttr
    : EnumAttr<QT_Dialect, QT_IntegerMethod, "integer_method">;

//===----------------------------------------------------------------------===//
// Contractions
//===----------------------------------------------------------------------===//

def QT_LayoutFormParameter
    : AttrParameter<"::quantc::numerics::PackedForm", "form of packed weights"> {
  let parser = "::quantc::qt::parseLayoutForm($_parser)";
  let printer = "$_printer << ::quantc::qt::stringifyLayoutForm($_self)";
}

def QT_LayoutAttr : QT_Attr<"Layout", "layout"> {
  let summary = "how a contraction's operands lie in memory";
  let description = [{
    `#qt.layout<matched, panel = 16, rows = 4>`: weights are packed in panels
    of 16 columns, a tile has 4 rows of activations. The packer, the run-time
    quantiser and the kernel generator read the same attribute. Forms: `f32`;
    `s8` (8-bit codes, any values); `matched` (8-bit codes whose steps the
    packer split and paired); `w4i` (4-bit codes in blocks of 32 with integer
    multipliers); `w4s` (the same where all multipliers are 15 at most, so that
    their products with codes fit 8 bits); `b32` (8-bit codes, blocks of 32 on both
    sides); `b32n` (the same with codes of 64 at most in magnitude); `chained`
    (8-bit codes with an exponent for each column, ordered within blocks of 32
    so that products of two steps are summed in 16 bits, or with `low = 0` as
    they lie, those of convolutions too); and against
    activations that are floats `s8f` (8-bit codes, one scale a column), `b32f`
    (8-bit codes in blocks of 32), `w4f` (4-bit codes in blocks of 32 with
    integer multipliers); `winograd` (weights of 3 x 3 taps as those of tiles,
    which give 2 x 2 results with 16 products in the place of 36). The pads of
    a convolution are part of its input in every form but `winograd`.

    `bias = 128` is added to the codes of activations, so that they are
    unsigned bytes; bytes between the end of a row and the next one hold it
    too. `low = 0` says that no code is negative, as behind a ReLU: they are
    unsigned bytes up to 127 as they are. The quantiser's encoding has no lower
    codes then.
  }];
  let parameters = (ins QT_LayoutFormParameter:$form, "int64_t":$panel,
                        "int64_t":$rows,
                        DefaultValuedParameter<"int64_t", "0">:$bias,
                        DefaultValuedParameter<"int64_t", "-128">:$low);
  let hasCustomAssemblyFormat = 1;
  let extraClassDeclaration = [{
    /// Whether activations have no negative code.
    bool isNonNegative() const { return getLow() == 0; }
  }];
  let genVerifyDecl = 1;
}

def QT_MatmulAttr : QT_Attr<"Matmul", "matmul"> {
  let summary = "the geometry of a matrix product";
  let description = [{
    `#qt.matmul`: lhs `[..., M, K]` (or `[K]`), rhs `[N, K]`, result
    `[..., M, N]`. `#qt.matmul<batched>`: rhs `[..., N, K]` with batch
    dimensions that broadcast against those of lhs. `k` states K where
    neither operand's type shows it because both are packed.
  }];
  let parameters = (ins DefaultValuedParameter<"bool", "false">:$batched,
                        OptionalParameter<"::std::optional<int64_t>">:$k);
  let hasCustomAssemblyFormat = 1;
  let genVerifyDecl = 1;
}

def QT_ConvAttr : QT_Attr<"Conv", "conv"> {
  let summary = "the geometry of a convolution";
  let description = [{
    lhs `[B, spatial..., C]`, rhs `[O, taps, C/groups]` with the taps of all
    spatial dimensions in one, result `[B, spatial..., O]`. `pads` has the
    entries at the beginning of every spatial dimension, then those at the
    end. `k` states C where lhs is packed.
    `#qt.conv<taps = [3, 3], strides = [1, 1], dilations = [1, 1],
    pads = [1, 1, 1, 1], groups = 1>`
  }];
  let parameters = (ins ArrayRefParameter<"int64_t">:$taps,
                        ArrayRefParameter<"int64_t">:$strides,
                        ArrayRefParameter<"int64_t">:$dilations,
                        ArrayRefParameter<"int64_t">:$pads,
                        "int64_t":$groups,
                        DefaultValuedParameter<"int64_t", "0">:$k);
  let assemblyFormat = [{
    `<` `taps` `=` `[` $taps `]` `,` `strides` `=` `[` $strides `]` `,`
    `dilations` `=` `[` $dilations `]` `,` `pads` `=` `[` $pads `]` `,`
    `groups` `=` $groups (`,` `k` `=` $k^)? `>`
  }];
  let genVerifyDecl = 1;
  let extraClassDeclaration = [{
    int64_t getNumTaps() const;
    /// Whether the form `winograd` has a kernel for it.
    bool isWindowOfTiles() const;
    /// Windows along spatial dimension \p dim of a static size; nothing where
    /// there is no place for one, or 64 bits do not hold the padded size.
    ::std::optional<int64_t> countWindows(unsigned dim, int64_t size) const;
  }];
}

def QT_HaloAttr : QT_Attr<"Halo", "halo"> {
  let summary = "the border around an input of a convolution";
  let description = [{
    `#qt.halo<pads = [1, 1, 1, 1], groups = 1>`: zeros before every spatial
    dimension of `[B, spatial..., C]`, then those behind; the channels of each
    group begin at a multiple of the bytes that the layout reads at once.
  }];
  let parameters = (ins ArrayRefParameter<"int64_t">:$pads, "int64_t":$groups);
  let assemblyFormat = [{
    `<` `pads` `=` `[` $pads `]` `,` `groups` `=` $groups `>`
  }];
  let genVerifyDecl = 1;
}

def QT_PartAttr : QT_Attr<"Part", "part"> {
  let summary = "how images are cut into parts";
  let description = [{
    `#qt.part<line = 14, lines = 4, run = 14, channels = 32>`: the positions of
    an image, in lines of `line`, are cut into `lines` whole lines, or each line
    into runs of `run` positions; the channels into so many. What is left over
    is smaller.
  }];
  let parameters = (ins "int64_t":$line, "int64_t":$lines, "int64_t":$run,
                        "int64_t":$channels);
  let assemblyFormat = [{
    `<` `line` `=` $line `,` `lines` `=` $lines `,` `run` `=` $run `,`
    `channels` `=` $channels `>`
  }];
  let genVerifyDecl = 1;
  let extraClassDeclaration = [{
    ::quantc::ImagePart getPart() const {
      return {getLine(), getLines(), getRun(), getChannels()};
    }
  }];
}

def QT_HeadOrder : I32EnumAttr<"HeadOrder", "order of an attention tensor", [
    I32EnumAttrCase<"BHSD", 0, "bhsd">,
    I32EnumAttrCase<"BSHD", 1, "bshd">]> {
  let cppNamespace = "::quantc::qt";
  let genSpecializedAttr = 0;
}
def QT_HeadOrderAttr : EnumAttr<QT_Dialect, QT_HeadOrder, "order"> {
  let assemblyFormat = "`<` $value `>`";
}

def QT_HeadRangeAttr : QT_Attr<"HeadRange", "heads"> {
  let summary = "which heads of a tensor an attention reads";
  let description = [{
    Every `step`-th head from `first` on, `count` of them: one of the
    operands that one projection made together.
    `#qt.heads<first = 4, count = 4>`, `#qt.heads<first = 1, count = 4, step = 3>`
  }];
  let parameters = (ins "int64_t":$first, "int64_t":$count,
                        DefaultValuedParameter<"int64_t", "1">:$step);
  let assemblyFormat = [{
    `<` `first` `=` $first `,` `count` `=` $count (`,` `step` `=` $step^)? `>`
  }];
  let genVerifyDecl = 1;
}

def QT_BoundAttr : QT_Attr<"Bound", "bound"> {
  let summary = "ranges from which a dot product is proved exact";
  let description = [{
    `#qt.bound<lhs = 0..255, rhs = -90..90, chain = 2>`: ranges of the two
    operands' elements and the number of `qt.dot`s that are summed into one
    accumulator, this one included. lhs of 8 bits is read as unsigned if its
    range does not reach below zero; everything else is signed.

    `lane = -128..128` is what a packer proved beyond the elements' range: the
    sum of the negative and of the positive rhs elements that meet one lane of
    the accumulator, over the whole chain. `init = lo..hi` is the range of the
    accumulator before the chain, 0..0 if absent.
  }];
  let parameters = (ins "int64_t":$lhsLow, "int64_t":$lhsHigh,
                        "int64_t":$rhsLow, "int64_t":$rhsHigh,
                        "int64_t":$chain, "bool":$hasLane,
                        "int64_t":$laneLow, "int64_t":$laneHigh,
                        "int64_t":$initLow, "int64_t":$initHigh);
  let hasCustomAssemblyFormat = 1;
  let genVerifyDecl = 1;
}

//===----------------------------------------------------------------------===//
// Weights
//===----------------------------------------------------------------------===//

def QT_BlobAttr : QT_Attr<"Blob", "blob", [TypedAttrInterface]> {
  let summary = "constant bytes of a tensor";
  let description = [{
    Weights: a span of a mapped file or memory owned by the dialect, in the
    dense row-major form of its type, little-endian, `i1` as one byte. Spelt

    - `#qt.blob<"0x0000803F"> : tensor<1xf32>` below 4 KiB,
    - `#qt.blob<file "m.onnx", offset = 64, hash = "8f..."> : tensor<...>`,
    - `#qt.blob<key> : tensor<...>` for owned memory, whose bytes stand in the
      file's `dialect_resources` under that key.

    Size, file and hash are checked when the attribute is parsed.
  }];
  let parameters = (ins AttributeSelfTypeParameter<"", "::mlir::RankedTensorType">:$type,
                        "::quantc::qt::BlobHandle":$handle);
  let builders = [
    AttrBuilderWithInferredContext<(ins "::mlir::RankedTensorType":$type,
                                        "::quantc::qt::BlobHandle":$handle)>
  ];
  let skipDefaultBuilders = 1;
  let hasCustomAssemblyFormat = 1;
  let genVerifyDecl = 1;
}

#endif // QUANTC_DIALECT_QT_IR_QTATTRS_TD
