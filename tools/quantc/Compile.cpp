//===- Compile.cpp - quantc compile -*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Commands.h"
#include "Options.h"
#include "mlir/Parser/Parser.h"
#include "mlir/Target/LLVMIR/Dialect/All.h"
#include "quantc/Artifact/Artifact.h"
#include "quantc/Import/ONNX/Import.h"
#include "quantc/InitAll.h"
#include "quantc/Pipelines/Pipelines.h"
#include "quantc/Recipe/Recipe.h"
#include "quantc/Support/Version.h"
#include "quantc/Target/CPU/Codegen.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/JSON.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/Path.h"
#include "llvm/Support/SourceMgr.h"
#include "llvm/Support/ToolOutputFile.h"
#include "llvm/Support/xxhash.h"
#include <thread>

using namespace llvm;
using namespace quantc;

static const OptionSpec options[] = {
    {"-o", OptionSpec::Value, "OUT.so", "where to write; with --stop-after or --emit also '-'"},
    {"--recipe", OptionSpec::Value, "NAME|FILE|help", "formats of weights and activations; default w8a8g32"},
    {"--mcpu", OptionSpec::Value, "CPU", "CPU to generate code for; default native, this machine's"},
    {"--triple", OptionSpec::Value, "T", "target triple; default this machine's"},
    {"--cpu-layout", OptionSpec::Value, "CLASS", "lay out for avx2, avx512vnni or generic whatever the CPU"},
    {"--stop-after", OptionSpec::Value, "STAGE", "print the IR behind a stage and stop"},
    {"--emit", OptionSpec::Value, "mlir|asm", "print the IR behind the last stage, or the kernels' assembly"},
    {"--name", OptionSpec::Value, "N", "prefix of the exported symbol"},
    {"--threads", OptionSpec::Value, "N", "threads to compile on; the result does not depend on it"},
    {"--target", OptionSpec::Value, "cpu|cuda", "", false, false},
    {"--gpu-arch", OptionSpec::Value, "ARCH", "", false, false},
    {"--rotate", OptionSpec::Flag, "", "", false, false},
    {"--smooth", OptionSpec::Flag, "", "", false, false},
    {"--integer-only", OptionSpec::OptionalValue, "METHOD", "", false, false},
    {"--integer-partial", OptionSpec::Flag, "", "", false, false},
    {"--synthetic", OptionSpec::Value, "KIND", "", false, false},
    {"--calibration", OptionSpec::Value, "FILE", "", false, false},
    {"--dim", OptionSpec::Value, "NAME=N", "", true, false},
    {"--state", OptionSpec::Value, "IN=OUT", "", true, false},
    {"--probe", OptionSpec::Value, "NODES", "", true, false},
    {"--keep-ir", OptionSpec::Flag, "", "", false, false},
    {"--report", OptionSpec::Value, "FILE", "", false, false},
};

static const CommandSpec command = {"compile", "MODEL.onnx", "compile a model into a shared library",
                                    "MODEL may also be .mlir, as --stop-after=import prints it.", options, 0, 1};

static int listRecipes() {
  for (const auto &[name, summary] : Recipe::list())
    outs() << left_justify(name, 10) << summary << "\n";
  return 0;
}

namespace {
/// One run of the command.
class Compilation {
public:
  explicit Compilation(const Options &given) : given(given) {
    registerAllDialects(registry);
    mlir::registerAllToLLVMIRTranslations(registry);
    context.appendDialectRegistry(registry);
    context.loadAllAvailableDialects();
    context.getDiagEngine().registerHandler([&](mlir::Diagnostic &diagnostic) {
      if (diagnostic.getSeverity() != mlir::DiagnosticSeverity::Error)
        return;
      std::string text;
      raw_string_ostream out(text);
      out << diagnostic;
      if (auto name = dyn_cast<mlir::NameLoc>(diagnostic.getLocation()))
        text = "'" + name.getName().str() + "': " + text;
      problems.push_back(text);
    });
  }

  int run();

private:
  bool read(StringRef path);
  int fail();
  std::string makeMetadata(StringRef path, const CpuTarget &target, const Recipe &recipe);
  int print(const CpuTarget &target, bool asAssembly);

  const Options &given;
  mlir::DialectRegistry registry;
  mlir::MLIRContext context;
  mlir::OwningOpRef<mlir::ModuleOp> module;
  std::vector<std::string> problems;
  uint64_t modelHash = 0;
  unsigned threads = 1;
};
} // namespace

int Compilation::fail() {
  std::string text;
  for (const std::string &problem : problems)
    text += (text.empty() ? "" : "\n") + problem;
  return cannotHandle("compile", text.empty() ? "failed without a reason" : text);
}

