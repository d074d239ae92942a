//===- QTOpBase.td - What all ops of the qt dialect share -*- tablegen -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QUANTC_DIALECT_QT_IR_QTOPBASE_TD
#define QUANTC_DIALECT_QT_IR_QTOPBASE_TD

include "mlir/IR/AttrTypeBase.td"
include "mlir/IR/OpAsmInterface.td"
include "mlir/IR/OpBase.td"
include "mlir/IR/SymbolInterfaces.td"
include "mlir/Interfaces/ControlFlowInterfaces.td"
include "mlir/Interfaces/InferTypeOpInterface.td"
include "mlir/Interfaces/SideEffectInterfaces.td"
include "quantc/Dialect/QT/IR/QTAttrs.td"
include "quantc/Dialect/QT/IR/QTTypes.td"
include "quantc/Interfaces/ElementwiseOpInterface.td"
include "quantc/Interfaces/HostElement.td"
include "quantc/Interfaces/InterpretableOpInterface.td"
include "quantc/Interfaces/RowOpInterface.td"
include "quantc/Interfaces/ShapeInterface.td"

class QT_Op<string mnemonic, list<Trait> traits = []>
    : Op<QT_Dialect, mnemonic, traits>;

/// An op on tensors: it can be evaluated, and its sizes are expressions.
class QT_TensorOp<string mnemonic, list<Trait> traits = []>
    : QT_Op<mnemonic, !listconcat([
        DeclareOpInterfaceMethods<InterpretableOpInterface>,
        DeclareOpInterfaceMethods<ShapeInterface>], traits)>;

/// The same on scalars and vectors as well.
/// \p methods are those of ElementwiseOpInterface that the op has its own of.
class QT_ElementwiseOp<string mnemonic, list<Trait> traits = [],
                       list<string> methods = []>
    : QT_TensorOp<mnemonic, !listconcat([Pure,
        DeclareOpInterfaceMethods<ElementwiseOpInterface, methods>,
        DeclareOpInterfaceMethods<RowOpInterface, ["getRowTensor"]>], traits)>;

/// What integer arithmetic takes: a scalar, a vector, or a tensor.
def QT_Words : Type<CPred<"::quantc::qt::isWordsType($_self)">,
                    "a scalar, vector or ranked tensor of i32">;

/// A tensor of builtin integers or floats: float values, or a part.
def QT_PlainTensor
    : RankedTensorOf<HostElements.types, [],
                     "a ranked tensor of f16, bf16, f32, f64, i1 or integers of "
                     "8, 16, 32 or 64 bits">;
def QT_FloatTensor : RankedTensorOf<[F32], [], "a ranked tensor of f32">;
/// A value in joint form.
def QT_JointTensor
    : RankedTensorOf<[QT_BlockType], [], "a ranked tensor of !qt.block elements">;
def QT_AnyTensor
    : RankedTensorOf<!listconcat(HostElements.types, [QT_BlockType]<Type>), [],
                     "a ranked tensor of builtin numbers or !qt.block elements">;

/// The type of a block format, or a plain float or integer type.
def QT_FormatAttr
    : TypeAttrBase<"::mlir::Type", "a !qt.block or builtin number format"> {
  let predicate = CPred<
      "::llvm::isa<::mlir::TypeAttr>($_self) && ::llvm::isa<"
      "::quantc::qt::BlockType, ::mlir::FloatType, ::mlir::IntegerType>("
      "::llvm::cast<::mlir::TypeAttr>($_self).getValue())">;
}
def QT_BlockFormatAttr
    : TypeAttrBase<"::quantc::qt::BlockType", "a !qt.block format">;
def QT_AccumulatorAttr
    : TypeAttrBase<"::mlir::Type", "f32 or i32"> {
  let predicate = CPred<
      "::llvm::isa<::mlir::TypeAttr>($_self) && ("
      "::llvm::cast<::mlir::TypeAttr>($_self).getValue().isF32() || "
      "::llvm::cast<::mlir::TypeAttr>($_self).getValue().isSignlessInteger(32))">;
}
def QT_GeometryAttr
    : Attr<CPred<"::llvm::isa<::quantc::qt::MatmulAttr, "
                 "::quantc::qt::ConvAttr>($_self)">,
           "#qt.matmul or #qt.conv"> {
  let storageType = "::mlir::Attribute";
  let returnType = "::mlir::Attribute";
  let convertFromStorage = "$_self";
}

#endif // QUANTC_DIALECT_QT_IR_QTOPBASE_TD
