//===- Inspect.cpp - quantc inspect -----------------------------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Artifact.h"
#include "Commands.h"
#include "Layers.h"
#include "Model.h"
#include "Options.h"
#include "Sections.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/AffineExpr.h"
#include "quantc/Analysis/SymbolicShapes.h"
#include "quantc/Artifact/StackUse.h"
#include "quantc/Dialect/QT/IR/QTAttrNames.h"
#include "quantc/Dialect/QT/IR/QTOps.h"
#include "quantc/Interpreter/HostValue.h"
#include "quantc/Recipe/Recipe.h"
#include "quantc/Target/CPU/CpuTarget.h"

#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/FormatVariadic.h"
#include "llvm/Support/JSON.h"
#include "llvm/Support/raw_ostream.h"

#include <map>

using namespace llvm;
using namespace quantc;

static constexpr OptionSpec InspectOptions[] = {
    {"--recipe", OptionSpec::Value, "NAME|FILE",
     "show what MODEL's layers become with it; artefacts know theirs"},
    {"--integer-only", OptionSpec::OptionalValue, "fixed|ibert|ivit",
     "show what they become in a network of integers"},
    {"--mcpu", OptionSpec::Value, "CPU",
     "the CPU that --recipe and --integer-only are for; default: native, this "
     "machine's"},
    {"--triple", OptionSpec::Value, "T",
     "the target triple that they are for; default: this machine's"},
    {"--ir", OptionSpec::OptionalValue, "float|quantized",
     "print the IR that ARTEFACT keeps (compile --keep-ir): the quantised one, "
     "or that before"},
    {"--json", OptionSpec::Flag, "", "print one JSON object"},
};

static constexpr CommandSpec InspectCommand = {
    "inspect", "MODEL.onnx|MODEL.mlir|ARTEFACT",
    "Shows what is in a model or an artefact: inputs, outputs, ops, formats, "
    "bytes, and of an artefact what it was compiled with and what became of "
    "every layer.",
    "", InspectOptions};

//===----------------------------------------------------------------------===//
// Artefacts
//===----------------------------------------------------------------------===//

/// A member of a rule as a word or two; nothing where it has none.
static std::string describeMember(const json::Object &rule, StringRef key,
                                  StringRef prefix = "") {
  const json::Value *value = rule.get(key);
  if (!value)
    return "";
  std::string text;
  raw_string_ostream out(text);
  out << prefix;
  const json::Array *list = value->getAsArray();
  // Of two numbers all between, of several words each.
  StringRef between = key == "range" ? ".." : " and ";
  ListSeparator separator(between);
  for (const json::Value &part : list ? *list : json::Array{*value}) {
    out << separator;
    if (std::optional<StringRef> word = part.getAsString())
      out << *word;
    else
      out << part;
  }
  return text;
}

/// The rules of a recipe, the first of which that fits an operand is its own:
/// which operands, and their format.
static void printRecipe(const json::Object &recipe, unsigned indent) {
  outs().indent(indent) << "recipe: " << recipe.getString("name").value_or("");
  if (std::optional<int64_t> version = recipe.getInteger("version"))
    outs() << ", version " << *version;
  outs() << "\n";
  auto join = [](std::initializer_list<std::string> parts) {
    std::string text;
    for (const std::string &part : parts)
      if (!part.empty())
        text += (text.empty() ? "" : ", ") + part;
    return text;
  };
  std::vector<std::pair<std::string, std::string>> lines;
  size_t width = 0;
  if (const json::Array *rules = recipe.getArray("rules"))
    for (const json::Value &value : *rules) {
      const json::Object *rule = value.getAsObject();
      if (!rule)
        continue;
      std::string operands = join(
          {describeMember(*rule, "role"), describeMember(*rule, "op"),
           describeMember(*rule, "channels_below", "channels below "),
           describeMember(*rule, "position"), describeMember(*rule, "name")});
      lines.emplace_back(operands.empty() ? "all else" : operands,
                         join({describeMember(*rule, "format"),
                               describeMember(*rule, "element"),
                               describeMember(*rule, "grid", "grid "),
                               describeMember(*rule, "scale", "scale "),
                               describeMember(*rule, "outer", "outer "),
                               describeMember(*rule, "encoding"),
                               describeMember(*rule, "range")}));
      width = std::max(width, lines.back().first.size());
    }
  for (const auto &[operands, format] : lines)
    outs().indent(indent + 2)
        << left_justify(operands, width) << "  " << format << "\n";
}

