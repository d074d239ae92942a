//===- Codegen.cpp - Object code of kernels -*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "quantc/Target/CPU/Codegen.h"
#include "mlir/Conversion/Passes.h"
#include "mlir/Dialect/Arith/Transforms/Passes.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/IR/TypeUtilities.h"
#include "mlir/Target/LLVMIR/Export.h"
#include "mlir/Transforms/Passes.h"
#include "quantc/Conversion/ExpandElementwise/Passes.h"
#include "quantc/Conversion/LowerDot/Passes.h"
#include "quantc/Support/Threads.h"
#include "llvm/ADT/StringSet.h"
#include "llvm/IR/LegacyPassManager.h"
#include "llvm/IR/OptBisect.h"
#include "llvm/MC/TargetRegistry.h"
#include "llvm/Passes/PassBuilder.h"
#include "llvm/TargetParser/Triple.h"
#include <atomic>

using namespace mlir;
using namespace quantc;

void quantc::buildKernelsToLLVMPipeline(OpPassManager &manager) {
  OpPassManager &kernels = manager.nest<ModuleOp>();
  kernels.addPass(createExpandElementwise());
  kernels.addPass(createLowerDot());
  kernels.addPass(createCanonicalizerPass());
  kernels.addPass(createCSEPass());
  kernels.addPass(createLoopInvariantCodeMotionPass());
  kernels.addPass(createShiftLanes());
  kernels.addPass(createNarrowLanes());
  kernels.addPass(arith::createArithExpandOpsPass());
  kernels.addPass(createSCFToControlFlowPass());
  ConvertVectorToLLVMPassOptions vectors;
  kernels.addPass(createConvertVectorToLLVMPass(vectors));
  kernels.addPass(createBrainFloatLanes());
  kernels.addPass(createConvertMathToLLVMPass());
  kernels.addPass(createFinalizeMemRefToLLVMConversionPass());
  kernels.addPass(createArithToLLVMConversionPass());
  kernels.addPass(createConvertIndexToLLVMPass());
  kernels.addPass(createConvertControlFlowToLLVMPass());
  kernels.addPass(createConvertFuncToLLVMPass());
  kernels.addPass(createReconcileUnrealizedCastsPass());
}

std::string quantc::getKernelSymbol(llvm::StringRef kernel) {
  return ("qk." + kernel).str();
}

namespace {
/// Features that code generation uses of its own accord.
struct FeatureTable {
  llvm::StringSet<> checked;
  /// Those whose presence the runtime cannot check, so that no code may need
  /// them. Others are for intrinsics or tuning.
  std::vector<llvm::StringRef> forbidden;

  explicit FeatureTable(const llvm::Triple &triple) {
    if (triple.isX86()) {
#define QCRT_X86(name, leaf, subleaf, reg, bit, state) checked.insert(name);
#include "quantc/Runtime/Features.def"
      forbidden = {"xop", "fma4",      "tbm",       "lwp",     "egpr",
                   "ndd", "ccmp",      "nf",        "zu",      "cf",
                   "ppx", "cmpccxadd", "push2pop2", "avx10.1", "avx10.2"};
    } else if (triple.isAArch64()) {
#define QCRT_AARCH64(name, word, bit) checked.insert(name);
#include "quantc/Runtime/Features.def"
    }
  }
};
} // namespace

std::vector<std::string> quantc::getCheckedFeatures(const CpuTarget &target) {
  FeatureTable table{llvm::Triple(target.getTriple())};
  std::vector<std::string> result;
  for (const std::string &feature : target.getFeatures())
    if (table.checked.contains(feature))
      result.push_back(feature);
  return result;
}

/// What code generation may use of \p target.
static std::string getUsableFeatures(const CpuTarget &target) {
  FeatureTable table{llvm::Triple(target.getTriple())};
  std::string text = target.getFeatureString();
  for (llvm::StringRef feature : table.forbidden)
    if (target.has(feature))
      text += (",-" + feature).str();
  return text;
}

llvm::Expected<std::unique_ptr<llvm::TargetMachine>>
quantc::makeTargetMachine(llvm::StringRef triple, llvm::StringRef cpu,
                          llvm::StringRef features) {
  std::string problem;
  llvm::Triple parsed(triple);
  const llvm::Target *backend =
      llvm::TargetRegistry::lookupTarget(parsed, problem);
  if (!backend)
    return llvm::createStringError(problem);
  llvm::TargetOptions options;
  // So that linkers leave out what is not called.
  options.FunctionSections = true;
  std::unique_ptr<llvm::TargetMachine> machine(backend->createTargetMachine(
      parsed, cpu, features, options, llvm::Reloc::PIC_, std::nullopt,
      llvm::CodeGenOptLevel::Default));
  if (!machine)
    return llvm::createStringError("no code generator for " + triple);
  return machine;
}

namespace {
/// Leaves the search for the cheapest induction variables out, which takes more
/// time than all other passes on straight code of tiles: x86 addresses elements
/// by a base, a scaled index and an offset.
class PassGate : public llvm::OptPassGate {
public:
  bool isEnabled() const override { return true; }
  bool shouldRunPass(llvm::StringRef pass, llvm::StringRef) const override {
    return pass != "Loop Strength Reduction";
  }
};
} // namespace

