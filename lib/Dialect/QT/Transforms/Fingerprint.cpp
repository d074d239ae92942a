//===- Fingerprint.cpp - Equality of computations ---------------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "quantc/Dialect/QT/Transforms/Fingerprint.h"
#include "mlir/IR/Block.h"
#include "llvm/ADT/DenseMap.h"
#include "llvm/Support/raw_ostream.h"

using namespace mlir;
using namespace quantc;

namespace {
class Writer {
public:
  void add(Operation *op);
  void add(Value value) { out << ',' << numbers.lookup(value); }
  const std::string &getText() const { return text; }

private:
  /// What is defined from here on, by its place.
  void define(Value value) {
    numbers.try_emplace(value, numbers.size() + 1);
    out << ':' << value.getType().getAsOpaquePointer();
  }

  std::string text;
  llvm::raw_string_ostream out{text};
  llvm::DenseMap<Value, unsigned> numbers;
};
} // namespace

void Writer::add(Operation *op) {
  // Attributes are uniqued: their addresses identify them in one context.
  out << op->getName()
      << op->getDiscardableAttrDictionary().getAsOpaquePointer()
      << op->getPropertiesAsAttribute().getAsOpaquePointer();
  for (Value operand : op->getOperands())
    add(operand);
  for (Value result : op->getResults())
    define(result);
  for (Region &region : op->getRegions()) {
    out << '{';
    for (Block &block : region) {
      out << '^';
      for (BlockArgument argument : block.getArguments())
        define(argument);
      for (Operation &inner : block)
        add(&inner);
    }
    out << '}';
  }
  out << ';';
}

std::string qt::getFingerprint(Operation *op) {
  Writer writer;
  writer.add(op);
  return writer.getText();
}

std::string qt::getFingerprint(ArrayRef<Operation *> ops, Value root) {
  Writer writer;
  for (Operation *op : ops)
    writer.add(op);
  writer.add(root);
  return writer.getText();
}
