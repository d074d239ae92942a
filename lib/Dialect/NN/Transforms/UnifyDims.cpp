//===- UnifyDims.cpp - One name for dims that must be equal -----*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "mlir/IR/AffineMap.h"
#include "quantc/Analysis/EqualSizes.h"
#include "quantc/Analysis/SizeArithmetic.h"
#include "quantc/Dialect/NN/IR/NNOps.h"
#include "quantc/Dialect/NN/Transforms/Passes.h"
#include "llvm/ADT/MapVector.h"
#include "llvm/ADT/SetVector.h"
#include "llvm/Support/MathExtras.h"

namespace quantc::nn {
#define GEN_PASS_DEF_NNUNIFYDIMS
#include "quantc/Dialect/NN/Transforms/Passes.h.inc"
} // namespace quantc::nn

using namespace mlir;
using namespace quantc;

namespace {
/// A name that another size stands for.
struct EqualDim {
  unsigned dim;
  AffineExpr size;
  bool isFront = false; ///< it may also be 1
};
} // namespace

/// One of \p count names of which \p difference, which has to be zero, tells
/// what it is in terms of the others; the last one where several are.
static std::optional<EqualDim> solve(AffineExpr difference, unsigned count) {
  if (!difference || !usesSymbolsBelow(difference, count))
    return std::nullopt;
  MLIRContext *context = difference.getContext();
  AffineExpr zero = getAffineConstantExpr(0, context);
  // Batch and heads in one dim: four times two names are equal if these are.
  if (int64_t whole = difference.getLargestKnownDivisor(); whole > 1)
    difference = canonicalizeSize(difference.floorDiv(whole));
  if (!difference)
    return std::nullopt;
  for (unsigned dim = count; dim-- > 0;) {
    AffineExpr symbol = getAffineSymbolExpr(dim, context);
    for (AffineExpr other : {symbol - difference, symbol + difference}) {
      other = canonicalizeSize(other);
      // A number is for the size checks to compare with.
      if (other && !isa<AffineConstantExpr>(other) &&
          !other.isFunctionOfSymbol(dim) && isSizeAtLeast(other, zero))
        return EqualDim{dim, other};
    }
  }
  return std::nullopt;
}

static std::optional<EqualDim> findEqualDim(func::FuncOp func, unsigned count) {
  SymbolicShapes shapes(func);
  for (auto [a, b] : shapes.getExpectations())
    // Symbols behind the names are sizes that nobody knows.
    if (auto equal = solve(canonicalizeSize(a - b), count))
      return equal;
  for (auto [a, b] : shapes.getFrontPairs())
    if (auto equal = solve(canonicalizeSize(a - b), count)) {
      equal->isFront = isa<AffineSymbolExpr>(equal->size);
      return equal;
    }
  return std::nullopt;
}

/// The dims that products sum over and that their other side, weights mostly,
/// has as a number.
static SmallVector<std::optional<int64_t>> findNumbers(func::FuncOp func,
                                                       ArrayAttr names) {
  SmallVector<std::optional<int64_t>> numbers(names.size());
  SymbolicShapes shapes(func);
  auto take = [&](AffineExpr size, AffineExpr number) {
    auto symbol = dyn_cast<AffineSymbolExpr>(size);
    auto constant = dyn_cast<AffineConstantExpr>(number);
    if (symbol && constant && symbol.getPosition() < numbers.size())
      numbers[symbol.getPosition()] = constant.getValue();
  };
  func.walk([&](nn::MatmulOp op) {
    ArrayRef<AffineExpr> lhs = shapes.getSizes(op.getLhs()),
                         rhs = shapes.getSizes(op.getRhs());
    if (lhs.empty() || rhs.empty())
      return;
    AffineExpr a = lhs.back(), b = rhs.back();
    take(a, b);
    take(b, a);
  });
  return numbers;
}

/// Takes away the bounds of dims that have a number now. An error where one is
/// not within them.
static LogicalResult dropBounds(func::FuncOp func, ArrayAttr names,
                                ArrayRef<std::optional<int64_t>> numbers) {
  auto bounds = func->getAttrOfType<DictionaryAttr>(dimBoundsAttrName);
  if (!bounds)
    return success();
  NamedAttrList left(bounds);
  for (auto [name, number] :
       llvm::zip_equal(names.getAsRange<StringAttr>(), numbers)) {
    auto own = bounds.getAs<DenseI64ArrayAttr>(name);
    if (!own || !number)
      continue;
    left.erase(name);
    if (*number < own[0] || *number > own[1])
      return func.emitError()
             << "dim " << name << " is bounded by " << own[0] << ".." << own[1]
             << ", but a product takes " << *number << " only";
  }
  if (left.empty())
    func->removeAttr(dimBoundsAttrName);
  else
    func->setAttr(dimBoundsAttrName, left.getDictionary(func.getContext()));
  return success();
}

