//===- PrepareFunctions.cpp - Functions made of others ----------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "PrepareIntegers.h"
#include "quantc/Analysis/ConstantSlices.h"
#include "quantc/Analysis/SplatConstants.h"
#include "quantc/Dialect/QT/IR/LimitAttr.h"

using namespace mlir;
using namespace quantc;
using namespace quantc::nn;

namespace {
/// Powers whose exponent is computed are exponentials of logarithms; the base
/// of constant exponents has the shape of the result.
struct RewritePower : OpRewritePattern<BinaryOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(BinaryOp op,
                                PatternRewriter &rewriter) const override {
    Value base = op.getLhs(), power = op.getRhs();
    if (op.getKind() != BinaryKind::Pow || !isReal(op.getResult()))
      return rewriter.notifyMatchFailure(op, "is no power of floats");
    if (std::optional<UnaryKind> kind = findFunction(op)) {
      rewriter.replaceOpWithNewOp<UnaryOp>(op, op.getType(), *kind, base);
      return success();
    }
    if (isConstantSlice(power)) {
      auto type = typeOf(power);
      if (!type.hasStaticShape() ||
          typeOf(base).getShape() == typeOf(op.getResult()).getShape())
        return rewriter.notifyMatchFailure(op, "has constant exponents");
      Value zeros = arith::ConstantOp::create(
          rewriter, op.getLoc(), DenseElementsAttr::get(type, 0.0f));
      Value expanded = BinaryOp::create(rewriter, op.getLoc(), op.getType(),
                                        BinaryKind::Add, base, zeros);
      rewriter.modifyOpInPlace(op,
                               [&] { op.getLhsMutable().assign(expanded); });
      return success();
    }
    Build b(rewriter, op.getLoc());
    Value logarithm = b.unary(UnaryKind::Log, base);
    Value y =
        b.unary(UnaryKind::Exp, b.binary(BinaryKind::Mul, logarithm, power));
    if (!isConstantSlice(base)) {
      // Of 0 there is no logarithm.
      Value zero = b.number(0);
      Value isPositive = b.compare(Predicate::Gt, base, zero);
      y = SelectOp::create(rewriter, op.getLoc(), op.getType(), isPositive, y,
                           zero);
    }
    rewriter.replaceOp(op, y);
    return success();
  }

private:
  /// The function that a power by one constant is: these take results with all
  /// their bits.
  static std::optional<UnaryKind> findFunction(BinaryOp op) {
    std::optional<double> power = matchSplat(op.getRhs());
    if (typeOf(op.getLhs()) != typeOf(op.getResult()))
      return std::nullopt;
    if (power == -1)
      return UnaryKind::Reciprocal;
    if (power == 0.5)
      return UnaryKind::Sqrt;
    if (power == -0.5)
      return UnaryKind::Rsqrt;
    return std::nullopt;
  }
};

/// exp(x) - 1 and 1 - exp(x), whose small results are not what an exponential
/// near 1 leaves of them.
struct RewriteRise : OpRewritePattern<BinaryOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(BinaryOp op,
                                PatternRewriter &rewriter) const override {
    Value lhs = op.getLhs(), rhs = op.getRhs();
    bool isSum = op.getKind() == BinaryKind::Add;
    if ((!isSum && op.getKind() != BinaryKind::Sub) || !isReal(op.getResult()))
      return rewriter.notifyMatchFailure(op, "is no difference of floats");
    bool isFall = matchSplat(lhs) == 1;
    double one = isSum ? -1 : 1;
    if (isSum && matchSplat(lhs) == -1)
      std::swap(lhs, rhs);
    if (!(isFall && !isSum) && matchSplat(rhs) != one)
      return rewriter.notifyMatchFailure(op, "takes nothing off one, nor one");
    auto power = (isFall ? rhs : lhs).getDefiningOp<UnaryOp>();
    if (!power || power.getKind() != UnaryKind::Exp ||
        power.getType() != op.getType())
      return rewriter.notifyMatchFailure(op, "is of no exponential");
    Build b(rewriter, op.getLoc());
    Value rise = b.unary(UnaryKind::Expm1, power.getInput());
    rewriter.replaceOp(op, isFall ? b.unary(UnaryKind::Neg, rise) : rise);
    return success();
  }
};

