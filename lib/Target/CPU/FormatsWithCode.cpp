//===- FormatsWithCode.cpp - Recipes that kernels take ----------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "FormatsWithCode.h"

#include "llvm/ADT/StringExtras.h"

using namespace mlir;
using namespace quantc;

namespace {

/// The fields of a rule, with what a kernel is made for.
struct CodedFormat {
  StringRef element, grid, scale, outer, encoding;
};

constexpr CodedFormat byteRows{"s8", "row", "f32", "", "absmax"},
    byteImages{"s8", "image", "f32", "", "absmax"},
    byteChannels{"s8", "channel", "f32", "", "absmax"},
    byteBlocks{"s8", "32", "f32", "", "absmax"},
    nibbleBlocks{"s4", "32", "s8", "f32", "search"};

/// What goes together; a null activation is a float one.
struct Combination {
  const CodedFormat *weight, *activation;
};

constexpr Combination products[] = {
    {&byteRows, &byteRows},     {&byteBlocks, &byteBlocks},
    {&nibbleBlocks, &byteRows}, {&byteRows, nullptr},
    {&byteBlocks, nullptr},     {&nibbleBlocks, nullptr}};
constexpr Combination convolutions[] = {{&byteRows, &byteImages},
                                        {&byteBlocks, &byteBlocks},
                                        {&nibbleBlocks, &byteImages}};
constexpr Combination depthwise[] = {{&byteRows, &byteImages},
                                     {&byteRows, &byteChannels}};

} // namespace

static std::string quote(const Twine &text) {
  return ("\"" + text + "\"").str();
}

static std::string getGrid(const OperandFormat &format) {
  if (format.block)
    return std::to_string(format.block);
  return spellGrid(format.grid).str();
}

/// `grid "tensor" (supported: "row")` for every field in which the format is
/// another one.
static SmallVector<std::string>
compare(const std::optional<OperandFormat> &given, const CodedFormat *coded) {
  SmallVector<std::string> differences;
  auto add = [&](StringRef field, StringRef value, StringRef wanted) {
    differences.push_back((field + " " + quote(value) + " (supported: " +
                           (wanted.empty() ? "none" : quote(wanted)) + ")")
                              .str());
  };
  if (!given != !coded) {
    if (given)
      differences.push_back("element " + quote(given->element) +
                            " (supported: format \"float\")");
    else
      add("format", "float", ("element " + coded->element).str());
    // No field of it is right.
    differences.resize(5, "");
  } else if (given) {
    for (auto [field, value, wanted] :
         {std::tuple<StringRef, std::string, StringRef>(
              "element", given->element, coded->element),
          {"grid", getGrid(*given), coded->grid},
          {"scale", given->scale, coded->scale},
          {"outer", given->outer, coded->outer},
          {"encoding", given->encoding, coded->encoding}})
      if (value != wanted)
        add(field, value, wanted);
  }
  return differences;
}

/// Attention reads codes of either sign alike.
static void compareRange(const OperandFormat &given,
                         SmallVectorImpl<std::string> &differences) {
  if (given.lowest != -given.highest || given.highest > 127)
    differences.push_back("range [" + std::to_string(given.lowest) + "," +
                          std::to_string(given.highest) +
                          "] (supported: [-N,N] up to 127)");
}

static std::string join(ArrayRef<std::string> differences) {
  SmallVector<StringRef> stated;
  for (StringRef text : differences)
    if (!text.empty())
      stated.push_back(text);
  return llvm::join(stated, ", ");
}

/// What is wrong with operands that have weights; empty where nothing is.
static std::string
compareContraction(ArrayRef<ContractionOperand> operands,
                   ArrayRef<std::optional<OperandFormat>> formats) {
  std::optional<OperandFormat> weight, activation;
  for (auto [operand, format] : llvm::zip_equal(operands, formats))
    (operand.role == OperandRole::Weight ? weight : activation) = format;
  ArrayRef<Combination> combinations = products;
  if (operands.front().kind == ContractionKind::Convolution)
    combinations = convolutions;
  else if (operands.front().kind == ContractionKind::Depthwise)
    combinations = depthwise;
  // The combination that is nearest, for the fewest fields to change.
  std::string text;
  size_t fewest = SIZE_MAX;
  for (const Combination &combination : combinations) {
    SmallVector<std::string> ofWeight = compare(weight, combination.weight),
                             ofActivation =
                                 compare(activation, combination.activation);
    if (ofWeight.size() + ofActivation.size() >= fewest)
      continue;
    fewest = ofWeight.size() + ofActivation.size();
    text.clear();
    if (!ofWeight.empty())
      text = "weight: " + join(ofWeight);
    if (!ofActivation.empty())
      text += (text.empty() ? "activation: " : "; activation: ") +
              join(ofActivation);
  }
  return text;
}

LogicalResult quantc::verifyHasCode(
    QuantizableOpInterface op, ArrayRef<ContractionOperand> operands,
    ArrayRef<std::optional<OperandFormat>> formats, const Recipe &recipe) {
  OperandRole role = operands.front().role;
  std::string text;
  if (role == OperandRole::Attention || role == OperandRole::Embedding) {
    // All of one role have the same format.
    SmallVector<std::string> differences = compare(formats.front(), &byteRows);
    if (role == OperandRole::Attention && formats.front())
      compareRange(*formats.front(), differences);
    if (!differences.empty())
      text = (role == OperandRole::Attention ? "attention: " : "embedding: ") +
             join(differences);
  } else {
    text = compareContraction(operands, formats);
  }
  if (text.empty())
    return success();
  return op.emitError("recipe '")
         << recipe.getName() << "': no kernel takes its " << text;
}