llvm::Expected<ObjectBytes> quantc::emitCode(llvm::Module &module,
                                             llvm::TargetMachine &machine,
                                             CodeKind kind) {
  module.setTargetTriple(machine.getTargetTriple());
  module.setDataLayout(machine.createDataLayout());
  llvm::LoopAnalysisManager loops;
  llvm::FunctionAnalysisManager functions;
  llvm::CGSCCAnalysisManager callGraph;
  llvm::ModuleAnalysisManager modules;
  llvm::PassBuilder builder(&machine);
  builder.registerModuleAnalyses(modules);
  builder.registerCGSCCAnalyses(callGraph);
  builder.registerFunctionAnalyses(functions);
  builder.registerLoopAnalyses(loops);
  builder.crossRegisterProxies(loops, functions, callGraph, modules);
  llvm::ModulePassManager passes;
  if (llvm::Error error = builder.parsePassPipeline(
          passes, "always-inline,function(sroa,early-cse,instcombine<no-verify-"
                  "fixpoint>,"
                  "simplifycfg,loop-mssa("
                  "licm),early-cse)"))
    return std::move(error);
  passes.run(module, modules);
  ObjectBytes bytes;
  llvm::raw_svector_ostream stream(bytes);
  if (kind == CodeKind::LLVM) {
    module.print(stream, nullptr);
    return bytes;
  }
  static PassGate gate;
  if (machine.getTargetTriple().isX86())
    module.getContext().setOptPassGate(gate);
  machine.Options.EmitStackSizeSection = kind == CodeKind::MeasuredObject;
  llvm::legacy::PassManager emission;
  auto type = kind == CodeKind::Assembly ? llvm::CodeGenFileType::AssemblyFile
                                         : llvm::CodeGenFileType::ObjectFile;
  if (machine.addPassesToEmitFile(emission, stream, nullptr, type))
    return llvm::createStringError("the code generator emits no such file");
  emission.run(module);
  return bytes;
}

llvm::Expected<std::unique_ptr<llvm::TargetMachine>>
quantc::makeTargetMachine(const CpuTarget &target) {
  return makeTargetMachine(target.getTriple(), target.getCpu(),
                           getUsableFeatures(target));
}

bool quantc::computesOnFloats(ModuleOp kernel) {
  auto isFloat = [](Type type) {
    return isa<FloatType>(getElementTypeOrSelf(type));
  };
  return kernel
      .walk([&](Operation *op) {
        bool found = llvm::any_of(op->getOperandTypes(), isFloat) ||
                     llvm::any_of(op->getResultTypes(), isFloat);
        return found ? WalkResult::interrupt() : WalkResult::advance();
      })
      .wasInterrupted();
}

llvm::Expected<std::unique_ptr<llvm::Module>>
quantc::translateKernel(ModuleOp kernel, const CpuTarget &target,
                        llvm::LLVMContext &context) {
  std::unique_ptr<llvm::Module> module =
      translateModuleToLLVMIR(kernel, context, *kernel.getName());
  if (!module)
    return llvm::createStringError("kernel '" + *kernel.getName() +
                                   "' has no LLVM IR");
  std::string features = getUsableFeatures(target);
  // AVX alone has 256 bits of floats, in which LLVM would compare integers.
  if (target.has("avx") && !target.has("avx2") && !computesOnFloats(kernel))
    features += ",-avx";
  for (llvm::Function &function : *module) {
    if (function.isDeclaration())
      continue;
    function.setName(getKernelSymbol(function.getName()));
    function.setVisibility(llvm::GlobalValue::HiddenVisibility);
    function.addFnAttr("target-cpu", target.getCpu());
    function.addFnAttr("target-features", features);
    function.addFnAttr(llvm::Attribute::NoUnwind);
    if (target.has("avx512f"))
      function.addFnAttr("prefer-vector-width", "512");
  }
  return module;
}

static llvm::Expected<ObjectBytes>
compileKernel(ModuleOp kernel, const CpuTarget &target, CodeKind kind) {
  llvm::LLVMContext context;
  auto module = translateKernel(kernel, target, context);
  if (!module)
    return module.takeError();
  auto machine = makeTargetMachine(target);
  if (!machine)
    return machine.takeError();
  return emitCode(**module, **machine, kind);
}

llvm::Expected<std::vector<ObjectBytes>>
quantc::compileKernels(ModuleOp module, const CpuTarget &target,
                       unsigned threads, CodeKind kind,
                       llvm::function_ref<bool(ModuleOp)> isLeftOut) {
  SmallVector<ModuleOp> kernels;
  for (auto kernel : module.getOps<ModuleOp>())
    if (!isLeftOut || !isLeftOut(kernel))
      kernels.push_back(kernel);
  std::vector<ObjectBytes> objects(kernels.size());
  std::vector<std::string> problems(kernels.size());
  // Disjoint modules of one context may be translated at the same time.
  std::atomic<size_t> next = 0;
  auto work = [&] {
    for (size_t i = next++; i < kernels.size(); i = next++) {
      llvm::Expected<ObjectBytes> object =
          compileKernel(kernels[i], target, kind);
      if (object)
        objects[i] = std::move(*object);
      else
        problems[i] = llvm::toString(object.takeError());
    }
  };
  runOnThreads(std::min<size_t>(threads, kernels.size()), work);
  for (const std::string &problem : problems)
    if (!problem.empty())
      return llvm::createStringError(problem);
  return objects;
}
