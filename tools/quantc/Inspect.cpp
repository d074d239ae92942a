//===- Inspect.cpp - quantc inspect -----------------------------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Artifact.h"
#include "Commands.h"
#include "Model.h"
#include "Options.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/AffineExpr.h"
#include "quantc/Analysis/SymbolicShapes.h"
#include "quantc/Dialect/QT/IR/QTOps.h"
#include "quantc/Interpreter/HostValue.h"

#include "llvm/ADT/StringExtras.h"
#include "llvm/BinaryFormat/Magic.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/Format.h"
#include "llvm/Support/JSON.h"
#include "llvm/Support/raw_ostream.h"

#include <map>

using namespace llvm;
using namespace quantc;

static constexpr CommandSpec InspectCommand = {
    "inspect",
    "MODEL.onnx|MODEL.mlir|ARTEFACT",
    "Shows what is in a model or an artefact: inputs, outputs, ops, formats, "
    "bytes, and of an artefact what it was compiled with.",
    "",
    {}};

static std::string formatBytes(uint64_t bytes) {
  std::string text;
  raw_string_ostream out(text);
  if (bytes < 10000)
    out << bytes << " bytes";
  else if (bytes < 10000000)
    out << format("%.1f KB", double(bytes) / 1e3);
  else
    out << format("%.1f MB", double(bytes) / 1e6);
  return text;
}

//===----------------------------------------------------------------------===//
// Artefacts
//===----------------------------------------------------------------------===//

/// JSON as indented lines, objects and lists of plain values on one line.
static void printJson(const json::Value &value, unsigned indent) {
  const json::Object *object = value.getAsObject();
  const json::Array *array = value.getAsArray();
  auto isPlain = [](const json::Value &part) {
    return !part.getAsObject() && !part.getAsArray();
  };
  auto isFlat = [&](const json::Value &part) {
    if (const json::Array *list = part.getAsArray())
      return all_of(*list, isPlain);
    if (const json::Object *members = part.getAsObject())
      return all_of(*members,
                    [&](const auto &member) { return isPlain(member.second); });
    return true;
  };
  if (array && !isFlat(value)) {
    for (const json::Value &part : *array) {
      outs().indent(indent) << "- " << part << "\n";
    }
    return;
  }
  if (!object) {
    outs().indent(indent) << value << "\n";
    return;
  }
  SmallVector<std::pair<StringRef, const json::Value *>> members;
  for (const auto &[key, part] : *object)
    members.emplace_back(key, &part);
  sort(members, less_first());
  for (const auto &[key, pointer] : members) {
    const json::Value &part = *pointer;
    outs().indent(indent) << key << ": ";
    if (isFlat(part)) {
      outs() << part << "\n";
      continue;
    }
    outs() << "\n";
    printJson(part, indent + 2);
  }
}

static StringRef nameOf(quantc_dtype type) {
  switch (type) {
  case QUANTC_F32:
    return "f32";
  case QUANTC_U8:
    return "u8";
  case QUANTC_I8:
    return "i8";
  case QUANTC_U16:
    return "u16";
  case QUANTC_I16:
    return "i16";
  case QUANTC_I32:
    return "i32";
  case QUANTC_I64:
    return "i64";
  case QUANTC_BOOL:
    return "bool";
  case QUANTC_F16:
    return "f16";
  case QUANTC_F64:
    return "f64";
  case QUANTC_U32:
    return "u32";
  case QUANTC_U64:
    return "u64";
  case QUANTC_BF16:
    return "bf16";
  default:
    return "?";
  }
}

static void printDims(const quantc_program *program) {
  for (int32_t i = 0; i < quantc_num_dims(program); ++i) {
    const quantc_dim_info *dim = quantc_dim(program, i);
    outs() << "dim     " << dim->name << ": any size";
    if (dim->min > 0)
      outs() << " from " << dim->min;
    if (dim->max < INT64_MAX)
      outs() << " to " << dim->max;
    outs() << "\n";
  }
}

static int inspectArtifact(StringRef path) {
  std::string error;
  std::unique_ptr<Artifact> artifact = Artifact::load(path, error);
  if (!artifact)
    return cannotHandle("inspect", error);
  const quantc_program *program = artifact->program();
  uint64_t bytes = 0;
  sys::fs::file_size(path, bytes);
  outs() << "artefact of model '" << quantc_name(program) << "', "
         << formatBytes(bytes) << ", by " << quantc_version(program)
         << ", for CPU " << quantc_cpu(program) << "\n";
  auto print = [&](StringRef kind, const quantc_value_info &info) {
    outs() << left_justify(kind, 8) << info.name << ": " << nameOf(info.dtype)
           << " " << formatDims(program, info) << "\n";
  };
  for (int32_t i = 0; i < quantc_num_inputs(program); ++i)
    print("input", *quantc_input(program, i));
  for (int32_t i = 0; i < quantc_num_outputs(program); ++i)
    print("output", *quantc_output(program, i));
  printDims(program);
  Expected<json::Value> metadata = json::parse(quantc_metadata(program));
  if (!metadata)
    return cannotHandle("inspect", "'" + path + "' has damaged metadata: " +
                                       toString(metadata.takeError()));
  printJson(*metadata, 0);
  return Done;
}