/// Fixes what products say of dims, as long as that says more of others.
static LogicalResult fixSummedDims(func::FuncOp func) {
  for (;;) {
    auto names = func->getAttrOfType<ArrayAttr>(dimNamesAttrName);
    auto numbers = findNumbers(func, names);
    if (llvm::none_of(numbers, [](auto number) { return number.has_value(); }))
      return success();
    if (failed(dropBounds(func, names, numbers)) ||
        failed(nn::fixDims(func, numbers)))
      return failure();
  }
}

namespace {
/// Dims of arguments that may be 1 under a name of their own, and are what they
/// meet in all that is computed.
class Repetition {
public:
  explicit Repetition(func::FuncOp func) : func(func) {}

  /// Lets one of two names be the other one's size or 1: the one with the
  /// smaller arguments if that is possible, as those of a table or a mask are.
  /// False where tensors cannot be repeated.
  bool allowEither(AffineExpr a, AffineExpr b);

private:
  struct Place {
    BlockArgument argument;
    unsigned axis;
    bool operator==(const Place &other) const {
      return argument == other.argument && axis == other.axis;
    }
  };

  /// Views with what findKeptAxes says of them.
  using Views =
      llvm::MapVector<nn::ReshapeOp, SmallVector<std::optional<unsigned>>>;

  /// The dims of arguments that are \p size.
  SmallVector<Place> findPlaces(AffineExpr size);
  /// How many elements the arguments of that size have, as far as types say.
  uint64_t countElements(AffineExpr size);
  /// Lets \p own be \p size or 1.
  bool allow(AffineExpr own, AffineExpr size);
  bool isRepeatedByUsers(Value value, int64_t behind, AffineExpr size,
                         SymbolicShapes &shapes, Views &views);
  bool meets(Operation *op, int64_t behind, AffineExpr size,
             SymbolicShapes &shapes);
  void repeat(Place place, Place like);

  func::FuncOp func;
  /// What stands for an argument.
  llvm::DenseMap<Value, Value> repeated;
  SmallVector<Place> done;
};
} // namespace

SmallVector<Repetition::Place> Repetition::findPlaces(AffineExpr size) {
  SmallVector<Place> places;
  auto maps = func->getAttrOfType<ArrayAttr>(argShapesAttrName);
  for (auto [argument, map] : llvm::zip_equal(
           func.getArguments(), maps.getAsValueRange<AffineMapAttr>()))
    for (auto [axis, own] : llvm::enumerate(map.getResults()))
      if (own == size)
        places.push_back({argument, static_cast<unsigned>(axis)});
  return places;
}

/// Whether an operand has \p size in the dim that has \p behind behind it.
bool Repetition::meets(Operation *op, int64_t behind, AffineExpr size,
                       SymbolicShapes &shapes) {
  return llvm::any_of(op->getOperands(), [&](Value operand) {
    ArrayRef<AffineExpr> sizes = shapes.getSizes(operand);
    auto rank = static_cast<int64_t>(sizes.size());
    return behind < rank && sizes[rank - 1 - behind] == size;
  });
}

/// Of each dim of the result of \p op that of the input which it is, none for
/// one of 1; nothing if the op does more than put such dims in or take them
/// away.
static std::optional<SmallVector<std::optional<unsigned>>>
findKeptAxes(nn::ReshapeOp op, SymbolicShapes &shapes) {
  AffineExpr one = shapes.getConstant(1);
  SmallVector<std::pair<AffineExpr, unsigned>> rest;
  for (auto [index, size] : llvm::enumerate(shapes.getSizes(op.getInput())))
    if (size != one)
      rest.emplace_back(size, index);
  SmallVector<std::optional<unsigned>> axes;
  size_t next = 0;
  for (AffineExpr size : shapes.getSizes(op.getResult())) {
    axes.emplace_back();
    if (size == one)
      continue;
    if (next == rest.size() || rest[next].first != size)
      return std::nullopt;
    axes.back() = rest[next++].second;
  }
  return next == rest.size() ? std::optional(std::move(axes)) : std::nullopt;
}

