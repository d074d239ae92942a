//===- Compile.cpp - quantc compile -----------------------------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Commands.h"
#include "Layers.h"
#include "Model.h"
#include "Options.h"
#include "Progress.h"
#include "Sections.h"
#include "quantc/Artifact/ArenaPlan.h"
#include "quantc/Artifact/Artifact.h"
#include "quantc/Dialect/NN/Transforms/Passes.h"
#include "quantc/Dialect/QT/IR/QTAttrNames.h"
#include "quantc/Pipelines/Pipelines.h"
#include "quantc/Recipe/Recipe.h"
#include "quantc/Runtime/quantc_runtime.h"
#include "quantc/Support/OutputFile.h"
#include "quantc/Support/Version.h"

#include "llvm/ADT/StringExtras.h"
#include "llvm/ADT/StringSet.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/JSON.h"
#include "llvm/Support/Path.h"

#include <thread>

using namespace llvm;
using namespace quantc;

static constexpr OptionSpec CompileOptions[] = {
    {"-o", OptionSpec::Value, "OUT.so|OUT.o",
     "where to write: a shared library, or a static object with its header "
     "OUT.h; text is printed where it is '-' or missing"},
    {"--recipe", OptionSpec::Value, "NAME|FILE",
     "formats of weights and activations; 'help' lists them; A+B appends the "
     "rules of B; default: w8a8g32"},
    {"--mcpu", OptionSpec::Value, "CPU",
     "the CPU to generate code for; default: native, this machine's"},
    {"--triple", OptionSpec::Value, "T",
     "the target triple; default: this machine's"},
    {"--mattr", OptionSpec::Value, "+A,-B",
     "features that the CPU has beside those of its kind, or lacks"},
    {"--cpu-layout", OptionSpec::Value, "CLASS",
     "lay out for avx2, avx512vnni or generic whatever the CPU is"},
    {"--direct-convolutions", OptionSpec::Flag, "",
     "sum float convolutions of 3 x 3 taps window by window: slower, with "
     "fewer bytes of weights"},
    {"--dim", OptionSpec::Value, "NAME=N|MIN..MAX",
     "fix or bound a dimension that is known at run time only",
     /*isRepeatable=*/true},
    {"--stop-after", OptionSpec::Value, "STAGE",
     "print the IR behind a stage: import, recompose, transform, quantize, "
     "integerize, split, layout, group, lower or llvm"},
    {"--report-recompose", OptionSpec::OptionalValue, "found|misses",
     "say which chains of the model became whole ops, and which nearly did"},
    {"--emit", OptionSpec::Value, "mlir|llvm|asm",
     "print the IR behind the last stage, or code of the kernels and the "
     "entry"},
    {"--weights-file", OptionSpec::Value, "PATH|embedded",
     "a file of its own for the weights, which the artefact maps into memory; "
     "default: OUT.weights above 1 GiB, else embedded"},
    {"--name", OptionSpec::Value, "N",
     "export N_model instead of quantc_model, of a static object N_run instead "
     "of MODEL_run, so that models link together"},
    {"--threads", OptionSpec::Value, "N",
     "threads to compile on; the result does not depend on it"},
    {"--target", OptionSpec::Value, "cpu|cuda", "what to compile for", false,
     false},
    {"--gpu-arch", OptionSpec::Value, "ARCH", "the GPU to compile for", false,
     false},
    {"--rotate", OptionSpec::Flag, "", "spread outliers by rotations", false,
     false},
    {"--smooth", OptionSpec::Flag, "", "move outliers into weights", false,
     false},
    {"--integer-only", OptionSpec::OptionalValue, "fixed|ibert|ivit",
     "compute in integers between the inputs and the outputs"},
    {"--integer-partial", OptionSpec::Flag, "",
     "as --integer-only, but leave ops without an integer form in float; by "
     "the method of --integer-only=METHOD where that is given, too"},
    {"--ranges", OptionSpec::Value, "FILE",
     "with --integer-only=ibert or ivit: JSON of names of values, each with "
     "[lowest, highest] or the largest magnitude; their scales are constants"},
    {"--synthetic", OptionSpec::Value, "KIND", "made-up data to tune with",
     false, false},
    {"--calibration", OptionSpec::Value, "FILE", "data to tune with", false,
     false},
    {"--state", OptionSpec::Value, "IN=OUT", "keep an output for the next run",
     true, false},
    {"--probe", OptionSpec::Value, "NODES", "further outputs", true, false},
    {"--keep-ir", OptionSpec::Flag, "",
     "keep the float and the quantised IR in the artefact, for 'compare' and "
     "'inspect --ir'; weights stay in the model's file"},
    {"--progress", OptionSpec::Flag, "",
     "tell the seconds and the memory of every stage on standard error"},
    {"--report", OptionSpec::Value, "FILE", "write a report", false, false},
};

