//===- NodeBinder.cpp - Typed access to one ONNX node -----------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "NodeBinder.h"
#include "Graph.h"

#include "mlir/IR/TypeUtilities.h"
#include "quantc/Support/Locations.h"

#include "llvm/ADT/StringExtras.h"

using namespace quantc;
using namespace quantc::onnx;
using namespace mlir;
using quantc_onnx::AttributeProto;

NodeBinder::NodeBinder(const quantc_onnx::NodeProto &node, unsigned opset,
                       ImportState &state)
    : node(node), version(opset), state(state),
      emitter(state.builder, state.locationOf(node), *state.shapes,
              [this](const Twine &text) { problem(text); }) {
  llvm::StringSet<> seen;
  for (const AttributeProto &attribute : node.attribute()) {
    if (!seen.insert(attribute.name()).second)
      problem("attribute " + attribute.name() + " is given more than once");
    // References to attributes only mean something inside functions.
    if (!attribute.ref_attr_name().empty())
      problem("attribute " + attribute.name() +
              " refers to an attribute of a function");
  }
}

Emitter NodeBinder::emitFor(unsigned output) {
  return Emitter(state.builder, state.locationOf(node.output(output)),
                 *state.shapes, [this](const Twine &text) { problem(text); });
}

void NodeBinder::problem(const Twine &text) {
  anyProblem = true;
  std::string where = describeNode(node);
  where.insert(where.size() - 1, ", opset " + std::to_string(version));
  state.problems.push_back(where + ": " + text.str());
}

bool NodeBinder::haveEqualSizes(Value a, int64_t dim, Value b, int64_t other) {
  // Two calls: the second may move what the first has found.
  AffineExpr size = state.shapes->getSizes(a)[dim];
  return size == state.shapes->getSizes(b)[other];
}

void NodeBinder::unsupported(StringRef attribute, const Twine &value,
                             const Twine &supported) {
  problem("attribute " + attribute + " = " + value +
          " is not supported; supported: " + supported);
}

//===----------------------------------------------------------------------===//
// Attributes
//===----------------------------------------------------------------------===//

static std::string typeName(AttributeProto::AttributeType type) {
  return StringRef(AttributeProto::AttributeType_Name(type)).lower();
}

const AttributeProto *NodeBinder::find(StringRef name,
                                       AttributeProto::AttributeType type) {
  known.insert(name);
  for (const AttributeProto &attribute : node.attribute()) {
    if (StringRef(attribute.name()) != name)
      continue;
    // Files of IR version 1 do not state the type.
    if (attribute.type() == type ||
        attribute.type() == AttributeProto::UNDEFINED)
      return &attribute;
    problem("attribute " + name + " has type " + typeName(attribute.type()) +
            "; expected: " + typeName(type));
    return nullptr;
  }
  return nullptr;
}

bool NodeBinder::hasAttribute(StringRef name) {
  return llvm::any_of(node.attribute(), [&](const AttributeProto &attribute) {
    return StringRef(attribute.name()) == name;
  });
}

std::optional<int64_t> NodeBinder::integer(StringRef name) {
  if (const AttributeProto *attribute = find(name, AttributeProto::INT))
    return attribute->i();
  return std::nullopt;
}

int64_t NodeBinder::integer(StringRef name, int64_t fallback) {
  return integer(name).value_or(fallback);
}

bool NodeBinder::flag(StringRef name, bool fallback) {
  return integer(name, fallback) != 0;
}

std::optional<float> NodeBinder::real(StringRef name) {
  if (const AttributeProto *attribute = find(name, AttributeProto::FLOAT))
    return attribute->f();
  return std::nullopt;
}

float NodeBinder::real(StringRef name, float fallback) {
  return real(name).value_or(fallback);
}

StringRef NodeBinder::choice(StringRef name, StringRef fallback,
                             ArrayRef<StringRef> supported) {
  const AttributeProto *attribute = find(name, AttributeProto::STRING);
  if (!attribute)
    return fallback;
  StringRef value = attribute->s();
  if (!llvm::is_contained(supported, value))
    unsupported(name, "'" + value + "'",
                "'" + llvm::join(supported, "', '") + "'");
  return value;
}