struct RewriteFunction : OpRewritePattern<UnaryOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(UnaryOp op,
                                PatternRewriter &rewriter) const override {
    if (!isReal(op.getResult()))
      return rewriter.notifyMatchFailure(op, "is on integers");
    Build b(rewriter, op.getLoc());
    Value x = op.getInput();
    auto addOne = [&](Value value) {
      return b.binary(BinaryKind::Add, value, b.number(1));
    };
    auto square = [&](Value value) {
      return b.binary(BinaryKind::Mul, value, value);
    };
    auto scaled = [&](Value value, double factor) {
      return b.binary(BinaryKind::Mul, value, b.number(factor));
    };
    Value y;
    switch (op.getKind()) {
    case UnaryKind::Tan:
      y = b.binary(BinaryKind::Div, b.unary(UnaryKind::Sin, x),
                   b.unary(UnaryKind::Cos, x));
      break;
    case UnaryKind::Sinh:
    case UnaryKind::Cosh: {
      bool isSine = op.getKind() == UnaryKind::Sinh;
      // What is one in both is none in their difference.
      UnaryKind kind = isSine ? UnaryKind::Expm1 : UnaryKind::Exp;
      Value up = b.unary(kind, x);
      Value down = b.unary(kind, b.unary(UnaryKind::Neg, x));
      y = scaled(b.binary(isSine ? BinaryKind::Sub : BinaryKind::Add, up, down),
                 0.5);
      break;
    }
    case UnaryKind::Asinh: {
      // log(1 + s + s^2 / (1 + root)), s = |x|: nothing beside one.
      Value size = b.unary(UnaryKind::Abs, x);
      Value root = b.unary(UnaryKind::Sqrt, addOne(square(size)));
      Value rest = b.binary(BinaryKind::Div, size, addOne(root));
      rest = addOne(rest);
      y = b.binary(
          BinaryKind::Mul, b.unary(UnaryKind::Sign, x),
          b.unary(UnaryKind::Log1p, b.binary(BinaryKind::Mul, size, rest)));
      break;
    }
    case UnaryKind::Acosh: {
      Value root = b.unary(UnaryKind::Sqrt,
                           b.binary(BinaryKind::Sub, square(x), b.number(1)));
      y = b.unary(UnaryKind::Log, b.binary(BinaryKind::Add, x, root));
      break;
    }
    case UnaryKind::Atanh:
      y = scaled(
          b.binary(BinaryKind::Sub, b.unary(UnaryKind::Log1p, x),
                   b.unary(UnaryKind::Log1p, b.unary(UnaryKind::Neg, x))),
          0.5);
      break;
    case UnaryKind::Atan:
      y = buildAtan(b, x, b.number(1));
      break;
    case UnaryKind::Asin:
      y = buildAtan(b, x, buildOther(b, x));
      break;
    case UnaryKind::Acos:
      y = b.binary(BinaryKind::Sub, b.number(quarter),
                   buildAtan(b, x, buildOther(b, x)));
      break;
    default:
      return rewriter.notifyMatchFailure(op, "has an integer-only form");
    }
    rewriter.replaceOp(op, y);
    return success();
  }

private:
  static constexpr double quarter = 1.5707963267948966;

  /// The other side of a triangle with the side x of a right angle and the
  /// longest side 1.
  static Value buildOther(Build &b, Value x) {
    Value one = b.number(1);
    return b.unary(UnaryKind::Sqrt,
                   b.binary(BinaryKind::Mul, b.binary(BinaryKind::Sub, one, x),
                            b.binary(BinaryKind::Add, one, x)));
  }

  /// The angle whose tangent is y / x, for x that is not negative: that of the
  /// smaller by the larger, by a polynomial that is off by 4.5e-6 of it, or the
  /// rest of a quarter turn.
  static Value buildAtan(Build &b, Value y, Value x) {
    Value size = b.unary(UnaryKind::Abs, y);
    Value ratio = b.binary(BinaryKind::Div, b.binary(BinaryKind::Min, size, x),
                           b.binary(BinaryKind::Max, size, x));
    Value square = b.binary(BinaryKind::Mul, ratio, ratio), sum;
    for (double c :
         {-0.01419266, 0.05934872, -0.12300047, 0.19634362, -0.33310550, 1.0}) {
      if (sum)
        sum = b.binary(BinaryKind::Mul, sum, square);
      sum = sum ? b.binary(BinaryKind::Add, sum, b.number(c)) : b.number(c);
    }
    Value angle = b.binary(BinaryKind::Mul, sum, ratio);
    Value isSteep = b.compare(Predicate::Gt, size, x);
    angle = b.select(
        isSteep, b.binary(BinaryKind::Sub, b.number(quarter), angle), angle);
    return b.binary(BinaryKind::Mul, b.unary(UnaryKind::Sign, y), angle);
  }
};

