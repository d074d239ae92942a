//===- Layers.cpp - What became of every layer ------------------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Layers.h"

#include "mlir/IR/BuiltinAttributes.h"
#include "quantc/Dialect/QT/IR/QTAttrNames.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/Format.h"

#include <array>
#include <cmath>

using namespace llvm;
using namespace quantc;

static json::Value toJson(mlir::Attribute attribute) {
  if (auto text = dyn_cast<mlir::StringAttr>(attribute))
    return json::fixUTF8(text.getValue());
  if (auto number = dyn_cast<mlir::IntegerAttr>(attribute))
    return number.getInt();
  if (auto list = dyn_cast<mlir::ArrayAttr>(attribute))
    return json::Array(map_range(list, toJson));
  json::Object object;
  if (auto members = dyn_cast<mlir::DictionaryAttr>(attribute))
    for (mlir::NamedAttribute member : members)
      object[member.getName().str()] = toJson(member.getValue());
  return object;
}

json::Array quantc::getLayers(mlir::ModuleOp module) {
  json::Array layers;
  auto recorded = module->getAttrOfType<mlir::ArrayAttr>(layersAttrName);
  if (!recorded)
    return layers;
  int64_t total = 0;
  for (auto layer : recorded.getAsRange<mlir::DictionaryAttr>())
    if (auto bytes = layer.getAs<mlir::IntegerAttr>("bytes"))
      total += bytes.getInt();
  for (mlir::Attribute layer : recorded) {
    json::Value value = toJson(layer);
    json::Object &object = *value.getAsObject();
    double share = double(object.getInteger("bytes").value_or(0)) /
                   double(std::max<int64_t>(total, 1));
    // As many digits as anybody reads.
    object["share"] = std::round(share * 1e6) / 1e6;
    layers.push_back(std::move(value));
  }
  return layers;
}

std::string quantc::formatBytes(uint64_t bytes) {
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

/// "s8 [1, ?] x s4 [1, 32]": what tells formats apart; JSON has all of it.
static std::string shortenFormats(const json::Object &formats) {
  auto shorten = [&](StringRef key) -> std::string {
    StringRef format = formats.getString(key).value_or("");
    if (!format.consume_front("!qt.block<"))
      return format.str();
    auto [shape, rest] = format.split("], ");
    return (rest.take_until([](char c) { return c == ',' || c == '>'; }) + " " +
            shape + "]")
        .str();
  };
  SmallVector<std::string> parts;
  for (StringRef key : {"lhs", "rhs", "q", "k", "v", "table"})
    if (formats.get(key))
      parts.push_back(shorten(key));
  return join(parts, " x ");
}

/// "w4i": the first word of a layout.
static std::string shortenLayout(StringRef layout) {
  layout.consume_front("#qt.layout<");
  return layout.take_until([](char c) { return c == ',' || c == '>'; }).str();
}

static std::string formatShape(const json::Array *shape) {
  SmallVector<std::string> sizes;
  if (shape)
    for (const json::Value &size : *shape) {
      int64_t number = size.getAsInteger().value_or(-1);
      sizes.push_back(number < 0 ? "?" : std::to_string(number));
    }
  return join(sizes, " x ");
}

void quantc::printLayers(raw_ostream &out, const json::Array &layers) {
  std::vector<std::array<std::string, 7>> rows = {
      {"layer", "op", "weights", "formats", "layout", "bytes", "share"}};
  for (const json::Value &value : layers) {
    const json::Object *layer = value.getAsObject();
    if (!layer)
      continue;
    auto text = [&](StringRef key) {
      return layer->getString(key).value_or("").str();
    };
    const json::Object *formats = layer->getObject("formats");
    std::string share;
    raw_string_ostream(share)
        << format("%.1f%%", 100 * layer->getNumber("share").value_or(0));
    rows.push_back(
        {text("name"), text("op"), formatShape(layer->getArray("shape")),
         formats ? shortenFormats(*formats) : "",
         shortenLayout(layer->getString("layout").value_or("")),
         formatBytes(layer->getInteger("bytes").value_or(0)), share});
  }
  std::array<size_t, 7> widths = {};
  for (const auto &row : rows)
    for (size_t i = 0; i < row.size(); ++i)
      widths[i] = std::max(widths[i], row[i].size());
  for (const auto &row : rows) {
    for (size_t i = 0; i + 2 < row.size(); ++i)
      out << left_justify(row[i], widths[i]) << "  ";
    out << right_justify(row[5], widths[5]) << "  "
        << right_justify(row[6], widths[6]) << "\n";
  }
}
