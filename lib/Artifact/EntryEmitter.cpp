//===- EntryEmitter.cpp - The program around the kernels -*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

//
// The entry is straight-line code: it fills the arguments of one kernel after
// the other and hands each to the runtime's `parallel`. Buffers that are not
// alive at the same time share a slot of the arena; the offsets of slots are
// prefix sums of sizes known when the program is called. `plan` computes the
// same sizes with overflow checks before anything is allocated.
//
//===----------------------------------------------------------------------===//

#include "quantc/Artifact/EntryEmitter.h"
#include "SizeEmitter.h"
#include "mlir/IR/AffineMap.h"
#include "quantc/Analysis/EqualSizes.h"
#include "quantc/Analysis/SizeArithmetic.h"
#include "quantc/Artifact/ArenaPlan.h"
#include "quantc/Artifact/WeightsObject.h"
#include "quantc/Dialect/QT/IR/QTOps.h"
#include "quantc/Interpreter/Arrays.h"
#include "quantc/Runtime/Program.h"
#include "quantc/Support/Locations.h"
#include "quantc/Support/Version.h"
#include "quantc/Target/CPU/Codegen.h"
#include "llvm/ADT/SmallPtrSet.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/ADT/StringMap.h"
#include "llvm/IR/IRBuilder.h"
#include "llvm/TargetParser/Triple.h"
#include <cstddef>

using namespace mlir;
using namespace quantc;

namespace {

class ProgramEmitter {
public:
  ProgramEmitter(func::FuncOp entry, ModuleOp kernels, const ProgramInfo &info,
                 llvm::Module &program)
      : entry(entry), kernels(kernels), info(info), program(program),
        context(program.getContext()), b(context), plan(entry, kernels) {}

  llvm::Error emit();

private:
  llvm::Function *emitPlan();
  llvm::Expected<llvm::Function *> emitEntry();
  llvm::Function *emitCount();
  void emitDescriptor(llvm::ArrayRef<llvm::Constant *> functions);
  llvm::Constant *makeString(llvm::StringRef text);
  llvm::Constant *makeArray(llvm::ArrayRef<llvm::Constant *> elements,
                            llvm::Type *type);
  llvm::Constant *describeValue(llvm::StringRef name, Type type,
                                ArrayRef<AffineExpr> sizes);
  llvm::Function *makeFunction(llvm::StringRef name, llvm::Type *result,
                               llvm::ArrayRef<llvm::Type *> arguments);
  SmallVector<AffineExpr> getResultSizes(unsigned index);
  void checkAliases(SizeEmitter &sizes);
  void checkEqualSizes(SizeEmitter &sizes);
  uint32_t getSite(Location loc);
  llvm::GlobalVariable *getConstantData(llvm::StringRef name);

  func::FuncOp entry;
  ModuleOp kernels;
  const ProgramInfo &info;
  llvm::Module &program;
  llvm::LLVMContext &context;
  llvm::IRBuilder<> b;
  ArenaPlan plan;
  SmallVector<llvm::Constant *> sites;
  llvm::StringMap<uint32_t> siteNumbers;
};

} // namespace

/// Between slots, so that rows of equally large ones do not fall on the same
/// cache sets: a kernel reads several at once.
static constexpr int64_t slotSkew = 5 * QCRT_ALIGNMENT;

static llvm::Value *emitSlotBytes(llvm::IRBuilder<> &b, SizeEmitter &sizes,
                                  const ArenaPlan::Slot &slot) {
  llvm::Value *bytes = b.getInt64(0);
  for (AffineExpr size : slot.sizes)
    bytes = sizes.maximum(bytes, sizes.emit(size));
  return sizes.add(sizes.align(bytes), b.getInt64(slotSkew));
}

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
    if (usesSymbolsBelow(from, numDims) && usesSymbolsBelow(to, numDims))
      sizes.checkEqual(from, to);
  });
}

/// What kernels were made for.
void ProgramEmitter::checkEqualSizes(SizeEmitter &sizes) {
  if (auto pairs = entry->getAttrOfType<ArrayAttr>(equalSizesAttrName))
    for (AffineMap pair : pairs.getAsValueRange<AffineMapAttr>())
      sizes.checkEqual(pair.getResult(0), pair.getResult(1));
}

