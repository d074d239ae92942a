//===- Resize.cpp - Resizing images, depth and space ------------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Resizing is separable: along every axis an element of the result is a sum of
// a few elements of the input, which ones and how much of each being known from
// the sizes. It becomes gathers along the axis, scaled by constants and summed.
//
//===----------------------------------------------------------------------===//

#include "Resize.h"
#include "OpTable.h"
#include "quantc/Analysis/ConstantSlices.h"
#include "quantc/Interpreter/Interpreter.h"
#include <cmath>

using namespace mlir;
using namespace quantc;
using namespace quantc::onnx;

namespace {

/// What each element of the result is made of: `count` elements of the input
/// and a factor for each.
struct Taps {
  int64_t count = 0;
  std::vector<int64_t> sources; ///< [to, count]
  std::vector<double> factors;
  std::vector<bool> isInside; ///< [to]; false where it is extrapolated
};

} // namespace

/// The place in the input, in elements, that element \p i of the result is. In
/// floats: places fall on elements and between them, and the nearest one has to
/// be that of other implementations.
static float getPlace(const ResizeOptions &options, const ResizeAxis &axis,
                      int64_t i) {
  auto x = static_cast<float>(i), from = static_cast<float>(axis.from),
       to = static_cast<float>(axis.to), scale = static_cast<float>(axis.scale);
  auto start = static_cast<float>(axis.roiStart),
       end = static_cast<float>(axis.roiEnd);
  StringRef mode = options.coordinates;
  if (mode == "asymmetric")
    return x / scale;
  if (mode == "align_corners")
    return to <= 1 ? 0 : x * (from - 1) / (to - 1);
  if (mode == "pytorch_half_pixel" && to <= 1)
    return 0;
  if (mode == "tf_crop_and_resize")
    return to > 1
               ? start * (from - 1) + x * (end - start) * (from - 1) / (to - 1)
               : 0.5f * (start + end) * (from - 1);
  if (mode == "half_pixel_symmetric") {
    // What rounding took off the size stays outside on both sides.
    float adjustment = to / (scale * from), centre = from / 2;
    return centre * (1 - adjustment) + (x + 0.5f) / scale - 0.5f;
  }
  return (x + 0.5f) / scale - 0.5f; // half_pixel, pytorch_half_pixel
}

static int64_t getNearest(const ResizeOptions &options, double place) {
  double floor = std::floor(place), rest = place - floor;
  StringRef mode = options.nearest;
  bool up = mode == "ceil"                 ? rest > 0
            : mode == "round_prefer_ceil"  ? rest >= 0.5
            : mode == "round_prefer_floor" ? rest > 0.5
                                           : false;
  return static_cast<int64_t>(floor) + up;
}

/// How much an element counts at a distance, in elements of the input.
static double getFactor(const ResizeOptions &options, double distance) {
  double t = std::abs(distance), a = options.cubicA;
  if (options.mode == "linear")
    return std::max(0.0, 1 - t);
  if (t <= 1)
    return ((a + 2) * t - (a + 3)) * t * t + 1;
  return t < 2 ? ((a * t - 5 * a) * t + 8 * a) * t - 4 * a : 0;
}

static Taps makeTaps(const ResizeOptions &options, const ResizeAxis &axis) {
  Taps taps;
  bool isNearest = options.mode == "nearest";
  // Where it shrinks, a filter against aliases is as much wider.
  double widen =
      options.antialias && axis.scale < 1 && !isNearest ? 1 / axis.scale : 1;
  auto before = static_cast<int64_t>(
      std::floor(-(options.mode == "linear" ? 1 : 2) * widen) + 1);
  taps.count = isNearest ? 1 : 2 - 2 * before;
  for (int64_t i = 0; i < axis.to; ++i) {
    float place = getPlace(options, axis, i);
    taps.isInside.push_back(
        options.coordinates != "tf_crop_and_resize" ||
        (place >= 0 && place <= static_cast<float>(axis.from - 1)));
    auto clamp = [&](int64_t source) {
      return std::clamp<int64_t>(source, 0, axis.from - 1);
    };
    if (isNearest) {
      taps.sources.push_back(clamp(getNearest(options, place)));
      taps.factors.push_back(1);
      continue;
    }
    int64_t first = static_cast<int64_t>(std::floor(place)) + before;
    double sum = 0;
    for (int64_t t = 0; t < taps.count; ++t) {
      int64_t source = first + t;
      double factor =
          getFactor(options, (place - static_cast<double>(source)) / widen);
      if (options.excludeOutside && clamp(source) != source)
        factor = 0;
      taps.sources.push_back(clamp(source));
      taps.factors.push_back(factor);
      sum += factor;
    }
    if (options.excludeOutside || widen > 1)
      for (int64_t t = 0; t < taps.count; ++t)
        taps.factors[i * taps.count + t] /= sum;
  }
  return taps;
}

