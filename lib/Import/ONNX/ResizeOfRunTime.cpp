//===- ResizeOfRunTime.cpp - Resizes by computed places ---------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Resize.h"

using namespace mlir;
using namespace quantc;
using namespace quantc::onnx;

namespace {
/// Numbers of one axis, as floats of the shape [1].
struct Places {
  Emitter &emit;
  Value from, to, scale, last; ///< sizes, their ratio, from - 1

  Value real(double value) { return emit.reals({static_cast<float>(value)}); }
  Value add(Value x, double value) {
    return emit.binary("add", x, real(value));
  }
  Value clamp(Value x) {
    return emit.binary("min", emit.binary("max", x, real(0)), last);
  }
  /// In the input, for every place of the result.
  Value get(StringRef coordinates, Value wanted) {
    Value x = emit.cast(emit.iota(wanted), emit.f32());
    if (coordinates == "asymmetric")
      return emit.binary("div", x, scale);
    if (coordinates == "align_corners") {
      // A single place is 0 of whatever it is divided by.
      Value steps = emit.binary("max", add(to, -1), real(1));
      return emit.binary("div", emit.binary("mul", x, last), steps);
    }
    Value centre = emit.binary("div", add(x, 0.5), scale);
    Value place = add(centre, -0.5);
    if (coordinates == "half_pixel")
      return place;
    Value isSingle = emit.compare("le", to, real(1));
    return emit.select(isSingle, real(0), place);
  }
};
} // namespace

static Value getNearest(Places &places, StringRef rounding, Value place) {
  Emitter &emit = places.emit;
  if (rounding == "floor" || rounding == "ceil")
    return emit.unary(rounding, place);
  return rounding == "round_prefer_floor"
             ? emit.unary("ceil", places.add(place, -0.5))
             : emit.unary("floor", places.add(place, 0.5));
}

Value quantc::onnx::resizeByComputedPlaces(NodeBinder &node, Value x,
                                           const ResizeOptions &options,
                                           const ResizeAxis &axis) {
  bool isNearest = options.mode == "nearest";
  auto refuse = [&](const Twine &what, StringRef supported) {
    node.problem("resizes axis " + Twine(axis.dim) +
                 " from or to a size of run time " + what +
                 "; supported: " + supported + ", or --dim NAME=N");
    return Value();
  };
  if (!axis.wanted)
    return refuse("by a factor of " + Twine(std::to_string(axis.scale)),
                  "multiples of 1/1024");
  if ((!isNearest && options.mode != "linear") || options.antialias)
    return refuse(options.antialias ? Twine("with antialias")
                                    : "in mode " + Twine(options.mode),
                  "nearest and linear without antialias");
  if (options.coordinates == "tf_crop_and_resize" ||
      options.coordinates == "half_pixel_symmetric")
    return refuse("by " + Twine(options.coordinates),
                  "half_pixel, pytorch_half_pixel, asymmetric, align_corners");
  Emitter &emit = node.emit();
  auto asReal = [&](Value size) { return emit.cast(size, emit.f32()); };
  Value from = asReal(emit.shapeOf(x, axis.dim, axis.dim + 1)),
        to = asReal(axis.wanted);
  Places places{emit, from, to, Value(), Value()};
  places.scale = axis.isWantedByScale ? places.real(axis.scale)
                                      : emit.binary("div", to, from);
  places.last = places.add(from, -1);
  Value place = places.get(options.coordinates, axis.wanted);
  auto pick = [&](Value at) {
    return emit.gather(x, emit.cast(at, emit.i64()), axis.dim);
  };
  if (isNearest)
    return pick(places.clamp(getNearest(places, options.nearest, place)));
  place = places.clamp(place);
  Value low = emit.unary("floor", place);
  SmallVector<Size> column{Size(-1)};
  column.append(rankOf(x) - 1 - axis.dim, Size(1));
  Value rest = emit.reshape(emit.binary("sub", place, low), column);
  Value left =
      emit.binary("mul", pick(low), emit.binary("sub", places.real(1), rest));
  Value right =
      emit.binary("mul", pick(places.clamp(places.add(low, 1))), rest);
  return emit.binary("add", left, right);
}