/// A product along axes, half of it by the other half.
struct RewriteProduct : OpRewritePattern<ReduceOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(ReduceOp op,
                                PatternRewriter &rewriter) const override {
    if (op.getKind() != ReduceKind::Prod || !isReal(op.getInput()))
      return rewriter.notifyMatchFailure(op, "is no product of floats");
    Value x = op.getInput();
    for (int64_t axis : op.getAxes())
      if (typeOf(x).getDimSize(axis) < 1)
        return rewriter.notifyMatchFailure(
            op, "is over nothing, or a size of run time");
    Build b(rewriter, op.getLoc());
    for (int64_t axis : op.getAxes())
      while (int64_t size = typeOf(x).getDimSize(axis)) {
        if (size == 1)
          break;
        int64_t half = size / 2;
        Value y = multiply(b, b.slice(x, axis, 0, half),
                           b.slice(x, axis, half, 2 * half));
        if (size % 2 != 0) {
          Value rest = b.slice(x, axis, size - 1, size);
          y = half == 1 ? multiply(b, y, rest) : b.concat(y, rest, axis);
        }
        x = y;
      }
    // The same elements without the axes.
    Value y = op.getKeepdims()
                  ? x
                  : b.reduce(ReduceKind::Max, x, op.getAxes(), false);
    rewriter.replaceOp(op, y);
    return success();
  }

private:
  /// Products of a part of the factors may be of any magnitude.
  static Value multiply(Build &b, Value x, Value y) {
    Value product = b.binary(BinaryKind::Mul, x, y);
    Operation *op = product.getDefiningOp();
    op->setAttr(qt::elementExponentsAttrName, UnitAttr::get(op->getContext()));
    return product;
  }
};

/// A scalar is no row.
struct ExpandScalar : OpRewritePattern<ExpandOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(ExpandOp op,
                                PatternRewriter &rewriter) const override {
    Value x = op.getInput();
    if (typeOf(x).getRank() != 0 || !isReal(x) || op.getType().getRank() == 0)
      return rewriter.notifyMatchFailure(op, "expands no scalar");
    Value row = ReshapeOp::create(rewriter, op.getLoc(), typeOf(x).clone({1}),
                                  x, makeIntegers(rewriter, op.getLoc(), 1));
    rewriter.modifyOpInPlace(op, [&] { op.getInputMutable().assign(row); });
    return success();
  }
};

/// Means of windows whose number of elements is known at run time only: sums by
/// the sums of ones.
struct CountWindows : OpRewritePattern<PoolOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(PoolOp op,
                                PatternRewriter &rewriter) const override {
    auto type = typeOf(op.getInput());
    // Windows that may reach beyond what is counted.
    bool hasPads =
        llvm::any_of(op.getPads(), [](int64_t pad) { return pad != 0; });
    bool isWider = op.getCeil() || (hasPads && !op.getCountPads());
    bool isOpen = llvm::any_of(type.getShape().drop_front().drop_back(),
                               ShapedType::isDynamic);
    if (op.getKind() != PoolKind::Average || !isWider || !isOpen)
      return rewriter.notifyMatchFailure(op, "has windows of known numbers");
    Location loc = op.getLoc();
    auto resultType = typeOf(op.getResult());
    SmallVector<int64_t> counted(resultType.getShape());
    counted.front() = counted.back() = 1;
    Value sums = sum(rewriter, op, op.getInput(), resultType, op.getPads());
    Value counts;
    if (op.getCountPads()) {
      SmallVector<int64_t> noPads(op.getPads().size(), 0), all(counted);
      llvm::fill(MutableArrayRef(all).drop_front().drop_back(),
                 ShapedType::kDynamic);
      counts =
          sum(rewriter, op, makeOnes(rewriter, op), type.clone(all), noPads);
      // Of ones in the place of the pads behind the input more may begin there.
      counts = keepFirst(rewriter, loc, counts, sums, type.clone(counted));
    } else {
      counts = sum(rewriter, op, makeOnes(rewriter, op), type.clone(counted),
                   op.getPads());
    }
    rewriter.replaceOp(
        op, Build(rewriter, loc).binary(BinaryKind::Div, sums, counts));
    return success();
  }

