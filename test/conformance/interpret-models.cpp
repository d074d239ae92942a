//===- interpret-models.cpp - Import models and interpret them --*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// For every line "MODEL IN.npz OUT.npz" on the standard input: imports the
// model, or parses it if it is the IR of a stage in a .mlir file, interprets it
// on the arrays of IN.npz and writes OUT.npz. Answers each
// line by one: "done", "unsupported: WHY" (the model was refused) or
// "failed: WHY". With --recompose the model is simplified and its whole ops are
// recognised first.
//
//===----------------------------------------------------------------------===//

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Parser/Parser.h"
#include "mlir/Pass/PassManager.h"
#include "mlir/Transforms/Passes.h"
#include "quantc/Dialect/NN/Transforms/Passes.h"
#include "quantc/Import/ONNX/Import.h"
#include "quantc/InitAll.h"
#include "quantc/Interpreter/Arrays.h"
#include "quantc/Interpreter/Interpreter.h"

#include <iostream>
#include <sstream>

using namespace mlir;
using namespace quantc;

static std::string joined(const std::vector<std::string> &texts) {
  std::string all;
  for (const std::string &text : texts)
    all += (all.empty() ? "" : " | ") + text;
  std::replace(all.begin(), all.end(), '\n', ' ');
  return all;
}

/// Evaluates one line; returns the answer to it.
static std::string evaluate(const std::string &model, const std::string &in,
                            const std::string &out, bool recompose,
                            MLIRContext &context) {
  std::vector<std::string> problems;
  ScopedDiagnosticHandler handler(&context, [&](Diagnostic &diagnostic) {
    problems.push_back(diagnostic.str());
  });
  std::string error;
  std::shared_ptr<const MappedFile> file = MappedFile::open(model, error);
  if (!file)
    return "unsupported: " + error;
  OwningOpRef<ModuleOp> module =
      StringRef(model).ends_with(".mlir")
          ? parseSourceFile<ModuleOp>(model, &context)
          : onnx::importModel(std::move(file), &context, problems);
  if (!module)
    return "unsupported: " + joined(problems);
  if (recompose) {
    PassManager passes(&context);
    passes.addPass(createCanonicalizerPass());
    passes.addPass(nn::createNNRecompose());
    passes.addPass(createCanonicalizerPass());
    if (failed(passes.run(*module)))
      return "failed: passes: " + joined(problems);
  }

  std::vector<NamedArray> arrays;
  if (!readNpz(in, arrays, error))
    return "failed: " + error;
  auto function = module->lookupSymbol<func::FuncOp>("main");
  std::vector<HostValue> arguments;
  auto names = function->getAttrOfType<ArrayAttr>("qt.arg_names");
  for (auto [name, type] : llvm::zip_equal(names.getAsRange<StringAttr>(),
                                           function.getArgumentTypes())) {
    auto found = llvm::find_if(arrays, [name = name](const NamedArray &array) {
      return array.name == name.getValue();
    });
    Type element = cast<RankedTensorType>(type).getElementType();
    if (found == arrays.end() || found->dtype != getDtype(element))
      return "failed: no array for input '" + name.str() + "'";
    arguments.push_back(toHostValue(*found, element));
  }
  FailureOr<SmallVector<HostValue>> results =
      interpretFunction(function, arguments);
  if (failed(results))
    return "failed: " + joined(problems);

  std::vector<NamedArray> outputs;
  auto resultNames = function->getAttrOfType<ArrayAttr>("qt.result_names");
  for (auto [name, result] :
       llvm::zip_equal(resultNames.getAsRange<StringAttr>(), *results))
    outputs.push_back(toArray(name.getValue(), result));
  return writeNpz(out, outputs, error) ? "done" : "failed: " + error;
}

int main(int argc, char **argv) {
  bool recompose = argc > 1 && StringRef(argv[1]) == "--recompose";
  DialectRegistry registry;
  quantc::registerAllDialects(registry);
  for (std::string line; std::getline(std::cin, line);) {
    std::istringstream words(line);
    std::string model, in, out;
    words >> model >> in >> out;
    MLIRContext context(registry, MLIRContext::Threading::DISABLED);
    std::cout << evaluate(model, in, out, recompose, context) << std::endl;
  }
}
