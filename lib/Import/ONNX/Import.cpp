//===- Import.cpp - ONNX files to the nn dialect ----------------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "quantc/Import/ONNX/Import.h"
#include "Graph.h"
#include "OpTable.h"
#include "quantc/Dialect/NN/IR/NNDialect.h"
#include "quantc/Dialect/NN/Transforms/Passes.h"
#include "quantc/Dialect/QT/IR/QTAttrNames.h"
#include "quantc/Dialect/QT/IR/QTDialect.h"
#include "quantc/Support/Locations.h"
#include "quantc/Support/Messages.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/Verifier.h"

#include "llvm/ADT/MapVector.h"
#include "llvm/ADT/SetVector.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/ADT/StringSet.h"

using namespace quantc;
using namespace quantc::onnx;
using namespace mlir;

namespace {

class ModelImporter {
public:
  ModelImporter(const ModelFile &file, MLIRContext *context,
                std::vector<std::string> &problems)
      : model(file.model()), graph(model.graph()), problems(problems),
        state(file, context, problems) {}

  OwningOpRef<ModuleOp> run();
  /// What of a model with problems could be imported.
  OwningOpRef<ModuleOp> takeRest();

private:
  bool readOpset();
  void checkNodes();
  bool checkNode(const quantc_onnx::NodeProto &node, const OpEntry &entry);
  void declareInputs();
  Type argumentType(const quantc_onnx::ValueInfoProto &input);
  void importNodes(ArrayRef<int> order);
  void returnOutputs();
  void checkDeclaredShapes();
  void setAttributes();
  AffineExpr symbolFor(const std::string &name);

  const quantc_onnx::ModelProto &model;
  const quantc_onnx::GraphProto &graph;
  std::vector<std::string> &problems;
  ImportState state;
  OpTable table;
  unsigned opset = 0;
  bool refusesInputs = false;

  OwningOpRef<ModuleOp> module;
  func::FuncOp function;
  llvm::SetVector<StringRef> dimNames;
  llvm::StringSet<> givenDimNames;
  llvm::DenseSet<const quantc_onnx::NodeProto *> refused;
  SmallVector<Type> argumentTypes;
  SmallVector<Attribute> argumentNames, argumentShapes, resultNames;
};

} // namespace

/// "a, b, c, d and 17 more".
static std::string joinSome(ArrayRef<std::string> names) {
  constexpr size_t shown = 4;
  std::string text = llvm::join(names.take_front(shown), ", ");
  if (names.size() > shown)
    text += " and " + std::to_string(names.size() - shown) + " more";
  return text;
}

bool ModelImporter::readOpset() {
  bool found = false;
  for (const auto &import : model.opset_import()) {
    if (!import.domain().empty() && import.domain() != "ai.onnx")
      continue;
    if (found && import.version() != opset) {
      problems.push_back("the model uses opset " + std::to_string(opset) +
                         " and opset " + std::to_string(import.version()) +
                         " of the default domain; supported: one");
      return false;
    }
    found = true;
    if (import.version() < OldestOpset || import.version() > NewestOpset) {
      problems.push_back(
          "opset " + std::to_string(import.version()) +
          " is not supported; supported: " + std::to_string(OldestOpset) +
          " to " + std::to_string(NewestOpset));
      return false;
    }
    opset = static_cast<unsigned>(import.version());
  }
  if (!found)
    problems.push_back("the model does not say which opset it uses");
  return found;
}

/// What can be said of a node without its inputs' types.
bool ModelImporter::checkNode(const quantc_onnx::NodeProto &node,
                              const OpEntry &entry) {
  NodeBinder binder(node, opset, state);
  if (opset < entry.since)
    binder.problem("the operator exists from opset " + Twine(entry.since) +
                   " on");
  if (binder.inputCount() < entry.minInputs)
    binder.problem("has " + Twine(binder.inputCount()) + " inputs; needs " +
                   Twine(entry.minInputs));
  if (binder.inputCount() > entry.maxInputs)
    binder.problem("has " + Twine(binder.inputCount()) + " inputs; takes " +
                   Twine(entry.maxInputs));
  if (binder.outputCount() > entry.maxOutputs)
    binder.problem("has " + Twine(binder.outputCount()) +
                   " outputs; gives at most " + Twine(entry.maxOutputs));
  return !binder.failed();
}

