//===- ProgramEmitter.cpp - What all programs are made of -------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ProgramEmitter.h"
#include "mlir/IR/AffineMap.h"
#include "quantc/Analysis/EqualSizes.h"
#include "quantc/Analysis/SizeArithmetic.h"
#include "quantc/Analysis/SymbolicShapes.h"
#include "quantc/Interpreter/HostValue.h"
#include "quantc/Runtime/Program.h"
#include "quantc/Support/Locations.h"
#include "quantc/Target/CPU/Codegen.h"
#include "llvm/ADT/SmallPtrSet.h"
#include "llvm/Linker/Linker.h"
#include "llvm/TargetParser/Triple.h"
#include <cstddef>

using namespace mlir;
using namespace quantc;

ProgramEmitter::ProgramEmitter(func::FuncOp entry, ModuleOp kernels,
                               const ProgramInfo &info, llvm::Module &program,
                               bool isInParts)
    : entry(entry), kernels(kernels), info(info), program(program),
      context(program.getContext()), b(context), boundary(entry, kernels),
      plan(entry, kernels,
           [&](qt::LaunchOp launch) {
             return isInParts && boundary.isSeparable()
                        ? static_cast<unsigned>(boundary.getPart(launch))
                        : 0u;
           }),
      hasSites(!isInParts) {}

llvm::Function *
ProgramEmitter::makeFunction(llvm::StringRef name, llvm::Type *result,
                             llvm::ArrayRef<llvm::Type *> arguments) {
  auto *function =
      llvm::Function::Create(llvm::FunctionType::get(result, arguments, false),
                             llvm::GlobalValue::InternalLinkage, name, program);
  function->addFnAttr(llvm::Attribute::NoUnwind);
  b.SetInsertPoint(llvm::BasicBlock::Create(context, "", function));
  return function;
}

SmallVector<AffineExpr> ProgramEmitter::getResultSizes(unsigned index) {
  auto maps = entry->getAttrOfType<ArrayAttr>(resultShapesAttrName);
  return SmallVector<AffineExpr>(
      cast<AffineMapAttr>(maps[index]).getValue().getResults());
}

/// A tensor that is read under another shape has as many elements there.
void ProgramEmitter::checkAliases(SizeEmitter &sizes) {
  SymbolicShapes shapes(entry);
  auto names = entry->getAttrOfType<ArrayAttr>(dimNamesAttrName);
  unsigned numDims = names ? names.size() : 0;
  auto count = [&](Value value) {
    SmallVector<AffineExpr> own(shapes.getSizes(value));
    return shapes.getProduct(own);
  };
  entry.walk([&](qt::AliasOp alias) {
    AffineExpr from = count(alias.getInput()), to = count(alias.getResult());
    if (from != to && usesSymbolsBelow(from, numDims) &&
        usesSymbolsBelow(to, numDims))
      sizes.checkEqual(from, to, getSite(alias.getLoc()));
  });
}

/// What kernels were made for.
void ProgramEmitter::checkEqualSizes(SizeEmitter &sizes) {
  llvm::DenseMap<Attribute, StringRef> names;
  if (auto pairs = entry->getAttrOfType<ArrayAttr>(equalSizeNamesAttrName))
    for (auto pair : pairs.getAsRange<ArrayAttr>())
      names[pair[0]] = cast<StringAttr>(pair[1]).getValue();
  if (auto pairs = entry->getAttrOfType<ArrayAttr>(equalSizesAttrName))
    for (auto pair : pairs.getAsRange<AffineMapAttr>())
      sizes.checkEqual(pair.getValue().getResult(0),
                       pair.getValue().getResult(1),
                       getSite(names.lookup(pair)));
}