/// i32 plan(const i64 *symbols, i64 *out)
llvm::Function *ProgramEmitter::emitPlan() {
  llvm::Function *function =
      makeFunction("plan", b.getInt32Ty(), {b.getPtrTy(), b.getPtrTy()});
  SizeEmitter sizes(b, function->getArg(0));
  llvm::Value *arena = b.getInt64(0), *scratch = b.getInt64(0);
  for (const ArenaPlan::Slot &slot : plan.getSlots())
    arena = sizes.add(arena, emitSlotBytes(b, sizes, slot));
  llvm::SmallPtrSet<const void *, 8> seen;
  for (const ArenaPlan::Launch &launch : plan.getLaunches()) {
    for (ArrayRef<AffineExpr> extents : launch.resultSizes)
      for (AffineExpr extent : extents)
        sizes.checkSize(extent);
    sizes.emit(launch.iterations);
    if (seen.insert(launch.scratch.getAsOpaquePointer()).second)
      scratch = sizes.maximum(scratch, sizes.emit(launch.scratch));
  }
  checkAliases(sizes);
  checkEqualSizes(sizes);
  unsigned place = 0;
  auto put = [&](llvm::Value *value) {
    b.CreateStore(value, b.CreateConstGEP1_64(b.getInt64Ty(),
                                              function->getArg(1), place++));
  };
  put(arena);
  put(scratch);
  for (unsigned i = 0; i < entry.getNumResults(); ++i)
    for (AffineExpr size : getResultSizes(i)) {
      sizes.checkSize(size);
      put(sizes.emit(size));
    }
  b.CreateRet(sizes.getErrorWord());
  return function;
}

/// void count(const i64 *symbols, i64 *out)
llvm::Function *ProgramEmitter::emitCount() {
  llvm::Function *function =
      makeFunction("count", b.getVoidTy(), {b.getPtrTy(), b.getPtrTy()});
  SizeEmitter sizes(b, function->getArg(0));
  unsigned place = 0;
  for (const ArenaPlan::Launch &launch : plan.getLaunches())
    for (AffineExpr number : {launch.operations, launch.kernelBytes})
      b.CreateStore(
          sizes.emit(number),
          b.CreateConstGEP1_64(b.getInt64Ty(), function->getArg(1), place++));
  b.CreateRetVoid();
  return function;
}

/// What the object of the weights defines.
llvm::GlobalVariable *ProgramEmitter::getConstantData(llvm::StringRef name) {
  llvm::GlobalVariable *global = program.getNamedGlobal(name);
  if (global)
    return global;
  global = new llvm::GlobalVariable(program, b.getInt8Ty(), true,
                                    llvm::GlobalValue::ExternalLinkage, nullptr,
                                    name);
  global->setVisibility(llvm::GlobalValue::HiddenVisibility);
  // Weights may lie further away than 2 GiB.
  if (llvm::Triple(info.target.getTriple()).isX86())
    global->setCodeModel(llvm::CodeModel::Large);
  return global;
}