StringRef NodeBinder::text(StringRef name) {
  if (const AttributeProto *attribute = find(name, AttributeProto::STRING))
    return attribute->s();
  problem("attribute " + name + " is missing");
  return "";
}

std::optional<SmallVector<int64_t>> NodeBinder::integers(StringRef name) {
  if (const AttributeProto *attribute = find(name, AttributeProto::INTS))
    return SmallVector<int64_t>(attribute->ints().begin(),
                                attribute->ints().end());
  return std::nullopt;
}

std::optional<SmallVector<float>> NodeBinder::reals(StringRef name) {
  if (const AttributeProto *attribute = find(name, AttributeProto::FLOATS))
    return SmallVector<float>(attribute->floats().begin(),
                              attribute->floats().end());
  return std::nullopt;
}

const quantc_onnx::TensorProto *NodeBinder::tensor(StringRef name) {
  if (const AttributeProto *attribute = find(name, AttributeProto::TENSOR))
    return &attribute->t();
  return nullptr;
}

void NodeBinder::checkAllAttributesKnown() {
  for (const AttributeProto &attribute : node.attribute())
    if (!known.contains(attribute.name()))
      problem("attribute " + attribute.name() +
              " does not exist in this opset; existing: " +
              (known.empty()
                   ? std::string("none")
                   : llvm::join(llvm::to_vector(known.keys()), ", ")));
}

//===----------------------------------------------------------------------===//
// Inputs and results
//===----------------------------------------------------------------------===//

bool NodeBinder::hasInput(unsigned index) const {
  return index < inputCount() && !node.input(index).empty();
}

static std::string elementsName(unsigned elements) {
  SmallVector<std::string> names;
  if (elements & Float)
    names.push_back("float");
  if (elements & Integer)
    names.push_back("int32, int64");
  if (elements & Boolean)
    names.push_back("bool");
  return llvm::join(names, ", ");
}

static unsigned elementsOf(Type type) {
  Type element = getElementTypeOrSelf(type);
  if (isa<FloatType>(element))
    return Float;
  return element.isInteger(1) ? Boolean : Integer;
}

static std::string printed(Type type) {
  std::string text;
  llvm::raw_string_ostream(text) << type;
  return text;
}

Value NodeBinder::input(unsigned index, unsigned elements) {
  if (!hasInput(index)) {
    problem("input " + Twine(index) + " is missing");
    return {};
  }
  Value value = state.lookup(node.input(index));
  if (!value) {
    poisoned = true;
    return {};
  }
  if (!(elementsOf(value.getType()) & elements)) {
    problem("input " + Twine(index) + " '" + node.input(index) + "' is a " +
            printed(value.getType()) +
            "; supported elements: " + elementsName(elements));
    return {};
  }
  return value;
}

Value NodeBinder::optionalInput(unsigned index, unsigned elements) {
  return hasInput(index) ? input(index, elements) : Value();
}

SmallVector<Value> NodeBinder::inputs(unsigned first, unsigned elements) {
  SmallVector<Value> values;
  for (unsigned index = first; index < inputCount(); ++index)
    values.push_back(input(index, elements));
  if (values.empty())
    problem("has no inputs");
  return values;
}

Value NodeBinder::shapeInput(unsigned index) {
  Value shape = input(index, Integer);
  if (!shape)
    return {};
  if (rankOf(shape) != 1 || typeOf(shape).isDynamicDim(0) ||
      typeOf(shape).getDimSize(0) > MaxRank) {
    problem("input " + Twine(index) + " '" + node.input(index) +
            "' (shape) is a " + printed(shape.getType()) +
            "; supported: a vector of at most " + Twine(MaxRank) +
            " integers, whose length is known");
    return {};
  }
  return shape;
}

