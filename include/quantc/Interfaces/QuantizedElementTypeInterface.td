//===- QuantizedElementTypeInterface.td - Joint values -----*- tablegen -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QUANTC_INTERFACES_QUANTIZEDELEMENTTYPEINTERFACE_TD
#define QUANTC_INTERFACES_QUANTIZEDELEMENTTYPEINTERFACE_TD

include "mlir/IR/OpBase.td"

def QuantizedElementTypeInterface : TypeInterface<"QuantizedElementTypeInterface"> {
  let cppNamespace = "::quantc";
  let description = [{
    The element type of a quantised tensor in joint form.
  }];
  let methods = [
    InterfaceMethod<[{
        Whether the type can be the element of a tensor of this shape; a
        failure has emitted why not.
      }],
      "::llvm::LogicalResult", "verifyShape",
      (ins "::llvm::function_ref<::mlir::InFlightDiagnostic()>":$emitError,
           "::llvm::ArrayRef<int64_t>":$shape)>,
    InterfaceMethod<[{
        The extent of a block along a dimension; ShapedType::kDynamic stands
        for the whole of it.
      }],
      "int64_t", "getBlockExtent", (ins "int64_t":$dim)>,
    InterfaceMethod<[{
        Evaluates an op on joint values of such a type by the definition that
        its split form has. A failure has emitted its reason.
      }],
      "::llvm::LogicalResult", "interpretJoint",
      (ins "::mlir::Operation *":$op,
           "::llvm::ArrayRef<::quantc::HostValue>":$operands,
           "::llvm::SmallVectorImpl<::quantc::HostValue> &":$results,
           "::quantc::InterpreterContext &":$context)>,
    InterfaceMethod<[{
        Appends the floats that a joint value of an op stands for. A failure
        has emitted its reason.
      }],
      "::llvm::LogicalResult", "decodeJoint",
      (ins "::mlir::Operation *":$op, "const ::quantc::HostValue &":$value,
           "::llvm::SmallVectorImpl<::quantc::HostValue> &":$floats)>
  ];
}

#endif // QUANTC_INTERFACES_QUANTIZEDELEMENTTYPEINTERFACE_TD