/// i32 entry(qcrt_run *run, const i64 *symbols, void *const *inputs, void
/// *const *outputs, char *arena)
llvm::Expected<llvm::Function *> ProgramEmitter::emitEntry() {
  llvm::Type *pointer = b.getPtrTy(), *i64 = b.getInt64Ty();
  llvm::Function *function = makeFunction(
      "entry", b.getInt32Ty(), {pointer, pointer, pointer, pointer, pointer});
  // The plan has checked the same sizes.
  SizeEmitter sizes(b, function->getArg(1));
  unsigned slots = 1;
  for (const ArenaPlan::Launch &launch : plan.getLaunches())
    slots = std::max<unsigned>(slots, launch.op.getNumOperands() +
                                          launch.op.getNumResults() +
                                          launch.symbols.size());
  llvm::Value *arguments = b.CreateAlloca(i64, b.getInt32(slots));
  llvm::Value *parallel = b.CreateLoad(pointer, function->getArg(0));
  llvm::Value *weights = nullptr;
  if (info.hasWeightsFile)
    weights = b.CreateLoad(
        pointer, b.CreateConstGEP1_64(b.getInt8Ty(), function->getArg(0),
                                      offsetof(qcrt_run, weights)));

  SmallVector<llvm::Value *> bases;
  llvm::Value *offset = b.getInt64(0);
  for (const ArenaPlan::Slot &slot : plan.getSlots()) {
    bases.push_back(b.CreateGEP(b.getInt8Ty(), function->getArg(4), offset));
    offset = b.CreateAdd(offset, emitSlotBytes(b, sizes, slot));
  }
  auto element = [&](llvm::Value *array, unsigned index) {
    return b.CreateLoad(pointer, b.CreateConstGEP1_64(pointer, array, index));
  };
  auto locate = [&](Value value) -> llvm::Value * {
    ArenaPlan::Place place = plan.getPlace(value);
    switch (place.kind) {
    case ArenaPlan::Place::Slot:
      return bases[place.index];
    case ArenaPlan::Place::Output:
      return element(function->getArg(3), place.index);
    case ArenaPlan::Place::Input:
      return element(function->getArg(2), place.index);
    case ArenaPlan::Place::Global:
      break;
    }
    llvm::GlobalVariable *global = getConstantData(place.global);
    if (!weights)
      return global;
    return b.CreateGEP(b.getInt8Ty(), weights, b.CreateLoad(i64, global));
  };

  auto *kernelType = llvm::FunctionType::get(
      b.getInt32Ty(), {i64, i64, pointer, pointer}, false);
  auto *parallelType = llvm::FunctionType::get(
      b.getInt32Ty(), {pointer, pointer, i64, i64, pointer, i64}, false);
  for (const auto &[step, launch] : llvm::enumerate(plan.getLaunches())) {
    unsigned slot = 0;
    auto put = [&](llvm::Value *value) {
      b.CreateStore(value, b.CreateConstGEP1_64(i64, arguments, slot++));
    };
    for (Value operand : launch.op.getOperands())
      put(locate(operand));
    for (Value result : launch.op.getResults())
      put(locate(result));
    for (AffineExpr symbol : launch.symbols)
      put(sizes.emit(symbol));
    llvm::FunctionCallee kernel = program.getOrInsertFunction(
        getKernelSymbol(launch.op.getKernel().getLeafReference()), kernelType);
    cast<llvm::Function>(kernel.getCallee())
        ->setVisibility(llvm::GlobalValue::HiddenVisibility);
    llvm::Value *word = b.CreateCall(
        parallelType, parallel,
        {function->getArg(0), kernel.getCallee(), sizes.emit(launch.iterations),
         b.getInt64(launch.grain), arguments, b.getInt64(step)});
    // Where it failed: the site of the launch, for the sentence of the runtime.
    llvm::Value *full = b.CreateOr(
        word, b.getInt32(getSite(launch.op.getLoc()) << QCRT_ERROR_KIND_BITS));
    auto *failed = llvm::BasicBlock::Create(context, "", function);
    auto *next = llvm::BasicBlock::Create(context, "", function);
    b.CreateCondBr(b.CreateICmpNE(word, b.getInt32(0)), failed, next);
    b.SetInsertPoint(failed);
    b.CreateRet(full);
    b.SetInsertPoint(next);
  }
  // Results that no launch wrote where they belong.
  for (const auto &[index, value] : plan.getCopies()) {
    llvm::Value *bytes = b.getInt64(getElementBytes(
        cast<RankedTensorType>(value.getType()).getElementType()));
    for (AffineExpr size : getResultSizes(index))
      bytes = b.CreateMul(bytes, sizes.emit(size));
    b.CreateMemCpy(element(function->getArg(3), index), llvm::MaybeAlign(1),
                   locate(value), llvm::MaybeAlign(1), bytes);
  }
  b.CreateRet(b.getInt32(QCRT_OK));
  return function;
}