private:
  /// One in the place of every element of an image, and of its pads where they
  /// count.
  static Value makeOnes(PatternRewriter &rewriter, PoolOp op) {
    Location loc = op.getLoc();
    auto type = typeOf(op.getInput());
    Window window = op.getWindow();
    int64_t rank = type.getRank();
    SmallVector<int64_t> kept(rank, 1), added(rank, 0), shape(type.getShape());
    kept.front() = kept.back() = 0;
    added.front() = added.back() = 1;
    shape.front() = shape.back() = 1;
    if (op.getCountPads())
      for (unsigned dim = 0; dim < window.getRank(); ++dim) {
        int64_t pads = added[1 + dim] = window.getPadsOf(dim);
        if (!ShapedType::isDynamic(shape[1 + dim]))
          shape[1 + dim] += pads;
      }
    auto integers = RankedTensorType::get(rank, rewriter.getI64Type());
    Value sizes = ShapeOp::create(rewriter, loc, integers, op.getInput(),
                                  /*start=*/0, /*end=*/rank);
    sizes = BinaryOp::create(rewriter, loc, integers, BinaryKind::Mul, sizes,
                             makeIntegers(rewriter, loc, kept));
    sizes = BinaryOp::create(rewriter, loc, integers, BinaryKind::Add, sizes,
                             makeIntegers(rewriter, loc, added));
    auto one = RankedTensorType::get({1}, rewriter.getF32Type());
    Value ones = arith::ConstantOp::create(rewriter, loc,
                                           DenseElementsAttr::get(one, 1.0f));
    return ExpandOp::create(rewriter, loc, type.clone(shape), ones, sizes);
  }

  static Value sum(PatternRewriter &rewriter, PoolOp op, Value x, Type result,
                   ArrayRef<int64_t> pads) {
    return PoolOp::create(
        rewriter, op.getLoc(), result,
        PoolKindAttr::get(rewriter.getContext(), PoolKind::Sum), x,
        op.getKernelAttr(), op.getStridesAttr(), op.getDilationsAttr(),
        rewriter.getDenseI64ArrayAttr(pads), op.getCeilAttr(),
        /*count_pads=*/UnitAttr(), op.getPAttr());
  }

  /// As many places of an image as \p like has.
  static Value keepFirst(PatternRewriter &rewriter, Location loc, Value x,
                         Value like, Type result) {
    int64_t places = typeOf(x).getRank() - 2;
    SmallVector<int64_t> starts(places, 0), steps(places, 1), axes;
    for (int64_t axis = 1; axis <= places; ++axis)
      axes.push_back(axis);
    auto integers = RankedTensorType::get(places, rewriter.getI64Type());
    Value ends = ShapeOp::create(rewriter, loc, integers, like, /*start=*/1,
                                 /*end=*/places + 1);
    return SliceOp::create(
        rewriter, loc, result, x, makeIntegers(rewriter, loc, starts), ends,
        makeIntegers(rewriter, loc, axes), makeIntegers(rewriter, loc, steps));
  }
};

