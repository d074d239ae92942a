//===- Magnitudes.cpp - The largest magnitudes of images --------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "quantc/Dialect/QT/IR/QTOps.h"

#include "mlir/IR/Builders.h"
#include "mlir/IR/TypeUtilities.h"

using namespace mlir;
using namespace quantc;
using namespace quantc::qt;

//===----------------------------------------------------------------------===//
// PartAttr
//===----------------------------------------------------------------------===//

LogicalResult PartAttr::verify(function_ref<InFlightDiagnostic()> emitError,
                               int64_t line, int64_t lines, int64_t run,
                               int64_t channels) {
  for (auto [name, size] : {std::pair("line", line),
                            {"lines", lines},
                            {"run", run},
                            {"channels", channels}})
    if (size < 1)
      return emitError() << name << " = " << size << " is not positive";
  if (run > line || (lines > 1 && run != line))
    return emitError() << "run = " << run << " of lines of " << line
                       << "; supported: whole lines, or runs of one line";
  return success();
}

//===----------------------------------------------------------------------===//
// MagnitudesOp
//===----------------------------------------------------------------------===//

/// The sizes of an image in \p type, without its channels; nothing where one
/// is not known.
static std::optional<int64_t> countPositions(RankedTensorType type) {
  if (type.getRank() < 3)
    return std::nullopt;
  int64_t positions = 1;
  for (int64_t size : type.getShape().drop_front())
    if (ShapedType::isDynamic(size) || size < 1)
      return std::nullopt;
  for (int64_t size : type.getShape().drop_front().drop_back())
    positions *= size;
  return positions;
}

void MagnitudesOp::build(OpBuilder &builder, OperationState &state, Value input,
                         ImagePart part) {
  auto type = cast<RankedTensorType>(input.getType());
  int64_t parts = part.countAlong(*countPositions(type)) *
                  part.countAcross(type.getShape().back());
  build(builder, state, type.clone({type.getDimSize(0), parts}), input,
        PartAttr::get(builder.getContext(), part.line, part.lines, part.run,
                      part.channels));
}

LogicalResult MagnitudesOp::verify() {
  auto input = getInput().getType();
  std::optional<int64_t> positions = countPositions(input);
  if (!positions)
    return emitOpError("of images of type ")
           << input
           << "; supported: [B, spatial..., C] with known sizes of an "
              "image, none of them 0";
  ImagePart part = getPart().getPart();
  int64_t channels = input.getShape().back();
  if (*positions % part.line != 0 || part.lines > *positions / part.line ||
      part.channels > channels)
    return emitOpError("parts ")
           << getPart() << " of an image of " << *positions << " positions and "
           << channels << " channels";
  int64_t parts = part.countAlong(*positions) * part.countAcross(channels);
  if (failed(verifyCompatibleShape({input.getDimSize(0), parts},
                                   getType().getShape())) ||
      getType().getRank() != 2 ||
      getType().getElementType() != input.getElementType())
    return emitOpError("result is of type ")
           << getType() << ", expected " << parts << " parts of "
           << input.getDimSize(0) << " images";
  return success();
}