/// A constant along one dim of a tensor of \p rank dims.
template <typename T>
static Value makeAlong(Emitter &emit, Type element, ArrayRef<T> values,
                       int64_t dim, int64_t rank) {
  SmallVector<double> numbers(values.begin(), values.end());
  SmallVector<Size> sizes(rank - dim, Size(1));
  sizes[0] = Size(static_cast<int64_t>(numbers.size()));
  return emit.reshape(emit.vector(element, numbers), sizes);
}

static Value resizeAxis(Emitter &emit, Value x, const ResizeOptions &options,
                        const ResizeAxis &axis) {
  Taps taps = makeTaps(options, axis);
  Value sum;
  for (int64_t t = 0; t < taps.count && x; ++t) {
    SmallVector<int64_t> sources;
    SmallVector<double> factors;
    for (int64_t i = 0; i < axis.to; ++i) {
      sources.push_back(taps.sources[i * taps.count + t]);
      factors.push_back(taps.factors[i * taps.count + t]);
    }
    if (llvm::all_of(factors, [](double factor) { return factor == 0; }))
      continue;
    Value part = emit.gather(x, emit.integers(sources), axis.place);
    if (llvm::any_of(factors, [](double factor) { return factor != 1; }))
      part = emit.binary(
          "mul", part,
          makeAlong<double>(emit, emit.f32(), factors, axis.place, rankOf(x)));
    sum = sum ? emit.binary("add", sum, part) : part;
  }
  if (llvm::is_contained(taps.isInside, false) && sum) {
    SmallVector<double> inside(taps.isInside.begin(), taps.isInside.end());
    sum = emit.select(
        makeAlong<double>(emit, emit.i1(), inside, axis.place, rankOf(x)), sum,
        emit.scalar(typeOf(x).getElementType(), options.extrapolation));
  }
  return sum;
}

/// Numbers of a constant input; reports one of run time.
static std::optional<SmallVector<double>>
constantReals(NodeBinder &node, unsigned index, StringRef what) {
  Value value = node.input(index, Float);
  if (!value)
    return std::nullopt;
  SmallVector<double> numbers;
  FailureOr<HostValue> constant = failure();
  if (isConstantSlice(value))
    constant = interpretConstant(value);
  if (failed(constant)) {
    node.problem(what + " are computed at run time; supported: constants");
    return std::nullopt;
  }
  for (float number : constant->as<float>())
    numbers.push_back(number);
  return numbers;
}

namespace {
/// Whole numbers that scale a size as floats do: (size * factor + addend) /
/// divisor.
struct WholeScale {
  int64_t factor, addend, divisor;

  /// Up to which size they do, at most 2^20.
  int64_t getReach(float scale) const {
    int64_t size = 1;
    while (size <= 1 << 20 &&
           static_cast<int64_t>(std::floor(static_cast<float>(size) * scale)) ==
               (size * factor + addend) / divisor)
      ++size;
    return size - 1;
  }
};
} // namespace