void ModelImporter::checkNodes() {
  // One line for each unknown operator, however often it occurs.
  llvm::MapVector<std::pair<StringRef, StringRef>, SmallVector<std::string>>
      unknown;
  for (const auto &node : graph.node()) {
    const OpEntry *entry = table.find(node.domain(), node.op_type());
    if (!entry)
      unknown[{node.domain(), node.op_type()}].push_back(describeNode(node));
    if (!entry || !checkNode(node, *entry))
      refused.insert(&node);
  }
  for (const auto &[key, nodes] : unknown) {
    const auto &[domain, name] = key;
    bool standard = domain.empty() || domain == "ai.onnx";
    std::string text = "operator " + name.str();
    text += standard ? " of opset " + std::to_string(opset)
                     : " of domain '" + domain.str() + "'";
    problems.push_back(text + " is not supported: " + joinSome(nodes));
  }
  if (!unknown.empty())
    problems.push_back("supported operators: " +
                       llvm::join(table.names(""), ", "));
}

AffineExpr ModelImporter::symbolFor(const std::string &name) {
  dimNames.insert(state.builder.getStringAttr(name).getValue());
  unsigned index =
      std::distance(dimNames.begin(), llvm::find(dimNames, StringRef(name)));
  return getAffineSymbolExpr(index, state.context());
}

Type ModelImporter::argumentType(const quantc_onnx::ValueInfoProto &input) {
  auto refuse = [&](const Twine &why) {
    problems.push_back("input '" + input.name() + "' " + why.str());
    refusesInputs = true;
    return Type();
  };
  if (!input.type().has_tensor_type())
    return refuse("is not a tensor; supported: tensors");
  const auto &tensor = input.type().tensor_type();
  Type element = signatureType(tensor.elem_type(), state.context());
  if (!element)
    return refuse("has elements of type " + dataTypeName(tensor.elem_type()) +
                  "; supported: " + supportedDataTypes());
  if (!tensor.has_shape())
    return refuse("has no shape; its rank must be known");
  if (tensor.shape().dim_size() > MaxRank)
    return refuse("has rank " + Twine(tensor.shape().dim_size()) +
                  "; supported: " + Twine(MaxRank));
  SmallVector<int64_t> shape;
  SmallVector<AffineExpr> sizes;
  for (const auto &[index, dim] : llvm::enumerate(tensor.shape().dim())) {
    // Some exporters write -1 for a size that is not known.
    if (dim.has_dim_value() && dim.dim_value() != -1) {
      if (dim.dim_value() < 0)
        return refuse("has size " + Twine(dim.dim_value()) + " in dim " +
                      Twine(index) + "; sizes are not negative");
      shape.push_back(dim.dim_value());
      sizes.push_back(getAffineConstantExpr(dim.dim_value(), state.context()));
      continue;
    }
    std::string name = dim.dim_param();
    // An unnamed size is like no other one. Paddle's exporter calls all of them
    // by the same mark.
    if (name.empty() || name == "?") {
      name = input.name() + "_dim" + std::to_string(index);
      while (givenDimNames.contains(name) || dimNames.contains(name))
        name += "_";
    }
    shape.push_back(ShapedType::kDynamic);
    sizes.push_back(symbolFor(name));
  }
  std::vector<int64_t> known;
  for (int64_t size : shape)
    known.push_back(ShapedType::isDynamic(size) ? 1 : size);
  if (!countElements(known))
    return refuse("has too many elements: the product of its sizes overflows");
  argumentNames.push_back(state.builder.getStringAttr(input.name()));
  // The number of symbols is set when all of them are known.
  argumentShapes.push_back(AffineMapAttr::get(
      AffineMap::get(0, dimNames.size(), sizes, state.context())));
  return RankedTensorType::get(shape, element);
}

