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
// alive at the same time share a place in the arena. Where they begin depends
// on sizes known when the program is called: `plan` computes, with overflow
// checks, how large they are, and the runtime lays them out before anything is
// allocated, and again only for other sizes.
//
//===----------------------------------------------------------------------===//

#include "quantc/Artifact/EntryEmitter.h"
#include "ProgramEmitter.h"
#include "mlir/IR/AffineMap.h"
#include "quantc/Analysis/EqualSizes.h"
#include "quantc/Analysis/SymbolicShapes.h"
#include "quantc/Artifact/WeightsObject.h"
#include "quantc/Interpreter/Arrays.h"
#include "quantc/Runtime/Program.h"
#include "quantc/Support/Locations.h"
#include "quantc/Support/Version.h"
#include "quantc/Target/CPU/Codegen.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/ADT/StringMap.h"
#include "llvm/IR/IRBuilder.h"
#include <cstddef>

using namespace mlir;
using namespace quantc;

namespace {

/// The program of a shared library.
class EntryEmitter : ProgramEmitter {
public:
  EntryEmitter(func::FuncOp entry, ModuleOp kernels, const ProgramInfo &info,
               llvm::Module &program)
      : ProgramEmitter(entry, kernels, info, program) {}
  llvm::Error emit();

private:
  llvm::Expected<llvm::Function *> emitEntry();
  llvm::Function *emitCount();
  void emitDescriptor(llvm::ArrayRef<llvm::Constant *> functions);
  llvm::Constant *describeValue(llvm::StringRef name, Type type,
                                ArrayRef<AffineExpr> sizes);
};

} // namespace

