//===- Recipe.cpp - Which operand gets which format -------------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "quantc/Recipe/Recipe.h"
#include "RecipeParser.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/GlobPattern.h"
#include "llvm/Support/JSON.h"
#include "llvm/Support/MemoryBuffer.h"

using namespace llvm;
using namespace quantc;

static const char *const builtins[] = {
#include "quantc/Recipe/Builtin.inc"
};

/// The value of a top-level string of a built-in recipe.
static std::string field(StringRef text, StringRef key) {
  Expected<json::Value> value = json::parse(text);
  if (!value) {
    consumeError(value.takeError());
    return "";
  }
  return value->getAsObject()->getString(key).value_or("").str();
}

static bool isBuiltin(StringRef name) {
  return any_of(builtins,
                [&](const char *text) { return field(text, "name") == name; });
}

std::vector<std::pair<std::string, std::string>> Recipe::list() {
  std::vector<std::pair<std::string, std::string>> result;
  for (const char *text : builtins)
    result.emplace_back(field(text, "name"), field(text, "summary"));
  return result;
}

Expected<Recipe> Recipe::load(StringRef nameOrPath, StringRef targetClass) {
  return load(nameOrPath, targetClass, /*user=*/nullptr);
}

Expected<Recipe> Recipe::load(StringRef nameOrPath, StringRef targetClass,
                              const Loading *user) {
  for (const Loading *other = user; other; other = other->user)
    if (other->name == nameOrPath)
      return createStringError("recipe '" + nameOrPath +
                               "' is based on itself");
  Loading loading{nameOrPath, user};
  for (const char *text : builtins)
    if (field(text, "name") == nameOrPath)
      return RecipeParser(targetClass, &loading).parse(text);
  if (auto [first, second] = nameOrPath.rsplit('+'); isBuiltin(second)) {
    Expected<Recipe> left = load(first, targetClass, &loading);
    if (!left)
      return left.takeError();
    Expected<Recipe> right = load(second, targetClass, &loading);
    if (!right)
      return right.takeError();
    left->name += "+" + right->name;
    append_range(left->rules, right->rules);
    append_range(left->warnings, right->warnings);
    return left;
  }
  if (!nameOrPath.contains('.') && !nameOrPath.contains('/')) {
    std::string names = join(
        map_range(list(), [](const auto &entry) { return entry.first; }), ", ");
    return createStringError("no recipe '" + nameOrPath + "'; there are " +
                             names +
                             ", or give the path of a .json file of your own");
  }
  auto buffer = MemoryBuffer::getFile(nameOrPath, /*IsText=*/true);
  if (!buffer)
    return createStringError("recipe '" + nameOrPath +
                             "': " + buffer.getError().message());
  Expected<Recipe> recipe =
      RecipeParser(targetClass, &loading).parse((*buffer)->getBuffer());
  if (!recipe)
    return createStringError("recipe '" + nameOrPath +
                             "': " + toString(recipe.takeError()));
  return recipe;
}

std::optional<OperandFormat> Recipe::lookup(const ContractionOperand &operand,
                                            Position position,
                                            StringRef operandName) const {
  for (const Rule &rule : rules) {
    if (rule.role && *rule.role != operand.role)
      continue;
    if (rule.kind && *rule.kind != operand.kind)
      continue;
    if (rule.channelsBelow && (operand.kind == ContractionKind::Product ||
                               operand.depth >= rule.channelsBelow))
      continue;
    if (rule.position && !(rule.position->first && position.first) &&
        !(rule.position->last && position.last))
      continue;
    // Made anew: a GlobPattern refers to the text it was made from.
    if (!rule.pattern.empty() &&
        !cantFail(GlobPattern::create(rule.pattern)).match(operandName))
      continue;
    return rule.format;
  }
  return std::nullopt;
}

static StringRef spell(OperandRole role) {
  switch (role) {
  case OperandRole::Weight:
    return "weight";
  case OperandRole::Activation:
    return "activation";
  case OperandRole::Attention:
    return "attention";
  case OperandRole::Embedding:
    return "embedding";
  }
  return "";
}