/// Floats round the product before its fraction is cut off, so that 5 by 1.4
/// is 7: as by the fraction that was meant, or as if a little more of the
/// float's own value were added. Of some factors, 1.3 for one, what floats give
/// has no such form; factors are taken that have one up to 2^13.
static std::optional<WholeScale> findWholeScale(float scale) {
  WholeScale best{0, 0, 1};
  int64_t reach = 0;
  auto offer = [&](WholeScale offered) {
    if (int64_t own = offered.getReach(scale); own > reach) {
      best = offered;
      reach = own;
    }
  };
  // Continued fractions.
  int64_t p = 1, q = 0, lastP = 0, lastQ = 1;
  double rest = scale;
  for (int step = 0; step < 24 && reach < 1 << 20; ++step) {
    double whole = std::floor(rest);
    lastP = std::exchange(p, static_cast<int64_t>(whole) * p + lastP);
    lastQ = std::exchange(q, static_cast<int64_t>(whole) * q + lastQ);
    if (p > 1 << 24 || q > 1 << 24)
      break;
    offer({p, 0, q});
    if (rest == whole)
      break;
    rest = 1 / (rest - whole);
  }
  int exponent;
  auto significand =
      static_cast<int64_t>(std::ldexp(std::frexp(scale, &exponent), 24));
  int shift = 24 - exponent;
  for (int bit = -1; bit < shift && reach < 1 << 20; ++bit)
    offer({significand, bit < 0 ? 0 : int64_t(1) << bit, int64_t(1) << shift});
  return reach >= 1 << 13 ? std::optional(best) : std::nullopt;
}

/// The size of a dim of run-time size by a factor, rounded down, as an int64.
/// Null where whole numbers and floats would disagree.
static Value scaleSize(Emitter &emit, Value x, int64_t dim, double scale) {
  if (!(scale >= 1.0 / 1024 && scale <= 1024))
    return {};
  std::optional<WholeScale> whole = findWholeScale(static_cast<float>(scale));
  if (!whole)
    return {};
  Value size = emit.binary("mul", emit.shapeOf(x, dim, dim + 1),
                           emit.integers({whole->factor}));
  if (whole->addend != 0)
    size = emit.binary("add", size, emit.integers({whole->addend}));
  return emit.binary("div", size, emit.integers({whole->divisor}));
}

/// Reads sizes or scales of the axes that are resized.
static SmallVector<ResizeAxis>
readAxes(NodeBinder &node, Value x, std::optional<SmallVector<double>> scales,
         std::optional<SmallVector<AffineExpr>> sizes, Value sizeValues,
         std::optional<SmallVector<int64_t>> given, StringRef policy) {
  SmallVector<int64_t> dims =
      given ? node.normalizeAxes(*given, rankOf(x))
            : llvm::to_vector(llvm::seq<int64_t>(0, rankOf(x)));
  size_t count = scales ? scales->size() : sizes->size();
  if (count != dims.size()) {
    node.problem("has " + Twine(count) + (scales ? " scales" : " sizes") +
                 " for " + Twine(dims.size()) + " axes");
    return {};
  }
  constexpr int64_t most = std::numeric_limits<int32_t>::max();
  auto toSize = [](double size) {
    return static_cast<int64_t>(std::clamp<double>(size, -1, int64_t(1) << 40));
  };
  SmallVector<ResizeAxis> axes;
  SmallVector<AffineExpr> own(node.importState().shapes->getSizes(x));
  std::optional<double> common;
  auto addScale = [&](double scale) {
    common = !common                  ? scale
             : policy == "not_larger" ? std::min(*common, scale)
                                      : std::max(*common, scale);
  };
  for (auto [index, dim] : llvm::enumerate(dims)) {
    ResizeAxis axis;
    axis.dim = dim;
    axis.from = typeOf(x).getDimSize(dim);
    AffineExpr size = sizes ? (*sizes)[index] : AffineExpr();
    auto known =
        size ? dyn_cast<AffineConstantExpr>(size) : AffineConstantExpr();
    if (scales && ShapedType::isDynamic(axis.from)) {
      axis.scale = (*scales)[index];
      axis.to = axis.from;
      axis.wanted = scaleSize(node.emit(), x, dim, axis.scale);
      axis.isWantedByScale = true;
    } else if (scales) {
      axis.scale = (*scales)[index];
      // In floats, as shape inference has it: 5 by 1.4 is 7, not 6.
      axis.to = toSize(std::floor(static_cast<float>(axis.from) *
                                  static_cast<float>(axis.scale)));
    } else if (size && size == own[dim]) {
      axis.to = axis.from; // as it is, whatever that is
      addScale(axis.scale);
    } else if (!known || ShapedType::isDynamic(axis.from)) {
      if (policy != "stretch") {
        node.problem("resizes axis " + Twine(dim) +
                     " from or to a size of run time by policy " + policy +
                     "; supported: stretch, or --dim NAME=N");
        return {};
      }
      axis.to = ShapedType::kDynamic;
      auto at = static_cast<int64_t>(index);
      axis.wanted = node.emit().slice(sizeValues, {at}, {at + 1}, {0}, {1});
    } else {
      axis.to = known.getValue();
      axis.scale = axis.from == 0 ? 1
                                  : static_cast<double>(axis.to) /
                                        static_cast<double>(axis.from);
      addScale(axis.scale);
    }
    axes.push_back(axis);
  }
  bool keepsRatio = policy != "stretch" && common;
  for (ResizeAxis &axis : axes) {
    bool isKnown = !axis.wanted;
    if (keepsRatio) {
      axis.scale = *common;
      if (isKnown)
        axis.to = toSize(std::round(*common * static_cast<double>(axis.from)));
    }
    bool isPossible = axis.scale > 0 && axis.scale <= most;
    if (isKnown)
      isPossible &= axis.to <= most && (axis.from == 0) == (axis.to == 0);
    if (!isPossible)
      node.problem("resizes axis " + Twine(axis.dim) + " of size " +
                   Twine(axis.from) + " by a factor of " +
                   Twine(std::to_string(axis.scale)) +
                   "; supported: positive factors, results of at least one "
                   "element and of 31 bits");
  }
  return axes;
}