//===----------------------------------------------------------------------===//
// Models
//===----------------------------------------------------------------------===//

static std::string formatSizes(mlir::Type type,
                               ArrayRef<mlir::AffineExpr> sizes,
                               ArrayRef<StringRef> dims) {
  std::string text;
  raw_string_ostream out(text);
  out << cast<mlir::RankedTensorType>(type).getElementType() << " [";
  for (auto [i, size] : enumerate(sizes)) {
    out << (i ? ", " : "");
    auto constant = dyn_cast<mlir::AffineConstantExpr>(size);
    auto symbol = dyn_cast<mlir::AffineSymbolExpr>(size);
    if (constant)
      out << constant.getValue();
    else if (symbol && symbol.getPosition() < dims.size())
      out << dims[symbol.getPosition()];
    else
      out << "?";
  }
  out << "]";
  return text;
}

static void printInterface(mlir::func::FuncOp func) {
  auto strings = [&](StringRef key) {
    SmallVector<StringRef> result;
    if (auto list = func->getAttrOfType<mlir::ArrayAttr>(key))
      for (auto entry : list)
        if (auto text = dyn_cast<mlir::StringAttr>(entry))
          result.push_back(text.getValue());
    return result;
  };
  SmallVector<StringRef> dims = strings(dimNamesAttrName);
  SymbolicShapes shapes(func);
  auto print = [&](StringRef kind, StringRef namesKey,
                   mlir::ValueRange values) {
    SmallVector<StringRef> names = strings(namesKey);
    for (auto [i, value] : enumerate(values))
      if (isa<mlir::RankedTensorType>(value.getType()))
        outs() << left_justify(kind, 8)
               << (i < names.size() ? names[i].str() : std::to_string(i))
               << ": "
               << formatSizes(value.getType(), shapes.getSizes(value), dims)
               << "\n";
  };
  print("input", "qt.arg_names", func.getArguments());
  print("output", "qt.result_names",
        func.getBody().back().getTerminator()->getOperands());
}

namespace {
struct Totals {
  uint64_t tensors = 0, bytes = 0;
};

/// What the ops of a module are, and on what.
struct Census {
  std::map<std::string, unsigned> ops;
  std::map<std::string, unsigned> formats;
  std::map<std::string, Totals> weights;

  void add(mlir::Operation *op);
  void print() const;
};
} // namespace

static std::string print(mlir::Type type) {
  std::string text;
  raw_string_ostream(text) << type;
  return text;
}

void Census::add(mlir::Operation *op) {
  if (isa<mlir::ModuleOp, mlir::func::FuncOp>(op) ||
      op->hasTrait<mlir::OpTrait::IsTerminator>())
    return;
  if (auto weight = dyn_cast<qt::WeightOp>(op)) {
    auto type = cast<mlir::RankedTensorType>(weight->getResult(0).getType());
    Totals &totals = weights[::print(type.getElementType())];
    ++totals.tensors;
    totals.bytes +=
        type.getNumElements() * getElementBytes(type.getElementType());
    return;
  }
  if (op->hasTrait<mlir::OpTrait::ConstantLike>())
    return;
  ++ops[op->getName().getStringRef().str()];
  for (mlir::Type type : op->getResultTypes())
    if (auto tensor = dyn_cast<mlir::RankedTensorType>(type))
      if (!tensor.getElementType().isIntOrIndexOrFloat())
        ++formats[::print(tensor.getElementType())];
}

void Census::print() const {
  for (const auto &[format, totals] : weights)
    outs() << "weights " << totals.tensors << " tensors of " << format << ", "
           << formatBytes(totals.bytes) << "\n";
  for (const auto &[format, count] : formats)
    outs() << "format  " << count << " x " << format << "\n";
  for (const auto &[name, count] : ops)
    outs() << "op      " << count << " x " << name << "\n";
}

static int inspectModel(StringRef path) {
  Model model(1);
  if (!model.read(path) || !model.problems.empty())
    return model.fail("inspect");
  uint64_t bytes = 0;
  sys::fs::file_size(path, bytes);
  mlir::ModuleOp module = model.getModule();
  outs() << "model '" << path << "', " << formatBytes(bytes);
  if (auto stage = module->getAttrOfType<mlir::StringAttr>("qt.stage"))
    outs() << ", behind the stage " << stage.getValue();
  outs() << "\n";
  if (auto entry = module.lookupSymbol<mlir::func::FuncOp>("main"))
    if (!entry.isExternal())
      printInterface(entry);
  if (auto metadata =
          module->getAttrOfType<mlir::DictionaryAttr>("qt.metadata"))
    for (mlir::NamedAttribute entry : metadata)
      outs() << left_justify("meta", 8) << entry.getName().getValue() << ": "
             << entry.getValue() << "\n";
  Census census;
  module->walk([&](mlir::Operation *op) { census.add(op); });
  census.print();
  return Done;
}

int quantc::runInspect(ArrayRef<StringRef> arguments) {
  Options options;
  if (std::optional<int> code =
          parseOptions(InspectCommand, arguments, options))
    return *code;
  StringRef path = options.operands().front();
  file_magic magic;
  if (!identify_magic(path, magic) && magic >= file_magic::elf &&
      magic <= file_magic::elf_core)
    return inspectArtifact(path);
  return inspectModel(path);
}