void NodeBinder::requireSameElements(ValueRange values) {
  Type first;
  for (Value value : values) {
    if (!value)
      return;
    Type element = getElementTypeOrSelf(value.getType());
    if (!first)
      first = element;
    if (element != first) {
      problem("its inputs have elements of " + printed(first) + " and " +
              printed(element) + "; they must be alike");
      return;
    }
  }
}

std::optional<SmallVector<int64_t>>
NodeBinder::constantIntegers(unsigned index, StringRef what) {
  Value value = input(index, Integer);
  if (!value)
    return std::nullopt;
  std::optional<SmallVector<int64_t>> elements = constantElements(value);
  if (!elements)
    problem("input " + Twine(index) + " '" + node.input(index) + "' (" + what +
            ") is computed at run time; supported: a constant");
  return elements;
}

bool NodeBinder::wantsOutput(unsigned index) const {
  return index < outputCount() && !node.output(index).empty();
}

int32_t NodeBinder::dataType(unsigned index) const {
  return hasInput(index) ? state.dataTypeOf(node.input(index)) : 0;
}

int32_t NodeBinder::resultType(Value value) const {
  if (!value)
    return 0;
  for (unsigned index = 0; index < inputCount(); ++index)
    if (int32_t type = dataType(index);
        computationType(type, state.context()) ==
        getElementTypeOrSelf(value.getType()))
      return type;
  return 0;
}

/// A result that another node computed, as behind Identity or what folded, has
/// a second name: who asks for it by that name means the same value.
static void addName(Value value, const quantc_onnx::NodeProto &node,
                    StringRef name) {
  if (!value)
    return;
  Operation *op = value.getDefiningOp();
  if (op && (op->hasTrait<OpTrait::ConstantLike>() || op->getNumResults() > 1))
    return;
  auto names = getValueNames(value.getLoc());
  if (names.empty() || llvm::is_contained(names, name) ||
      llvm::any_of(node.output(), [&](const std::string &own) {
        return names.front() == own;
      }))
    return;
  MLIRContext *context = value.getContext();
  value.setLoc(FusedLoc::get(
      context, {value.getLoc(), NameLoc::get(StringAttr::get(context, name))}));
}

void NodeBinder::output(unsigned index, Value value, int32_t dataType) {
  if (!wantsOutput(index))
    return;
  addName(value, node, node.output(index));
  state.define(node.output(index), value);
  if (dataType)
    state.setDataType(node.output(index), dataType);
}

void NodeBinder::output(unsigned index, Value value) {
  output(index, value, resultType(value));
}

void NodeBinder::outputWrapped(unsigned index, Value value) {
  int32_t type = resultType(value);
  Type narrow = signatureType(type, state.context());
  if (type && narrow.isInteger()) {
    Type computed = typeOf(value).getElementType();
    value = emitter.cast(emitter.cast(value, narrow), computed);
  }
  output(index, value, type);
}

Value NodeBinder::constant(const quantc_onnx::TensorProto &tensor) {
  std::string error;
  Value value = state.constant(tensor, emitter.location(), error);
  if (!value)
    problem("attribute value: " + error);
  return value;
}

int64_t NodeBinder::normalizeAxis(int64_t axis, int64_t rank, StringRef what) {
  if (axis < -rank || axis >= rank) {
    problem(what + " = " + Twine(axis) + " is out of range; a tensor of rank " +
            Twine(rank) + " has " + Twine(-rank) + " to " + Twine(rank - 1));
    return 0;
  }
  return axis < 0 ? axis + rank : axis;
}

SmallVector<int64_t> NodeBinder::normalizeAxes(ArrayRef<int64_t> axes,
                                               int64_t rank) {
  SmallVector<int64_t> result;
  for (int64_t axis : axes) {
    int64_t normal = normalizeAxis(axis, rank, "axes entry");
    if (anyProblem)
      return {};
    if (llvm::is_contained(result, normal)) {
      problem("axes name dim " + Twine(normal) + " twice");
      return {};
    }
    result.push_back(normal);
  }
  return result;
}