/// JSON as indented lines, objects and lists of plain values on one line.
static void printJson(const json::Value &value, unsigned indent) {
  const json::Object *object = value.getAsObject();
  const json::Array *array = value.getAsArray();
  auto isPlain = [](const json::Value &part) {
    return !part.getAsObject() && !part.getAsArray();
  };
  auto isFlat = [&](const json::Value &part) {
    if (const json::Array *list = part.getAsArray())
      return all_of(*list, isPlain);
    if (const json::Object *members = part.getAsObject())
      return all_of(*members,
                    [&](const auto &member) { return isPlain(member.second); });
    return true;
  };
  if (array && !isFlat(value)) {
    for (const json::Value &part : *array) {
      outs().indent(indent) << "- " << part << "\n";
    }
    return;
  }
  if (!object) {
    outs().indent(indent) << value << "\n";
    return;
  }
  SmallVector<std::pair<StringRef, const json::Value *>> members;
  for (const auto &[key, part] : *object)
    members.emplace_back(key, &part);
  sort(members, less_first());
  for (const auto &[key, pointer] : members) {
    const json::Value &part = *pointer;
    if (const json::Object *recipe = part.getAsObject();
        recipe && key == "recipe") {
      printRecipe(*recipe, indent);
      continue;
    }
    outs().indent(indent) << key << ":";
    if (isFlat(part)) {
      outs() << " " << part << "\n";
      continue;
    }
    outs() << "\n";
    printJson(part, indent + 2);
  }
}

static json::Object describeValue(const quantc_program *program,
                                  const quantc_value_info &info) {
  return json::Object{{"name", json::fixUTF8(info.name)},
                      {"type", quantc_dtype_name(info.dtype)},
                      {"dims", formatDims(program, info)}};
}

/// Adds the list of layers that the artefact at \p path keeps.
static bool addKeptLayers(StringRef path, json::Object &result,
                          std::string &error) {
  std::string text;
  if (!readSection(path, layersSection, text, error))
    return false;
  Expected<json::Value> layers = json::parse(text.empty() ? "[]" : text);
  if (!layers) {
    error = ("'" + path +
             "' has a damaged list of layers: " + toString(layers.takeError()))
                .str();
    return false;
  }
  result["layers"] = std::move(*layers);
  return true;
}

/// Of a static object, whose inputs and outputs are in its header.
static std::optional<json::Object>
describeStaticObject(StringRef path, StringRef text, std::string &error) {
  Expected<json::Value> metadata = json::parse(text);
  const json::Object *known = metadata ? metadata->getAsObject() : nullptr;
  if (!known) {
    error = ("'" + path + "' has damaged metadata").str();
    if (!metadata)
      error += ": " + toString(metadata.takeError());
    return std::nullopt;
  }
  auto get = [&](StringRef key) {
    return known->getString(key).value_or("").str();
  };
  json::Object result{{"kind", "artefact"},
                      {"name", get("model")},
                      {"version", "quantc " + get("quantc")},
                      {"cpu", get("cpu")}};
  result["metadata"] = std::move(*metadata);
  Expected<std::optional<uint64_t>> stack = measureStack(path);
  if (!stack) {
    error = ("'" + path + "': " + toString(stack.takeError())).str();
    return std::nullopt;
  }
  if (*stack)
    result["stack"] = static_cast<int64_t>(**stack);
  if (!addKeptLayers(path, result, error))
    return std::nullopt;
  return result;
}