static constexpr CommandSpec CompileCommand = {
    "compile",
    "MODEL.onnx",
    "Compiles a model to a shared library or a static object.",
    "MODEL may also be IR that --stop-after has printed (.mlir): it goes on "
    "behind\nthat stage.",
    CompileOptions,
    0,
    1};

static int listRecipes() {
  // Code ranges are those of this machine.
  Expected<CpuTarget> host = CpuTarget::resolve("", "native");
  LayoutClass layoutClass =
      host ? host->getLayoutClass() : LayoutClass::Generic;
  if (!host)
    consumeError(host.takeError());
  for (const auto &[name, summary] : Recipe::list()) {
    Recipe recipe = cantFail(Recipe::load(name, getTraits(layoutClass).name));
    outs() << left_justify(name, 10) << "version " << recipe.getVersion()
           << ": " << summary << "\n";
    for (const std::string &line : recipe.describeRules())
      outs() << "            " << line << "\n";
  }
  return Done;
}

namespace {
/// One run of the command.
class Compilation {
public:
  explicit Compilation(const Options &given) : given(given) {}

  /// Whether the options are right in themselves; else the code to end with.
  std::optional<int> check();
  int run();

private:
  bool runStages(Model &model);
  bool passesPartially(Model &model, mlir::ModuleOp floats);
  std::optional<int> placeWeights(Model &model);
  int finish(Model &model);
  int fail(Model &model, Error error);
  int write(const std::string &text);
  std::string makeMetadata(Model &model);

  const Options &given;
  /// Of the model in what is written of it.
  StringRef getModelName() const {
    return path == StandardInput ? StringRef("stdin")
                                 : sys::path::filename(path);
  }

  std::string path, stop, emit, output;
  bool isStatic = false; ///< what is written is an object
  unsigned threads = 1;
  StageOptions stageOptions;
  std::optional<CpuTarget> target;
  std::optional<Recipe> recipe;
  std::optional<Progress> progress;
  ArtifactOptions artifact;
};
} // namespace

static std::error_code makeAbsolute(std::string &path) {
  SmallString<256> absolute(path);
  if (std::error_code code = sys::fs::make_absolute(absolute))
    return code;
  sys::path::remove_dots(absolute, /*remove_dot_dot=*/false);
  path = absolute.str().str();
  return {};
}

static bool isIdentifier(StringRef name) {
  return !name.empty() && !isDigit(name.front()) &&
         all_of(name, [](char c) { return isAlnum(c) || c == '_'; });
}

/// The name of a model as C may write it.
static std::string makeIdentifier(StringRef name) {
  std::string result;
  for (char c : name)
    result += isAlnum(c) ? c : '_';
  return isIdentifier(result) ? result : "_" + result;
}

