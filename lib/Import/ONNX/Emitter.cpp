//===- Emitter.cpp - Build nn ops with checked types ------------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Emitter.h"
#include "ImportState.h"
#include "quantc/Dialect/NN/IR/NNOps.h"
#include "quantc/Dialect/NN/IR/SliceRange.h"
#include "quantc/Dialect/NN/Transforms/Passes.h"
#include "quantc/Interfaces/InterpretableOpInterface.h"
#include "quantc/Interpreter/Interpreter.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/IR/Diagnostics.h"
#include "mlir/IR/Verifier.h"
#include "mlir/Interfaces/InferTypeOpInterface.h"

using namespace quantc;
using namespace quantc::onnx;
using namespace mlir;

/// What verifiers and type inference say while it lives.
namespace {
class DiagnosticText {
public:
  explicit DiagnosticText(MLIRContext *context)
      : handler(context, [this](Diagnostic &diagnostic) {
          if (!text.empty())
            text += "; ";
          text += diagnostic.str();
          return success();
        }) {}
  std::string text;

private:
  ScopedDiagnosticHandler handler;
};
} // namespace

/// Lets the op infer the types of its results, in place of those it has.
static LogicalResult inferTypes(Operation *op) {
  auto inference = dyn_cast<InferTypeOpInterface>(op);
  if (!inference)
    return op->emitOpError("does not infer its type");
  SmallVector<Type> types;
  if (failed(inference.inferReturnTypes(
          op->getContext(), op->getLoc(), op->getOperands(),
          op->getRawDictionaryAttrs(), op->getPropertiesStorage(),
          op->getRegions(), types)))
    return failure();
  for (auto [result, type] : llvm::zip_equal(op->getResults(), types))
    result.setType(type);
  return success();
}

static LogicalResult checkSizes(Operation *op) {
  for (Type type : op->getResultTypes()) {
    std::vector<int64_t> sizes;
    for (int64_t size : cast<RankedTensorType>(type).getShape())
      sizes.push_back(ShapedType::isDynamic(size) ? 1 : size);
    if (!countElements(sizes))
      return op->emitOpError("has a result of ") << type << ", too large";
  }
  return success();
}

/// The value of an op on small constants: shape arithmetic, which later nodes
/// need to know, and the numbers that exporters compute scales from.
static DenseElementsAttr evaluate(Operation *op) {
  constexpr int64_t small = 256;
  auto type = cast<RankedTensorType>(op->getResult(0).getType());
  auto evaluable = dyn_cast<InterpretableOpInterface>(op);
  if (!evaluable || !type.hasStaticShape() || type.getNumElements() > small)
    return {};
  SmallVector<HostValue> operands, results;
  for (Value operand : op->getOperands()) {
    auto constant = operand.getDefiningOp<arith::ConstantOp>();
    if (!constant)
      return {};
    operands.push_back(
        HostValue::fromAttribute(cast<DenseElementsAttr>(constant.getValue())));
  }
  InterpreterContext context;
  if (failed(evaluable.interpret(operands, results, context)) ||
      results[0].getType() != type)
    return {};
  return results[0].toAttribute();
}

Value Emitter::build(StringRef name, ValueRange operands,
                     ArrayRef<NamedAttribute> attributes) {
  return build(name, operands, attributes, Type());
}

Value Emitter::build(StringRef name, ValueRange operands,
                     ArrayRef<NamedAttribute> attributes, Type type) {
  if (!llvm::all_of(operands, [](Value value) { return value != nullptr; }))
    return {};
  DiagnosticText diagnostics(builder.getContext());
  OperationState state(loc, name);
  state.addOperands(operands);
  state.addAttributes(attributes);
  // A placeholder until the op has said what it gives.
  state.addTypes(type ? type : operands.front().getType());
  Operation *op = builder.create(state);
  if ((!type && failed(inferTypes(op))) || failed(checkSizes(op)) ||
      failed(verify(op))) {
    report(diagnostics.text);
    op->erase();
    return {};
  }
  SmallVector<Value> folded;
  SmallVector<Operation *> constants;
  if (succeeded(builder.tryFold(op, folded, &constants)) && !folded.empty()) {
    op->erase();
    return folded.front();
  }
  if (DenseElementsAttr value = evaluate(op)) {
    op->erase();
    return arith::ConstantOp::create(builder, loc, value);
  }
  shapes.infer(op);
  Value result = op->getResult(0);
  if (Value constant = nn::resolveResult(result, shapes)) {
    shapes.forget(result);
    op->erase();
    return constant;
  }
  return result;
}

