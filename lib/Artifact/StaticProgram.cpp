//===- StaticProgram.cpp - Programs without a runtime -----------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Kernels are called one after the other, each for all of its work. Where every
// tensor lies in the caller's arena is a constant: for dims that are bounded,
// sizes are the largest that they can be. An integer-only program has three
// functions more, one for each of its parts; what passes from one to the next
// is an argument of both.
//
//===----------------------------------------------------------------------===//

#include "StaticProgram.h"
#include "Crossings.h"
#include "ProgramEmitter.h"
#include "quantc/Analysis/EqualSizes.h"
#include "quantc/Analysis/SizeBounds.h"
#include "quantc/Analysis/SymbolicShapes.h"
#include "quantc/Interpreter/Arrays.h"
#include "quantc/Runtime/Program.h"
#include "quantc/Support/Locations.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/ADT/StringSet.h"
#include <map>
#include <set>

using namespace mlir;
using namespace quantc;

using Place = ArenaPlan::Place;

namespace {

/// Where an argument of a function lies otherwise: a place that is an input, an
/// output, or handed from part to part.
using Key = Crossings::Key;

/// One part of the program, as a function.
struct Part {
  ProgramPart part;
  llvm::Function *function = nullptr;
  SmallVector<const ArenaPlan::Launch *> launches;
  SmallVector<std::pair<unsigned, Value>> copies;
  /// What it is handed.
  std::set<Key> reads, writes;
  /// Both in the order of the arguments, what is read first.
  SmallVector<Key> arguments;
};

class StaticEmitter : ProgramEmitter {
public:
  StaticEmitter(func::FuncOp entry, ModuleOp kernels, const ProgramInfo &info,
                llvm::Module &program)
      : ProgramEmitter(entry, kernels, info, program, /*isInParts=*/true) {}
  llvm::Expected<StaticInterface> emit();

private:
  llvm::Error readDims();
  llvm::Error placeTensors();
  void makeParts();
  void nameTensors();
  llvm::Error emitPart(Part &part);
  void emitRun();
  llvm::Function *declare(llvm::StringRef name, size_t tensors);
  void returnErrors(llvm::Value *word);
  llvm::Value *emitSymbols(llvm::Function *function);
  StaticTensor describe(llvm::StringRef name, std::vector<std::string> given,
                        Type type, ArrayRef<AffineExpr> sizes);
  StaticTensor describe(Key key);
  std::optional<int64_t> getBound(AffineExpr size);
  std::string makeIdentifier(llvm::StringRef text);

  std::vector<StaticDim> dims;
  SmallVector<SizeRange> ranges; ///< of all dims
  SmallVector<unsigned> freeDims;
  std::map<unsigned, AffineExpr> derivedDims;
  SmallVector<int64_t> bufferOffsets, crossingOffsets;
  SmallVector<std::string> inputNames, outputNames, crossingNames;
  Crossings::Sizes resultSizes;
  std::optional<Crossings> crossings;
  int64_t scratchOffset = 0, arenaBytes = 0;
  SmallVector<Part, 3> parts;
  llvm::StringSet<> identifiers;
  llvm::Function *check = nullptr; ///< of sizes
};

} // namespace

std::string StaticEmitter::makeIdentifier(llvm::StringRef text) {
  std::string name;
  for (char c : text)
    name += llvm::isAlnum(c) ? c : '_';
  if (name.empty() || llvm::isDigit(name.front()))
    name = "_" + name;
  // What C or C++ may not call so.
  static const llvm::StringSet<> reserved = {
      "arena",    "int",    "float",  "double",   "char",     "short",
      "long",     "auto",   "break",  "case",     "const",    "continue",
      "default",  "do",     "else",   "enum",     "extern",   "for",
      "goto",     "if",     "inline", "register", "return",   "signed",
      "sizeof",   "static", "struct", "switch",   "typedef",  "union",
      "unsigned", "void",   "while",  "class",    "new",      "delete",
      "this",     "public", "bool",   "template", "operator", "volatile",
      "not",      "and",    "or",     "xor",      "restrict", "namespace"};
  if (reserved.contains(name))
    name += "_";
  std::string unique = name;
  for (unsigned i = 2; !identifiers.insert(unique).second; ++i)
    unique = name + "_" + std::to_string(i);
  return unique;
}

