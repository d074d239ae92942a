//===- QTTypes.td - Types of the qt dialect -*- tablegen -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QUANTC_DIALECT_QT_IR_QTTYPES_TD
#define QUANTC_DIALECT_QT_IR_QTTYPES_TD

include "mlir/IR/AttrTypeBase.td"
include "quantc/Dialect/QT/IR/QTDialect.td"
include "quantc/Interfaces/QuantizedElementTypeInterface.td"

def QT_BlockType : TypeDef<QT_Dialect, "Block", [
    DeclareTypeInterfaceMethods<QuantizedElementTypeInterface>]> {
  let mnemonic = "block";
  let summary = "elements quantised in blocks";
  let description = [{
    `!qt.block<[1, ?], s8, scale = f32>`: the element type of a quantised
    tensor in joint form. The shape has one extent per dimension of the tensor,
    `?` for the whole dimension; elements in one block share a scale.

    - `zero = Z`: a zero point per block;
    - `outer = O`: a second-level scale, by default one for the whole last
      dimension and for every index of the others; `outer = f32[1, ?, ?]`
      states other blocks.

    The type implements no memref or vector element interface: a joint value
    must be split before it is bufferized or vectorised.
  }];
  let parameters = (ins ArrayRefParameter<"int64_t">:$shape,
                        "::quantc::qt::ElementFormatAttr":$element,
                        "::quantc::qt::ScaleFormatAttr":$scale,
                        OptionalParameter<"::quantc::qt::ScaleFormatAttr">:$zero,
                        OptionalParameter<"::quantc::qt::ScaleFormatAttr">:$outer,
                        OptionalArrayRefParameter<"int64_t">:$outerShape);
  // outerShape is the default one where there is an outer scale and none is
  // stated; every constructor sees to it, so that equal types are one.
  let skipDefaultBuilders = 1;
  let builders = [
    TypeBuilder<(ins "::llvm::ArrayRef<int64_t>":$shape,
                     "::quantc::qt::ElementFormatAttr":$element,
                     "::quantc::qt::ScaleFormatAttr":$scale,
                     CArg<"::quantc::qt::ScaleFormatAttr", "{}">:$zero,
                     CArg<"::quantc::qt::ScaleFormatAttr", "{}">:$outer,
                     CArg<"::llvm::ArrayRef<int64_t>", "{}">:$outerShape), [{
      ::llvm::SmallVector<int64_t> blocks(outerShape);
      if (outer && blocks.empty())
        blocks = getDefaultOuterShape(shape.size());
      return $_get($_ctxt, shape, element, scale, zero, outer, blocks);
    }]>
  ];
  let hasCustomAssemblyFormat = 1;
  let genVerifyDecl = 1;
  let extraClassDeclaration = [{
    /// The rank of tensors this type can be the element of.
    int64_t getRank() const { return getShape().size(); }
    /// 2 to 4: codes, scales[, zeros][, outer].
    unsigned getNumParts() const { return 2 + !!getZero() + !!getOuter(); }
    /// Whether codes are signed integers of \p bits bits with an f32 scale each
    /// block, and no more.
    bool hasScaledCodes(unsigned bits) const;
    /// Whether codes are signed integers of 4 bits with an s8 multiplier each
    /// block, relative to an f32 scale.
    bool hasMultipliedNibbles() const;
    /// Whether each channel of an image, which is an index of the last
    /// dimension, is a block.
    bool isOfChannels() const;
    /// The types of the parts of a value of this type and the given shape.
    ::llvm::SmallVector<::mlir::RankedTensorType>
    getPartTypes(::llvm::ArrayRef<int64_t> tensorShape) const;
    ::llvm::SmallVector<::mlir::RankedTensorType>
    getPartTypes(::mlir::RankedTensorType tensor) const {
      return getPartTypes(tensor.getShape());
    }
    /// The type with these formats; zero and outer may be empty. Null after
    /// an error that names the wrong one.
    static BlockType
    getFromSpelling(::llvm::function_ref<::mlir::InFlightDiagnostic()> emitError,
                    ::mlir::MLIRContext *context,
                    ::llvm::ArrayRef<int64_t> shape, ::llvm::StringRef element,
                    ::llvm::StringRef scale, ::llvm::StringRef zero = "",
                    ::llvm::StringRef outer = "",
                    ::llvm::ArrayRef<int64_t> outerShape = {});
    /// The number of blocks in every dimension of such a value.
    static ::llvm::SmallVector<int64_t>
    getGrid(::llvm::ArrayRef<int64_t> tensorShape,
            ::llvm::ArrayRef<int64_t> blockShape);
    /// The blocks of an outer scale where none are stated.
    static ::llvm::SmallVector<int64_t> getDefaultOuterShape(unsigned rank);
  }];
}

#endif // QUANTC_DIALECT_QT_IR_QTTYPES_TD