/// i32 plan(const i64 *symbols, i64 *out)
llvm::Function *ProgramEmitter::emitPlan() {
  llvm::Function *function =
      makeFunction("plan", b.getInt32Ty(), {b.getPtrTy(), b.getPtrTy()});
  auto *overflowed = llvm::BasicBlock::Create(context, "", function);
  SizeEmitter sizes(b, function->getArg(0), overflowed);
  SmallVector<llvm::Value *> bytes;
  for (const ArenaPlan::Buffer &buffer : plan.getBuffers())
    if (rooms.try_emplace(buffer.bytes, bytes.size()).second)
      bytes.push_back(sizes.add(
          sizes.align(sizes.maximum(sizes.emit(buffer.bytes), b.getInt64(0))),
          b.getInt64(bufferSkew)));
  llvm::Value *scratch = b.getInt64(0);
  llvm::SmallPtrSet<const void *, 8> seen;
  for (const ArenaPlan::Launch &launch : plan.getLaunches()) {
    for (ArrayRef<AffineExpr> extents : launch.resultSizes)
      for (AffineExpr extent : extents)
        if (SizeEmitter::needsCheck(extent))
          sizes.checkSize(extent, getSite(launch.op.getLoc()));
    sizes.emit(launch.iterations);
    if (seen.insert(launch.scratch.getAsOpaquePointer()).second)
      scratch = sizes.maximum(scratch, sizes.emit(launch.scratch));
  }
  checkAliases(sizes);
  checkEqualSizes(sizes);
  auto outputNames = getNames(resultNamesAttrName, entry.getNumResults());
  for (unsigned i = 0; i < entry.getNumResults(); ++i)
    for (AffineExpr size : getResultSizes(i))
      if (SizeEmitter::needsCheck(size))
        sizes.checkSize(size, getSite(outputNames[i]));
  SizeEmitter::Outcome outcome = sizes.getOutcome();
  llvm::Value *isWrong = b.CreateICmpNE(outcome.word, b.getInt32(QCRT_OK));
  unsigned place = 0;
  auto put = [&](llvm::Value *value) {
    b.CreateStore(value, b.CreateConstGEP1_64(b.getInt64Ty(),
                                              function->getArg(1), place++));
  };
  put(outcome.sizes[0]);
  put(b.CreateSelect(isWrong, outcome.sizes[1], scratch));
  for (unsigned i = 0; i < entry.getNumResults(); ++i)
    for (AffineExpr size : getResultSizes(i))
      put(sizes.emit(size));
  llvm::for_each(bytes, put);
  b.CreateRet(outcome.word);
  b.SetInsertPoint(overflowed);
  b.CreateRet(b.getInt32(QCRT_SIZE_OVERFLOW));
  return function;
}

/// What the object of the weights defines.
llvm::GlobalVariable *ProgramEmitter::getConstantData(llvm::StringRef name,
                                                      bool isNear) {
  llvm::GlobalVariable *global = program.getNamedGlobal(name);
  if (global)
    return global;
  global = new llvm::GlobalVariable(program, b.getInt8Ty(), true,
                                    llvm::GlobalValue::ExternalLinkage, nullptr,
                                    name);
  global->setVisibility(llvm::GlobalValue::HiddenVisibility);
  // Weights may lie further away than 2 GiB.
  if (!isNear && llvm::Triple(info.target.getTriple()).isX86())
    global->setCodeModel(llvm::CodeModel::Large);
  return global;
}

llvm::Value *ProgramEmitter::allocateArguments() {
  // One more picks among the kernels of a boundary.
  unsigned slots = 1;
  for (const ArenaPlan::Launch &launch : plan.getLaunches())
    slots = std::max<unsigned>(slots, 1 + launch.op.getNumOperands() +
                                          launch.op.getNumResults() +
                                          launch.symbols.size());
  return b.CreateAlloca(b.getInt64Ty(), b.getInt32(slots));
}

