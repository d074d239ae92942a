//===- Compare.cpp - quantc compare -----------------------------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Artifact.h"
#include "Commands.h"
#include "ErrorTable.h"
#include "Feed.h"
#include "Model.h"
#include "Options.h"
#include "RandomInputs.h"
#include "Sections.h"
#include "Signature.h"
#include "quantc/Interpreter/Arrays.h"
#include "quantc/Target/CPU/CpuTarget.h"

#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/Error.h"
#include "llvm/Support/JSON.h"
#include "llvm/Support/raw_ostream.h"

#include <thread>

using namespace llvm;
using namespace quantc;

static constexpr OptionSpec CompareOptions[] = {
    {"--recipe", OptionSpec::Value, "NAME|FILE",
     "what to quantise MODEL with; default: w8a8g32"},
    {"--integer-only", OptionSpec::OptionalValue, "fixed|ibert|ivit",
     "quantise MODEL to a network of integers"},
    {"--inputs", OptionSpec::Value, "IN.npz|DIR",
     "arrays by the names of the model's inputs, or a folder with ONNX "
     "tensors; several are summed up; without it inputs are drawn at random",
     /*isRepeatable=*/true},
    {"--dim", OptionSpec::Value, "NAME=SIZE",
     "the size of a dimension of inputs that are drawn", /*isRepeatable=*/true},
    {"--top", OptionSpec::Value, "N",
     "layers to show, the worst ones; default: 20, all with --json"},
    {"--mcpu", OptionSpec::Value, "CPU",
     "the CPU whose recipe is meant; default: native, this machine's"},
    {"--triple", OptionSpec::Value, "T",
     "the target triple; default: this machine's"},
    {"--threads", OptionSpec::Value, "N", "threads to compute on"},
    {"--json", OptionSpec::Flag, "", "print one JSON object"},
};

static constexpr CommandSpec CompareCommand = {
    "compare",
    "MODEL|ARTEFACT [ARTEFACT]",
    "Shows what quantising costs: the error of every output and, by the names "
    "of the model's values, of every layer, worst first.",
    "The float and the quantised form of MODEL are evaluated by the reference "
    "interpreter.\nA layer's own error is that on the operands that the float "
    "form computes; beside it\nstands the error with all that comes from the "
    "layers before. The outputs of an\nARTEFACT are compared as well, and its "
    "layers where it was compiled with --keep-ir;\nthose of two artefacts "
    "with one another.",
    CompareOptions,
    1,
    2};

namespace {

/// One run of the command.
class Compare {
public:
  explicit Compare(const Options &given) : given(given) {}
  int run();

private:
  std::optional<int> check();
  std::optional<int> open();
  bool makeForms();
  std::optional<int> readForms(StringRef artifact);
  bool startComparison(mlir::ModuleOp reference);
  std::optional<int> makeSignature();
  std::optional<int> compareAll();
  bool compareOnce(ArrayRef<NamedArray> arrays, StringRef path);
  bool runArtifacts(ArrayRef<NamedArray> arrays, StringRef path,
                    std::vector<std::vector<NamedArray>> &outputs);
  void addOutputs(StringRef what, ArrayRef<HostValue> expected,
                  ArrayRef<HostValue> got);

  const Options &given;
  int64_t threads = 1, top = 20;
  StageOptions stages;
  std::unique_ptr<Model> model;
  mlir::OwningOpRef<mlir::ModuleOp> keptFloat, quantized;
  std::optional<Comparison> comparison;
  std::vector<std::unique_ptr<Artifact>> artifacts;
  std::vector<InputInfo> inputs;
  std::vector<std::string> inputNames, outputNames, dimNames;
  std::optional<Signature> signature;
  ErrorTable table;
};

} // namespace

/// Whether the artefact states the hash of the model's file.
static bool isCompiledFrom(const Artifact &artifact, const Model &model) {
  Expected<json::Value> metadata =
      json::parse(quantc_metadata(artifact.program()));
  if (!metadata) {
    consumeError(metadata.takeError());
    return false;
  }
  const json::Object *object = metadata->getAsObject();
  return object && object->getString("model_hash") ==
                       StringRef("blake3:" + model.getHash().str());
}

std::optional<int> Compare::check() {
  threads = std::max(1u, std::thread::hardware_concurrency());
  if (auto text = given.get("--threads");
      text && !parseCount("compare", "--threads", *text, 1, 1024, threads))
    return WrongUse;
  if (auto text = given.get("--top");
      text && !parseCount("compare", "--top", *text, 1, INT64_MAX, top))
    return WrongUse;
  if (given.has("--json") && !given.has("--top"))
    top = INT64_MAX;
  if (given.has("--inputs") && given.has("--dim"))
    return wrongUse("compare", "--dim is the size of inputs that are drawn; "
                               "supported: --inputs or --dim");
  return std::nullopt;
}