std::optional<int64_t> StaticEmitter::getBound(AffineExpr size) {
  std::optional<SizeRange> range = getSizeRange(size, ranges);
  return range ? std::optional(std::max<int64_t>(range->high, 0))
               : std::nullopt;
}

llvm::Error StaticEmitter::readDims() {
  auto names = entry->getAttrOfType<ArrayAttr>(dimNamesAttrName);
  auto bounds = entry->getAttrOfType<DictionaryAttr>(dimBoundsAttrName);
  SymbolicShapes shapes(entry);
  llvm::DenseSet<AffineExpr> used;
  for (BlockArgument input : entry.getArguments())
    for (AffineExpr size : SmallVector<AffineExpr>(shapes.getSizes(input)))
      size.walk([&](AffineExpr part) { used.insert(part); });
  SmallVector<std::string> missing;
  for (unsigned i = 0; names && i < names.size(); ++i) {
    llvm::StringRef name = cast<StringAttr>(names[i]).getValue();
    auto range =
        bounds ? bounds.getAs<DenseI64ArrayAttr>(name) : DenseI64ArrayAttr();
    // Those that were fixed keep their name only.
    bool isUsed = used.contains(getAffineSymbolExpr(i, entry.getContext()));
    if (!isUsed || !range || range.size() != 2) {
      if (isUsed)
        missing.push_back("'" + name.str() + "'");
      ranges.push_back({0, 0});
      continue;
    }
    ranges.push_back({range[0], range[1]});
    if (range[0] == range[1])
      continue;
    freeDims.push_back(i);
    dims.push_back({makeIdentifier(name), name.str(), range[0], range[1]});
  }
  // Names of what is computed from others.
  if (auto pairs = entry->getAttrOfType<ArrayAttr>(equalSizesAttrName))
    for (AffineMap pair : pairs.getAsValueRange<AffineMapAttr>())
      if (auto symbol = dyn_cast<AffineSymbolExpr>(pair.getResult(0));
          symbol && !used.contains(symbol))
        if (auto range = getSizeRange(pair.getResult(1), ranges)) {
          ranges[symbol.getPosition()] = *range;
          derivedDims[symbol.getPosition()] = pair.getResult(1);
        }
  if (missing.empty())
    return llvm::Error::success();
  return llvm::createStringError(
      "sizes of a static object are known when it is compiled, but nothing "
      "says what " +
      llvm::join(missing, ", ") + (missing.size() > 1 ? " are" : " is") +
      "; fix or bound each by --dim NAME=N or --dim NAME=MIN..MAX");
}

void StaticEmitter::makeParts() {
  bool isWhole = !boundary.exists() || !boundary.isSeparable();
  SmallVector<ProgramPart, 3> order = {ProgramPart::Inside};
  if (!isWhole)
    order = {ProgramPart::BoundaryIn, ProgramPart::Inside,
             ProgramPart::BoundaryOut};
  llvm::DenseMap<Key, unsigned> owners;
  for (auto [index, kind] : llvm::enumerate(order)) {
    parts.emplace_back();
    parts.back().part = kind;
    for (const ArenaPlan::Launch &launch : plan.getLaunches()) {
      if (!isWhole && boundary.getPart(launch.op) != kind)
        continue;
      parts.back().launches.push_back(&launch);
      for (auto [value, sizes] :
           llvm::zip_equal(launch.op.getResults(), launch.resultSizes)) {
        Place place = plan.getPlace(value);
        owners[{place.kind, place.index}] = index;
        resultSizes[value] = sizes;
      }
    }
  }
  // What is copied is complete behind all launches.
  parts.back().copies.assign(plan.getCopies().begin(), plan.getCopies().end());
  for (unsigned index = 0; index < parts.size(); ++index) {
    Part &part = parts[index];
    auto read = [&](Value value) {
      Place place = plan.getPlace(value);
      Key key{place.kind, place.index};
      if (place.kind == Place::Input)
        part.reads.insert(key);
      else if (owners.lookup(key) != index &&
               (place.kind == Place::Output || place.kind == Place::Crossing))
        part.reads.insert(key);
    };
    for (const ArenaPlan::Launch *launch : part.launches) {
      for (Value operand : launch->op.getOperands())
        read(operand);
      for (Value value : launch->op.getResults())
        if (Place place = plan.getPlace(value);
            place.kind == Place::Output || place.kind == Place::Crossing)
          part.writes.insert({place.kind, place.index});
    }
    for (const auto &[output, value] : part.copies) {
      read(value);
      part.writes.insert({Place::Output, output});
    }
  }
}