static StringRef spell(ContractionKind kind) {
  switch (kind) {
  case ContractionKind::Product:
    return "product";
  case ContractionKind::Convolution:
    return "convolution";
  case ContractionKind::Depthwise:
    return "depthwise";
  }
  return "";
}

StringRef quantc::spellGrid(ScaleGrid grid) {
  switch (grid) {
  case ScaleGrid::Row:
    return "row";
  case ScaleGrid::Tensor:
    return "tensor";
  case ScaleGrid::Image:
    return "image";
  case ScaleGrid::Channel:
    return "channel";
  }
  llvm_unreachable("all grids are covered");
}

bool Recipe::Rule::covers(const Rule &other) const {
  if (role && other.role != role)
    return false;
  if (position &&
      (!other.position || (other.position->first && !position->first) ||
       (other.position->last && !position->last)))
    return false;
  if (kind && other.kind != kind)
    return false;
  if (channelsBelow &&
      (!other.channelsBelow || other.channelsBelow > channelsBelow))
    return false;
  return pattern.empty() || pattern == other.pattern || pattern == "*";
}

std::vector<std::string> Recipe::getUnmatched(ArrayRef<StringRef> names) const {
  std::vector<std::string> result;
  for (const Rule &rule : rules) {
    if (rule.pattern.empty() || is_contained(result, rule.pattern))
      continue;
    GlobPattern glob = cantFail(GlobPattern::create(rule.pattern));
    if (none_of(names, [&](StringRef name) { return glob.match(name); }))
      result.push_back(rule.pattern);
  }
  return result;
}

std::vector<std::string> Recipe::describeRules() const {
  std::vector<std::string> lines;
  for (const Rule &rule : rules) {
    std::string line = rule.role ? spell(*rule.role).str() : "any operand";
    raw_string_ostream out(line);
    if (rule.kind)
      out << " of a " << spell(*rule.kind);
    if (rule.channelsBelow)
      out << " below " << rule.channelsBelow << " channels";
    if (rule.position)
      out << (rule.position->first && rule.position->last
                  ? ", first or last"
                  : (rule.position->first ? ", first" : ", last"));
    if (!rule.pattern.empty())
      out << ", named " << rule.pattern;
    out << ": ";
    if (const std::optional<OperandFormat> &format = rule.format) {
      out << format->element << ", one " << format->scale << " scale ";
      if (format->block)
        out << "for each " << format->block;
      else
        out << (format->grid == ScaleGrid::Image ? "an " : "a ")
            << spellGrid(format->grid);
      if (!format->outer.empty())
        out << " times one " << format->outer << " scale a row";
      out << ", " << format->encoding << " to " << format->lowest << ".."
          << format->highest;
    } else {
      out << "float";
    }
    lines.push_back(std::move(line));
  }
  lines.push_back("everything else: float");
  return lines;
}

std::string Recipe::describe() const {
  json::Array list;
  for (const Rule &rule : rules) {
    json::Object entry;
    if (rule.role)
      entry["role"] = spell(*rule.role);
    if (rule.position) {
      json::Array where;
      if (rule.position->first)
        where.push_back("first");
      if (rule.position->last)
        where.push_back("last");
      entry["position"] = std::move(where);
    }
    if (rule.kind)
      entry["op"] = spell(*rule.kind);
    if (rule.channelsBelow)
      entry["channels_below"] = rule.channelsBelow;
    if (!rule.pattern.empty())
      entry["name"] = rule.pattern;
    if (rule.format) {
      entry["element"] = rule.format->element;
      if (rule.format->block)
        entry["grid"] = rule.format->block;
      else
        entry["grid"] = spellGrid(rule.format->grid);
      entry["scale"] = rule.format->scale;
      if (!rule.format->outer.empty())
        entry["outer"] = rule.format->outer;
      entry["encoding"] = rule.format->encoding;
      entry["range"] = json::Array{rule.format->lowest, rule.format->highest};
    } else {
      entry["format"] = "float";
    }
    list.push_back(std::move(entry));
  }
  json::Object object{
      {"name", name}, {"version", version}, {"rules", std::move(list)}};
  std::string text;
  raw_string_ostream(text) << json::Value(std::move(object));
  return text;
}