/// Repeats every element along each dim as often as \p factors says, which a
/// whole factor of a nearest neighbour amounts to: all dims at once, so that
/// the elements are moved once.
static Value repeat(Emitter &emit, Value x, ArrayRef<int64_t> factors) {
  SmallVector<Size> split, wide;
  for (auto [dim, factor] : llvm::enumerate(factors)) {
    split.push_back(Size(x, static_cast<int64_t>(dim)));
    wide.push_back(split.back());
    if (factor != 1) {
      split.push_back(Size(1));
      wide.push_back(Size(factor));
    }
  }
  Value spread = emit.expand(emit.reshape(x, split), emit.sizes(wide));
  Value sizes =
      emit.binary("mul", emit.shapeOf(x, 0, rankOf(x)), emit.integers(factors));
  return emit.reshape(spread, sizes);
}

static bool isRepetition(const ResizeOptions &options, const ResizeAxis &axis) {
  double scale = axis.scale;
  bool isWhole = axis.wanted ? axis.isWantedByScale
                             : static_cast<double>(axis.to) ==
                                   static_cast<double>(axis.from) * scale;
  bool isFloor =
      options.coordinates == "asymmetric" && options.nearest == "floor";
  bool isCentre = options.coordinates == "half_pixel" &&
                  options.nearest == "round_prefer_floor";
  return isWhole && options.mode == "nearest" && scale == std::floor(scale) &&
         (isFloor || isCentre);
}

static void resize(NodeBinder &node, Value x, const ResizeOptions &options,
                   ArrayRef<ResizeAxis> axes) {
  Emitter &emit = node.emit();
  // What spreads an axis, or computes places of one, is no op that transposes
  // of convolutions pass: it works in their order of dims.
  bool isImage =
      rankOf(x) > 2 && llvm::any_of(axes, [&](const ResizeAxis &axis) {
        return axis.dim > 1 && (axis.wanted || (axis.scale != 1 &&
                                                isRepetition(options, axis)));
      });
  Value result = isImage ? emit.channelsLast(x) : x;
  SmallVector<int64_t> factors(rankOf(x), 1);
  for (ResizeAxis axis : axes) {
    bool isCrop = options.coordinates == "tf_crop_and_resize" &&
                  (axis.roiStart != 0 || axis.roiEnd != 1);
    bool isNewSize = axis.wanted && !axis.isWantedByScale;
    if ((axis.from == 0 && !isNewSize) ||
        (axis.scale == 1 && !isCrop && !isNewSize))
      continue;
    axis.place = axis.dim;
    if (isImage && axis.dim > 0)
      axis.place = axis.dim == 1 ? rankOf(x) - 1 : axis.dim - 1;
    if (isRepetition(options, axis))
      factors[axis.place] = static_cast<int64_t>(axis.scale);
    else if (axis.isWantedByScale || isNewSize)
      result = resizeByComputedPlaces(node, result, options, axis);
    else
      result = resizeAxis(emit, result, options, axis);
    if (!result)
      return;
  }
  // Last: which element is the nearest along an axis is no matter of others.
  if (llvm::any_of(factors, [](int64_t factor) { return factor != 1; }))
    result = repeat(emit, result, factors);
  node.output(0, isImage ? emit.channelsFirst(result) : result);
}

