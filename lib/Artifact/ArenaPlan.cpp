//===- ArenaPlan.cpp - Where every tensor of a program lies -*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "quantc/Artifact/ArenaPlan.h"
#include "CheckProgram.h"
#include "mlir/IR/AffineMap.h"
#include "quantc/Analysis/SizeBounds.h"
#include "quantc/Analysis/SymbolicShapes.h"
#include "quantc/Artifact/BufferOrder.h"
#include "quantc/Interpreter/HostValue.h"
#include "llvm/Support/MathExtras.h"
#include <map>

using namespace mlir;
using namespace quantc;

Value ArenaPlan::getRoot(Value tensor) {
  while (auto alias = tensor.getDefiningOp<qt::AliasOp>())
    tensor = alias.getInput();
  return tensor;
}

ArenaPlan::ArenaPlan(func::FuncOp entry, ModuleOp kernels,
                     const PartOf &getPart) {
  collectLaunches(entry, kernels);
  // By parts; within each as before.
  std::map<unsigned, std::vector<Launch>> sorted;
  for (Launch &launch : launches)
    sorted[getPart(launch.op)].push_back(std::move(launch));
  launches.clear();
  for (auto &[part, own] : sorted)
    for (Launch &launch : own)
      launches.push_back(std::move(launch));
  placeResults(entry);
  placeCrossings(getPart);
  placeInArena(entry);
}

void ArenaPlan::placeCrossings(const PartOf &getPart) {
  auto read = [&](Value value, unsigned part) {
    value = getRoot(value);
    auto owner = value.getDefiningOp<qt::LaunchOp>();
    if (!owner || getPart(owner) == part || places.count(value))
      return;
    places[value] = {
        Place::Crossing, static_cast<unsigned>(crossings.size()), {}};
    crossings.push_back(value);
  };
  for (const Launch &launch : launches)
    for (Value operand : launch.op.getOperands())
      read(operand, getPart(launch.op));
}

void ArenaPlan::collectLaunches(func::FuncOp entry, ModuleOp kernels) {
  MLIRContext *context = entry.getContext();
  for (auto op : entry.getOps<qt::LaunchOp>()) {
    auto kernel =
        kernels.lookupSymbol<ModuleOp>(op.getKernel().getLeafReference());
    Launch launch;
    launch.op = op;
    launch.symbols.append(op.getSizes().getResults().begin(),
                          op.getSizes().getResults().end());
    // A kernel's symbols stand for the launch's sizes.
    auto translate = [&](AffineExpr expression) {
      return expression.replaceDimsAndSymbols({}, launch.symbols);
    };
    auto single = [&](StringRef name) {
      auto map = kernel->getAttrOfType<AffineMapAttr>(name);
      return map ? translate(map.getValue().getResult(0))
                 : getAffineConstantExpr(0, context);
    };
    launch.iterations = single(iterationsAttrName);
    launch.scratch = single(scratchAttrName);
    launch.operations = single(operationsAttrName);
    launch.kernelBytes = single(bytesAttrName);
    if (auto arithmetic = kernel->getAttrOfType<StringAttr>(arithmeticAttrName))
      launch.arithmetic = arithmetic.getValue();
    launch.grain = kernel->getAttrOfType<IntegerAttr>(grainAttrName).getInt();
    auto shapes = kernel->getAttrOfType<ArrayAttr>(resultShapesAttrName);
    for (auto [result, map] :
         llvm::zip_equal(op.getResults(), shapes.getAsRange<AffineMapAttr>())) {
      Type element = cast<RankedTensorType>(result.getType()).getElementType();
      AffineExpr size =
          getAffineConstantExpr(getElementBytes(element), context);
      launch.resultSizes.emplace_back();
      for (AffineExpr extent : map.getValue().getResults()) {
        launch.resultSizes.back().push_back(translate(extent));
        size = size * translate(extent);
      }
      bytes[result] = size;
    }
    launches.push_back(launch);
  }
}

void ArenaPlan::placeResults(func::FuncOp entry) {
  for (BlockArgument argument : entry.getArguments())
    places[argument] = {Place::Input, argument.getArgNumber(), {}};
  for (auto global : entry.getOps<qt::GlobalRefOp>())
    places[global.getResult()] = {Place::Global, 0, global.getGlobal()};
  Operation *terminator = entry.getBody().front().getTerminator();
  for (auto [index, value] : llvm::enumerate(terminator->getOperands())) {
    Value root = getRoot(value);
    // The first result that a tensor is becomes its memory.
    if (root.getDefiningOp<qt::LaunchOp>() && !places.count(root))
      places[root] = {Place::Output, static_cast<unsigned>(index), {}};
    else
      copies.push_back({index, value});
  }
}