/// Makes the function with the inputs as arguments, cast to the types that
/// computations know.
void ModelImporter::declareInputs() {
  for (const auto &tensor : graph.initializer())
    state.initializers[tensor.name()] = &tensor;
  for (const auto &sparse : graph.sparse_initializer())
    problems.push_back("initialiser '" + sparse.values().name() +
                       "' is sparse; supported: dense tensors");
  for (const auto &input : graph.input())
    for (const auto &dim : input.type().tensor_type().shape().dim())
      givenDimNames.insert(dim.dim_param());
  SmallVector<const quantc_onnx::ValueInfoProto *> inputs;
  for (const auto &input : graph.input()) {
    // Files before IR version 4 list initialisers among the inputs.
    if (state.initializers.contains(input.name()))
      continue;
    if (Type type = argumentType(input)) {
      argumentTypes.push_back(type);
      inputs.push_back(&input);
    }
  }
  for (Attribute &shape : argumentShapes) {
    AffineMap map = cast<AffineMapAttr>(shape).getValue();
    shape = AffineMapAttr::get(
        AffineMap::get(0, dimNames.size(), map.getResults(), state.context()));
  }

  function = func::FuncOp::create(
      state.builder, state.locationOf(graph.name()), "main",
      state.builder.getFunctionType(argumentTypes, {}));
  function->setAttr(dimNamesAttrName,
                    state.builder.getStrArrayAttr(dimNames.getArrayRef()));
  function->setAttr(argShapesAttrName,
                    state.builder.getArrayAttr(argumentShapes));
  Block *entry = function.addEntryBlock();
  state.shapes.emplace(function);
  state.builder.setInsertionPointToStart(entry);
  for (unsigned index = 0; index < inputs.size(); ++index) {
    const quantc_onnx::ValueInfoProto *input = inputs[index];
    BlockArgument argument = entry->getArgument(index);
    Location loc = state.locationOf(input->name());
    argument.setLoc(loc);
    Emitter emit(state.builder, loc, *state.shapes, [&](const Twine &text) {
      problems.push_back("input '" + input->name() + "': " + text.str());
    });
    state.setDataType(input->name(), input->type().tensor_type().elem_type());
    state.define(
        input->name(),
        emit.cast(argument,
                  computationType(input->type().tensor_type().elem_type(),
                                  state.context())));
  }
}

/// Imports all nodes that are known. The values of the others stay undefined;
/// nodes that use them report what else is wrong with them and build nothing.
void ModelImporter::importNodes(ArrayRef<int> order) {
  for (int index : order) {
    const auto &node = graph.node(index);
    if (refused.contains(&node))
      continue;
    NodeBinder binder(node, opset, state);
    table.find(node.domain(), node.op_type())->import(binder);
    binder.checkAllAttributesKnown();
    if (binder.failed())
      continue;
    // A mistake of the import, which must not end in a model without outputs.
    for (const std::string &output : node.output())
      if (!output.empty() && !state.lookup(output))
        binder.problem("built no value for output '" + output + "'");
  }
}

void ModelImporter::returnOutputs() {
  SmallVector<Value> results;
  for (const auto &output : graph.output()) {
    Value value = state.lookup(output.name());
    if (!value)
      continue;
    auto refuse = [&](const Twine &why) {
      problems.push_back("output '" + output.name() + "' " + why.str());
    };
    Type element;
    if (output.type().has_tensor_type()) {
      int32_t declared = output.type().tensor_type().elem_type();
      element = signatureType(declared, state.context());
      Type computed = typeOf(value).getElementType();
      if (!element) {
        refuse("has elements of type " + dataTypeName(declared) +
               "; supported: " + supportedDataTypes());
      } else if (computationType(declared, state.context()) != computed) {
        std::string text;
        llvm::raw_string_ostream(text) << computed;
        refuse("is declared with elements of type " + dataTypeName(declared) +
               " but computed with elements of type " + text);
        continue;
      }
    }
    if (element) {
      Emitter emit(state.builder, state.locationOf(output.name()),
                   *state.shapes, refuse);
      value = emit.cast(value, element);
    }
    results.push_back(value);
    resultNames.push_back(state.builder.getStringAttr(output.name()));
  }
  if (!problems.empty())
    return;
  func::ReturnOp::create(state.builder, function.getLoc(), results);
  function.setFunctionType(state.builder.getFunctionType(
      argumentTypes, ValueRange(results).getTypes()));
}

/// Ranks that the file states of its outputs must be those that are computed;
/// sizes should be, but shape inference of others errs (ONNX's own counts a
/// window more where ceil_mode would begin one in the padding). Some exporters
/// write 0 or -1 for a size that is not known.
void ModelImporter::checkDeclaredShapes() {
  for (const auto &[output, type] :
       llvm::zip_equal(graph.output(), function.getResultTypes())) {
    const auto &tensor = output.type().tensor_type();
    if (!output.type().has_tensor_type() || !tensor.has_shape())
      continue;
    ArrayRef<int64_t> computed = cast<RankedTensorType>(type).getShape();
    bool isOfRank =
        tensor.shape().dim_size() == static_cast<int>(computed.size());
    bool fits = isOfRank;
    SmallVector<std::string> declared;
    for (const auto &[index, dim] : llvm::enumerate(tensor.shape().dim())) {
      bool isStated = dim.has_dim_value() && dim.dim_value() > 0;
      declared.push_back(isStated ? std::to_string(dim.dim_value()) : "?");
      fits = fits && (!isStated || ShapedType::isDynamic(computed[index]) ||
                      computed[index] == dim.dim_value());
    }
    if (fits)
      continue;
    std::string text;
    llvm::raw_string_ostream(text)
        << "output '" << output.name() << "' is declared with shape ["
        << llvm::join(declared, ", ") << "] but computed as " << type;
    if (isOfRank)
      emitWarning(function.getLoc(), text);
    else
      problems.push_back(text);
  }
}

