//===- ImageOpInterface.td - Ops that make images part by part -*- tablegen -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QUANTC_INTERFACES_IMAGEOPINTERFACE_TD
#define QUANTC_INTERFACES_IMAGEOPINTERFACE_TD

include "mlir/IR/OpBase.td"

def ImageOpInterface : OpInterface<"ImageOpInterface"> {
  let cppNamespace = "::quantc";
  let description = [{
    The op makes images part by part, and code for it can leave the largest
    magnitude of each part behind while the part is in registers. Whether it can
    depends on layout and target: those who make the code know.
  }];
  let methods = [
    InterfaceMethod<[{
        The part of the op's first result whose magnitudes code for it knows,
        or with `byChannel` those of each channel of it by itself; none where it
        knows none.
      }],
      "::std::optional<::quantc::ImagePart>", "getImagePart",
      (ins "bool":$byChannel)>,
    InterfaceMethod<[{
        Whether code for the op encodes an image as `quantize` does while it
        reads it, once the image's largest magnitudes are known: nobody else
        then needs the codes.
      }],
      "bool", "encodesImage", (ins "::mlir::Operation *":$quantize)>
  ];
}

#endif // QUANTC_INTERFACES_IMAGEOPINTERFACE_TD