/// The number of a value's name behind those of error words, counted from 1; 0
/// where it has none.
uint32_t ProgramEmitter::getSite(Location loc) {
  llvm::StringRef name = getValueName(loc);
  if (name.empty())
    return 0;
  uint32_t &number = siteNumbers[name];
  if (number == 0) {
    sites.push_back(makeString(name));
    number = sites.size();
  }
  return number;
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

llvm::Constant *ProgramEmitter::describeValue(llvm::StringRef name, Type type,
                                              ArrayRef<AffineExpr> sizes) {
  SmallVector<llvm::Constant *> dims;
  for (AffineExpr size : sizes) {
    int64_t dim = QUANTC_DIM_COMPUTED;
    if (auto constant = dyn_cast<AffineConstantExpr>(size))
      dim = constant.getValue();
    else if (auto symbol = dyn_cast<AffineSymbolExpr>(size))
      dim = -static_cast<int64_t>(symbol.getPosition()) - 1;
    dims.push_back(b.getInt64(dim));
  }
  auto *structType = llvm::StructType::get(b.getPtrTy(), b.getPtrTy(),
                                           b.getInt32Ty(), b.getInt32Ty());
  Type element = cast<RankedTensorType>(type).getElementType();
  return llvm::ConstantStruct::get(
      structType, {makeString(name), makeArray(dims, b.getInt64Ty()),
                   b.getInt32(getDtype(element)), b.getInt32(dims.size())});
}

void ProgramEmitter::emitDescriptor(
    llvm::ArrayRef<llvm::Constant *> functions) {
  auto namesOf = [&](llvm::StringRef attribute, unsigned count) {
    SmallVector<std::string> names;
    auto list = entry->getAttrOfType<ArrayAttr>(attribute);
    for (unsigned i = 0; i < count; ++i)
      names.push_back(list && i < list.size() ? cast<StringAttr>(list[i]).str()
                                              : std::to_string(i));
    return names;
  };
  SymbolicShapes shapes(entry);
  SmallVector<llvm::Constant *> inputs, outputs, dims;
  auto inputNames = namesOf(argNamesAttrName, entry.getNumArguments());
  for (auto [name, argument] :
       llvm::zip_equal(inputNames, entry.getArguments())) {
    SmallVector<AffineExpr> declared;
    for (AffineExpr size : SmallVector<AffineExpr>(shapes.getSizes(argument)))
      declared.push_back(getDeclaredSize(entry, size));
    inputs.push_back(describeValue(name, argument.getType(), declared));
  }
  auto outputNames = namesOf(resultNamesAttrName, entry.getNumResults());
  for (auto [index, name] : llvm::enumerate(outputNames))
    outputs.push_back(describeValue(name, entry.getResultTypes()[index],
                                    getResultSizes(index)));
  auto *dimType =
      llvm::StructType::get(b.getPtrTy(), b.getInt64Ty(), b.getInt64Ty());
  auto bounds = entry->getAttrOfType<DictionaryAttr>(dimBoundsAttrName);
  if (auto list = entry->getAttrOfType<ArrayAttr>(dimNamesAttrName))
    for (auto name : list.getAsRange<StringAttr>()) {
      auto range = bounds ? bounds.getAs<DenseI64ArrayAttr>(name.getValue())
                          : DenseI64ArrayAttr();
      bool isBounded = range && range.size() == 2;
      dims.push_back(llvm::ConstantStruct::get(
          dimType,
          {makeString(name.getValue()), b.getInt64(isBounded ? range[0] : 0),
           b.getInt64(isBounded ? range[1] : INT64_MAX)}));
    }
  std::string features = llvm::join(getCheckedFeatures(info.target), ",");
  SmallVector<llvm::Constant *> variantFields{makeString(info.target.getCpu()),
                                              makeString(features)};
  llvm::append_range(variantFields, functions);
  llvm::Constant *variant =
      llvm::ConstantStruct::getAnon(context, variantFields);
  // Equal layers share the strings of their kernel.
  llvm::StringMap<llvm::Constant *> known;
  auto share = [&](llvm::StringRef text) {
    llvm::Constant *&string = known[text];
    if (!string)
      string = makeString(text);
    return string;
  };
  SmallVector<llvm::Constant *> steps;
  for (const ArenaPlan::Launch &launch : plan.getLaunches())
    steps.push_back(llvm::ConstantStruct::getAnon(
        context,
        {share(launch.op.getKernel().getLeafReference()),
         share(launch.arithmetic),
         makeString(llvm::join(getValueNames(launch.op.getLoc()), "\n"))}));
  auto *valueType = llvm::StructType::get(b.getPtrTy(), b.getPtrTy(),
                                          b.getInt32Ty(), b.getInt32Ty());
  SmallVector<llvm::Constant *> fields{
      b.getInt32(QCRT_PROGRAM_VERSION),
      b.getInt32(inputs.size()),
      b.getInt32(outputs.size()),
      b.getInt32(dims.size()),
      b.getInt32(1),
      b.getInt32(sites.size()),
      b.getInt32(steps.size()),
      b.getInt32(0),
      makeString(info.name),
      makeString(std::string("quantc ") + getVersion()),
      makeString(info.metadata),
      makeArray(inputs, valueType),
      makeArray(outputs, valueType),
      makeArray(dims, dimType),
      makeArray(variant, variant->getType()),
      makeArray(sites, b.getPtrTy()),
      makeArray(steps, llvm::StructType::get(b.getPtrTy(), b.getPtrTy(),
                                             b.getPtrTy())),
      info.hasWeightsFile ? getConstantData(weightsFileSymbol)
                          : static_cast<llvm::Constant *>(
                                llvm::ConstantPointerNull::get(b.getPtrTy()))};
  auto *descriptor = llvm::ConstantStruct::getAnon(context, fields);
  auto *global = new llvm::GlobalVariable(program, descriptor->getType(), true,
                                          llvm::GlobalValue::ExternalLinkage,
                                          descriptor, "qcrt_this_program");
  global->setVisibility(llvm::GlobalValue::HiddenVisibility);
}

llvm::Error ProgramEmitter::emit() {
  llvm::Function *planFunction = emitPlan();
  llvm::Expected<llvm::Function *> entryFunction = emitEntry();
  if (!entryFunction)
    return entryFunction.takeError();
  emitDescriptor({*entryFunction, planFunction, emitCount()});
  return llvm::Error::success();
}

llvm::Error quantc::emitProgram(func::FuncOp entry, ModuleOp kernels,
                                const ProgramInfo &info,
                                llvm::Module &program) {
  return ProgramEmitter(entry, kernels, info, program).emit();
}
