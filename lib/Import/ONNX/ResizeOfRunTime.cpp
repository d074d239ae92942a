//===- ResizeOfRunTime.cpp - Resizes by computed places ---------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Resize.h"
#include "llvm/ADT/STLExtras.h"

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
    if (coordinates == "half_pixel_symmetric") {
      // What rounding took off the size stays outside on both sides.
      Value part = emit.binary("div", to, emit.binary("mul", scale, from));
      Value outside = emit.binary("sub", real(1), part);
      Value half = emit.binary("mul", from, real(0.5));
      return emit.binary("add", emit.binary("mul", half, outside), place);
    }
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

/// How much elements at these distances from a place count in a cubic one.
static Value getCubicFactor(Places &places, Value distance, bool isNear,
                            double a) {
  Emitter &emit = places.emit;
  auto times = [&](Value x, Value y) { return emit.binary("mul", x, y); };
  auto scaled = [&](Value x, double by) { return times(x, places.real(by)); };
  if (isNear) {
    Value inner = places.add(scaled(distance, a + 2), -(a + 3));
    return places.add(times(times(inner, distance), distance), 1);
  }
  Value inner = places.add(scaled(distance, a), -5 * a);
  inner = places.add(times(inner, distance), 8 * a);
  return places.add(times(inner, distance), -4 * a);
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
                  "factors of 1/1024 to 1024 by which whole numbers scale as "
                  "floats do");
  if (options.antialias)
    return refuse("with antialias", "resizes without");
  if (options.coordinates == "tf_crop_and_resize")
    return refuse("by " + Twine(options.coordinates),
                  "the other transformations of coordinates");
  Emitter &emit = node.emit();
  auto asReal = [&](Value size) { return emit.cast(size, emit.f32()); };
  Value from = asReal(emit.shapeOf(x, axis.place, axis.place + 1)),
        to = asReal(axis.wanted);
  Places places{emit, from, to, Value(), Value()};
  places.scale = axis.isWantedByScale ? places.real(axis.scale)
                                      : emit.binary("div", to, from);
  places.last = places.add(from, -1);
  Value place = places.get(options.coordinates, axis.wanted);
  auto pick = [&](Value at) {
    return emit.gather(x, emit.cast(at, emit.i64()), axis.place);
  };
  if (isNearest)
    return pick(places.clamp(getNearest(places, options.nearest, place)));
  bool isLinear = options.mode == "linear";
  if (isLinear)
    place = places.clamp(place);
  Value low = emit.unary("floor", place);
  Value rest = emit.binary("sub", place, low);
  SmallVector<Size> column{Size(-1)};
  column.append(rankOf(x) - 1 - axis.place, Size(1));
  // One neighbour on either side, or two.
  SmallVector<Value> factors, sources;
  Value factorSum;
  for (int64_t step = isLinear ? 0 : -1; step <= (isLinear ? 1 : 2); ++step) {
    Value distance = step <= 0 ? places.add(rest, -step)
                               : emit.binary("sub", places.real(step), rest);
    Value factor = isLinear
                       ? emit.binary("sub", places.real(1), distance)
                       : getCubicFactor(places, distance,
                                        step == 0 || step == 1, options.cubicA);
    Value source = places.add(low, step), inside = places.clamp(source);
    if (options.excludeOutside && !isLinear) {
      factor = emit.select(emit.compare("eq", source, inside), factor,
                           places.real(0));
      factorSum = factorSum ? emit.binary("add", factorSum, factor) : factor;
    }
    factors.push_back(factor);
    sources.push_back(inside);
  }
  Value sum;
  for (auto [factor, source] : llvm::zip_equal(factors, sources)) {
    if (factorSum)
      factor = emit.binary("div", factor, factorSum);
    Value part = emit.binary("mul", pick(source), emit.reshape(factor, column));
    sum = sum ? emit.binary("add", sum, part) : part;
  }
  return sum;
}