/// Whether all that is computed from the argument \p value meets \p size in an
/// elementwise op before it is anything else than a view with more dims of 1:
/// its only element there is repeated anyway. Its own size may be asked for; it
/// stays what it is. The views are added to \p views.
bool Repetition::isRepeatedByUsers(Value value, int64_t behind, AffineExpr size,
                                   SymbolicShapes &shapes, Views &views) {
  // Values with how many dims are behind the one in question.
  llvm::SetVector<std::pair<Value, int64_t>> reached;
  reached.insert({value, behind});
  for (size_t i = 0; i < reached.size(); ++i) {
    auto [own, back] = reached[i];
    for (Operation *user : own.getUsers()) {
      if (i == 0 && isa<nn::ShapeOp>(user))
        continue;
      if (auto view = dyn_cast<nn::ReshapeOp>(user)) {
        auto axes = findKeptAxes(view, shapes);
        int64_t rank = cast<RankedTensorType>(own.getType()).getRank();
        auto place =
            axes ? llvm::find(*axes, unsigned(rank - 1 - back)) : nullptr;
        if (!axes || place == axes->end())
          return false;
        reached.insert({view, axes->end() - place - 1});
        views[view] = std::move(*axes);
        continue;
      }
      if (!isa<ElementwiseOpInterface>(user) || user->getNumResults() != 1)
        return false;
      if (!meets(user, back, size, shapes))
        reached.insert({user->getResult(0), back});
    }
  }
  return true;
}

/// Takes the sizes of a view from what it is of now.
static void restateSizes(nn::ReshapeOp view,
                         ArrayRef<std::optional<unsigned>> axes) {
  OpBuilder builder(view);
  Location loc = view.getLoc();
  auto one = RankedTensorType::get({1}, builder.getI64Type());
  SmallVector<Value> sizes;
  for (std::optional<unsigned> axis : axes)
    sizes.push_back(
        axis ? nn::ShapeOp::create(builder, loc, one, view.getInput(),
                                   builder.getI64IntegerAttr(*axis),
                                   builder.getI64IntegerAttr(*axis + 1))
                   .getResult()
             : nn::makeIntegers(builder, loc, 1));
  auto list = RankedTensorType::get({static_cast<int64_t>(sizes.size())},
                                    builder.getI64Type());
  view.getShapeMutable().assign(nn::ConcatOp::create(
      builder, loc, list, sizes, builder.getI64IntegerAttr(0)));
}

/// Picks the only element for each that \p like has, or one after the other.
void Repetition::repeat(Place place, Place like) {
  auto [it, isNew] = repeated.try_emplace(place.argument, place.argument);
  Value whole = it->second;
  OpBuilder builder(func.getContext());
  builder.setInsertionPointAfterValue(whole);
  Location loc = whole.getLoc();
  auto one = RankedTensorType::get({1}, builder.getI64Type());
  auto list =
      RankedTensorType::get({ShapedType::kDynamic}, builder.getI64Type());
  auto getSize = [&](Place of) -> Value {
    return nn::ShapeOp::create(builder, loc, one, of.argument,
                               builder.getI64IntegerAttr(of.axis),
                               builder.getI64IntegerAttr(of.axis + 1));
  };
  auto compute = [&](nn::BinaryKind kind, Value a, Value b) -> Value {
    return nn::BinaryOp::create(builder, loc, a.getType(), kind, a, b);
  };
  // 0, 0, ... for a size of 1, and 0, 1, ... for another one.
  Value number = nn::makeIntegers(builder, loc, 1);
  Value less = compute(nn::BinaryKind::Sub, getSize(place), number);
  Value step = compute(nn::BinaryKind::Min, less, number);
  Value position = nn::IotaOp::create(builder, loc, list, getSize(like));
  Value index = compute(nn::BinaryKind::Mul, position, step);
  Value result =
      nn::GatherOp::create(builder, loc, whole.getType(), whole, index,
                           builder.getI64IntegerAttr(place.axis));
  whole.replaceUsesWithIf(result, [&](OpOperand &use) {
    return use.getOwner() != result.getDefiningOp() &&
           !isa<nn::ShapeOp>(use.getOwner());
  });
  it->second = result;
  done.push_back(place);
}