llvm::Error StaticEmitter::placeTensors() {
  auto tooLarge = [&] {
    return llvm::createStringError(
        "the arena of a static object has a size that is known when it is "
        "compiled, and a size of this model has no bound below 2^63");
  };
  auto reserve = [&](int64_t bytes) {
    int64_t offset = arenaBytes;
    bytes = std::max<int64_t>(bytes, 1);
    if (bytes > INT64_MAX / 4 || arenaBytes > INT64_MAX / 4)
      return int64_t(-1);
    arenaBytes += llvm::alignTo(bytes, QCRT_ALIGNMENT);
    return offset;
  };
  SmallVector<int64_t> ends;
  for (const ArenaPlan::Buffer &buffer : plan.getBuffers()) {
    std::optional<int64_t> bytes = getBound(buffer.bytes);
    int64_t begin = 0;
    for (unsigned other : buffer.below)
      begin = std::max(begin, ends[other]);
    if (!bytes || *bytes > INT64_MAX / 4 || begin > INT64_MAX / 4)
      return tooLarge();
    bufferOffsets.push_back(begin);
    ends.push_back(begin +
                   llvm::alignTo(std::max<int64_t>(*bytes, 1), QCRT_ALIGNMENT));
    arenaBytes = std::max(arenaBytes, ends.back());
  }
  int64_t scratch = 0;
  for (const ArenaPlan::Launch &launch : plan.getLaunches()) {
    std::optional<int64_t> bound = getBound(launch.scratch);
    if (!bound)
      return tooLarge();
    scratch = std::max(scratch, *bound);
  }
  scratchOffset = reserve(scratch);
  if (scratchOffset < 0)
    return tooLarge();
  for (Value value : plan.getCrossings()) {
    int64_t bytes = getElementBytes(getElementTypeOrSelf(value.getType()));
    for (AffineExpr size : resultSizes[value]) {
      std::optional<int64_t> bound = getBound(size);
      if (!bound || llvm::MulOverflow(bytes, *bound, bytes))
        return tooLarge();
    }
    crossingOffsets.push_back(reserve(bytes));
    if (crossingOffsets.back() < 0)
      return tooLarge();
  }
  return llvm::Error::success();
}

StaticTensor StaticEmitter::describe(llvm::StringRef name,
                                     std::vector<std::string> given, Type type,
                                     ArrayRef<AffineExpr> sizes) {
  StaticTensor tensor;
  tensor.name = name.str();
  tensor.given = std::move(given);
  tensor.dtype = getDtype(getElementTypeOrSelf(type));
  SmallVector<std::string> texts;
  auto names = entry->getAttrOfType<ArrayAttr>(dimNamesAttrName);
  for (AffineExpr size : sizes) {
    std::optional<SizeRange> range = getSizeRange(size, ranges);
    tensor.dims.push_back(range ? range->high : 0);
    auto symbol = dyn_cast<AffineSymbolExpr>(size);
    if (range && range->low == range->high)
      texts.push_back(std::to_string(range->high));
    else if (symbol)
      texts.push_back(
          cast<StringAttr>(names[symbol.getPosition()]).getValue().str());
    else
      texts.push_back("up to " + std::to_string(tensor.dims.back()));
  }
  tensor.sizes = texts.empty() ? "1" : llvm::join(texts, " x ");
  return tensor;
}

