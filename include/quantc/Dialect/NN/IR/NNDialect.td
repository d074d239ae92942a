//===- NNDialect.td - What networks compute ----------------*- tablegen -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QUANTC_DIALECT_NN_IR_NNDIALECT_TD
#define QUANTC_DIALECT_NN_IR_NNDIALECT_TD

include "mlir/IR/DialectBase.td"
include "mlir/IR/EnumAttr.td"
include "mlir/IR/OpBase.td"
include "mlir/Interfaces/InferTypeOpInterface.td"
include "mlir/Interfaces/SideEffectInterfaces.td"
include "quantc/Interfaces/ElementwiseOpInterface.td"
include "quantc/Interfaces/ExponentOpInterface.td"
include "quantc/Interfaces/InterpretableOpInterface.td"
include "quantc/Interfaces/QuantizableOpInterface.td"
include "quantc/Interfaces/RowOpInterface.td"
include "quantc/Interfaces/ShapeInterface.td"
include "quantc/Interfaces/SignOpInterface.td"

def NN_Dialect : Dialect {
  let name = "nn";
  let cppNamespace = "::quantc::nn";
  let summary = "whole operations of neural networks on tensors";
  let description = [{
    What a network computes, with the semantics of the newest ONNX opset and
    one canonical form per operation. LayerNorm, softmax, GELU and attention
    stay whole until the stage that lowers them. Sizes may be dynamic, ranks
    are known, and 16 at most. Elements are f32, i32, i64 and i1.
  }];
  let dependentDialects = ["::mlir::arith::ArithDialect"];
  let hasConstantMaterializer = 1;
  let useDefaultAttributePrinterParser = 1;
}

/// Tensors have at most MaxRank dimensions. Operands and results in joint form
/// are for ops that say how they compute on them: contractions, and those with
/// an integer-only form.
def NN_ChecksTypes : NativeOpTrait<"ChecksTypes"> {
  let cppNamespace = "::quantc::nn";
}

def NN_MovesElementsTrait : NativeOpTrait<"MovesElements"> {
  let cppNamespace = "::quantc::nn";
}
/// Each element of the result is one of the first operand's, and has its sign
/// and magnitude.
def NN_MovesElements : TraitList<[
    NN_MovesElementsTrait, SignOpInterface, ExponentOpInterface]>;

class NN_Op<string mnemonic, list<Trait> traits = []>
    : Op<NN_Dialect, mnemonic, !listconcat([Pure, NN_ChecksTypes,
        DeclareOpInterfaceMethods<InterpretableOpInterface>,
        DeclareOpInterfaceMethods<ShapeInterface>], traits)> {
  // Sizes that are known of a result and not of its operands, or the other way
  // round, are no contradiction; integer-only types are checked by their op.
  let extraClassDeclaration = [{
    static bool isCompatibleReturnTypes(::mlir::TypeRange lhs,
                                        ::mlir::TypeRange rhs) {
      return ::quantc::nn::areCompatibleContractionTypes(lhs, rhs);
    }
  }];
}

def NN_Element : AnyTypeOf<[F32, I32, I64, I1]>;
defvar isJointTensor = CPred<"::quantc::isQuantizedTensor($_self)">;
def NN_Tensor : Type<
    Or<[And<[CPred<"::llvm::isa<::mlir::RankedTensorType>($_self)">,
             CPred<"::quantc::nn::isElementwiseType($_self)">]>, isJointTensor]>,
    "ranked tensor of f32, i32, i64 or i1", "::mlir::RankedTensorType">;
/// What is moved and not computed on may be the parts of a value, too.
def NN_MovedTensor : Type<
    Or<[NN_Tensor.predicate, RankedTensorOf<[I8, I16]>.predicate]>,
    "ranked tensor of f32, i8, i16, i32, i64 or i1", "::mlir::RankedTensorType">;
def NN_FloatTensor : Type<
    Or<[RankedTensorOf<[F32]>.predicate, isJointTensor]>,
    "ranked tensor of 32-bit float values", "::mlir::RankedTensorType">;
/// Mantissas of integer-only networks among them.
def NN_MantissaTensor : Type<
    Or<[NN_FloatTensor.predicate, RankedTensorOf<[I16, I32]>.predicate]>,
    "ranked tensor of 32-bit float values, i16 or i32",
    "::mlir::RankedTensorType">;
/// Sizes or positions.
def NN_IndexList : ConfinedType<RankedTensorOf<[I64]>, [HasAnyRankOfPred<[1]>],
    "1D tensor of i64">;
/// A dimension, counted from the front; that it exists is verified with the op.
def NN_DimAttr : ConfinedAttr<I64Attr, [IntNonNegative]>;
/// A tensor of builtin or of quantised elements: what contractions take.
def NN_QuantizableTensor : Type<
    CPred<"::quantc::nn::isContractionOperand($_self)">,
    "ranked tensor of f32 or quantised values", "::mlir::RankedTensorType">;

/// What elementwise ops take: a scalar, a vector, or a tensor.
def NN_Elements : Type<
    Or<[CPred<"::quantc::nn::isElementwiseType($_self)">, isJointTensor]>,
    "scalar, vector or ranked tensor of f32, i32, i64 or i1">;

/// What casts take and give: the narrow types of a model's edges, too.
def NN_CastElements : Type<
    CPred<"::quantc::nn::isCastType($_self)">,
    "scalar, vector or ranked tensor of f16, bf16, f32, f64, i1, or signless or "
    "unsigned integers of 8 to 64 bits">;

#endif // QUANTC_DIALECT_NN_IR_NNDIALECT_TD
