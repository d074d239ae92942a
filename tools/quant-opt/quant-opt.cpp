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

#include "llvm/Support/InitLLVM.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/ToolOutputFile.h"

using namespace mlir;

/// Runs mlir-opt's main on the imported model, as if its module had been read.
static LogicalResult runOnModel(StringRef input, StringRef output,
                                DialectRegistry &registry) {
  std::string bytecode;
  {
    MLIRContext context(registry);
    std::vector<std::string> problems;
    OwningOpRef<ModuleOp> module =
        quantc::onnx::importModel(input, &context, problems);
    for (const std::string &problem : problems)
      llvm::errs() << input << ": error: " << problem << "\n";
    llvm::raw_string_ostream stream(bytecode);
    if (!module || failed(writeBytecodeToFile(*module, stream)))
      return failure();
  }
  std::string error;
  std::unique_ptr<llvm::ToolOutputFile> file = openOutputFile(output, &error);
  if (!file) {
    llvm::errs() << error << "\n";
    return failure();
  }
  if (failed(MlirOptMain(
          file->os(), llvm::MemoryBuffer::getMemBuffer(bytecode, input, false),
          registry, MlirOptMainConfig::createFromCLOptions())))
    return failure();
  file->keep();
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
  if (quantc::onnx::isModelFile(input))
    return asMainReturnCode(runOnModel(input, output, registry));
  return asMainReturnCode(MlirOptMain(argc, argv, input, output, registry));
}