/// The bounds of the dims that sizes are made of; of dims without bounds what
/// \p open says.
static SmallVector<SizeRange>
getRanges(func::FuncOp entry, llvm::function_ref<SizeRange(int64_t)> open) {
  SmallVector<SizeRange> ranges;
  auto bounds = entry->getAttrOfType<DictionaryAttr>(dimBoundsAttrName);
  if (auto names = entry->getAttrOfType<ArrayAttr>(dimNamesAttrName))
    for (auto name : names.getAsRange<StringAttr>()) {
      auto range = bounds ? bounds.getAs<DenseI64ArrayAttr>(name.getValue())
                          : DenseI64ArrayAttr();
      ranges.push_back(range && range.size() == 2
                           ? SizeRange{range[0], range[1]}
                           : open(ranges.size()));
    }
  return ranges;
}

/// For choosing only: the order is right at all sizes, and good at these. Open
/// dims are large enough for images that are halved several times.
static int64_t estimate(AffineExpr bytes, ArrayRef<SizeRange> sample) {
  constexpr int64_t largest = int64_t(1) << 44;
  std::optional<SizeRange> range = getSizeRange(bytes, sample);
  return range ? std::clamp<int64_t>(range->high, 0, largest) : largest;
}

void ArenaPlan::placeInArena(func::FuncOp entry) {
  llvm::DenseMap<Value, size_t> lastUse;
  for (auto [time, launch] : llvm::enumerate(launches))
    for (Value operand : launch.op.getOperands())
      lastUse[getRoot(operand)] = time;
  for (auto &[index, value] : copies)
    lastUse[getRoot(value)] = launches.size();
  SmallVector<SizeRange> sample =
      getRanges(entry, [](int64_t) { return SizeRange{256, 256}; });
  for (SizeRange &range : sample)
    range.low = range.high;
  std::vector<LiveBuffer> live;
  std::vector<Value> tensors;
  for (auto [time, launch] : llvm::enumerate(launches))
    for (Value result : launch.op.getResults()) {
      if (places.count(result))
        continue;
      auto it = lastUse.find(result);
      live.push_back({estimate(bytes[result], sample), time,
                      it == lastUse.end() ? time : it->second});
      tensors.push_back(result);
    }
  BufferOrder order = orderBuffers(live);
  // Numbered from below to above.
  std::vector<unsigned> numbers(live.size());
  for (unsigned tensor : order.order) {
    numbers[tensor] = buffers.size();
    places[tensors[tensor]] = {Place::Arena, numbers[tensor], {}};
    buffers.push_back(
        {bytes[tensors[tensor]], live[tensor].first, live[tensor].last, {}});
    for (unsigned other : order.below[tensor])
      buffers.back().below.push_back(numbers[other]);
  }
}

std::optional<ArenaUse> quantc::measureArena(func::FuncOp entry,
                                             ModuleOp kernels) {
  {
    // Who emits the program tells what is wrong with it.
    ScopedDiagnosticHandler quiet(entry.getContext(),
                                  [](Diagnostic &) { return success(); });
    if (llvm::Error error = getCheckedEntry(kernels).takeError()) {
      llvm::consumeError(std::move(error));
      return std::nullopt;
    }
  }
  ArenaPlan plan(entry, kernels);
  llvm::SmallDenseSet<unsigned> open;
  SmallVector<SizeRange> ranges = getRanges(entry, [&](int64_t dim) {
    open.insert(dim);
    return SizeRange{0, 0};
  });
  std::vector<LiveBuffer> live;
  SmallVector<int64_t> ends;
  ArenaUse use{0, 0};
  for (const ArenaPlan::Buffer &buffer : plan.getBuffers()) {
    bool isOpen = false;
    buffer.bytes.walk([&](AffineExpr part) {
      if (auto symbol = dyn_cast<AffineSymbolExpr>(part))
        isOpen |= open.contains(symbol.getPosition());
    });
    std::optional<SizeRange> range = getSizeRange(buffer.bytes, ranges);
    constexpr int64_t largest = int64_t(1) << 44;
    if (isOpen || !range || range->high > largest)
      return std::nullopt;
    live.push_back(
        {std::max<int64_t>(range->high, 0), buffer.first, buffer.last});
    int64_t begin = 0;
    for (unsigned other : buffer.below)
      begin = std::max(begin, ends[other]);
    ends.push_back(begin + bufferSkew +
                   int64_t(llvm::alignTo(live.back().bytes, QCRT_ALIGNMENT)));
    use.bytes = std::max(use.bytes, ends.back());
  }
  use.largestLiveSet = getLargestLiveSet(live);
  return use;
}

ArenaPlan::Place ArenaPlan::getPlace(Value tensor) const {
  return places.lookup(getRoot(tensor));
}