std::optional<int> Compilation::check() {
  path = given.operands().front().str();
  stop = given.get("--stop-after").value_or("").str();
  emit = given.get("--emit").value_or("").str();
  output = given.get("-o").value_or("").str();
  SmallVector<StringRef> names;
  for (const Stage &stage : getStages())
    names.push_back(stage.name);
  if (!stop.empty() && !is_contained(names, stop))
    return wrongUse("compile", "no stage '" + stop + "'" +
                                   didYouMean(stop, names) + "; there are " +
                                   join(names, ", "));
  if (!emit.empty() && !is_contained({"mlir", "llvm", "asm"}, StringRef(emit)))
    return wrongUse("compile",
                    emit == "ptx"
                        ? "--emit=ptx is not built yet"
                        : "--emit takes mlir, llvm or asm, not '" + emit + "'");
  if (!stop.empty() && !emit.empty() && emit != "mlir")
    return wrongUse("compile", "--emit=" + emit +
                                   " is code, and comes behind all stages; "
                                   "leave --stop-after out");
  if (stop.empty() && emit.empty()) {
    if (output.empty())
      return wrongUse("compile", "-o OUT.so or OUT.o is missing");
    isStatic = StringRef(output).ends_with(".o");
    if (!isStatic && !StringRef(output).ends_with(".so"))
      return wrongUse("compile", "'" + output +
                                     "': executables are not built yet; "
                                     "supported: -o OUT.so and -o OUT.o");
  }
  for (StringRef option : {"--weights-file", "--keep-ir"})
    if (isStatic && given.has(option) &&
        given.get(option) != StringRef("embedded"))
      return wrongUse("compile", option + " is for shared libraries: static "
                                          "objects hold their weights, and "
                                          "nothing beside them");
  if (path == StandardInput && given.has("--keep-ir"))
    return wrongUse("compile", "--keep-ir refers to the weights in the model's "
                               "file, and standard input is none");
  for (StringRef written :
       {StringRef(output), given.get("--weights-file").value_or("")})
    if (path != StandardInput && sys::fs::equivalent(written, path))
      return wrongUse("compile", "'" + written +
                                     "' is the model itself; it would be "
                                     "written over");
  if (auto name = given.get("--name"); name && !isIdentifier(*name))
    return wrongUse("compile",
                    "--name takes an identifier of C, not '" + *name + "'");
  int64_t count = std::max(1u, std::thread::hardware_concurrency());
  if (auto text = given.get("--threads");
      text && !parseCount("compile", "--threads", *text, 1, 1024, count))
    return WrongUse;
  threads = static_cast<unsigned>(count);
  StringSet<> bound;
  for (StringRef text : given.all("--dim")) {
    StringRef name;
    int64_t min = 0, max = 0;
    if (auto problem = nn::parseDimBinding(text, name, min, max))
      return wrongUse("compile", "--dim " + *problem);
    if (!bound.insert(name).second)
      return wrongUse("compile", "--dim gives '" + name + "' twice");
    stageOptions.dims.push_back(text.str());
  }
  if (auto report = given.get("--report-recompose")) {
    if (!is_contained({"", "found", "misses"}, *report))
      return wrongUse("compile", "--report-recompose takes found or misses, "
                                 "not '" +
                                     *report + "'");
    stageOptions.reportRecompose = true;
    stageOptions.explainRecompose = *report == "misses";
  }
  if (!readIntegerOnly("compile", given, stageOptions))
    return WrongUse;
  if (auto ranges = given.get("--ranges")) {
    if (stageOptions.integerMethod == "fixed")
      return wrongUse("compile", "--ranges is for --integer-only=ibert and "
                                 "ivit; fixed and float recipes take scales "
                                 "from the numbers themselves");
    stageOptions.ranges = ranges->str();
  }
  stageOptions.integerPartial = given.has("--integer-partial");
  stageOptions.integerOnly |= stageOptions.integerPartial;
  stageOptions.recipe = given.get("--recipe").value_or("w8a8g32").str();
  // What stops before there are layouts may be evaluated instead.
  stageOptions.needsCode =
      stop.empty() || find(names, stop) >= find(names, StringRef("layout"));
  stageOptions.directConvolutions = given.has("--direct-convolutions");
  stageOptions.cpuLayout = given.get("--cpu-layout").value_or("").str();
  if (!stageOptions.cpuLayout.empty() &&
      !parseLayoutClass(stageOptions.cpuLayout))
    return wrongUse("compile", "--cpu-layout takes " + listLayoutClasses() +
                                   ", not '" + stageOptions.cpuLayout + "'");
  return std::nullopt;
}

std::string Compilation::makeMetadata(Model &model) {
  Expected<json::Value> resolved = json::parse(recipe->describe());
  json::Object object{
      {"quantc", getVersion()},
      {"abi", static_cast<int64_t>(QUANTC_ABI_VERSION)},
      {"model", getModelName()},
      {"model_hash", "blake3:" + model.getHash().str()},
      {"recipe", resolved ? *resolved : json::Value(recipe->getName())},
      {"triple", target->getTriple()},
      {"cpu", target->getCpu()}};
  if (!resolved)
    consumeError(resolved.takeError());
  if (stageOptions.integerOnly)
    object["integer_only"] = stageOptions.integerMethod;
  if (stageOptions.integerPartial)
    object["integer_partial"] = true;
  if (auto entry = model.getModule().lookupSymbol<mlir::func::FuncOp>("main"))
    if (auto use = measureArena(entry, model.getModule()))
      object["arena"] = json::Object{{"bytes", use->bytes},
                                     {"largest_live_set", use->largestLiveSet}};
  std::string text;
  raw_string_ostream(text) << json::Value(std::move(object));
  return text;
}