/// Of the artefact, which is closed again: the object refers to nothing of it.
static std::optional<json::Object> describeArtifact(StringRef path,
                                                    std::string &error) {
  std::string stated;
  if (!readSection(path, metadataSection, stated, error))
    return std::nullopt;
  if (!stated.empty())
    return describeStaticObject(path, stated, error);
  std::unique_ptr<Artifact> artifact = Artifact::load(path, error);
  if (!artifact)
    return std::nullopt;
  const quantc_program *program = artifact->program();
  Expected<json::Value> metadata = json::parse(quantc_metadata(program));
  if (!metadata) {
    error = ("'" + path +
             "' has damaged metadata: " + toString(metadata.takeError()))
                .str();
    return std::nullopt;
  }
  json::Array inputs, outputs, dims;
  for (int32_t i = 0; i < quantc_num_inputs(program); ++i)
    inputs.push_back(describeValue(program, *quantc_input(program, i)));
  for (int32_t i = 0; i < quantc_num_outputs(program); ++i)
    outputs.push_back(describeValue(program, *quantc_output(program, i)));
  for (int32_t i = 0; i < quantc_num_dims(program); ++i) {
    const quantc_dim_info *dim = quantc_dim(program, i);
    json::Object object{{"name", json::fixUTF8(dim->name)}, {"min", dim->min}};
    if (dim->max < INT64_MAX)
      object["max"] = dim->max;
    dims.push_back(std::move(object));
  }
  json::Object result{{"kind", "artefact"},
                      {"name", json::fixUTF8(quantc_name(program))},
                      {"version", std::string(quantc_version(program))},
                      {"cpu", std::string(quantc_cpu(program))},
                      {"inputs", std::move(inputs)},
                      {"outputs", std::move(outputs)},
                      {"dims", std::move(dims)}};
  result["metadata"] = std::move(*metadata);
  if (!addKeptLayers(path, result, error))
    return std::nullopt;
  return result;
}

//===----------------------------------------------------------------------===//
// Models
//===----------------------------------------------------------------------===//

static std::string print(mlir::Type type) {
  std::string text;
  raw_string_ostream(text) << type;
  return text;
}

static std::string formatSizes(ArrayRef<mlir::AffineExpr> sizes,
                               ArrayRef<StringRef> dims) {
  std::string text;
  raw_string_ostream out(text);
  out << "[";
  for (auto [i, size] : enumerate(sizes)) {
    out << (i ? ", " : "");
    auto constant = dyn_cast<mlir::AffineConstantExpr>(size);
    auto symbol = dyn_cast<mlir::AffineSymbolExpr>(size);
    if (constant)
      out << constant.getValue();
    else if (symbol && symbol.getPosition() < dims.size())
      out << dims[symbol.getPosition()];
    else
      out << "?";
  }
  out << "]";
  return text;
}

static void describeInterface(mlir::func::FuncOp func, json::Object &result) {
  auto strings = [&](StringRef key) {
    SmallVector<StringRef> found;
    if (auto list = func->getAttrOfType<mlir::ArrayAttr>(key))
      for (auto text : list.getAsRange<mlir::StringAttr>())
        found.push_back(text.getValue());
    return found;
  };
  SmallVector<StringRef> dims = strings(dimNamesAttrName);
  SymbolicShapes shapes(func);
  auto describe = [&](StringRef namesKey, mlir::ValueRange values) {
    SmallVector<StringRef> names = strings(namesKey);
    json::Array list;
    for (auto [i, value] : enumerate(values))
      if (auto type = dyn_cast<mlir::RankedTensorType>(value.getType()))
        list.push_back(json::Object{
            {"name", json::fixUTF8(i < names.size() ? names[i].str()
                                                    : std::to_string(i))},
            {"type", ::print(type.getElementType())},
            {"dims", formatSizes(shapes.getSizes(value), dims)}});
    return list;
  };
  result["inputs"] = describe(argNamesAttrName, func.getArguments());
  result["outputs"] =
      describe(resultNamesAttrName,
               func.getBody().back().getTerminator()->getOperands());
}

namespace {
struct Totals {
  uint64_t tensors = 0, bytes = 0;
};

/// What the ops of a module are, and on what.
struct Census {
  std::map<std::string, unsigned> ops;
  std::map<std::string, unsigned> formats;
  std::map<std::string, Totals> weights;

  void add(mlir::Operation *op);
  void describe(json::Object &result) const;
};
} // namespace