/// void count(const i64 *symbols, i64 *out)
llvm::Function *EntryEmitter::emitCount() {
  llvm::Function *function =
      makeFunction("count", b.getVoidTy(), {b.getPtrTy(), b.getPtrTy()});
  // One block with some numbers of every step, whose schedule takes time by the
  // square of them. Only a profile asks for it.
  function->addFnAttr(llvm::Attribute::OptimizeNone);
  function->addFnAttr(llvm::Attribute::NoInline);
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

/// i32 entry(qcrt_run *run, const i64 *symbols, void *const *inputs, void
/// *const *outputs, char *arena)
llvm::Expected<llvm::Function *> EntryEmitter::emitEntry() {
  llvm::Type *pointer = b.getPtrTy(), *i64 = b.getInt64Ty();
  llvm::Function *function = makeFunction(
      "entry", b.getInt32Ty(), {pointer, pointer, pointer, pointer, pointer});
  // The plan has checked the same sizes.
  SizeEmitter sizes(b, function->getArg(1));
  llvm::Function *boundaries[] = {nullptr, nullptr};
  auto insertPoint = b.saveIP();
  for (ProgramPart part : {ProgramPart::BoundaryIn, ProgramPart::BoundaryOut}) {
    auto code = emitBoundary(part, info.prefix);
    if (!code)
      return code.takeError();
    boundaries[part == ProgramPart::BoundaryOut] = *code;
  }
  b.restoreIP(insertPoint);
  llvm::Value *arguments = allocateArguments();
  llvm::Value *parallel = b.CreateLoad(pointer, function->getArg(0));
  auto loadOfRun = [&](size_t field) {
    return b.CreateLoad(
        pointer,
        b.CreateConstGEP1_64(b.getInt8Ty(), function->getArg(0), field));
  };
  llvm::Value *weights = nullptr;
  if (info.hasWeightsFile)
    weights = loadOfRun(offsetof(qcrt_run, weights));
  llvm::Value *offsets = loadOfRun(offsetof(qcrt_run, offsets));
  auto element = [&](llvm::Value *array, unsigned index) {
    return b.CreateLoad(pointer, b.CreateConstGEP1_64(pointer, array, index));
  };
  auto locate = [&](const ArenaPlan::Place &place) -> llvm::Value * {
    switch (place.kind) {
    case ArenaPlan::Place::Arena:
      return b.CreateGEP(
          b.getInt8Ty(), function->getArg(4),
          b.CreateLoad(i64, b.CreateConstGEP1_64(i64, offsets, place.index)));
    case ArenaPlan::Place::Output:
      return element(function->getArg(3), place.index);
    case ArenaPlan::Place::Input:
      return element(function->getArg(2), place.index);
    case ArenaPlan::Place::Global:
    case ArenaPlan::Place::Crossing: // of programs in parts
      break;
    }
    llvm::GlobalVariable *global = getConstantData(place.global);
    if (!weights)
      return global;
    return b.CreateGEP(b.getInt8Ty(), weights, b.CreateLoad(i64, global));
  };

  auto *parallelType = llvm::FunctionType::get(
      b.getInt32Ty(), {pointer, pointer, i64, i64, pointer, i64}, false);
  Frame frame{function, sizes, arguments, function->getArg(0), locate};
  int64_t step = 0;
  for (const ArenaPlan::Launch &launch : plan.getLaunches()) {
    ProgramPart part = boundary.getPart(launch.op);
    bool isInside = part == ProgramPart::Inside;
    llvm::Function *kernel = isInside
                                 ? getKernel(launch)
                                 : boundaries[part == ProgramPart::BoundaryOut];
    unsigned slot = isInside ? 0 : pickKernel(frame, launch);
    emitLaunch(frame, launch, slot, [&] {
      return b.CreateCall(
          parallelType, parallel,
          {function->getArg(0), kernel, sizes.emit(launch.iterations),
           b.getInt64(launch.grain), arguments, b.getInt64(step++)});
    });
  }
  for (const auto &[index, value] : plan.getCopies())
    emitCopy(frame, index, value);
  b.CreateRet(b.getInt32(QCRT_OK));
  return function;
}

llvm::Constant *EntryEmitter::describeValue(llvm::StringRef name, Type type,
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

void EntryEmitter::emitDescriptor(llvm::ArrayRef<llvm::Constant *> functions) {
  SymbolicShapes shapes(entry);
  SmallVector<llvm::Constant *> inputs, outputs, dims;
  auto inputNames = getNames(argNamesAttrName, entry.getNumArguments());
  for (auto [name, argument] :
       llvm::zip_equal(inputNames, entry.getArguments())) {
    SmallVector<AffineExpr> declared;
    for (AffineExpr size : SmallVector<AffineExpr>(shapes.getSizes(argument)))
      declared.push_back(getDeclaredSize(entry, size));
    inputs.push_back(describeValue(name, argument.getType(), declared));
  }
  auto *null = llvm::ConstantPointerNull::get(b.getPtrTy());
  SmallVector<llvm::Constant *> inputDims;
  if (auto lists = entry->getAttrOfType<ArrayAttr>(argDimNamesAttrName))
    for (auto list : lists.getAsRange<ArrayAttr>())
      for (auto name : list.getAsRange<StringAttr>())
        inputDims.push_back(name.empty() ? static_cast<llvm::Constant *>(null)
                                         : makeString(name.getValue()));
  auto outputNames = getNames(resultNamesAttrName, entry.getNumResults());
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
  auto *placeType = llvm::StructType::get(b.getInt32Ty(), b.getInt32Ty());
  SmallVector<llvm::Constant *> places, below;
  for (const ArenaPlan::Buffer &buffer : plan.getBuffers()) {
    places.push_back(llvm::ConstantStruct::get(
        placeType, {b.getInt32(rooms.lookup(buffer.bytes)),
                    b.getInt32(buffer.below.size())}));
    for (unsigned other : buffer.below)
      below.push_back(b.getInt32(other));
  }
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
      b.getInt32(plan.getBuffers().size()),
      b.getInt32(rooms.size()),
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
                          : static_cast<llvm::Constant *>(null),
      inputDims.empty() ? static_cast<llvm::Constant *>(null)
                        : makeArray(inputDims, b.getPtrTy()),
      makeArray(places, placeType),
      makeArray(below, b.getInt32Ty())};
  auto *descriptor = llvm::ConstantStruct::getAnon(context, fields);
  auto *global = new llvm::GlobalVariable(program, descriptor->getType(), true,
                                          llvm::GlobalValue::ExternalLinkage,
                                          descriptor, "qcrt_this_program");
  global->setVisibility(llvm::GlobalValue::HiddenVisibility);
}

llvm::Error EntryEmitter::emit() {
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
  return EntryEmitter(entry, kernels, info, program).emit();
}