/// Writes text to where -o says, by default to the standard output.
int Compilation::write(const std::string &text) {
  if (output.empty() || output == "-") {
    outs() << text;
    return Done;
  }
  OutputFile file;
  std::string error;
  if (!file.open(output, error) ||
      !file.write(text.data(), text.size(), error) || !file.commit(error))
    return cannotHandle("compile", error);
  return Done;
}

int Compilation::run() {
  // What is wrong with the target, the recipe and the model is told together.
  progress.emplace(given.has("--progress"));
  Model model(threads);
  // Kept IR refers to the model's weights from wherever it is read.
  if (given.has("--keep-ir"))
    if (std::error_code code = makeAbsolute(path))
      return cannotHandle("compile", "'" + path + "': " + code.message());
  bool isRead = model.read(path);
  progress->finish("read");
  auto reached =
      isRead ? model.getModule()->getAttrOfType<mlir::StringAttr>(stageAttrName)
             : nullptr;
  // IR of a later stage may have been laid out for its target already.
  bool keepsTarget = reached && model.getModule()->hasAttr(targetAttrName) &&
                     !given.has("--mcpu") && !given.has("--triple") &&
                     !given.has("--mattr");
  Expected<CpuTarget> resolved = CpuTarget::resolve(
      given.get("--triple").value_or(""), given.get("--mcpu").value_or(""),
      given.get("--mattr").value_or(""));
  if (resolved)
    target = keepsTarget ? CpuTarget::get(model.getModule()) : *resolved;
  else
    model.problems.push_back(toString(resolved.takeError()));
  Expected<Recipe> loaded = Recipe::load(
      stageOptions.recipe,
      getTraits(target ? target->getLayoutClass() : LayoutClass::Generic).name);
  if (loaded)
    recipe = std::move(*loaded);
  if (recipe)
    for (const std::string &warning : recipe->getWarnings())
      errs() << "quantc compile: warning: recipe '" << recipe->getName()
             << "': " << warning << "\n";
  if (!loaded)
    model.problems.push_back(toString(loaded.takeError()));
  // Behind these stages nothing more is refused but for what sizes and ranges
  // show of a whole model.
  if (target && recipe && !isRead) {
    bool stopsBefore = is_contained(
        {"import", "recompose", "transform", "quantize"}, StringRef(stop));
    model.examineRest(stageOptions, *target,
                      stopsBefore ? StringRef(stop) : "integerize");
  }
  if (!model.problems.empty() || !isRead)
    return model.fail("compile");
  target->attachTo(model.getModule());
  if (!runStages(model))
    return model.fail("compile");
  return finish(model);
}

static std::string print(mlir::ModuleOp module) {
  std::string text;
  raw_string_ostream out(text);
  module->print(out, mlir::OpPrintingFlags().enableDebugInfo(/*enable=*/true));
  out << "\n";
  return text;
}

/// Whether the model passes the stage integerize if ops may stay in float;
/// \p floats is what it was before.
bool Compilation::passesPartially(Model &model, mlir::ModuleOp floats) {
  StageOptions partial = stageOptions;
  partial.integerPartial = true;
  mlir::ScopedDiagnosticHandler ignore(
      &model.getContext(), [](mlir::Diagnostic &) { return mlir::success(); });
  return model.runStages(floats, partial, "integerize");
}