NamedAttribute Emitter::attribute(StringRef name, Attribute value) {
  return builder.getNamedAttr(name, value);
}

NamedAttribute Emitter::list(StringRef name, ArrayRef<int64_t> values) {
  return attribute(name, builder.getDenseI64ArrayAttr(values));
}

//===----------------------------------------------------------------------===//
// Constants
//===----------------------------------------------------------------------===//

static Attribute numberAttr(Type element, double value) {
  if (isa<FloatType>(element))
    return FloatAttr::get(element, value);
  return IntegerAttr::get(element, static_cast<int64_t>(value));
}

Value Emitter::scalar(Type element, double value) {
  return arith::ConstantOp::create(
      builder, loc,
      DenseElementsAttr::get(RankedTensorType::get({}, element),
                             numberAttr(element, value)));
}

Value Emitter::integer(int64_t value) {
  return arith::ConstantOp::create(
      builder, loc,
      DenseIntElementsAttr::get(RankedTensorType::get({}, i64()), {value}));
}

Value Emitter::integers(ArrayRef<int64_t> values) {
  auto type =
      RankedTensorType::get({static_cast<int64_t>(values.size())}, i64());
  return arith::ConstantOp::create(builder, loc,
                                   DenseIntElementsAttr::get(type, values));
}

Value Emitter::reals(ArrayRef<float> values) {
  auto type =
      RankedTensorType::get({static_cast<int64_t>(values.size())}, f32());
  return arith::ConstantOp::create(builder, loc,
                                   DenseFPElementsAttr::get(type, values));
}

Value Emitter::vector(Type element, ArrayRef<double> values) {
  auto type =
      RankedTensorType::get({static_cast<int64_t>(values.size())}, element);
  SmallVector<Attribute> elements;
  for (double value : values)
    elements.push_back(numberAttr(element, value));
  return arith::ConstantOp::create(builder, loc,
                                   DenseElementsAttr::get(type, elements));
}

//===----------------------------------------------------------------------===//
// Elementwise ops
//===----------------------------------------------------------------------===//

Value Emitter::unary(StringRef kind, Value x) {
  return build(
      "nn.unary", {x},
      attribute("kind", nn::UnaryKindAttr::get(builder.getContext(),
                                               *nn::symbolizeUnaryKind(kind))));
}

Value Emitter::binary(StringRef kind, Value a, Value b) {
  return build("nn.binary", {a, b},
               attribute("kind", nn::BinaryKindAttr::get(
                                     builder.getContext(),
                                     *nn::symbolizeBinaryKind(kind))));
}

Value Emitter::compare(StringRef predicate, Value a, Value b) {
  return build("nn.compare", {a, b},
               attribute("predicate", nn::PredicateAttr::get(
                                          builder.getContext(),
                                          *nn::symbolizePredicate(predicate))));
}

Value Emitter::select(Value condition, Value a, Value b) {
  return build("nn.select", {condition, a, b});
}

Value Emitter::cast(Value x, Type element) {
  if (!x || typeOf(x).getElementType() == element)
    return x;
  return build("nn.cast", {x}, {}, typeOf(x).clone(element));
}

Value Emitter::clip(Value x, double min, double max) {
  return build("nn.clip", {x},
               {attribute("min", builder.getF64FloatAttr(min)),
                attribute("max", builder.getF64FloatAttr(max))});
}

Value Emitter::gelu(StringRef kind, Value x) {
  return build(
      "nn.gelu", {x},
      attribute("kind", nn::GeluKindAttr::get(builder.getContext(),
                                              *nn::symbolizeGeluKind(kind))));
}

//===----------------------------------------------------------------------===//
// Contractions, normalisations, reductions
//===----------------------------------------------------------------------===//

Value Emitter::matmul(Value lhs, Value rhs) {
  return build("nn.matmul", {lhs, rhs});
}

