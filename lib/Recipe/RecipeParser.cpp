//===- RecipeParser.cpp - From JSON to rules --------------------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "RecipeParser.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringSwitch.h"
#include "llvm/Support/GlobPattern.h"
#include "llvm/Support/JSON.h"

using namespace llvm;

namespace quantc {

Expected<Recipe> Recipe::parse(StringRef text, StringRef targetClass) {
  return RecipeParser(targetClass).parse(text);
}

static std::string print(const json::Value &value) {
  std::string text;
  raw_string_ostream(text) << value;
  return text;
}

void RecipeParser::checkKeys(const json::Object &object,
                             ArrayRef<StringRef> known, const Twine &where) {
  SmallVector<StringRef> unknown;
  for (const auto &entry : object)
    if (!is_contained(known, StringRef(entry.first)))
      unknown.push_back(entry.first);
  llvm::sort(unknown);
  for (StringRef key : unknown)
    problem(where + ": unknown key '" + key +
            "'; supported: " + join(known, ", "));
}

std::string RecipeParser::text(const json::Object &object, StringRef key,
                               const Twine &where, StringRef missing) {
  const json::Value *value = object.get(key);
  if (!value)
    return missing.str();
  if (std::optional<StringRef> string = value->getAsString())
    return string->str();
  problem(where + ": '" + key + "' is " + print(*value) +
          ", expected a string");
  return missing.str();
}

void RecipeParser::parsePosition(const json::Value &value, const Twine &where,
                                 Recipe::Rule &rule) {
  json::Array single;
  const json::Array *names = value.getAsArray();
  if (!names) {
    single.push_back(value);
    names = &single;
  }
  Position position;
  for (const json::Value &entry : *names) {
    std::optional<StringRef> string = entry.getAsString();
    if (string == StringRef("first"))
      position.first = true;
    else if (string == StringRef("last"))
      position.last = true;
    else
      problem(where + ": position " + print(entry) +
              "; supported: \"first\", \"last\"");
  }
  if (names->empty())
    problem(where + ": position has no entry; supported: \"first\", \"last\"");
  rule.position = position;
}

void RecipeParser::parseRange(const json::Object &object, const Twine &where,
                              OperandFormat &format) {
  const json::Value *value = object.get("range");
  if (!value) {
    problem(where + ": no 'range'; the code range is part of the encoding");
    return;
  }
  if (const json::Object *byTarget = value->getAsObject()) {
    value = byTarget->get(targetClass);
    if (!value)
      value = byTarget->get("default");
    if (!value) {
      problem(where + ": 'range' has neither '" + targetClass +
              "' nor 'default'");
      return;
    }
  }
  const json::Array *pair = value->getAsArray();
  std::optional<int64_t> low, high;
  if (pair && pair->size() == 2) {
    low = (*pair)[0].getAsInteger();
    high = (*pair)[1].getAsInteger();
  }
  if (!low || !high || *low >= *high) {
    problem(where + ": range " + print(*value) +
            ", expected [lowest, highest]");
    return;
  }
  format.lowest = *low;
  format.highest = *high;
  std::string range = "'range' " + print(*value);
  // Of the other elements the dialect knows the codes.
  StringRef bits = StringRef(format.element).drop_front();
  unsigned width = 0;
  bool isSigned = StringRef(format.element).starts_with("s");
  if ((isSigned || StringRef(format.element).starts_with("u")) &&
      !bits.getAsInteger(10, width) && width >= 1 && width <= 32) {
    int64_t lowest = isSigned ? -(int64_t(1) << (width - 1)) : 0;
    int64_t highest = lowest + (int64_t(1) << width) - 1;
    if (*low < lowest || *high > highest)
      problem(where + ": " + range + " exceeds the codes of '" +
              format.element + "', " + Twine(lowest) + ".." + Twine(highest));
  }
  if (StringRef(format.element).starts_with("s") && *low >= 0)
    recipe.warnings.push_back((where + ": " + range + " of '" + format.element +
                               "': numbers below 0 become 0")
                                  .str());
  else if (*high - *low < 6)
    recipe.warnings.push_back(
        (where + ": " + range + " has " + Twine(*high - *low + 1) + " codes")
            .str());
}

void RecipeParser::parseFormat(const json::Object &object, const Twine &where,
                               Recipe::Rule &rule) {
  std::string whole = text(object, "format", where, "");
  if (!whole.empty()) {
    if (whole != "float")
      problem(where + ": format '" + whole +
              "'; supported: 'float', or element, grid, scale, encoding and "
              "range");
    for (StringRef key :
         {"element", "grid", "scale", "outer", "encoding", "range"})
      if (object.get(key))
        problem(where + ": '" + key + "' beside 'format'; supported: either");
    return;
  }
  OperandFormat format;
  format.element = text(object, "element", where, "");
  if (format.element.empty())
    problem(where + ": neither 'format' nor 'element'");
  format.scale = text(object, "scale", where, "f32");
  format.outer = text(object, "outer", where, "");
  format.encoding = text(object, "encoding", where, "absmax");
  if (const json::Value *grid = object.get("grid")) {
    std::optional<int64_t> block = grid->getAsInteger();
    std::optional<StringRef> string = grid->getAsString();
    auto named = StringSwitch<std::optional<ScaleGrid>>(string.value_or(""))
                     .Case("row", ScaleGrid::Row)
                     .Case("tensor", ScaleGrid::Tensor)
                     .Case("image", ScaleGrid::Image)
                     .Case("channel", ScaleGrid::Channel)
                     .Default(std::nullopt);
    if (block && *block > 0)
      format.block = *block;
    else if (named)
      format.grid = *named;
    else
      problem(where + ": grid " + print(*grid) +
              "; supported: \"row\", \"channel\", \"image\", \"tensor\", a "
              "positive block length");
  }
  bool isOfImage =
      format.grid == ScaleGrid::Image || format.grid == ScaleGrid::Channel;
  if (isOfImage && rule.role && *rule.role != OperandRole::Activation)
    problem(where + ": grid \"" + spellGrid(format.grid) +
            "\" of a role that is no activation; supported: \"row\", "
            "\"tensor\", a positive block length");
  parseRange(object, where, format);
  rule.format = format;
}

void RecipeParser::parseRule(const json::Object &object, size_t index) {
  std::string where = ("rule " + Twine(index)).str();
  checkKeys(object,
            {"role", "position", "op", "channels_below", "name", "format",
             "element", "grid", "scale", "outer", "encoding", "range"},
            where);
  Recipe::Rule rule;
  std::string role = text(object, "role", where, "");
  rule.role = StringSwitch<std::optional<OperandRole>>(role)
                  .Case("weight", OperandRole::Weight)
                  .Case("activation", OperandRole::Activation)
                  .Case("attention", OperandRole::Attention)
                  .Case("embedding", OperandRole::Embedding)
                  .Default(std::nullopt);
  if (!rule.role && !role.empty())
    problem(where + ": role '" + role +
            "'; supported: weight, activation, attention, embedding");
  if (const json::Value *position = object.get("position"))
    parsePosition(*position, where, rule);
  std::string kind = text(object, "op", where, "");
  rule.kind = StringSwitch<std::optional<ContractionKind>>(kind)
                  .Case("product", ContractionKind::Product)
                  .Case("convolution", ContractionKind::Convolution)
                  .Case("depthwise", ContractionKind::Depthwise)
                  .Default(std::nullopt);
  if (!rule.kind && !kind.empty())
    problem(where + ": op '" + kind +
            "'; supported: product, convolution, depthwise");
  if (const json::Value *below = object.get("channels_below")) {
    rule.channelsBelow = below->getAsInteger().value_or(0);
    if (rule.channelsBelow < 1)
      problem(where + ": channels_below " + print(*below) +
              "; supported: a positive number");
  }
  rule.pattern = text(object, "name", where, "");
  if (!rule.pattern.empty()) {
    Expected<GlobPattern> glob = GlobPattern::create(rule.pattern);
    if (!glob)
      problem(where + ": name '" + rule.pattern +
              "' is no pattern: " + toString(glob.takeError()));
  }
  parseFormat(object, where, rule);
  recipe.rules.push_back(std::move(rule));
}

/// A rule of which nothing is left by one before it is a mistake: the two
/// contradict each other, or one of them is superfluous.
void RecipeParser::checkReach() {
  for (auto [index, rule] : llvm::enumerate(recipe.rules))
    for (auto [before, other] :
         llvm::enumerate(ArrayRef(recipe.rules).take_front(index)))
      if (other.covers(rule)) {
        problem("rule " + Twine(index) + ": never applies, rule " +
                Twine(before) + " takes everything that it matches");
        break;
      }
}

/// Whether brackets stand inside one another too often for a parser that calls
/// itself for each: a recipe has four levels.
static bool isDeep(StringRef source) {
  constexpr int most = 64;
  int depth = 0;
  bool inText = false;
  for (size_t i = 0; i < source.size(); ++i) {
    char c = source[i];
    if (inText && c == '\\')
      ++i;
    else if (c == '"')
      inText = !inText;
    else if (!inText && (c == '[' || c == '{') && ++depth > most)
      return true;
    else if (!inText && (c == ']' || c == '}'))
      --depth;
  }
  return false;
}

Expected<Recipe> RecipeParser::parse(StringRef source) {
  if (isDeep(source))
    return createStringError("not a recipe: brackets more than 64 deep");
  Expected<json::Value> parsed = json::parse(source);
  if (!parsed)
    return createStringError("not JSON: " + toString(parsed.takeError()));
  const json::Object *object = parsed->getAsObject();
  if (!object)
    return createStringError("a recipe is a JSON object with 'rules'");
  checkKeys(*object, {"name", "version", "summary", "base", "rules"}, "recipe");
  recipe.name = text(*object, "name", "recipe", "custom");
  recipe.version = object->getInteger("version").value_or(1);
  if (const json::Array *rules = object->getArray("rules")) {
    for (auto [index, rule] : llvm::enumerate(*rules)) {
      if (const json::Object *fields = rule.getAsObject())
        parseRule(*fields, index);
      else
        problem("rule " + Twine(index) + ": not an object");
    }
  } else {
    problem("recipe: no list 'rules'");
  }
  checkReach();
  std::string base = text(*object, "base", "recipe", "");
  if (!base.empty()) {
    Expected<Recipe> below = Recipe::load(base, targetClass, loading);
    if (!below)
      problem("base: " + toString(below.takeError()));
    else {
      llvm::append_range(recipe.rules, below->rules);
      llvm::append_range(recipe.warnings, below->warnings);
    }
  }
  if (!problems.empty())
    return createStringError(problems);
  return std::move(recipe);
}

} // namespace quantc
