//===- ReadRanges.cpp - Ranges of values from a file ------------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "quantc/Dialect/QT/IR/IntegerTypes.h"
#include "quantc/Dialect/QT/IR/QTAttrNames.h"
#include "quantc/Dialect/QT/IR/QTDialect.h"
#include "quantc/Dialect/QT/Transforms/Passes.h"
#include "quantc/Support/Locations.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "llvm/ADT/StringSet.h"
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
  LogicalResult read(func::FuncOp func);
};
} // namespace

/// The names of what a function takes and computes.
static llvm::StringSet<> collectNames(func::FuncOp func) {
  llvm::StringSet<> names;
  auto enter = [&](Location loc) {
    for (StringRef name : getValueNames(loc))
      names.insert(name);
  };
  for (Value argument : func.getArguments())
    enter(argument.getLoc());
  func.walk([&](Operation *op) {
    if (op != func)
      enter(op->getLoc());
  });
  return names;
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

LogicalResult ReadRanges::read(func::FuncOp func) {
  auto buffer = llvm::MemoryBuffer::getFile(file);
  if (!buffer)
    return func.emitError("ranges '")
           << file << "': " << buffer.getError().message();
  llvm::Expected<llvm::json::Value> parsed =
      llvm::json::parse((*buffer)->getBuffer());
  if (!parsed)
    return func.emitError("ranges '")
           << file << "': " << llvm::toString(parsed.takeError());
  const llvm::json::Object *entries = parsed->getAsObject();
  if (!entries)
    return func.emitError("ranges '")
           << file
           << "' hold no object of names; supported: {\"value\": [lowest, "
              "highest] or the largest magnitude, ...}";
  llvm::StringSet<> names = collectNames(func);
  Builder builder(&getContext());
  SmallVector<NamedAttribute> ranges;
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
    if (!names.contains(name))
      append(unknown, name);
    else if (range)
      ranges.push_back(
          builder.getNamedAttr(name, builder.getDenseF64ArrayAttr(*range)));
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
  func->setAttr(rangesAttrName, builder.getDictionaryAttr(ranges));
  return success();
}