Value Emitter::conv(Value x, Value weights, const nn::Window &window,
                    int64_t groups) {
  if (!x || !weights)
    return {};
  int64_t outputs = typeOf(weights).getDimSize(0),
          channels = typeOf(x).getShape().back();
  if (groups > 1 && channels == groups && typeOf(weights).getDimSize(2) == 1 &&
      outputs > groups && outputs % groups == 0) {
    // Several outputs of every channel: as many channels, each its own group.
    SmallVector<int64_t> sources;
    for (int64_t output = 0; output < outputs; ++output)
      sources.push_back(output / (outputs / groups));
    x = gather(x, integers(sources), rankOf(x) - 1);
    groups = outputs;
  }
  return build("nn.conv", {x, weights},
               {list("kernel", window.kernel), list("strides", window.strides),
                list("dilations", window.dilations), list("pads", window.pads),
                attribute("groups", builder.getI64IntegerAttr(groups))});
}

Value Emitter::pool(StringRef kind, Value x, const nn::Window &window,
                    bool countPads, int64_t p) {
  SmallVector<NamedAttribute> attributes{
      attribute("kind", nn::PoolKindAttr::get(builder.getContext(),
                                              *nn::symbolizePoolKind(kind))),
      list("kernel", window.kernel),
      list("strides", window.strides),
      list("dilations", window.dilations),
      list("pads", window.pads),
      attribute("p", builder.getI64IntegerAttr(p))};
  if (window.ceil)
    attributes.push_back(attribute("ceil", builder.getUnitAttr()));
  if (countPads)
    attributes.push_back(attribute("count_pads", builder.getUnitAttr()));
  return build("nn.pool", {x}, attributes);
}

Value Emitter::pad(StringRef mode, Value x, ArrayRef<int64_t> low,
                   ArrayRef<int64_t> high, double value) {
  return build(
      "nn.pad", {x},
      {attribute("mode", nn::PadModeAttr::get(builder.getContext(),
                                              *nn::symbolizePadMode(mode))),
       list("low", low), list("high", high),
       attribute("value", builder.getF64FloatAttr(value))});
}

Value Emitter::layerNorm(Value x, Value scale, Value bias, int64_t axis,
                         float epsilon) {
  SmallVector<Value> operands{x, scale};
  if (bias)
    operands.push_back(bias);
  return build("nn.layer_norm", operands,
               {attribute("axis", builder.getI64IntegerAttr(axis)),
                attribute("epsilon", builder.getF32FloatAttr(epsilon))});
}

Value Emitter::rmsNorm(Value x, Value scale, int64_t axis, float epsilon) {
  return build("nn.rms_norm", {x, scale},
               {attribute("axis", builder.getI64IntegerAttr(axis)),
                attribute("epsilon", builder.getF32FloatAttr(epsilon))});
}

Value Emitter::softmax(Value x, int64_t axis) {
  return build("nn.softmax", {x},
               attribute("axis", builder.getI64IntegerAttr(axis)));
}

Value Emitter::cumsum(Value x, int64_t axis, bool exclusive, bool reverse) {
  SmallVector<NamedAttribute> attributes{
      attribute("axis", builder.getI64IntegerAttr(axis))};
  if (exclusive)
    attributes.push_back(attribute("exclusive", builder.getUnitAttr()));
  if (reverse)
    attributes.push_back(attribute("reverse", builder.getUnitAttr()));
  return build("nn.cumsum", {x}, attributes);
}

Value Emitter::attention(Value q, Value k, Value v, const AttentionForm &form) {
  SmallVector<Value> operands{q, k, v};
  SmallVector<int32_t> segments(3, 1);
  for (Value optional : {form.mask, form.lengths, form.offset}) {
    segments.push_back(optional ? 1 : 0);
    if (optional)
      operands.push_back(optional);
  }
  SmallVector<NamedAttribute> attributes{
      attribute("operandSegmentSizes", builder.getDenseI32ArrayAttr(segments)),
      attribute("scale", builder.getF32FloatAttr(form.scale))};
  if (form.softcap != 0)
    attributes.push_back(
        attribute("softcap", builder.getF32FloatAttr(form.softcap)));
  if (form.causal)
    attributes.push_back(attribute("causal", builder.getUnitAttr()));
  if (form.left)
    attributes.push_back(
        attribute("left_window", builder.getI64IntegerAttr(*form.left)));
  if (form.right)
    attributes.push_back(
        attribute("right_window", builder.getI64IntegerAttr(*form.right)));
  return build("nn.attention", operands, attributes);
}

Value Emitter::rotary(Value x, Value cos, Value sin, bool interleaved) {
  SmallVector<NamedAttribute> attributes;
  if (interleaved)
    attributes.push_back(attribute("interleaved", builder.getUnitAttr()));
  return build("nn.rotary", {x, cos, sin}, attributes,
               x ? x.getType() : Type());
}