/// The tensors between the parts get names from what the caller knows: the
/// input that is quantised, the output that is decoded.
void StaticEmitter::nameTensors() {
  auto inputs = getNames(argNamesAttrName, entry.getNumArguments());
  auto outputs = getNames(resultNamesAttrName, entry.getNumResults());
  for (const std::string &name : inputs)
    inputNames.push_back(makeIdentifier(name));
  for (const std::string &name : outputs)
    outputNames.push_back(makeIdentifier(name));
  crossings.emplace(entry, plan, parts.front().launches, parts.back().launches,
                    resultSizes);
  for (unsigned i = 0, e = plan.getCrossings().size(); i < e; ++i) {
    const Crossings::Crossing &own = crossings->get(i);
    std::string base = own.isOfInputs ? "inputs" : "outputs";
    if (own.ends.size() == 1)
      base = (own.isOfInputs ? inputs : outputs)[own.ends.front()];
    crossingNames.push_back(
        makeIdentifier(base + (own.codes.empty() ? "_codes" : "_exponents")));
  }
  for (Part &part : parts)
    for (const auto &keys : {part.reads, part.writes})
      llvm::append_range(part.arguments,
                         crossings->sort(llvm::to_vector(keys)));
}

StaticTensor StaticEmitter::describe(Key key) {
  auto [kind, index] = key;
  if (kind == Place::Input) {
    BlockArgument input = entry.getArgument(index);
    SymbolicShapes shapes(entry);
    return describe(
        inputNames[index],
        {getNames(argNamesAttrName, entry.getNumArguments())[index]},
        input.getType(), SmallVector<AffineExpr>(shapes.getSizes(input)));
  }
  if (kind == Place::Output)
    return describe(
        outputNames[index],
        {getNames(resultNamesAttrName, entry.getNumResults())[index]},
        entry.getResultTypes()[index], getResultSizes(index));
  Value value = plan.getCrossings()[index];
  const Crossings::Crossing &own = crossings->get(index);
  auto names = own.isOfInputs
                   ? getNames(argNamesAttrName, entry.getNumArguments())
                   : getNames(resultNamesAttrName, entry.getNumResults());
  StaticTensor tensor =
      describe(crossingNames[index], {}, value.getType(), resultSizes[value]);
  for (unsigned end : own.ends)
    tensor.given.push_back(names[end]);
  SmallVector<std::string> notes;
  for (unsigned number : own.codes) {
    Value codes = plan.getCrossings()[number];
    bool isOne = resultSizes[value] == resultSizes[codes];
    notes.push_back(crossingNames[number] + " * 2^" + tensor.name +
                    ", one for " + (isOne ? "each code" : "each row of codes"));
  }
  tensor.note = llvm::join(notes, "; ");
  return tensor;
}

llvm::Function *StaticEmitter::declare(llvm::StringRef name, size_t tensors) {
  SmallVector<llvm::Type *> types(dims.size(), b.getInt64Ty());
  types.append(tensors + 1, b.getPtrTy());
  llvm::Function *function = makeFunction(name, b.getInt32Ty(), types);
  function->setLinkage(llvm::GlobalValue::ExternalLinkage);
  return function;
}

/// Leaves the function where the word is not 0.
void StaticEmitter::returnErrors(llvm::Value *word) {
  llvm::Function *function = b.GetInsertBlock()->getParent();
  auto *failed = llvm::BasicBlock::Create(context, "", function);
  auto *next = llvm::BasicBlock::Create(context, "", function);
  b.CreateCondBr(b.CreateICmpNE(word, b.getInt32(QCRT_OK)), failed, next);
  b.SetInsertPoint(failed);
  b.CreateRet(word);
  b.SetInsertPoint(next);
}