bool Compilation::runStages(Model &model) {
  bool keepsIR = given.has("--keep-ir") && stop.empty() && emit.empty();
  auto keep = [&](StringRef name) {
    artifact.sections.emplace_back(name, packSection(print(model.getModule())));
  };
  // Formats are those of integers only behind the next stage.
  StringRef quantised = stageOptions.integerOnly ? "integerize" : "quantize";
  mlir::OwningOpRef<mlir::ModuleOp> floats;
  bool mayRefuse = stageOptions.integerOnly && !stageOptions.integerPartial;
  bool isDone = model.runStages(model.getModule(), stageOptions, stop,
                                [&](const Stage &stage) {
                                  if (keepsIR && stage.name == "transform")
                                    keep(floatIRSection);
                                  else if (keepsIR && stage.name == quantised)
                                    keep(quantizedIRSection);
                                  floats = mayRefuse && stage.name == "quantize"
                                               ? model.getModule().clone()
                                               : nullptr;
                                  model.releaseBlobs();
                                  progress->finish(stage.name);
                                });
  if (!isDone && floats && passesPartially(model, *floats))
    model.problems.push_back("--integer-partial leaves what has no "
                             "integer-only form in float");
  if (isDone && keepsIR && artifact.sections.size() < 2) {
    model.problems.push_back("--keep-ir: '" + path +
                             "' is behind the stage transform already; "
                             "supported: a model, or IR of an earlier stage");
    return false;
  }
  return isDone;
}

/// Where the weights go.
std::optional<int> Compilation::placeWeights(Model &model) {
  constexpr uint64_t mostEmbedded = uint64_t(1) << 30;
  SmallString<256> file(given.get("--weights-file").value_or(""));
  if (file.empty() && countWeightBytes(model.getModule()) > mostEmbedded) {
    file = output;
    sys::path::replace_extension(file, ".weights");
  }
  if (file.empty() || file == "embedded")
    return std::nullopt;
  if (sys::fs::equivalent(file, output) || file == output)
    return wrongUse("compile", "--weights-file and -o name the same file");
  artifact.weights.path = file.str().str();
  // From the folder of the artefact on, so that both can be moved together.
  artifact.weights.name = sys::path::filename(file).str();
  if (sys::path::parent_path(file) != sys::path::parent_path(output)) {
    artifact.weights.name = artifact.weights.path;
    if (std::error_code code = makeAbsolute(artifact.weights.name))
      return cannotHandle("compile", "'" + file + "': " + code.message());
  }
  return std::nullopt;
}

/// Reports what went wrong, which may stand among the diagnostics already.
int Compilation::fail(Model &model, Error error) {
  if (std::string text = toString(std::move(error)); !text.empty())
    model.problems.push_back(std::move(text));
  return model.fail("compile");
}

int Compilation::finish(Model &model) {
  if (!stop.empty() || emit == "mlir") {
    return write(print(model.getModule()));
  }
  ProgramInfo info{sys::path::stem(getModelName()).str(), makeMetadata(model),
                   *target};
  if (auto name = given.get("--name"))
    info.prefix = name->str();
  else if (isStatic)
    info.prefix = makeIdentifier(info.name);
  if (!emit.empty()) {
    auto text =
        printCode(model.getModule(), info,
                  emit == "asm" ? CodeKind::Assembly : CodeKind::LLVM, threads);
    if (text)
      return write(*text);
    return fail(model, text.takeError());
  }
  if (!isStatic)
    if (std::optional<int> code = placeWeights(model))
      return *code;
  artifact.threads = threads;
  artifact.onStep = [&](StringRef step) {
    // Linking needs as much memory as the artefact twice.
    if (step == "weights")
      model.releaseBlobs(/*all=*/true);
    progress->finish(step);
  };
  if (json::Array layers = getLayers(model.getModule()); !layers.empty()) {
    std::string text;
    raw_string_ostream(text) << json::Value(std::move(layers));
    artifact.sections.emplace_back(layersSection, packSection(text));
  }
  if (isStatic)
    artifact.sections.emplace_back(metadataSection, packSection(info.metadata));
  SmallString<256> header(output);
  sys::path::replace_extension(header, ".h");
  if (Error error = isStatic ? writeStaticObject(model.getModule(), info,
                                                 artifact, output, header)
                             : writeSharedLibrary(model.getModule(), info,
                                                  artifact, output))
    return fail(model, std::move(error));
  return Done;
}

int quantc::runCompile(ArrayRef<StringRef> arguments) {
  Options given;
  if (std::optional<int> code = parseOptions(CompileCommand, arguments, given))
    return *code;
  if (given.get("--recipe") == StringRef("help"))
    return listRecipes();
  if (given.operands().empty())
    return wrongUse("compile", "MODEL.onnx is missing; see 'quantc compile "
                               "--help'");
  Compilation compilation(given);
  if (std::optional<int> code = compilation.check())
    return *code;
  return compilation.run();
}
