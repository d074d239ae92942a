//===- Signature.cpp - What a model's IR takes and gives --------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Signature.h"

#include "Feed.h"
#include "quantc/Analysis/SymbolicShapes.h"
#include "quantc/Dialect/QT/IR/QTAttrNames.h"
#include "quantc/Interpreter/Arrays.h"

#include "llvm/ADT/StringExtras.h"

using namespace llvm;
using namespace quantc;

static std::vector<std::string> getStrings(mlir::func::FuncOp func,
                                           StringRef key) {
  std::vector<std::string> result;
  if (auto list = func->getAttrOfType<mlir::ArrayAttr>(key))
    for (auto text : list.getAsRange<mlir::StringAttr>())
      result.push_back(text.str());
  return result;
}

Signature::Signature(mlir::func::FuncOp func)
    : func(func), outputs(getStrings(func, resultNamesAttrName)),
      dims(getStrings(func, dimNamesAttrName)) {
  std::vector<std::string> names = getStrings(func, argNamesAttrName);
  for (unsigned i = names.size(); i < func.getNumArguments(); ++i)
    names.push_back(std::to_string(i));
  for (unsigned i = outputs.size(); i < func.getNumResults(); ++i)
    outputs.push_back(std::to_string(i));
  SymbolicShapes shapes(func);
  for (mlir::BlockArgument argument : func.getArguments()) {
    auto type = cast<mlir::RankedTensorType>(argument.getType());
    InputInfo &input = inputs.emplace_back();
    input.name = names[argument.getArgNumber()];
    input.dtype = getDtype(type.getElementType());
    for (mlir::AffineExpr size : shapes.getSizes(argument)) {
      if (auto constant = dyn_cast<mlir::AffineConstantExpr>(size)) {
        input.dims.push_back(constant.getValue());
        continue;
      }
      // A size without a name is called after its place.
      unsigned symbol = cast<mlir::AffineSymbolExpr>(size).getPosition();
      for (unsigned i = dims.size(); i <= symbol; ++i)
        dims.push_back(input.name + "." + std::to_string(input.dims.size()));
      input.dims.push_back(-1 - int64_t(symbol));
    }
  }
}

std::vector<std::string> Signature::getInputNames() const {
  std::vector<std::string> names;
  for (const InputInfo &input : inputs)
    names.push_back(input.name);
  return names;
}

std::string Signature::formatDims(const InputInfo &input) const {
  std::string text;
  for (int64_t dim : input.dims)
    text += (text.empty() ? "" : ", ") +
            (dim < 0 ? dims[-1 - dim] : std::to_string(dim));
  return "[" + text + "]";
}

bool Signature::bind(ArrayRef<NamedArray> arrays, StringRef path,
                     SmallVectorImpl<HostValue> &arguments,
                     std::string &error) const {
  SmallVector<const NamedArray *> found;
  if (!matchArrays(arrays, getInputNames(), path, found, error)) {
    error += "the model's inputs are ";
    for (auto [i, input] : enumerate(inputs))
      error += (i ? ", '" : "'") + input.name + "' (" +
               quantc_dtype_name(input.dtype) + " " + formatDims(input) + ")";
    return false;
  }
  std::vector<std::string> problems;
  std::vector<int64_t> sizes(dims.size(), -1);
  for (auto [input, array, type] :
       zip_equal(inputs, found, getFunction().getArgumentTypes())) {
    auto fits = [&](int64_t stated, int64_t given) {
      if (stated >= 0)
        return stated == given;
      // Equal names are equal sizes.
      int64_t &size = sizes[-1 - stated];
      size = size < 0 ? given : size;
      return size == given;
    };
    if (array->dtype != input.dtype ||
        array->dims.size() != input.dims.size() ||
        !all_of(zip(input.dims, array->dims), [&](const auto &pair) {
          return fits(std::get<0>(pair), std::get<1>(pair));
        })) {
      std::string shape;
      raw_string_ostream out(shape);
      interleaveComma(array->dims, out);
      problems.push_back(
          "input '" + input.name + "' is " + quantc_dtype_name(array->dtype) +
          " [" + shape + "], but the model takes " +
          quantc_dtype_name(input.dtype) + " " + formatDims(input));
      continue;
    }
    arguments.push_back(toHostValue(
        *array, cast<mlir::RankedTensorType>(type).getElementType()));
  }
  error = join(problems, "\n");
  return problems.empty();
}