/// An array of the sizes of all dims, from the function's first arguments; the
/// function returns where something is wrong with them or with the arena.
llvm::Value *StaticEmitter::emitSymbols(llvm::Function *function) {
  llvm::Type *i64 = b.getInt64Ty();
  llvm::Value *symbols =
      b.CreateAlloca(i64, b.getInt32(std::max<size_t>(ranges.size(), 1)));
  int64_t results = 2; // of the arena, of scratch, the sizes of outputs
  for (Type type : entry.getResultTypes())
    results += cast<RankedTensorType>(type).getRank();
  llvm::Value *sizes = b.CreateAlloca(i64, b.getInt64(results));
  auto word = [&](llvm::Value *isWrong, StaticError error) {
    return b.CreateSelect(isWrong, b.getInt32(static_cast<int32_t>(error)),
                          b.getInt32(QCRT_OK));
  };
  llvm::Value *isOutside = b.getFalse();
  unsigned next = 0;
  for (auto [index, range] : llvm::enumerate(ranges)) {
    llvm::Value *size = b.getInt64(range.low);
    if (llvm::is_contained(freeDims, index)) {
      size = function->getArg(next++);
      isOutside = b.CreateOr(
          isOutside, b.CreateOr(b.CreateICmpSLT(size, b.getInt64(range.low)),
                                b.CreateICmpSGT(size, b.getInt64(range.high))));
    }
    b.CreateStore(size, b.CreateConstGEP1_64(i64, symbols, index));
  }
  returnErrors(word(isOutside, StaticError::SizeOutOfBounds));
  for (const auto &[index, size] : derivedDims)
    b.CreateStore(SizeEmitter(b, symbols).emit(size),
                  b.CreateConstGEP1_64(i64, symbols, index));
  llvm::Value *arena = function->getArg(function->arg_size() - 1);
  llvm::Value *rest =
      b.CreateAnd(b.CreatePtrToInt(arena, i64), b.getInt64(QCRT_ALIGNMENT - 1));
  returnErrors(
      word(b.CreateICmpNE(rest, b.getInt64(0)), StaticError::Misaligned));
  returnErrors(b.CreateCall(check, {symbols, sizes}));
  return symbols;
}

llvm::Error StaticEmitter::emitPart(Part &part) {
  llvm::DenseMap<Key, unsigned> arguments;
  for (auto [index, key] : llvm::enumerate(part.arguments))
    arguments[key] = dims.size() + index;
  bool isWhole = parts.size() == 1;
  bool isInside = part.part == ProgramPart::Inside;
  llvm::Function *boundaries[] = {nullptr, nullptr};
  if (!isInside) {
    if (llvm::Error error = linkKernels(boundary.getKernels(part.part)))
      return error;
  } else if (isWhole) {
    for (ProgramPart kind :
         {ProgramPart::BoundaryIn, ProgramPart::BoundaryOut}) {
      auto code = emitBoundary(kind, info.prefix);
      if (!code)
        return code.takeError();
      boundaries[kind == ProgramPart::BoundaryOut] = *code;
    }
  }
  llvm::StringRef suffix = isWhole    ? "_parts"
                           : isInside ? "_run_integers"
                                      : getBoundarySuffix(part.part);
  llvm::Function *function =
      declare((info.prefix + suffix).str(), arguments.size());
  if (isWhole)
    function->setLinkage(llvm::GlobalValue::InternalLinkage);
  part.function = function;
  llvm::Value *slots = allocateArguments();
  SizeEmitter sizes(b, emitSymbols(function));
  auto inArena = [&](int64_t offset) {
    return b.CreateConstGEP1_64(
        b.getInt8Ty(), function->getArg(function->arg_size() - 1), offset);
  };
  auto locate = [&](const Place &place) -> llvm::Value * {
    if (place.kind == Place::Global)
      return getConstantData(place.global, /*isNear=*/true);
    if (place.kind == Place::Arena)
      return inArena(bufferOffsets[place.index]);
    return function->getArg(arguments.at({place.kind, place.index}));
  };
  Frame frame{function, sizes, slots, /*run=*/nullptr, locate};
  for (const ArenaPlan::Launch *launch : part.launches) {
    ProgramPart kind = boundary.getPart(launch->op);
    bool isWrapped = isWhole && kind != ProgramPart::Inside;
    llvm::Function *kernel = isWrapped
                                 ? boundaries[kind == ProgramPart::BoundaryOut]
                                 : getKernel(*launch);
    unsigned slot = isWrapped ? pickKernel(frame, *launch) : 0;
    llvm::Value *total = sizes.emit(launch->iterations);
    emitLaunch(frame, *launch, slot, [&] {
      return b.CreateCall(
          kernel, {b.getInt64(0), total, slots, inArena(scratchOffset)});
    });
  }
  for (const auto &[output, value] : part.copies)
    emitCopy(frame, output, value);
  b.CreateRet(b.getInt32(QCRT_OK));
  return llvm::Error::success();
}