std::optional<int> Compare::open() {
  ArrayRef<StringRef> paths = given.operands();
  if (paths.size() == 2 && !isElfFile(paths[1]))
    return wrongUse("compare", "'" + paths[1] +
                                   "' is no artefact; supported: "
                                   "MODEL, MODEL ARTEFACT, "
                                   "ARTEFACT ARTEFACT");
  for (StringRef path : paths) {
    if (!isElfFile(path))
      continue;
    for (StringRef option :
         {"--recipe", "--integer-only", "--mcpu", "--triple"})
      if (given.has(option))
        return wrongUse("compare", option + " is stated by the artefact");
    std::string error;
    artifacts.push_back(Artifact::load(path, error));
    if (!artifacts.back())
      return cannotHandle("compare", error);
  }
  model = std::make_unique<Model>(threads);
  if (artifacts.size() == paths.size())
    return artifacts.size() == 1 ? readForms(paths[0]) : std::nullopt;
  if (!readIntegerOnly("compare", given, stages))
    return WrongUse;
  stages.recipe = given.get("--recipe").value_or(stages.recipe).str();
  if (!model->read(paths[0]) || !model->problems.empty() || !makeForms())
    return model->fail("compare");
  return artifacts.empty() ? std::nullopt : readForms(paths[1]);
}

bool Compare::startComparison(mlir::ModuleOp reference) {
  auto main = reference.lookupSymbol<mlir::func::FuncOp>("main");
  if (!main) {
    model->problems.push_back("the model has no function 'main'");
    return false;
  }
  signature.emplace(main);
  if (quantized)
    comparison.emplace(
        main, quantized->lookupSymbol<mlir::func::FuncOp>("main"), threads);
  return true;
}

/// The model as it is before it is quantised and, without an artefact, behind.
bool Compare::makeForms() {
  Expected<CpuTarget> target =
      CpuTarget::resolve(given.get("--triple").value_or(""),
                         given.get("--mcpu").value_or("native"));
  if (!target) {
    model->problems.push_back(toString(target.takeError()));
    return false;
  }
  target->attachTo(model->getModule());
  if (!model->runStages(model->getModule(), stages, "transform"))
    return false;
  if (artifacts.empty()) {
    quantized = model->getModule().clone();
    if (!model->runStages(*quantized, stages,
                          stages.integerOnly ? "integerize" : "quantize"))
      return false;
  }
  return startComparison(model->getModule());
}

/// Both forms of what an artefact was compiled from. Without them its outputs
/// can be compared with those of a model that is given.
std::optional<int> Compare::readForms(StringRef path) {
  std::string floatText, quantizedText, error;
  if (!readSection(path, floatIRSection, floatText, error) ||
      !readSection(path, quantizedIRSection, quantizedText, error))
    return cannotHandle("compare", error);
  if (floatText.empty() || quantizedText.empty()) {
    if (signature)
      return std::nullopt;
    return wrongUse("compare",
                    "'" + path +
                        "' was not compiled with --keep-ir, so there is "
                        "nothing to compare it with; give a model first");
  }
  if (signature && !isCompiledFrom(*artifacts.front(), *model)) {
    errs() << "quantc compare: '" << path
           << "' was compiled from another file than '" << given.operands()[0]
           << "': its layers are not compared\n";
    return std::nullopt;
  }
  keptFloat = model->parse(floatText, path);
  if (keptFloat)
    quantized = model->parse(quantizedText, path);
  if (!quantized || !startComparison(*keptFloat))
    return model->fail("compare");
  return std::nullopt;
}

bool Compare::runArtifacts(ArrayRef<NamedArray> arrays, StringRef path,
                           std::vector<std::vector<NamedArray>> &outputs) {
  for (const std::unique_ptr<Artifact> &artifact : artifacts) {
    std::string error;
    Feed feed;
    ContextPtr context(artifact->makeContext(int32_t(threads), error));
    std::vector<quantc_tensor> results(quantc_num_outputs(artifact->program()));
    if (!context || !feed.fill(artifact->program(), arrays, path, error)) {
      model->problems.push_back(error);
      return false;
    }
    if (quantc_run(context.get(), feed.tensors.data(),
                   int32_t(feed.tensors.size()), results.data(),
                   int32_t(results.size()))) {
      model->problems.push_back(quantc_last_error(context.get())->message);
      return false;
    }
    outputs.push_back(copyOutputs(artifact->program(), results));
  }
  return true;
}