bool Compilation::read(StringRef path) {
  auto buffer = MemoryBuffer::getFile(path);
  if (!buffer) {
    problems.push_back("'" + path.str() + "': " + buffer.getError().message());
    return false;
  }
  modelHash = xxh3_64bits((*buffer)->getBuffer());
  if (path.ends_with(".mlir") || path.ends_with(".mlirbc"))
    module = mlir::parseSourceFile<mlir::ModuleOp>(path, &context);
  else
    module = onnx::importModel(path, &context, problems);
  return static_cast<bool>(module);
}

std::string Compilation::makeMetadata(StringRef path, const CpuTarget &target, const Recipe &recipe) {
  Expected<json::Value> resolved = json::parse(recipe.describe());
  json::Object object{{"quantc", getVersion()},
                      {"model", sys::path::filename(path)},
                      {"model_hash", utohexstr(modelHash, true, 16)},
                      {"recipe", resolved ? *resolved : json::Value(recipe.getName())},
                      {"triple", target.getTriple()},
                      {"cpu", target.getCpu()}};
  if (!resolved)
    consumeError(resolved.takeError());
  std::string text;
  raw_string_ostream(text) << json::Value(std::move(object));
  return text;
}

/// Prints IR or assembly to the output, by default to the standard one.
int Compilation::print(const CpuTarget &target, bool asAssembly) {
  std::string path = given.get("-o").value_or("-").str();
  std::error_code error;
  ToolOutputFile out(path, error, sys::fs::OF_Text);
  if (error)
    return cannotHandle("compile", "'" + path + "': " + error.message());
  if (asAssembly) {
    auto texts = compileKernels(*module, target, threads, /*asAssembly=*/true);
    if (!texts)
      return cannotHandle("compile", toString(texts.takeError()));
    for (const ObjectBytes &text : *texts)
      out.os() << StringRef(text.data(), text.size());
  } else {
    module->print(out.os(), mlir::OpPrintingFlags().enableDebugInfo(false));
    out.os() << "\n";
  }
  out.keep();
  return 0;
}

int Compilation::run() {
  StringRef path = given.operands().front();
  std::string stop = given.get("--stop-after").value_or("").str(), emit = given.get("--emit").value_or("").str();
  SmallVector<StringRef> names;
  for (const Stage &stage : getStages())
    names.push_back(stage.name);
  if (!stop.empty() && !is_contained(names, stop))
    return wrongUse("compile", "no stage '" + stop + "'; there are " + join(names, ", "));
  if (!emit.empty() && emit != "mlir" && emit != "asm")
    return wrongUse("compile", "--emit=" + emit + "; supported: mlir, asm");
  bool prints = !stop.empty() || !emit.empty();
  if (!prints && !given.has("-o"))
    return wrongUse("compile", "-o OUT.so is missing");
  int64_t count = std::max(1u, std::thread::hardware_concurrency());
  if (auto text = given.get("--threads"); text && !parseCount("compile", "--threads", *text, 1, 1024, count))
    return 2;
  threads = static_cast<unsigned>(count);

  Expected<CpuTarget> target =
      CpuTarget::resolve(given.get("--triple").value_or(""), given.get("--mcpu").value_or("native"));
  if (!target)
    return cannotHandle("compile", toString(target.takeError()));
  StageOptions stageOptions;
  stageOptions.recipe = given.get("--recipe").value_or("w8a8g32").str();
  stageOptions.cpuLayout = given.get("--cpu-layout").value_or("").str();
  Expected<Recipe> recipe = Recipe::load(stageOptions.recipe, target->getLayoutClass());
  if (!recipe)
    return cannotHandle("compile", toString(recipe.takeError()));
  if (!read(path))
    return fail();
  target->attachTo(*module);
  for (const Stage &stage : getStages()) {
    mlir::PassManager manager(&context);
    stage.build(manager, stageOptions);
    if (manager.size() != 0 && failed(manager.run(*module)))
      return fail();
    if (stop == stage.name)
      return print(*target, false);
  }
  if (prints)
    return print(*target, emit == "asm");
  ProgramInfo info{sys::path::stem(path).str(), makeMetadata(path, *target, *recipe), *target};
  ArtifactOptions artifact{given.get("--name").value_or("").str(), threads};
  if (Error error = writeSharedLibrary(*module, info, artifact, *given.get("-o"))) {
    problems.push_back(toString(std::move(error)));
    return fail();
  }
  return 0;
}

int quantc::runCompile(ArrayRef<StringRef> arguments) {
  Options given;
  if (std::optional<int> code = parseOptions(command, arguments, given))
    return *code;
  if (given.get("--recipe") == StringRef("help"))
    return listRecipes();
  if (given.operands().empty())
    return wrongUse("compile", "MODEL.onnx is missing");
  return Compilation(given).run();
}
