//===- ReadRanges.cpp - Ranges of values from a file ------------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "quantc/Dialect/NN/IR/NNOps.h"
#include "quantc/Dialect/QT/IR/IntegerTypes.h"
#include "quantc/Dialect/QT/IR/QTAttrNames.h"
#include "quantc/Dialect/QT/IR/QTDialect.h"
#include "quantc/Dialect/QT/Transforms/Passes.h"
#include "quantc/Support/Locations.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/Matchers.h"
#include "llvm/ADT/StringMap.h"
#include "llvm/Support/JSON.h"
#include "llvm/Support/MemoryBuffer.h"

namespace quantc::qt {
#define GEN_PASS_DEF_READRANGES
#include "quantc/Dialect/QT/Transforms/Passes.h.inc"
} // namespace quantc::qt

using namespace mlir;
using namespace quantc;

namespace {
struct ReadRanges : quantc::qt::impl::ReadRangesBase<ReadRanges> {
  using ReadRangesBase::ReadRangesBase;

  void runOnOperation() override {
    if (failed(read(getOperation())))
      signalPassFailure();
  }

private:
  /// The file; a failure has emitted what is wrong with it.
  FailureOr<llvm::json::Object> parse(func::FuncOp func);
  LogicalResult read(func::FuncOp func);
};
} // namespace

/// What a function takes and computes, by all of its names. Several ops may be
/// made of one node, the last of which gives its value.
static llvm::StringMap<Value> collectNames(func::FuncOp func) {
  llvm::StringMap<Value> values;
  auto enter = [&](Value value) {
    for (StringRef name : getValueNames(value.getLoc()))
      values[name] = value;
  };
  for (Value argument : func.getArguments())
    enter(argument);
  func.walk([&](Operation *op) {
    for (Value result : op->getResults())
      enter(result);
  });
  return values;
}

/// The value that has the same elements as \p value and is computed, not moved:
/// codes that move keep their scale, and views come and go.
static Value getSource(Value value) {
  while (Operation *op = value.getDefiningOp()) {
    if (!isa<nn::ReshapeOp, nn::TransposeOp>(op) ||
        matchPattern(op->getOperand(0), m_Constant()))
      break;
    value = op->getOperand(0);
  }
  return value;
}

/// [lowest, highest], or the largest magnitude of both signs.
static std::optional<std::array<double, 2>>
getRange(const llvm::json::Value &value) {
  std::array<double, 2> range{};
  if (std::optional<double> most = value.getAsNumber()) {
    range = {-*most, *most};
  } else {
    const llvm::json::Array *bounds = value.getAsArray();
    if (!bounds || bounds->size() != 2)
      return std::nullopt;
    for (auto [bound, element] : llvm::zip_equal(range, *bounds)) {
      std::optional<double> number = element.getAsNumber();
      if (!number)
        return std::nullopt;
      bound = *number;
    }
  }
  if (!qt::isStaticRange(range[0], range[1]))
    return std::nullopt;
  return range;
}

FailureOr<llvm::json::Object> ReadRanges::parse(func::FuncOp func) {
  auto fail = [&] { return func.emitError("ranges '") << file << "'"; };
  auto buffer = llvm::MemoryBuffer::getFile(file);
  if (!buffer)
    return fail() << ": " << buffer.getError().message();
  llvm::Expected<llvm::json::Value> parsed =
      llvm::json::parse((*buffer)->getBuffer());
  if (!parsed)
    return fail() << ": " << llvm::toString(parsed.takeError());
  llvm::json::Object *entries = parsed->getAsObject();
  if (!entries)
    return fail()
           << " hold no object of names; supported: {\"value\": [lowest, "
              "highest] or the largest magnitude, ...}";
  return std::move(*entries);
}

LogicalResult ReadRanges::read(func::FuncOp func) {
  FailureOr<llvm::json::Object> entries = parse(func);
  if (failed(entries))
    return failure();
  llvm::StringMap<Value> values = collectNames(func);
  Builder builder(&getContext());
  // What is said of a value itself goes before what is said of its views, of
  // which the largest counts.
  llvm::StringMap<std::array<double, 2>> own, ofViews;
  std::string wrong, unknown;
  auto append = [](std::string &list, StringRef name) {
    list += (list.empty() ? "'" : ", '") + name.str() + "'";
  };
  SmallVector<StringRef> given;
  for (const auto &entry : *entries)
    given.push_back(entry.first);
  llvm::sort(given);
  for (StringRef name : given) {
    std::optional<std::array<double, 2>> range = getRange(*entries->get(name));
    if (!range)
      append(wrong, name);
    auto named = values.find(name);
    if (named == values.end()) {
      append(unknown, name);
      continue;
    }
    Value source = getSource(named->second);
    StringRef known = getValueName(source.getLoc());
    if (!range || known.empty())
      continue;
    if (known == name) {
      own[known] = *range;
      continue;
    }
    auto [view, isNew] = ofViews.try_emplace(known, *range);
    std::array<double, 2> &both = view->second;
    if (!isNew)
      both = {std::min(both[0], (*range)[0]), std::max(both[1], (*range)[1])};
  }
  if (!wrong.empty())
    func.emitError("ranges '")
        << file << "': no range of " << wrong
        << "; supported: [lowest, highest] or the largest magnitude, which is "
           "2^-80 to 2^80";
  if (!unknown.empty())
    func.emitError("ranges '")
        << file << "': the model computes no value " << unknown;
  if (!wrong.empty() || !unknown.empty())
    return failure();
  for (const auto &view : ofViews)
    own.try_emplace(view.first(), view.second);
  SmallVector<NamedAttribute> ranges;
  for (const auto &entry : own)
    ranges.push_back(builder.getNamedAttr(
        entry.first(), builder.getDenseF64ArrayAttr(entry.second)));
  func->setAttr(rangesAttrName, builder.getDictionaryAttr(ranges));
  return success();
}
