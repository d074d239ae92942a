//===- ErrorTable.cpp - Errors of outputs and layers ------------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ErrorTable.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/Format.h"
#include "llvm/Support/JSON.h"

#include <cmath>

using namespace llvm;
using namespace quantc;

void ErrorTable::addOutput(StringRef name, StringRef what,
                           const HostValue &expected, const HostValue &got) {
  auto found = find_if(outputs, [&](const Output &output) {
    return output.name == name && output.what == what;
  });
  if (found == outputs.end())
    found = outputs.insert(outputs.end(), {name.str(), what.str(), {}, false});
  if (expected.getShape() == got.getShape())
    found->error.add(expected, got);
  else
    found->hasOtherShape = true;
}

/// Elements that are no numbers are worse than any error.
static std::pair<int64_t, double> getBadness(const ErrorSum &error) {
  return {error.getNumStrange(), error.getRelativeRms()};
}
static bool isWorse(const ErrorSum &a, const ErrorSum &b) {
  return getBadness(a) > getBadness(b);
}

std::vector<const ErrorTable::Output *> ErrorTable::getSorted() const {
  std::vector<const Output *> sorted;
  for (const Output &output : outputs)
    sorted.push_back(&output);
  // Equal ones keep their order, which is that of their addresses.
  sort(sorted, [](const Output *a, const Output *b) {
    if (a->hasOtherShape != b->hasOtherShape)
      return a->hasOtherShape;
    if (getBadness(a->error) != getBadness(b->error))
      return isWorse(a->error, b->error);
    return a < b;
  });
  return sorted;
}

/// The worst ones first: by the error that reaches them, as outputs are.
static std::vector<const LayerError *> sortLayers(ArrayRef<LayerError> layers,
                                                  int64_t top) {
  std::vector<const LayerError *> sorted;
  for (const LayerError &layer : layers)
    sorted.push_back(&layer);
  sort(sorted, [](const LayerError *a, const LayerError *b) {
    if (getBadness(a->error) != getBadness(b->error))
      return isWorse(a->error, b->error);
    return a < b;
  });
  sorted.resize(std::min<size_t>(sorted.size(), top));
  return sorted;
}

/// The layer with the largest error of its own.
static const LayerError *findSource(ArrayRef<LayerError> layers) {
  const LayerError *source = nullptr;
  for (const LayerError &layer : layers)
    if (!layer.own.isEmpty() && (!source || isWorse(layer.own, source->own)))
      source = &layer;
  return source;
}

//===----------------------------------------------------------------------===//
// Text
//===----------------------------------------------------------------------===//

static void printError(raw_ostream &out, const ErrorSum &error) {
  out << format("  %10.3e  %10.3e  %8.6f", error.getRelativeRms(),
                error.getMaxAbs(), error.getCosine());
  if (error.getNumStrange())
    out << "  " << error.getNumStrange() << " elements not finite";
}

static size_t getWidth(size_t longest) {
  return std::min<size_t>(std::max<size_t>(longest, 24), 60);
}

void ErrorTable::print(raw_ostream &out, ArrayRef<LayerError> layers,
                       int64_t top) const {
  size_t width = 0, whatWidth = 0, opWidth = 0;
  for (const Output &output : outputs) {
    width = std::max(width, output.name.size());
    whatWidth = std::max(whatWidth, output.what.size());
  }
  width = getWidth(width);
  out << left_justify("output", width) << "  " << left_justify("", whatWidth)
      << "    rel. rms     max abs    cosine\n";
  for (const Output *output : getSorted()) {
    out << left_justify(output->name, width) << "  "
        << left_justify(output->what, whatWidth);
    if (output->hasOtherShape)
      out << "  shapes differ";
    else
      printError(out, output->error);
    out << "\n";
  }
  if (layers.empty())
    return;
  std::vector<const LayerError *> sorted = sortLayers(layers, top);
  width = 0;
  for (const LayerError *layer : sorted) {
    width = std::max(width, layer->name.size());
    opWidth = std::max(opWidth, layer->op.size());
  }
  width = getWidth(width);
  out << "\n"
      << left_justify("layer", width) << "  " << left_justify("op", opWidth)
      << "         own    rel. rms     max abs    cosine\n";
  for (const LayerError *layer : sorted) {
    out << left_justify(layer->name, width) << "  "
        << left_justify(layer->op, opWidth) << "  ";
    if (layer->own.isEmpty())
      out << "         -";
    else
      out << format("%10.3e", layer->own.getRelativeRms());
    printError(out, layer->error);
    out << "\n";
  }
  if (sorted.size() < layers.size())
    out << "... and " << layers.size() - sorted.size() << " more (--top)\n";
  if (const LayerError *source = findSource(layers)) {
    out << "\nlargest error of its own: " << source->name << " ("
        << format("%.3e", source->own.getRelativeRms()) << ", " << source->op
        << " of " << join(source->formats, " and ") << ")\n";
  }
}

//===----------------------------------------------------------------------===//
// JSON
//===----------------------------------------------------------------------===//

/// JSON has no infinite numbers.
static json::Value toJson(double number) {
  return std::isfinite(number) ? json::Value(number) : json::Value(nullptr);
}

static void writeError(json::OStream &out, const ErrorSum &error) {
  out.attribute("relative_rms", toJson(error.getRelativeRms()));
  out.attribute("max_abs", toJson(error.getMaxAbs()));
  out.attribute("cosine", toJson(error.getCosine()));
  out.attribute("not_finite", error.getNumStrange());
}

void ErrorTable::writeJson(raw_ostream &stream, ArrayRef<LayerError> layers,
                           int64_t top) const {
  json::OStream out(stream, /*IndentSize=*/2);
  out.object([&] {
    out.attributeArray("outputs", [&] {
      for (const Output *output : getSorted())
        out.object([&] {
          out.attribute("name", json::fixUTF8(output->name));
          out.attribute("what", output->what);
          out.attribute("shapes_differ", output->hasOtherShape);
          writeError(out, output->error);
        });
    });
    out.attributeArray("layers", [&] {
      for (const LayerError *layer : sortLayers(layers, top))
        out.object([&] {
          out.attribute("name", json::fixUTF8(layer->name));
          out.attribute("op", layer->op);
          if (!layer->formats.empty())
            out.attributeArray("formats", [&] {
              for (const std::string &format : layer->formats)
                out.value(format);
            });
          writeError(out, layer->error);
          if (!layer->own.isEmpty())
            out.attributeObject("own", [&] { writeError(out, layer->own); });
        });
    });
    if (const LayerError *source = findSource(layers))
      out.attribute("adds_most", json::fixUTF8(source->name));
  });
  stream << "\n";
}