Value Emitter::reduce(StringRef kind, Value x, ArrayRef<int64_t> axes,
                      bool keepDims) {
  SmallVector<NamedAttribute> attributes{
      attribute("kind",
                nn::ReduceKindAttr::get(builder.getContext(),
                                        *nn::symbolizeReduceKind(kind))),
      list("axes", axes)};
  if (keepDims)
    attributes.push_back(attribute("keepdims", builder.getUnitAttr()));
  return build("nn.reduce", {x}, attributes);
}

Value Emitter::topK(Value x, int64_t axis, int64_t k, bool largest) {
  SmallVector<NamedAttribute> attributes{
      attribute("axis", builder.getI64IntegerAttr(axis)),
      attribute("k", builder.getI64IntegerAttr(k))};
  if (!largest)
    attributes.push_back(attribute("smallest", builder.getUnitAttr()));
  return build("nn.topk", {x}, attributes);
}

//===----------------------------------------------------------------------===//
// Shapes and data movement
//===----------------------------------------------------------------------===//

/// The sizes that reshaping `type` to `sizes` gives. A size of -1 is what is
/// left over where that is known.
static FailureOr<SmallVector<int64_t>> inferReshape(RankedTensorType type,
                                                    ArrayRef<int64_t> sizes) {
  SmallVector<int64_t> result;
  int64_t *open = nullptr;
  std::vector<int64_t> given;
  for (int64_t size : sizes) {
    result.push_back(size == -1 ? ShapedType::kDynamic : size);
    if (size != -1)
      given.push_back(size);
  }
  for (int64_t &size : result)
    if (ShapedType::isDynamic(size))
      open = &size;
  std::optional<int64_t> count = countElements(given);
  if (!count)
    return failure();
  if (!type.hasStaticShape())
    return result;
  int64_t total = type.getNumElements();
  if (open && *count != 0 && total % *count == 0)
    *open = total / *count;
  else if (open || *count != total)
    return failure();
  return result;
}

Value Emitter::reshape(Value x, Value shape) {
  if (!x || !shape)
    return {};
  shape = cast(shape, i64());
  SmallVector<int64_t> sizes(typeOf(shape).getDimSize(0), ShapedType::kDynamic);
  if (std::optional<SmallVector<int64_t>> known = constantElements(shape)) {
    FailureOr<SmallVector<int64_t>> inferred = inferReshape(typeOf(x), *known);
    if (failed(inferred)) {
      std::string text;
      llvm::raw_string_ostream stream(text);
      stream << "cannot reshape " << x.getType() << " to [";
      llvm::interleaveComma(*known, stream);
      report(text + "]");
      return {};
    }
    sizes = *inferred;
  }
  return build("nn.reshape", {x, shape}, {}, typeOf(x).clone(sizes));
}

Value Emitter::reshape(Value x, ArrayRef<Size> sizes) {
  if (!x)
    return {};
  // One size of run time is what is left over, unless nothing is.
  SmallVector<int64_t> numbers;
  unsigned unknown = 0;
  bool empty = false;
  for (const Size &size : sizes) {
    int64_t number = size.number;
    if (size.tensor) {
      number = typeOf(size.tensor).getDimSize(size.dim);
      if (ShapedType::isDynamic(number))
        number = -1;
    }
    unknown += number == -1;
    empty |= number == 0;
    numbers.push_back(number);
  }
  if (unknown > 1 || (unknown == 1 && empty))
    return reshape(x, this->sizes(sizes));
  return reshape(x, integers(numbers));
}

Value Emitter::transpose(Value x, ArrayRef<int64_t> permutation) {
  return build("nn.transpose", {x}, list("perm", permutation));
}

Value Emitter::transposeLastTwo(Value x) {
  if (!x)
    return {};
  int64_t rank = rankOf(x);
  SmallVector<int64_t> permutation =
      llvm::to_vector(llvm::seq<int64_t>(0, rank));
  std::swap(permutation[rank - 2], permutation[rank - 1]);
  return transpose(x, permutation);
}

Value Emitter::channelsLast(Value x) {
  if (!x)
    return {};
  SmallVector<int64_t> permutation{0};
  llvm::append_range(permutation, llvm::seq<int64_t>(2, rankOf(x)));
  permutation.push_back(1);
  return transpose(x, permutation);
}