/// Sums and means of more: reductions where a window is the image, which have
/// 64 bits, else those along one dimension after those along the others.
struct SplitWindows : OpRewritePattern<PoolOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(PoolOp op,
                                PatternRewriter &rewriter) const override {
    bool isMean = op.getKind() == PoolKind::Average;
    if (countTaps(op) <= mostTaps || (!isMean && op.getKind() != PoolKind::Sum))
      return rewriter.notifyMatchFailure(op, "is no sum beyond 32 bits");
    auto size = static_cast<int64_t>(op.getKernel().size());
    if (isWhole(op)) {
      Build b(rewriter, op.getLoc());
      auto axes = llvm::to_vector(llvm::seq<int64_t>(1, size + 1));
      rewriter.replaceOp(op,
                         b.reduce(isMean ? ReduceKind::Mean : ReduceKind::Sum,
                                  op.getInput(), axes, /*keepDims=*/true));
      return success();
    }
    SmallVector<int64_t> wide;
    for (auto [dim, taps] : llvm::enumerate(op.getKernel()))
      if (taps > 1)
        wide.push_back(dim);
    if (wide.size() < 2)
      return rewriter.notifyMatchFailure(op, "has windows along a dimension");
    // How many positions count is a product of those of each dimension.
    auto isLast = [&](int64_t dim) { return dim == wide.back(); };
    Value x = pool(rewriter, op, op.getInput(),
                   [&](int64_t dim) { return !isLast(dim); });
    rewriter.replaceOp(op, pool(rewriter, op, x, isLast));
    return success();
  }

private:
  /// How many integers of 16 bits a sum of 32 has.
  static constexpr int64_t mostTaps = 65536;

  static int64_t countTaps(PoolOp op) {
    int64_t count = 1;
    for (int64_t size : op.getKernel())
      count *= size;
    return count;
  }

  /// Whether there is one window, of all positions.
  static bool isWhole(PoolOp op) {
    auto isZero = [](int64_t pad) { return pad == 0; };
    auto isOne = [](int64_t step) { return step == 1; };
    return llvm::all_of(op.getPads(), isZero) &&
           llvm::all_of(op.getDilations(), isOne) &&
           op.getKernel() ==
               typeOf(op.getInput()).getShape().drop_front().drop_back();
  }

  /// The same along some dimensions.
  static Value pool(PatternRewriter &rewriter, PoolOp op, Value x,
                    function_ref<bool(int64_t)> isPooled) {
    SmallVector<int64_t> kernel(op.getKernel()), strides(op.getStrides()),
        dilations(op.getDilations()), pads(op.getPads());
    size_t size = kernel.size();
    for (size_t dim = 0; dim < size; ++dim)
      if (!isPooled(dim)) {
        kernel[dim] = strides[dim] = dilations[dim] = 1;
        pads[dim] = pads[size + dim] = 0;
      }
    return PoolOp::create(rewriter, op.getLoc(), op.getKindAttr(), x,
                          rewriter.getDenseI64ArrayAttr(kernel),
                          rewriter.getDenseI64ArrayAttr(strides),
                          rewriter.getDenseI64ArrayAttr(dilations),
                          rewriter.getDenseI64ArrayAttr(pads), op.getCeilAttr(),
                          op.getCountPadsAttr(), op.getPAttr());
  }
};

/// Norms of windows by powers: magnitudes and squares have forms of their own.
struct RewriteNorms : OpRewritePattern<PoolOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(PoolOp op,
                                PatternRewriter &rewriter) const override {
    auto order = static_cast<double>(op.getP());
    if (op.getKind() != PoolKind::Lp || order < 3)
      return rewriter.notifyMatchFailure(op, "has an integer-only form");
    Build b(rewriter, op.getLoc());
    Value powers =
        b.binary(BinaryKind::Pow, b.unary(UnaryKind::Abs, op.getInput()),
                 b.number(order));
    Value sums =
        PoolOp::create(rewriter, op.getLoc(), op.getType(),
                       PoolKindAttr::get(rewriter.getContext(), PoolKind::Sum),
                       powers, op.getKernelAttr(), op.getStridesAttr(),
                       op.getDilationsAttr(), op.getPadsAttr(),
                       op.getCeilAttr(), op.getCountPadsAttr(), op.getPAttr());
    rewriter.replaceOp(op,
                       b.binary(BinaryKind::Pow, sums, b.number(1 / order)));
    return success();
  }
};
} // namespace

void nn::populateFunctionPatterns(RewritePatternSet &patterns) {
  patterns.add<RewritePower, RewriteRise, RewriteFunction, RewriteProduct,
               ExpandScalar, CountWindows, SplitWindows, RewriteNorms>(
      patterns.getContext());
}
