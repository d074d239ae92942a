//===- KernelRunner.cpp - Compiles and runs a kernel ------------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "KernelRunner.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/Parser/Parser.h"
#include "mlir/Pass/PassManager.h"
#include "mlir/Target/LLVMIR/Dialect/Builtin/BuiltinToLLVMIRTranslation.h"
#include "mlir/Target/LLVMIR/Dialect/LLVMIR/LLVMToLLVMIRTranslation.h"
#include "quantc/Conversion/KernelToLoops/Passes.h"
#include "quantc/InitAll.h"
#include "quantc/Target/CPU/Codegen.h"
#include "quantc/Target/CPU/CpuTarget.h"
#include "llvm/Support/TargetSelect.h"

using namespace mlir;
using namespace quantc;
using namespace quantc::test;

int64_t CompiledKernel::evaluate(AffineMap map,
                                 llvm::ArrayRef<int64_t> symbols) {
  SmallVector<AffineExpr> values;
  for (int64_t symbol : symbols)
    values.push_back(getAffineConstantExpr(symbol, map.getContext()));
  AffineExpr result = map.getResult(0).replaceSymbols(values);
  return cast<AffineConstantExpr>(result).getValue();
}

llvm::Expected<CompiledKernel> CompiledKernel::compile(llvm::StringRef text,
                                                       llvm::StringRef cpu) {
  CompiledKernel result;
  DialectRegistry registry;
  registerAllDialects(registry);
  mlir::registerBuiltinDialectTranslation(registry);
  mlir::registerLLVMDialectTranslation(registry);
  result.context = std::make_shared<MLIRContext>(registry);
  MLIRContext *context = result.context.get();
  context->loadAllAvailableDialects();
  OwningOpRef<ModuleOp> module = parseSourceString<ModuleOp>(text, context);
  if (!module)
    return llvm::createStringError("the kernel does not parse");
  llvm::Expected<CpuTarget> target = CpuTarget::resolve("", cpu);
  if (!target)
    return target.takeError();
  target->attachTo(*module);
  PassManager lower(context);
  lower.addPass(createLowerKernels());
  if (failed(lower.run(*module)))
    return llvm::createStringError("the kernel does not lower");
  ModuleOp kernel = *module->getOps<ModuleOp>().begin();
  result.iterations =
      kernel->getAttrOfType<AffineMapAttr>("qt.iterations").getValue();
  result.scratch =
      kernel->getAttrOfType<AffineMapAttr>("qt.scratch").getValue();
  if (auto grain = kernel->getAttrOfType<AffineMapAttr>("qt.grain"))
    result.grain = grain.getValue();
  else
    result.grain = AffineMap::getConstantMap(
        kernel->getAttrOfType<IntegerAttr>("qt.grain").getInt(), context);
  PassManager code(context);
  buildKernelsToLLVMPipeline(code);
  if (failed(code.run(*module)))
    return llvm::createStringError("the kernel does not become LLVM IR");
  auto emit = [&](CodeKind kind) {
    return compileKernels(*module, *target, 1, kind);
  };
  if (const char *path = getenv("QUANTC_KERNEL_ASM")) {
    llvm::Expected<std::vector<ObjectBytes>> assembly =
        emit(CodeKind::Assembly);
    if (!assembly)
      return assembly.takeError();
    std::error_code error;
    llvm::raw_fd_ostream out(path, error);
    out << llvm::StringRef(assembly->front().data(), assembly->front().size());
  }
  llvm::Expected<std::vector<ObjectBytes>> objects = emit(CodeKind::Object);
  if (!objects)
    return objects.takeError();
  llvm::InitializeNativeTarget();
  llvm::InitializeNativeTargetAsmPrinter();
  auto jit = llvm::orc::LLJITBuilder().create();
  if (!jit)
    return jit.takeError();
  result.jit = std::move(*jit);
  llvm::StringRef bytes(objects->front().data(), objects->front().size());
  if (llvm::Error error = result.jit->addObjectFile(
          llvm::MemoryBuffer::getMemBufferCopy(bytes)))
    return std::move(error);
  auto address = result.jit->lookup(getKernelSymbol("k"));
  if (!address)
    return address.takeError();
  result.function =
      address->toPtr<int32_t(int64_t, int64_t, void *const *, void *)>();
  return result;
}

bool quantc::test::canRun(llvm::StringRef cpu) {
  llvm::Expected<CpuTarget> wanted = CpuTarget::resolve("", cpu),
                            host = CpuTarget::resolve("", "native");
  if (!wanted || !host) {
    llvm::consumeError(wanted.takeError());
    llvm::consumeError(host.takeError());
    return false;
  }
  // Tuning flags and what kernels never use do not matter.
  for (llvm::StringRef feature : {"avx2", "fma", "avxvnni", "avx512f",
                                  "avx512bw", "avx512vl", "avx512vnni"})
    if (wanted->has(feature) && !host->has(feature))
      return false;
  return true;
}