static SmallVector<HostValue> toHostValues(ArrayRef<NamedArray> arrays,
                                           mlir::MLIRContext &context) {
  SmallVector<HostValue> values;
  for (const NamedArray &array : arrays)
    values.push_back(toHostValue(array, getElementType(context, array.dtype)));
  return values;
}

void Compare::addOutputs(StringRef what, ArrayRef<HostValue> expected,
                         ArrayRef<HostValue> got) {
  for (auto [name, a, b] : zip(outputNames, expected, got))
    table.addOutput(name, what, a, b);
}

/// Adds the errors on one set of inputs.
bool Compare::compareOnce(ArrayRef<NamedArray> arrays, StringRef path) {
  std::vector<std::vector<NamedArray>> outputs;
  SmallVector<HostValue> arguments, expected;
  std::string error;
  if (signature && !signature->bind(arrays, path, arguments, error)) {
    model->problems.push_back(error);
    return false;
  }
  if (!runArtifacts(arrays, path, outputs))
    return false;
  if (comparison) {
    if (failed(comparison->run(arguments)))
      return false;
    addOutputs("quantised against float", comparison->getFloatResults(),
               comparison->getQuantizedResults());
    expected.assign(comparison->getFloatResults());
  } else if (signature) {
    auto results = interpretFunction(signature->getFunction(), arguments,
                                     unsigned(threads));
    if (failed(results))
      return false;
    expected = std::move(*results);
  }
  for (const std::vector<NamedArray> &results : outputs) {
    SmallVector<HostValue> got = toHostValues(results, model->getContext());
    if (signature) {
      addOutputs("artefact against float", expected, got);
      if (comparison)
        addOutputs("artefact against quantised",
                   comparison->getQuantizedResults(), got);
    } else if (expected.empty()) {
      expected = std::move(got);
    } else {
      addOutputs("second artefact against first", expected, got);
    }
  }
  return true;
}

/// What goes in and out, which the artefacts tell where there is no model.
std::optional<int> Compare::makeSignature() {
  if (signature) {
    inputs.assign(signature->getInputs().begin(), signature->getInputs().end());
    outputNames.assign(signature->getOutputs().begin(),
                       signature->getOutputs().end());
    dimNames.assign(signature->getDims().begin(), signature->getDims().end());
  } else {
    const quantc_program *program = artifacts.front()->program();
    inputs = getInputInfos(program);
    dimNames = getDimNames(program);
    for (int32_t i = 0; i < quantc_num_outputs(program); ++i)
      outputNames.emplace_back(quantc_output(program, i)->name);
  }
  for (const InputInfo &input : inputs)
    inputNames.push_back(input.name);
  for (const std::unique_ptr<Artifact> &artifact : artifacts) {
    std::vector<std::string> names;
    for (int32_t i = 0; i < quantc_num_outputs(artifact->program()); ++i)
      names.emplace_back(quantc_output(artifact->program(), i)->name);
    if (names != outputNames)
      return cannotHandle("compare", "the outputs differ: there are " +
                                         join(outputNames, ", ") + " and " +
                                         join(names, ", "));
  }
  return std::nullopt;
}

std::optional<int> Compare::compareAll() {
  for (StringRef path : given.all("--inputs")) {
    std::vector<NamedArray> arrays;
    std::string error;
    if (!readInputs(path, inputNames, arrays, error))
      return cannotHandle("compare", error);
    if (!compareOnce(arrays, path))
      return model->fail("compare");
  }
  if (given.has("--inputs"))
    return std::nullopt;
  std::vector<int64_t> dims;
  if (std::optional<int> code = readDims("compare", given, dimNames, dims))
    return code;
  RandomInputs random;
  std::string error;
  if (!random.make(inputs, dims, error))
    return cannotHandle("compare", error);
  // An index may have been beyond a table: then smaller ones are tried.
  for (int64_t limit : indexLimits) {
    model->problems.clear();
    random.draw(limit);
    if (compareOnce(random.arrays, "random inputs"))
      return std::nullopt;
  }
  return model->fail("compare");
}

int Compare::run() {
  for (auto step : {&Compare::check, &Compare::open, &Compare::makeSignature,
                    &Compare::compareAll})
    if (std::optional<int> code = (this->*step)())
      return *code;
  ArrayRef<LayerError> layers;
  if (comparison)
    layers = comparison->getLayers();
  if (given.has("--json"))
    table.writeJson(outs(), layers, top);
  else
    table.print(outs(), layers, top);
  return Done;
}

int quantc::runCompare(ArrayRef<StringRef> arguments) {
  Options given;
  if (std::optional<int> code = parseOptions(CompareCommand, arguments, given))
    return *code;
  return Compare(given).run();
}