Value Emitter::channelsFirst(Value x) {
  if (!x)
    return {};
  SmallVector<int64_t> permutation{0, rankOf(x) - 1};
  llvm::append_range(permutation, llvm::seq<int64_t>(1, rankOf(x) - 1));
  return transpose(x, permutation);
}

Value Emitter::expand(Value x, Value shape) {
  if (!x || !shape)
    return {};
  shape = cast(shape, i64());
  SmallVector<int64_t> sizes(typeOf(shape).getDimSize(0), ShapedType::kDynamic);
  if (std::optional<SmallVector<int64_t>> known = constantElements(shape))
    sizes.assign(known->begin(), known->end());
  if (llvm::any_of(sizes, [](int64_t size) {
        return size < 0 && !ShapedType::isDynamic(size);
      })) {
    report("a size of its shape is negative");
    return {};
  }
  std::optional<SmallVector<int64_t>> result =
      nn::broadcastShapes(typeOf(x).getShape(), sizes);
  if (!result) {
    std::string text;
    llvm::raw_string_ostream stream(text);
    stream << "cannot expand " << x.getType() << " to [";
    llvm::interleaveComma(sizes, stream);
    report(text + "]");
    return {};
  }
  return build("nn.expand", {x, shape}, {}, typeOf(x).clone(*result));
}

Value Emitter::concat(ValueRange parts, int64_t axis) {
  if (parts.size() == 1)
    return parts.front();
  return build("nn.concat", parts,
               attribute("axis", builder.getI64IntegerAttr(axis)));
}

Value Emitter::gather(Value x, Value indices, int64_t axis) {
  return build("nn.gather", {x, indices},
               attribute("axis", builder.getI64IntegerAttr(axis)));
}

Value Emitter::slice(Value x, ArrayRef<int64_t> starts, ArrayRef<int64_t> ends,
                     ArrayRef<int64_t> axes, ArrayRef<int64_t> steps) {
  if (!x)
    return {};
  SmallVector<int64_t> sizes(typeOf(x).getShape());
  for (auto [start, end, axis, step] :
       llvm::zip_equal(starts, ends, axes, steps))
    if (!ShapedType::isDynamic(sizes[axis]) && step != 0)
      sizes[axis] = nn::getSliceRange(start, end, step, sizes[axis]).count;
  return build(
      "nn.slice",
      {x, integers(starts), integers(ends), integers(axes), integers(steps)},
      {}, typeOf(x).clone(sizes));
}

Value Emitter::slice(Value x, Value starts, Value ends, ArrayRef<int64_t> axes,
                     Value steps) {
  if (!x)
    return {};
  SmallVector<int64_t> sizes(typeOf(x).getShape());
  for (int64_t axis : axes)
    sizes[axis] = ShapedType::kDynamic;
  return build("nn.slice",
               {x, cast(starts, i64()), cast(ends, i64()), integers(axes),
                cast(steps, i64())},
               {}, typeOf(x).clone(sizes));
}

Value Emitter::shapeOf(Value x, int64_t start, int64_t end) {
  return build("nn.shape", {x},
               {attribute("start", builder.getI64IntegerAttr(start)),
                attribute("end", builder.getI64IntegerAttr(end))});
}

Value Emitter::shapeOf(Value x) {
  return x ? shapeOf(x, 0, rankOf(x)) : Value();
}

Value Emitter::iota(Value count) {
  return build("nn.iota", {count}, {},
               RankedTensorType::get(ShapedType::kDynamic, i64()));
}

Value Emitter::positions(Value x, int64_t dim) {
  if (!x)
    return {};
  SmallVector<Size> column{Size(-1)};
  column.append(rankOf(x) - 1 - dim, Size(1));
  return reshape(iota(shapeOf(x, dim, dim + 1)), column);
}

Value Emitter::sizes(ArrayRef<Size> sizes) {
  SmallVector<Value> parts;
  SmallVector<int64_t> numbers;
  auto flush = [&] {
    if (!numbers.empty())
      parts.push_back(integers(numbers));
    numbers.clear();
  };
  for (const Size &size : sizes) {
    int64_t number =
        size.tensor ? typeOf(size.tensor).getDimSize(size.dim) : size.number;
    if (!ShapedType::isDynamic(number)) {
      numbers.push_back(number);
      continue;
    }
    flush();
    parts.push_back(shapeOf(size.tensor, size.dim, size.dim + 1));
  }
  flush();
  return parts.empty() ? integers({}) : concat(parts, 0);
}