llvm::Function *ProgramEmitter::getKernel(const ArenaPlan::Launch &launch) {
  llvm::Type *pointer = b.getPtrTy(), *i64 = b.getInt64Ty();
  auto *type = llvm::FunctionType::get(b.getInt32Ty(),
                                       {i64, i64, pointer, pointer}, false);
  auto *kernel = cast<llvm::Function>(
      program
          .getOrInsertFunction(
              getKernelSymbol(launch.op.getKernel().getLeafReference()), type)
          .getCallee());
  if (kernel->isDeclaration())
    kernel->setVisibility(llvm::GlobalValue::HiddenVisibility);
  return kernel;
}

void ProgramEmitter::emitLaunch(const Frame &frame,
                                const ArenaPlan::Launch &launch,
                                unsigned firstSlot,
                                llvm::function_ref<llvm::Value *()> call) {
  unsigned slot = firstSlot;
  auto put = [&](llvm::Value *value) {
    b.CreateStore(
        value, b.CreateConstGEP1_64(b.getInt64Ty(), frame.arguments, slot++));
  };
  for (Value operand : launch.op.getOperands())
    put(frame.locate(plan.getPlace(operand)));
  for (Value result : launch.op.getResults())
    put(frame.locate(plan.getPlace(result)));
  for (AffineExpr symbol : launch.symbols)
    put(frame.sizes.emit(symbol));
  llvm::Value *word = call();
  auto *failed = llvm::BasicBlock::Create(context, "", frame.function);
  auto *next = llvm::BasicBlock::Create(context, "", frame.function);
  b.CreateCondBr(b.CreateICmpNE(word, b.getInt32(0)), failed, next);
  b.SetInsertPoint(failed);
  // For the sentence of the runtime: what the kernel says of it, and where it
  // failed, the site of the launch.
  if (frame.run)
    b.CreateStore(word, b.CreateConstGEP1_64(b.getInt8Ty(), frame.run,
                                             offsetof(qcrt_run, failure)));
  word = b.CreateAnd(word, (1 << QCRT_ERROR_KIND_BITS) - 1);
  b.CreateRet(
      b.CreateOr(word, getSite(launch.op.getLoc()) << QCRT_ERROR_KIND_BITS));
  b.SetInsertPoint(next);
}

void ProgramEmitter::emitCopy(const Frame &frame, unsigned result, Value from) {
  llvm::Value *bytes = b.getInt64(
      getElementBytes(cast<RankedTensorType>(from.getType()).getElementType()));
  for (AffineExpr size : getResultSizes(result))
    bytes = b.CreateMul(bytes, frame.sizes.emit(size));
  b.CreateMemCpy(frame.locate({ArenaPlan::Place::Output, result, {}}),
                 llvm::MaybeAlign(1), frame.locate(plan.getPlace(from)),
                 llvm::MaybeAlign(1), bytes);
}

llvm::Error ProgramEmitter::linkKernels(ArrayRef<ModuleOp> modules) {
  for (ModuleOp module : modules) {
    std::string name = getKernelSymbol(*module.getName());
    if (llvm::Function *known = program.getFunction(name);
        known && !known->isDeclaration())
      continue;
    auto code = translateKernel(module, info.target, context);
    if (!code)
      return code.takeError();
    (*code)->setDataLayout(program.getDataLayout());
    (*code)->setTargetTriple(program.getTargetTriple());
    if (llvm::Linker::linkModules(program, std::move(*code)))
      return llvm::createStringError("kernel '" + *module.getName() +
                                     "' does not fit the program");
    llvm::Function *kernel = program.getFunction(name);
    kernel->setVisibility(llvm::GlobalValue::DefaultVisibility);
    kernel->setLinkage(llvm::GlobalValue::InternalLinkage);
    kernel->addFnAttr(llvm::Attribute::AlwaysInline);
  }
  return llvm::Error::success();
}

