//===- Model.cpp - A model that was read ------------------------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Model.h"

#include "Options.h"
#include "mlir/IR/Verifier.h"
#include "mlir/Parser/Parser.h"
#include "mlir/Pass/PassManager.h"
#include "mlir/Target/LLVMIR/Dialect/All.h"
#include "quantc/Dialect/QT/IR/Blob.h"
#include "quantc/Dialect/QT/IR/QTDialect.h"
#include "quantc/Import/ONNX/Import.h"
#include "quantc/InitAll.h"
#include "quantc/Support/Locations.h"
#include "quantc/Support/MappedFile.h"
#include "quantc/Support/Messages.h"
#include "quantc/Support/ParserInput.h"

#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/BLAKE3.h"
#include "llvm/Support/SourceMgr.h"

using namespace llvm;
using namespace quantc;

/// "'value': what is wrong", or with the place in a text file.
static std::string describe(mlir::Diagnostic &diagnostic) {
  std::string text;
  raw_string_ostream out(text);
  mlir::Location loc = diagnostic.getLocation();
  if (StringRef node = getNodeName(loc); !node.empty())
    out << "node '" << node << "' (output '" << getValueName(loc) << "'): ";
  else if (StringRef name = getValueName(loc); !name.empty())
    out << "'" << name << "': ";
  else if (auto place = dyn_cast<mlir::FileLineColLoc>(loc))
    out << place.getFilename().getValue() << ":" << place.getLine() << ":"
        << place.getColumn() << ": ";
  out << diagnostic;
  return makePrintable(text);
}

Model::Model(unsigned threads)
    : pool(hardware_concurrency(threads)),
      context(mlir::MLIRContext::Threading::DISABLED) {
  mlir::DialectRegistry registry;
  registerAllDialects(registry);
  mlir::registerAllToLLVMIRTranslations(registry);
  context.appendDialectRegistry(registry);
  context.setThreadPool(pool);
  context.loadAllAvailableDialects();
  context.printOpOnDiagnostic(false);
  context.getDiagEngine().registerHandler([&](mlir::Diagnostic &diagnostic) {
    if (diagnostic.getSeverity() == mlir::DiagnosticSeverity::Error)
      problems.push_back(describe(diagnostic));
    else if (diagnostic.getSeverity() == mlir::DiagnosticSeverity::Warning)
      errs() << "warning: " << describe(diagnostic) << "\n";
    else if (diagnostic.getSeverity() == mlir::DiagnosticSeverity::Remark)
      errs() << describe(diagnostic) << "\n";
  });
}

/// The hash of a file, piece by piece: none of it stays in memory.
static std::string hashFile(const MappedFile &file) {
  constexpr uint64_t pieceBytes = 1 << 22;
  BLAKE3 hasher;
  for (uint64_t at = 0; at < file.size(); at += pieceBytes) {
    uint64_t size = std::min(pieceBytes, file.size() - at);
    hasher.update(ArrayRef(file.data() + at, size));
    file.discard(at, size);
  }
  return toHex(hasher.final<16>(), /*LowerCase=*/true);
}

/// Text or bytecode from standard input, whose resources may stay where the
/// parser finds them.
static mlir::OwningOpRef<mlir::ModuleOp>
parseInput(const MappedFile &file, mlir::MLIRContext *context) {
  ArrayRef bytes(reinterpret_cast<const char *>(file.data()), file.size());
  auto sources = std::make_shared<SourceMgr>();
  sources->AddNewSourceBuffer(makeParserInput(bytes, file.path()), SMLoc());
  return mlir::parseSourceFile<mlir::ModuleOp>(sources, context);
}

bool Model::read(StringRef path) {
  std::string error;
  std::shared_ptr<const MappedFile> file =
      path == StandardInput ? MappedFile::readStandardInput(error)
                            : MappedFile::open(path.str(), error);
  if (!file) {
    problems.push_back(error);
    return false;
  }
  hash = hashFile(*file);
  if (path.ends_with(".mlir") || path.ends_with(".mlirbc"))
    module = mlir::parseSourceFile<mlir::ModuleOp>(path, &context);
  else if (file->isNamed() || onnx::isModelFile(*file))
    module = onnx::importModel(std::move(file), &context, problems, &rest);
  else
    module = parseInput(*file, &context);
  return static_cast<bool>(module);
}

bool Model::runStages(mlir::ModuleOp module, const StageOptions &options,
                      StringRef last, function_ref<void(const Stage &)> after) {
  auto reached = module->getAttrOfType<mlir::StringAttr>(stageAttrName);
  bool isBehind = reached != nullptr;
  for (const Stage &stage : getStages()) {
    bool isReached = reached && reached.getValue() == stage.name;
    if (!isBehind) {
      mlir::PassManager manager(&context);
      stage.build(manager, options);
      manager.enableVerifier(!stage.isOfKernels);
      if (manager.size() != 0 && failed(manager.run(module)))
        return false;
      if (stage.isOfKernels && failed(mlir::verify(module)))
        return false;
      module->setAttr(stageAttrName,
                      mlir::StringAttr::get(&context, stage.name));
      if (after)
        after(stage);
    } else if (last == stage.name && !isReached) {
      problems.push_back("the IR is behind the stage " + last.str() +
                         " already");
      return false;
    }
    isBehind &= !isReached;
    if (last == stage.name)
      return true;
  }
  if (isBehind)
    problems.push_back("the IR is behind a stage '" + reached.str() +
                       "' that does not exist");
  return !isBehind;
}

void Model::examineRest(StageOptions options, const CpuTarget &target,
                        StringRef last) {
  if (!rest)
    return;
  // Ranges may be those of values that are missing.
  options.ranges.clear();
  target.attachTo(*rest);
  runStages(*rest, options, last);
}

mlir::OwningOpRef<mlir::ModuleOp> Model::parse(StringRef text, StringRef name) {
  return mlir::parseSourceString<mlir::ModuleOp>(text, &context, name);
}

void Model::releaseBlobs(bool all) {
  SmallVector<mlir::Operation *, 1> roots;
  if (!all)
    roots.push_back(*module);
  context.getLoadedDialect<qt::QTDialect>()
      ->getBlobManager()
      .releaseUnreferenced(roots);
}

int Model::fail(StringRef command) const {
  return cannotHandle(command, problems.empty() ? "failed without a reason"
                                                : join(problems, "\n"));
}
