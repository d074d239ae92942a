//===- Pipelines.cpp - The stages of the compiler -*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "quantc/Pipelines/Pipelines.h"
#include "mlir/Pass/PassOptions.h"
#include "mlir/Pass/PassRegistry.h"
#include "mlir/Transforms/Passes.h"
#include "quantc/Conversion/KernelToLoops/Passes.h"
#include "quantc/Dialect/NN/Transforms/Passes.h"
#include "quantc/Dialect/QT/Transforms/Passes.h"
#include "quantc/Dialect/QT/Verify/Passes.h"
#include "quantc/Target/CPU/Codegen.h"
#include "quantc/Target/CPU/Passes.h"

using namespace mlir;
using namespace quantc;

static void buildImport(OpPassManager &manager, const StageOptions &options) {
  if (!options.ranges.empty()) {
    qt::ReadRangesOptions own;
    own.file = options.ranges;
    manager.addNestedPass<func::FuncOp>(qt::createReadRanges(own));
  }
  if (!options.dims.empty()) {
    nn::NNBindDimsOptions own;
    own.dims.assign(options.dims.begin(), options.dims.end());
    manager.addPass(nn::createNNBindDims(own));
  }
  manager.addNestedPass<func::FuncOp>(nn::createNNUnifyDims());
  manager.addPass(createCanonicalizerPass());
  manager.addPass(nn::createNNResolveShapes());
  manager.addPass(qt::createVerifyTypes());
}

static void buildRecompose(OpPassManager &manager,
                           const StageOptions &options) {
  nn::NNRecomposeOptions own;
  own.report = options.reportRecompose;
  own.explain = options.explainRecompose;
  manager.addPass(createCanonicalizerPass());
  manager.addPass(nn::createNNRecompose(own));
  manager.addPass(createCanonicalizerPass());
  manager.addPass(createCSEPass());
  manager.addPass(qt::createVerifyTypes());
}

/// Smoothing and rotation belong here, too.
static void buildTransform(OpPassManager &manager,
                           const StageOptions &options) {
  if (options.integerOnly)
    manager.addNestedPass<func::FuncOp>(nn::createNNPrepareIntegers());
  manager.addNestedPass<func::FuncOp>(nn::createNNFoldScales());
  if (options.integerOnly)
    manager.addNestedPass<func::FuncOp>(nn::createNNSeparateUnits());
}

static void buildQuantize(OpPassManager &manager, const StageOptions &options) {
  QuantizeContractionsOptions own;
  own.recipe = options.recipe;
  // Integer-only networks replace the formats.
  own.needsCode = options.needsCode && !options.integerOnly;
  if (options.needsCode)
    manager.addNestedPass<func::FuncOp>(nn::createNNVerifySizes());
  // The next stage names what it refuses and these together.
  if (!options.integerOnly)
    manager.addNestedPass<func::FuncOp>(nn::createNNVerifyNetwork());
  manager.addNestedPass<func::FuncOp>(createQuantizeContractions(own));
  manager.addPass(createCSEPass());
  manager.addPass(qt::createVerifyTypes());
}

static void buildIntegerize(OpPassManager &manager,
                            const StageOptions &options) {
  if (!options.integerOnly)
    return;
  qt::IntegerizeOptions own;
  own.partial = options.integerPartial;
  own.method = options.integerMethod;
  manager.addNestedPass<func::FuncOp>(qt::createIntegerize(own));
  manager.addPass(qt::createVerifyTypes());
}

static void buildSplit(OpPassManager &manager, const StageOptions &options) {
  manager.addNestedPass<func::FuncOp>(qt::createSplit());
  if (options.integerOnly)
    manager.addNestedPass<func::FuncOp>(qt::createVerifyRanges());
  manager.addNestedPass<func::FuncOp>(qt::createFoldHeads());
  manager.addNestedPass<func::FuncOp>(qt::createFuseEpilogues());
  manager.addPass(createCanonicalizerPass());
  manager.addPass(createCSEPass());
  manager.addNestedPass<func::FuncOp>(qt::createMergeProjections());
  manager.addPass(qt::createVerifySplit());
  if (options.integerOnly && !options.integerPartial)
    manager.addNestedPass<func::FuncOp>(qt::createVerifyIntegerOnly());
}