uint64_t Repetition::countElements(AffineExpr size) {
  uint64_t sum = 0;
  for (Place place : findPlaces(size)) {
    auto type = cast<ShapedType>(place.argument.getType());
    uint64_t product = 1;
    for (int64_t extent : type.getShape())
      if (!ShapedType::isDynamic(extent))
        product = llvm::SaturatingMultiply(product, uint64_t(extent));
    sum = llvm::SaturatingAdd(sum, product);
  }
  return sum;
}

bool Repetition::allowEither(AffineExpr a, AffineExpr b) {
  if (countElements(b) < countElements(a))
    std::swap(a, b);
  return allow(a, b) || allow(b, a);
}

bool Repetition::allow(AffineExpr own, AffineExpr size) {
  SmallVector<Place> places = findPlaces(own), like = findPlaces(size);
  auto isElement = [](Place place) {
    return nn::isElement(getElementTypeOrSelf(place.argument.getType()));
  };
  llvm::erase_if(like, [&](Place place) { return !isElement(place); });
  // Sizes that meet behind it are computed from those of arguments.
  llvm::erase_if(places,
                 [&](Place place) { return llvm::is_contained(done, place); });
  auto canRepeat = [&](Place place) {
    auto type = cast<RankedTensorType>(place.argument.getType());
    return isElement(place) && place.axis + 1 < type.getRank();
  };
  if (like.empty() || places.empty() || !llvm::all_of(places, canRepeat))
    return false;
  SymbolicShapes shapes(func);
  Views views;
  if (!llvm::all_of(places, [&](Place place) {
        auto type = cast<RankedTensorType>(place.argument.getType());
        auto whole = repeated.find(place.argument);
        return isRepeatedByUsers(
            whole == repeated.end() ? place.argument : whole->second,
            type.getRank() - 1 - place.axis, size, shapes, views);
      }))
    return false;
  for (Place place : places)
    repeat(place, like.front());
  for (const auto &[view, axes] : views)
    restateSizes(view, axes);
  // (own - 1) * (own - size) = 0, without differences.
  Builder builder(func.getContext());
  SmallVector<Attribute> pairs;
  if (auto known = func->getAttrOfType<ArrayAttr>(equalSizesAttrName))
    pairs.append(known.begin(), known.end());
  auto names = func->getAttrOfType<ArrayAttr>(dimNamesAttrName);
  pairs.push_back(AffineMapAttr::get(
      AffineMap::get(0, names.size(), {own * own + size, own * size + own},
                     func.getContext())));
  func->setAttr(equalSizesAttrName, builder.getArrayAttr(pairs));
  return true;
}

/// Keeps what the model calls the dims of its arguments, for messages.
static void keepNames(func::FuncOp func, ArrayAttr names) {
  if (func->hasAttr(argDimNamesAttrName))
    return;
  Builder builder(func.getContext());
  auto maps = func->getAttrOfType<ArrayAttr>(argShapesAttrName);
  SmallVector<Attribute> all;
  for (AffineMap map : maps.getAsValueRange<AffineMapAttr>()) {
    SmallVector<Attribute> own;
    for (AffineExpr size : map.getResults()) {
      auto symbol = dyn_cast<AffineSymbolExpr>(size);
      own.push_back(symbol ? names[symbol.getPosition()]
                           : builder.getStringAttr(""));
    }
    all.push_back(builder.getArrayAttr(own));
  }
  func->setAttr(argDimNamesAttrName, builder.getArrayAttr(all));
}

/// Whether each argument has sizes, and all of them, as the pairs of equal
/// sizes, are in terms of names alone.
static bool hasNamedSizes(func::FuncOp func) {
  auto names = func->getAttrOfType<ArrayAttr>(dimNamesAttrName);
  auto maps = func->getAttrOfType<ArrayAttr>(argShapesAttrName);
  auto pairs = func->getAttrOfType<ArrayAttr>(equalSizesAttrName);
  auto areNamed = [&](ArrayAttr list) {
    return llvm::all_of(
        list.getAsValueRange<AffineMapAttr>(), [&](AffineMap map) {
          return llvm::all_of(map.getResults(), [&](AffineExpr size) {
            return usesSymbolsBelow(size, names.size());
          });
        });
  };
  return names && maps && maps.size() == func.getNumArguments() &&
         areNamed(maps) && (!pairs || areNamed(pairs));
}