void Census::add(mlir::Operation *op) {
  if (isa<mlir::ModuleOp, mlir::func::FuncOp>(op) ||
      op->hasTrait<mlir::OpTrait::IsTerminator>())
    return;
  if (auto weight = dyn_cast<qt::WeightOp>(op)) {
    auto type = cast<mlir::RankedTensorType>(weight->getResult(0).getType());
    Totals &totals = weights[::print(type.getElementType())];
    ++totals.tensors;
    totals.bytes +=
        type.getNumElements() * getElementBytes(type.getElementType());
    return;
  }
  if (op->hasTrait<mlir::OpTrait::ConstantLike>())
    return;
  ++ops[op->getName().getStringRef().str()];
  for (mlir::Type type : op->getResultTypes())
    if (auto tensor = dyn_cast<mlir::RankedTensorType>(type))
      if (!tensor.getElementType().isIntOrIndexOrFloat())
        ++formats[::print(tensor.getElementType())];
}

void Census::describe(json::Object &result) const {
  json::Array stored;
  for (const auto &[format, totals] : weights)
    stored.push_back(json::Object{{"format", format},
                                  {"tensors", int64_t(totals.tensors)},
                                  {"bytes", int64_t(totals.bytes)}});
  json::Object used, counts;
  for (const auto &[format, count] : formats)
    used[format] = int64_t(count);
  for (const auto &[name, count] : ops)
    counts[name] = int64_t(count);
  result["weights"] = std::move(stored);
  result["formats"] = std::move(used);
  result["ops"] = std::move(counts);
}

static json::Object describeModel(Model &model) {
  mlir::ModuleOp module = model.getModule();
  json::Object result{{"kind", "model"}};
  if (auto stage = module->getAttrOfType<mlir::StringAttr>(stageAttrName))
    result["stage"] = stage.str();
  if (auto entry = module.lookupSymbol<mlir::func::FuncOp>("main"))
    if (!entry.isExternal())
      describeInterface(entry, result);
  json::Object metadata;
  if (auto entries =
          module->getAttrOfType<mlir::DictionaryAttr>(metadataAttrName))
    for (mlir::NamedAttribute entry : entries)
      if (auto text = dyn_cast<mlir::StringAttr>(entry.getValue()))
        metadata[json::fixUTF8(entry.getName().getValue())] =
            json::fixUTF8(text.getValue());
  result["metadata"] = std::move(metadata);
  Census census;
  module->walk([&](mlir::Operation *op) { census.add(op); });
  census.describe(result);
  result["layers"] = getLayers(module);
  return result;
}

/// Adds what the layers become with a recipe.
static bool addLayers(Model &model, const Options &options, StageOptions stages,
                      json::Object &result) {
  Expected<CpuTarget> target =
      CpuTarget::resolve(options.get("--triple").value_or(""),
                         options.get("--mcpu").value_or("native"));
  if (!target) {
    model.problems.push_back(toString(target.takeError()));
    return false;
  }
  stages.recipe = options.get("--recipe").value_or(stages.recipe).str();
  Expected<Recipe> recipe =
      Recipe::load(stages.recipe, getTraits(target->getLayoutClass()).name);
  if (!recipe) {
    model.problems.push_back(toString(recipe.takeError()));
    return false;
  }
  target->attachTo(model.getModule());
  if (!model.runStages(model.getModule(), stages, "layout"))
    return false;
  result["recipe"] = cantFail(json::parse(recipe->describe()));
  result["layers"] = getLayers(model.getModule());
  return true;
}

//===----------------------------------------------------------------------===//
// Text
//===----------------------------------------------------------------------===//

static void printValues(StringRef kind, const json::Array *values) {
  if (!values)
    return;
  for (const json::Value &value : *values)
    if (const json::Object *object = value.getAsObject())
      outs() << left_justify(kind, 8) << object->getString("name").value_or("")
             << ": " << object->getString("type").value_or("") << " "
             << object->getString("dims").value_or("") << "\n";
}

static void printDims(const json::Array *dims) {
  if (!dims)
    return;
  for (const json::Value &value : *dims) {
    const json::Object &dim = *value.getAsObject();
    outs() << "dim     " << dim.getString("name").value_or("") << ": any size";
    if (int64_t min = dim.getInteger("min").value_or(0); min > 0)
      outs() << " from " << min;
    if (std::optional<int64_t> max = dim.getInteger("max"))
      outs() << " to " << *max;
    outs() << "\n";
  }
}

/// "op      3 x nn.matmul", by name.
static void printCounts(StringRef kind, const json::Object *counts) {
  if (!counts)
    return;
  SmallVector<std::pair<StringRef, int64_t>> sorted;
  for (const auto &[name, count] : *counts)
    sorted.emplace_back(name, count.getAsInteger().value_or(0));
  sort(sorted);
  for (auto [name, count] : sorted)
    outs() << left_justify(kind, 8) << count << " x " << name << "\n";
}