void ModelImporter::setAttributes() {
  Builder &builder = state.builder;
  function->setAttr(argNamesAttrName, builder.getArrayAttr(argumentNames));
  function->setAttr(resultNamesAttrName, builder.getArrayAttr(resultNames));
  NamedAttrList metadata;
  auto set = [&](StringRef key, StringRef value) {
    if (!key.empty() && !value.empty())
      metadata.set(key, builder.getStringAttr(value));
  };
  set("producer_name", model.producer_name());
  set("producer_version", model.producer_version());
  set("graph_name", graph.name());
  for (const auto &entry : model.metadata_props())
    set(entry.key(), entry.value());
  if (!metadata.empty())
    (*module)->setAttr(metadataAttrName,
                       metadata.getDictionary(state.context()));
}

OwningOpRef<ModuleOp> ModelImporter::run() {
  bool known = readOpset();
  std::vector<int> order = orderNodes(graph, problems);
  if (!known)
    return {};
  module = ModuleOp::create(state.locationOf(graph.name()));
  state.builder.setInsertionPointToStart(module->getBody());
  declareInputs();
  checkNodes();
  importNodes(order);
  returnOutputs();
  if (!problems.empty())
    return {};
  setAttributes();
  nn::resolveShapes(function);
  checkDeclaredShapes();
  if (!problems.empty())
    return {};
  if (failed(verify(*module))) {
    problems.push_back("the imported module does not verify");
    return {};
  }
  return std::move(module);
}

OwningOpRef<ModuleOp> ModelImporter::takeRest() {
  // Without an input names of its sizes have no meaning.
  bool areInputsKnown = function && !refusesInputs;
  if (!areInputsKnown)
    return {};
  Block &block = function.getBody().front();
  if (!block.mightHaveTerminator()) {
    SmallVector<Value> results;
    for (Operation &op : block)
      for (Value result : op.getResults())
        if (op.getNumOperands() > 0 && result.use_empty())
          results.push_back(result);
    resultNames.clear();
    for (Value result : results)
      resultNames.push_back(
          state.builder.getStringAttr(getValueName(result.getLoc())));
    state.builder.setInsertionPointToEnd(&block);
    func::ReturnOp::create(state.builder, function.getLoc(), results);
    function.setFunctionType(state.builder.getFunctionType(
        argumentTypes, ValueRange(results).getTypes()));
    setAttributes();
    nn::resolveShapes(function);
  }
  // Whatever is wrong now is so for what is missing.
  ScopedDiagnosticHandler ignore(state.context(),
                                 [](Diagnostic &) { return success(); });
  return succeeded(verify(*module)) ? std::move(module)
                                    : OwningOpRef<ModuleOp>();
}

OwningOpRef<ModuleOp> quantc::onnx::importModel(
    std::shared_ptr<const MappedFile> mapped, MLIRContext *context,
    std::vector<std::string> &problems, OwningOpRef<ModuleOp> *rest) {
  context->loadDialect<nn::NNDialect, qt::QTDialect, arith::ArithDialect,
                       func::FuncDialect>();
  std::string error;
  std::unique_ptr<ModelFile> file = ModelFile::read(std::move(mapped), error);
  if (!file) {
    problems.push_back(error);
    return {};
  }
  std::vector<std::string> found;
  ModelImporter importer(*file, context, found);
  OwningOpRef<ModuleOp> module = importer.run();
  if (!module && rest)
    *rest = importer.takeRest();
  for (const std::string &problem : found)
    problems.push_back(makePrintable(problem));
  return module;
}

bool quantc::onnx::isModelFile(const MappedFile &file) {
  if (StringRef(file.path()).ends_with(".onnx"))
    return true;
  if (file.size() == 0)
    return !file.isNamed();
  uint8_t first = file.data()[0];
  // The tag of the IR version, which is the first field of every model.
  // Text, and the name of MLIR's bytecode, begin with a letter or a space.
  return first == 0x08 ||
         (!file.isNamed() && !llvm::isPrint(first) && !llvm::isSpace(first));
}