static void importResize(NodeBinder &node) {
  ResizeOptions options;
  bool isOld = node.opset() < 11;
  options.mode =
      node.choice("mode", "nearest", {"nearest", "linear", "cubic"}).str();
  options.coordinates = "asymmetric";
  options.nearest = "floor";
  std::optional<SmallVector<int64_t>> given;
  StringRef policy = "stretch";
  if (!isOld) {
    options.coordinates =
        node.choice("coordinate_transformation_mode", "half_pixel",
                    {"half_pixel", "half_pixel_symmetric", "pytorch_half_pixel",
                     "align_corners", "asymmetric", "tf_crop_and_resize"})
            .str();
    options.nearest = node.choice("nearest_mode", "round_prefer_floor",
                                  {"round_prefer_floor", "round_prefer_ceil",
                                   "floor", "ceil"})
                          .str();
    options.cubicA = node.real("cubic_coeff_a", -0.75f);
    options.excludeOutside = node.flag("exclude_outside", false);
    options.extrapolation = node.real("extrapolation_value", 0);
    if (node.opset() >= 18) {
      options.antialias = node.flag("antialias", false);
      given = node.integers("axes");
      policy = node.choice("keep_aspect_ratio_policy", "stretch",
                           {"stretch", "not_larger", "not_smaller"});
    }
  }
  Value x = node.input(0, options.mode == "nearest" ? Any : Float);
  unsigned scalesAt = isOld ? 1 : 2;
  std::optional<SmallVector<double>> scales, roi;
  std::optional<SmallVector<AffineExpr>> sizes;
  Value sizeValues;
  // An empty vector of scales stands for none.
  if (node.hasInput(scalesAt))
    scales = constantReals(node, scalesAt, "its scales");
  if (scales && scales->empty())
    scales.reset();
  if (!isOld && node.hasInput(3))
    if (Value value = node.input(3, Integer)) {
      if (auto elements = node.importState().shapes->getElements(value))
        sizes = SmallVector<AffineExpr>(*elements), sizeValues = value;
      else
        node.problem("its sizes are computed at run time; supported: those "
                     "that follow from the sizes of inputs");
    }
  if (node.failed())
    return;
  if (scales.has_value() == sizes.has_value()) {
    node.problem("has both scales and sizes, or none");
    return;
  }
  SmallVector<ResizeAxis> axes =
      readAxes(node, x, scales, sizes, sizeValues, given, policy);
  if (options.coordinates == "tf_crop_and_resize") {
    roi = constantReals(node, 1, "its regions");
    if (roi && roi->size() != 2 * axes.size())
      node.problem("roi has " + Twine(roi->size()) + " entries for " +
                   Twine(axes.size()) + " axes");
  }
  if (node.failed())
    return;
  if (roi)
    for (auto [index, axis] : llvm::enumerate(axes)) {
      axis.roiStart = (*roi)[index];
      axis.roiEnd = (*roi)[axes.size() + index];
    }
  resize(node, x, options, axes);
}

static void importUpsample(NodeBinder &node) {
  ResizeOptions options;
  options.mode = node.choice("mode", "nearest", {"nearest", "linear"}).str();
  options.coordinates = "asymmetric";
  options.nearest = "floor";
  std::optional<SmallVector<double>> scales;
  if (node.opset() < 9) {
    if (auto list = node.reals("scales"))
      scales = SmallVector<double>(list->begin(), list->end());
    else
      node.problem("attribute scales is missing");
  } else {
    scales = constantReals(node, 1, "its scales");
  }
  Value x = node.input(0, options.mode == "nearest" ? Any : Float);
  if (node.failed())
    return;
  SmallVector<ResizeAxis> axes =
      readAxes(node, x, scales, std::nullopt, Value(), std::nullopt, "stretch");
  if (!node.failed())
    resize(node, x, options, axes);
}