static void buildLayout(OpPassManager &manager, const StageOptions &options) {
  AssignLayoutsOptions own;
  own.cpuLayout = options.cpuLayout;
  own.direct = options.directConvolutions;
  manager.addNestedPass<func::FuncOp>(createAssignLayouts(own));
  manager.addPass(createCSEPass());
  manager.addNestedPass<func::FuncOp>(qt::createFindMagnitudes());
  manager.addPass(qt::createDescribeLayers());
  manager.addPass(qt::createVerifySplit());
}

static void buildGroup(OpPassManager &manager, const StageOptions &) {
  manager.addPass(qt::createOutlineGlobals());
  manager.addPass(qt::createGroupKernels());
  manager.addPass(qt::createVerifySplit());
}

static void buildLower(OpPassManager &manager, const StageOptions &) {
  manager.addPass(createLowerKernels());
}

static void buildLLVM(OpPassManager &manager, const StageOptions &) {
  buildKernelsToLLVMPipeline(manager);
}

static const Stage stages[] = {
    {"import", "what an imported model is brought to first", buildImport},
    {"recompose", "find whole ops in the chains that exporters write",
     buildRecompose},
    {"transform", "equivalent transformations of weights and activations",
     buildTransform},
    {"quantize", "give operands of contractions the formats of a recipe",
     buildQuantize},
    {"integerize", "replace float types between contractions by integer ones",
     buildIntegerize},
    {"split", "separate codes from scales, fuse epilogues", buildSplit},
    {"layout", "pack weights and activations", buildLayout},
    {"group", "outline and merge kernels", buildGroup},
    {"lower", "kernels to loops on memory", buildLower},
    {"llvm", "kernels to the LLVM dialect", buildLLVM,
     /*isOfKernels=*/true},
};

llvm::ArrayRef<Stage> quantc::getStages() { return stages; }

namespace {
struct CommandLineOptions : PassPipelineOptions<CommandLineOptions> {
  Option<std::string> recipe{*this, "recipe",
                             llvm::cl::desc("Name or path of the recipe"),
                             llvm::cl::init("w8a8g32")};
  Option<std::string> cpuLayout{
      *this, "cpu-layout", llvm::cl::desc("Class of target to lay out for"),
      llvm::cl::init("")};
  Option<bool> integerOnly{*this, "integer-only",
                           llvm::cl::desc("Compute in integers only"),
                           llvm::cl::init(false)};
  Option<std::string> integerMethod{
      *this, "integer-method",
      llvm::cl::desc("With integer-only: fixed, ibert or ivit"),
      llvm::cl::init("fixed")};
  Option<bool> integerPartial{
      *this, "integer-partial",
      llvm::cl::desc("With integer-only: leave the rest in float"),
      llvm::cl::init(false)};
  Option<std::string> ranges{
      *this, "ranges",
      llvm::cl::desc("With integer-method ibert or ivit: file of ranges"),
      llvm::cl::init("")};
  Option<bool> directConvolutions{
      *this, "direct-convolutions",
      llvm::cl::desc("Sum over every window of a float convolution by itself"),
      llvm::cl::init(false)};
  ListOption<std::string> dims{
      *this, "dims", llvm::cl::desc("NAME=N or NAME=MIN..MAX of dims")};

  StageOptions get() const {
    return {recipe,
            integerOnly,
            integerMethod,
            integerPartial,
            ranges,
            cpuLayout,
            directConvolutions,
            std::vector<std::string>(dims.begin(), dims.end())};
  }
};
} // namespace

void quantc::registerStagePipelines() {
  for (const Stage &stage : stages)
    mlir::registerPassPipeline(
        ("quantc-" + stage.name).str(), stage.summary,
        [&stage](OpPassManager &manager, llvm::StringRef text,
                 llvm::function_ref<LogicalResult(const Twine &)> report)
            -> LogicalResult {
          CommandLineOptions options;
          std::string problem;
          llvm::raw_string_ostream stream(problem);
          if (failed(options.parseFromString(text, stream)))
            return report(problem);
          stage.build(manager, options.get());
          return success();
        },
        [](llvm::function_ref<void(const mlir::detail::PassOptions &)> show) {
          show(CommandLineOptions());
        });
}