llvm::Expected<llvm::Function *>
ProgramEmitter::emitBoundary(ProgramPart part, llvm::StringRef name) {
  ArrayRef<ModuleOp> modules = boundary.getKernels(part);
  if (modules.empty())
    return nullptr;
  if (llvm::Error error = linkKernels(modules))
    return std::move(error);
  llvm::Type *i64 = b.getInt64Ty(), *pointer = b.getPtrTy();
  llvm::Function *function =
      makeFunction((name + getBoundarySuffix(part)).str(), b.getInt32Ty(),
                   {i64, i64, pointer, pointer});
  auto getCode = [&](ModuleOp module) {
    return program.getFunction(getKernelSymbol(*module.getName()));
  };
  for (const char *attribute :
       {"target-cpu", "target-features", "prefer-vector-width"})
    if (llvm::Attribute own = getCode(modules[0])->getFnAttribute(attribute);
        own.isValid())
      function->addFnAttr(own);
  SmallVector<llvm::Value *> arguments(
      llvm::make_pointer_range(function->args()));
  auto emitCall = [&](ModuleOp module) {
    b.CreateRet(b.CreateCall(getCode(module), arguments));
  };
  if (modules.size() == 1) {
    emitCall(modules[0]);
    return function;
  }
  llvm::Value *number = b.CreateLoad(i64, arguments[2]);
  arguments[2] = b.CreateConstGEP1_64(i64, arguments[2], 1);
  auto *none = llvm::BasicBlock::Create(context, "", function);
  llvm::SwitchInst *pick = b.CreateSwitch(number, none, modules.size());
  b.SetInsertPoint(none);
  b.CreateUnreachable();
  for (auto [index, module] : llvm::enumerate(modules)) {
    auto *block = llvm::BasicBlock::Create(context, "", function);
    pick->addCase(b.getInt64(index), block);
    b.SetInsertPoint(block);
    emitCall(module);
  }
  return function;
}

unsigned ProgramEmitter::pickKernel(const Frame &frame,
                                    const ArenaPlan::Launch &launch) {
  ArrayRef<ModuleOp> modules = boundary.getKernels(boundary.getPart(launch.op));
  if (modules.size() == 1)
    return 0;
  auto kernel =
      kernels.lookupSymbol<ModuleOp>(launch.op.getKernel().getLeafReference());
  b.CreateStore(b.getInt64(llvm::find(modules, kernel) - modules.begin()),
                frame.arguments);
  return 1;
}

SmallVector<std::string> ProgramEmitter::getNames(llvm::StringRef attribute,
                                                  unsigned count) {
  SmallVector<std::string> names;
  auto list = entry->getAttrOfType<ArrayAttr>(attribute);
  for (unsigned i = 0; i < count; ++i)
    names.push_back(list && i < list.size() ? cast<StringAttr>(list[i]).str()
                                            : std::to_string(i));
  return names;
}

/// The number of a value's name behind those of error words, counted from 1; 0
/// where it has none, or nobody could tell it.
uint32_t ProgramEmitter::getSite(llvm::StringRef name) {
  if (name.empty() || !hasSites)
    return 0;
  uint32_t &number = siteNumbers[name];
  if (number == 0) {
    sites.push_back(makeString(name));
    number = sites.size();
  }
  return number;
}

uint32_t ProgramEmitter::getSite(Location loc) {
  return getSite(getValueName(loc));
}

llvm::Constant *ProgramEmitter::makeString(llvm::StringRef text) {
  auto *data = llvm::ConstantDataArray::getString(context, text);
  return new llvm::GlobalVariable(program, data->getType(), true,
                                  llvm::GlobalValue::PrivateLinkage, data);
}

llvm::Constant *
ProgramEmitter::makeArray(llvm::ArrayRef<llvm::Constant *> elements,
                          llvm::Type *type) {
  auto *array = llvm::ConstantArray::get(
      llvm::ArrayType::get(type, elements.size()), elements);
  return new llvm::GlobalVariable(program, array->getType(), true,
                                  llvm::GlobalValue::PrivateLinkage, array);
}