/// The block size and the channels-last input of DepthToSpace and back.
static std::pair<int64_t, Value> readBlocks(NodeBinder &node) {
  std::optional<int64_t> block = node.integer("blocksize");
  Value x = node.input(0);
  constexpr int64_t most = 1 << 15;
  if (!block || *block < 1 || *block > most)
    node.problem("attribute blocksize is missing, or not in 1 to " +
                 Twine(most));
  if (x && (rankOf(x) != 4 || typeOf(x).isDynamicDim(1)))
    node.problem("input of rank " + Twine(rankOf(x)) +
                 "; supported: rank 4 with a known number of channels");
  return {block.value_or(1), x};
}

static void importDepthToSpace(NodeBinder &node) {
  StringRef mode =
      node.opset() < 11 ? "DCR" : node.choice("mode", "DCR", {"DCR", "CRD"});
  auto [block, x] = readBlocks(node);
  if (node.failed())
    return;
  int64_t channels = typeOf(x).getDimSize(1);
  if (channels % (block * block) != 0) {
    node.problem(Twine(channels) + " channels are no multiple of blocksize " +
                 Twine(block) + " squared");
    return;
  }
  Emitter &emit = node.emit();
  int64_t depth = channels / (block * block);
  Value last = emit.channelsLast(x);
  // Which of a position's channels is which row, column and channel.
  SmallVector<Size> sizes{Size(x, 0), Size(x, 2), Size(x, 3)};
  bool isDcr = mode == "DCR";
  sizes.append(isDcr ? SmallVector<Size>{block, block, depth}
                     : SmallVector<Size>{depth, block, block});
  Value moved = emit.transpose(emit.reshape(last, sizes),
                               isDcr ? SmallVector<int64_t>{0, 1, 3, 2, 4, 5}
                                     : SmallVector<int64_t>{0, 1, 4, 2, 5, 3});
  Value spatial =
      emit.binary("mul", emit.shapeOf(x, 2, 4), emit.integers({block, block}));
  Value shape =
      emit.concat({emit.shapeOf(x, 0, 1), spatial, emit.integers({depth})}, 0);
  node.output(0, emit.channelsFirst(emit.reshape(moved, shape)));
}

static void importSpaceToDepth(NodeBinder &node) {
  auto [block, x] = readBlocks(node);
  if (x)
    for (int64_t dim : {2, 3})
      if (int64_t size = typeOf(x).getDimSize(dim);
          !ShapedType::isDynamic(size) && size % block != 0)
        node.problem("size " + Twine(size) + " is no multiple of blocksize " +
                     Twine(block));
  if (node.failed())
    return;
  Emitter &emit = node.emit();
  int64_t channels = typeOf(x).getDimSize(1);
  Value spatial =
      emit.binary("div", emit.shapeOf(x, 2, 4), emit.integers({block, block}));
  auto half = [&](int64_t start) {
    return emit.slice(spatial, {start}, {start + 1}, {0}, {1});
  };
  Value shape =
      emit.concat({emit.shapeOf(x, 0, 1), half(0), emit.integers({block}),
                   half(1), emit.integers({block, channels})},
                  0);
  Value parts = emit.reshape(emit.channelsLast(x), shape);
  Value moved = emit.transpose(parts, {0, 1, 3, 2, 4, 5});
  Value target = emit.concat({emit.shapeOf(x, 0, 1), spatial,
                              emit.integers({channels * block * block})},
                             0);
  node.output(0, emit.channelsFirst(emit.reshape(moved, target)));
}

void quantc::onnx::addResizeOps(OpTable &table) {
  table.add("Resize", importResize, 10, 1, 4);
  table.add("Upsample", importUpsample, 7, 1, 2);
  table.add("DepthToSpace", importDepthToSpace, 1, 1, 1);
  table.add("SpaceToDepth", importSpaceToDepth, 1, 1, 1);
}