/// The function that runs all parts, which check what they are handed.
void StaticEmitter::emitRun() {
  unsigned inputs = entry.getNumArguments(), outputs = entry.getNumResults();
  llvm::Function *function = declare(info.prefix + "_run", inputs + outputs);
  unsigned first = dims.size();
  llvm::Value *arena = function->getArg(function->arg_size() - 1);
  for (const Part &part : parts) {
    SmallVector<llvm::Value *> arguments;
    for (unsigned i = 0; i < first; ++i)
      arguments.push_back(function->getArg(i));
    for (auto [kind, index] : part.arguments)
      arguments.push_back(kind == Place::Input ? function->getArg(first + index)
                          : kind == Place::Output
                              ? function->getArg(first + inputs + index)
                              : b.CreateConstGEP1_64(b.getInt8Ty(), arena,
                                                     crossingOffsets[index]));
    arguments.push_back(arena);
    returnErrors(b.CreateCall(part.function, arguments));
  }
  b.CreateRet(b.getInt32(QCRT_OK));
}

llvm::Expected<StaticInterface> StaticEmitter::emit() {
  if (llvm::Error error = readDims())
    return std::move(error);
  makeParts();
  if (llvm::Error error = placeTensors())
    return std::move(error);
  nameTensors();
  StaticInterface result{
      info.prefix, static_cast<uint64_t>(arenaBytes), dims, {}};
  check = emitPlan();
  check->addFnAttr(llvm::Attribute::AlwaysInline);
  for (Part &part : parts)
    if (llvm::Error error = emitPart(part))
      return std::move(error);
  emitRun();
  StaticFunction run{info.prefix + "_run", "Runs the model.", {}};
  auto add = [](StaticFunction &function, StaticTensor tensor, bool isWritten) {
    tensor.isWritten = isWritten;
    function.tensors.push_back(std::move(tensor));
  };
  for (unsigned i = 0; i < entry.getNumArguments(); ++i)
    add(run, describe({Place::Input, i}), false);
  for (unsigned i = 0; i < entry.getNumResults(); ++i)
    add(run, describe({Place::Output, i}), true);
  result.functions.push_back(std::move(run));
  if (parts.size() == 1)
    return result;
  const char *comments[] = {
      "Quantises inputs: all that is computed on floats before the integers.",
      "Runs the model between its boundaries, without a float.",
      "Decodes outputs: all that is computed on floats behind the integers."};
  for (const Part &part : parts) {
    StaticFunction function{part.function->getName().str(),
                            comments[static_cast<unsigned>(part.part)],
                            {}};
    for (Key key : part.arguments)
      add(function, describe(key), part.writes.count(key));
    result.functions.push_back(std::move(function));
  }
  return result;
}

llvm::Expected<StaticInterface>
quantc::emitStaticProgram(func::FuncOp entry, ModuleOp kernels,
                          const ProgramInfo &info, llvm::Module &program) {
  return StaticEmitter(entry, kernels, info, program).emit();
}
