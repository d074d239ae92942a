//===- quant-opt.cpp - Every pass and pipeline of quantc --------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "mlir/Bytecode/BytecodeWriter.h"
#include "mlir/InitAllDialects.h"
#include "mlir/InitAllExtensions.h"
#include "mlir/InitAllPasses.h"
#include "mlir/Support/FileUtilities.h"
#include "mlir/Tools/mlir-opt/MlirOptMain.h"
#include "quantc/Import/ONNX/Import.h"
#include "quantc/InitAll.h"
#include "quantc/Support/ParserInput.h"

#include "llvm/Support/InitLLVM.h"
#include "llvm/Support/Process.h"
#include "llvm/Support/ToolOutputFile.h"

using namespace mlir;

/// Runs mlir-opt's main on the contents of a file or standard input; of a
/// model, on the imported module, as if it had been read.
static LogicalResult runOn(std::shared_ptr<const quantc::MappedFile> file,
                           StringRef output, DialectRegistry &registry) {
  std::string name = file->path(), error;
  std::unique_ptr<llvm::MemoryBuffer> buffer;
  if (quantc::onnx::isModelFile(*file)) {
    MLIRContext context(registry);
    std::vector<std::string> problems;
    OwningOpRef<ModuleOp> module =
        quantc::onnx::importModel(std::move(file), &context, problems);
    for (const std::string &problem : problems)
      llvm::errs() << name << ": error: " << problem << "\n";
    SmallVector<char, 0> bytecode;
    llvm::raw_svector_ostream stream(bytecode);
    if (!module || failed(writeBytecodeToFile(*module, stream)))
      return failure();
    buffer = quantc::makeParserInput(bytecode, name);
  } else {
    buffer = quantc::makeParserInput(
        {reinterpret_cast<const char *>(file->data()), file->size()}, name);
  }
  std::unique_ptr<llvm::ToolOutputFile> out = openOutputFile(output, &error);
  if (!out) {
    llvm::errs() << error << "\n";
    return failure();
  }
  if (failed(MlirOptMain(out->os(), std::move(buffer), registry,
                         MlirOptMainConfig::createFromCLOptions())))
    return failure();
  out->keep();
  return success();
}

int main(int argc, char **argv) {
  llvm::InitLLVM init(argc, argv);
  DialectRegistry registry;
  mlir::registerAllDialects(registry);
  mlir::registerAllExtensions(registry);
  mlir::registerAllPasses();
  quantc::registerAllDialects(registry);
  quantc::registerAllPasses();
  auto [input, output] = registerAndParseCLIOptions(
      argc, argv, "quantc's pass driver\n", registry);
  // Standard input can be read once, so MLIR from it goes this way as well. A
  // terminal, and what needs no input, are left to mlir-opt.
  MlirOptMainConfig config = MlirOptMainConfig::createFromCLOptions();
  bool needsInput = !config.shouldShowDialects() && !config.shouldListPasses();
  bool isInput = input == "-" && needsInput &&
                 !llvm::sys::Process::StandardInIsUserInput();
  std::string error;
  std::shared_ptr<const quantc::MappedFile> file =
      isInput ? quantc::MappedFile::readStandardInput(error)
              : quantc::MappedFile::open(input, error);
  if (isInput && !file) {
    llvm::errs() << error << "\n";
    return asMainReturnCode(failure());
  }
  if (isInput || (file && quantc::onnx::isModelFile(*file)))
    return asMainReturnCode(runOn(std::move(file), output, registry));
  return asMainReturnCode(MlirOptMain(argc, argv, input, output, registry));
}