static void printText(const json::Object &result, StringRef path,
                      uint64_t bytes) {
  auto text = [&](StringRef key) { return result.getString(key).value_or(""); };
  if (text("kind") == "artefact") {
    outs() << "artefact of model '" << text("name") << "', "
           << formatBytes(bytes) << ", by " << text("version") << ", for CPU "
           << text("cpu") << "\n";
  } else {
    outs() << "model '" << path << "', " << formatBytes(bytes);
    if (!text("stage").empty())
      outs() << ", behind the stage " << text("stage");
    outs() << "\n";
  }
  printValues("input", result.getArray("inputs"));
  printValues("output", result.getArray("outputs"));
  printDims(result.getArray("dims"));
  if (std::optional<int64_t> stack = result.getInteger("stack"))
    outs() << "stack   " << *stack << " bytes that a call takes, at most\n";
  if (const json::Value *metadata = result.get("metadata"))
    printJson(*metadata, 0);
  if (const json::Value *recipe = result.get("recipe"))
    printJson(json::Object{{"recipe", *recipe}}, 0);
  if (const json::Array *weights = result.getArray("weights"))
    for (const json::Value &value : *weights) {
      const json::Object &entry = *value.getAsObject();
      outs() << "weights " << entry.getInteger("tensors").value_or(0)
             << " tensors of " << entry.getString("format").value_or("") << ", "
             << formatBytes(entry.getInteger("bytes").value_or(0)) << "\n";
    }
  printCounts("format", result.getObject("formats"));
  printCounts("op", result.getObject("ops"));
  if (const json::Array *layers = result.getArray("layers");
      layers && !layers->empty()) {
    outs() << "\n";
    printLayers(outs(), *layers);
  }
}

static int printKeptIR(StringRef path, StringRef form) {
  if (!is_contained({"", "float", "quantized"}, form))
    return wrongUse("inspect",
                    "--ir takes float or quantized, not '" + form + "'");
  if (!isElfFile(path))
    return wrongUse("inspect", "--ir is for artefacts; 'quantc compile "
                               "--stop-after=STAGE' prints that of a model");
  std::string text, error;
  if (!readSection(path, form == "float" ? floatIRSection : quantizedIRSection,
                   text, error))
    return cannotHandle("inspect", error);
  if (text.empty())
    return cannotHandle("inspect", "'" + path +
                                       "' keeps no IR: it was not compiled "
                                       "with --keep-ir");
  outs() << text << "\n";
  return Done;
}

int quantc::runInspect(ArrayRef<StringRef> arguments) {
  Options options;
  if (std::optional<int> code =
          parseOptions(InspectCommand, arguments, options))
    return *code;
  StringRef path = options.operands().front();
  bool isArtifact = isElfFile(path);
  if (std::optional<StringRef> form = options.get("--ir"))
    return printKeptIR(path, *form);
  StageOptions stages;
  bool hasForm = options.has("--recipe") || options.has("--integer-only");
  for (StringRef option : {"--recipe", "--integer-only", "--mcpu", "--triple"})
    if (options.has(option) && (isArtifact || !hasForm))
      return wrongUse("inspect",
                      isArtifact
                          ? option + " is stated by the artefact"
                          : option + " goes with --recipe or --integer-only");
  if (!readIntegerOnly("inspect", options, stages))
    return WrongUse;
  json::Object result;
  if (isArtifact) {
    std::string error;
    std::optional<json::Object> described = describeArtifact(path, error);
    if (!described)
      return cannotHandle("inspect", error);
    result = std::move(*described);
  } else {
    Model model(1);
    if (!model.read(path) || !model.problems.empty())
      return model.fail("inspect");
    result = describeModel(model);
    if (hasForm && !addLayers(model, options, stages, result))
      return model.fail("inspect");
  }
  uint64_t bytes = 0;
  sys::fs::file_size(path, bytes);
  if (options.has("--json")) {
    result["bytes"] = int64_t(bytes);
    outs() << formatv("{0:2}", json::Value(std::move(result))) << "\n";
  } else {
    printText(result, path, bytes);
  }
  return Done;
}