/// Gives \p name the bounds of \p joined, which is its size, as well as its
/// own. An error where no size is within both.
static LogicalResult joinBounds(func::FuncOp func, StringAttr joined,
                                StringAttr name) {
  auto bounds = func->getAttrOfType<DictionaryAttr>(dimBoundsAttrName);
  auto other =
      bounds ? bounds.getAs<DenseI64ArrayAttr>(joined) : DenseI64ArrayAttr();
  if (!other)
    return success();
  int64_t low = other[0], high = other[1];
  if (auto own = bounds.getAs<DenseI64ArrayAttr>(name)) {
    low = std::max(low, own[0]);
    high = std::min(high, own[1]);
  }
  if (low > high)
    return func.emitError() << "dims " << joined << " and " << name
                            << " are one size, but no size is within the "
                               "bounds of both";
  NamedAttrList left(bounds);
  left.erase(joined);
  left.set(name, DenseI64ArrayAttr::get(func.getContext(), {low, high}));
  func->setAttr(dimBoundsAttrName, left.getDictionary(func.getContext()));
  return success();
}

/// Whether one more dim stands for something else now.
static FailureOr<bool> unifyDims(func::FuncOp func, Repetition &repetition) {
  auto names = func->getAttrOfType<ArrayAttr>(dimNamesAttrName);
  std::optional<EqualDim> equal = findEqualDim(func, names.size());
  if (!equal)
    return false;
  // Another name takes the place of this one. A sum does so in sizes only: the
  // input's own size has to have a name, which is compared with the sum.
  Builder builder(func.getContext());
  if (equal->isFront &&
      repetition.allowEither(builder.getAffineSymbolExpr(equal->dim),
                             equal->size))
    return true;
  AffineExpr size = equal->size;
  unsigned dim = equal->dim;
  bool isName = isa<AffineSymbolExpr>(size);
  if (isName) {
    unsigned other = cast<AffineSymbolExpr>(size).getPosition();
    if (failed(joinBounds(func, cast<StringAttr>(names[dim]),
                          cast<StringAttr>(names[other]))))
      return failure();
    keepNames(func, names);
  }
  SmallVector<Attribute> left;
  SmallVector<AffineExpr> places;
  for (auto [index, name] : llvm::enumerate(names)) {
    places.push_back(builder.getAffineSymbolExpr(left.size()));
    if (index != dim || !isName)
      left.push_back(name);
  }
  SmallVector<AffineExpr> replacements(places);
  replacements[dim] = size.replaceSymbols(places);
  func->setAttr(dimNamesAttrName, builder.getArrayAttr(left));
  func->setAttr(argShapesAttrName,
                replaceDims(func->getAttrOfType<ArrayAttr>(argShapesAttrName),
                            replacements, left.size()));
  // A name that was given to a sum stays in front of its pair.
  SmallVector<Attribute> pairs;
  if (auto known = func->getAttrOfType<ArrayAttr>(equalSizesAttrName))
    for (AffineMap pair : known.getAsValueRange<AffineMapAttr>())
      pairs.push_back(AffineMapAttr::get(AffineMap::get(
          0, left.size(),
          {pair.getResult(0).replaceSymbols(isName ? replacements : places),
           pair.getResult(1).replaceSymbols(replacements)},
          func.getContext())));
  if (!isName)
    pairs.push_back(AffineMapAttr::get(AffineMap::get(
        0, left.size(), {places[dim], replacements[dim]}, func.getContext())));
  if (!pairs.empty())
    func->setAttr(equalSizesAttrName, builder.getArrayAttr(pairs));
  return true;
}

namespace {
struct NNUnifyDims : public nn::impl::NNUnifyDimsBase<NNUnifyDims> {
  void runOnOperation() override {
    func::FuncOp func = getOperation();
    if (func.isExternal() || func.isPrivate() || !hasNamedSizes(func))
      return;
    if (failed(fixSummedDims(func)))
      return signalPassFailure();
    // Results speak of the names as they were.
    if (func->hasAttr(resultShapesAttrName))
      return;
    // What is one dim now may make others meet.
    Repetition repetition(func);
    FailureOr<bool> isJoined = true;
    while (succeeded(isJoined) && *isJoined)
      isJoined = unifyDims(func, repetition);
    if (failed(isJoined))
      signalPassFailure();
  }
};
} // namespace
