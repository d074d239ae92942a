//===- RecipeTest.cpp - Which operand gets which format ---------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "quantc/Recipe/Recipe.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/raw_ostream.h"
#include "gtest/gtest.h"

using namespace llvm;
using namespace quantc;

static std::string problemOf(StringRef text) {
  Expected<Recipe> recipe = Recipe::parse(text, "avx2");
  return recipe ? "" : toString(recipe.takeError());
}

static Recipe mustLoad(StringRef name, StringRef targetClass) {
  return cantFail(Recipe::load(name, targetClass));
}

TEST(Recipe, BuiltinsAreListedAndLoad) {
  auto list = Recipe::list();
  EXPECT_EQ(list.size(), 7u);
  for (const auto &[name, summary] : list) {
    EXPECT_EQ(mustLoad(name, "generic").getName(), name);
    EXPECT_FALSE(summary.empty());
  }
}

TEST(Recipe, TablesAreQuantisedBesideOthers) {
  ContractionOperand table{0, OperandRole::Embedding, 1};
  ContractionOperand weight{1, OperandRole::Weight, 1};
  EXPECT_FALSE(mustLoad("w8a8", "generic").lookup(table, {}, "x"));
  EXPECT_FALSE(mustLoad("e8", "generic").lookup(weight, {}, "x"));
  Recipe both = mustLoad("w8a8+e8", "generic");
  EXPECT_EQ(both.getName(), "w8a8+e8");
  EXPECT_EQ(both.lookup(table, {}, "x")->element, "s8");
  EXPECT_EQ(both.lookup(weight, {}, "x")->element, "s8");
  EXPECT_NE(both.describe().find("\"role\":\"embedding\""), std::string::npos);
  for (StringRef wrong : {"w8a8+e9", "w9+e8", "+e8"}) {
    Expected<Recipe> recipe = Recipe::load(wrong, "generic");
    ASSERT_FALSE(bool(recipe)) << wrong.str();
    EXPECT_NE(toString(recipe.takeError()).find("no recipe"),
              std::string::npos);
  }
}

TEST(Recipe, FirstAndLastKeepEightBits) {
  Recipe recipe = mustLoad("w4a8", "avx512vnni");
  auto element = [&](Position position) {
    return recipe.lookup({1, OperandRole::Weight, 1}, position, "x")->element;
  };
  EXPECT_EQ(element({true, false}), "s8");
  EXPECT_EQ(element({false, true}), "s8");
  EXPECT_EQ(element({false, false}), "s4");
}

TEST(Recipe, ActivationsStayFloats) {
  for (StringRef name : {"w8a16", "w4a16"}) {
    Recipe recipe = mustLoad(name, "generic");
    EXPECT_TRUE(recipe.lookup({1, OperandRole::Weight, 1}, {}, "x"));
    EXPECT_FALSE(recipe.lookup({0, OperandRole::Activation, 1}, {}, "x"));
    EXPECT_FALSE(recipe.lookup({0, OperandRole::Attention, 3}, {}, "x"));
    EXPECT_FALSE(recipe.lookup(
        {1, OperandRole::Weight, 2, ContractionKind::Convolution}, {}, "x"));
  }
}

TEST(Recipe, RangesDependOnTheTarget) {
  auto highest = [&](StringRef target) {
    return mustLoad("w8a8", target)
        .lookup({1, OperandRole::Weight, 1}, {}, "x")
        ->highest;
  };
  EXPECT_EQ(highest("avx2"), 90);
  EXPECT_EQ(highest("avx512vnni"), 127);
}

TEST(Recipe, OwnRulesComeBeforeTheBase) {
  Recipe recipe = cantFail(Recipe::parse(
      R"({"base": "w8a8", "rules": [{"name": "/head/*", "format": "float"}]})",
      "avx2"));
  EXPECT_FALSE(recipe.lookup({1, OperandRole::Weight, 1}, {}, "/head/Gemm"));
  EXPECT_TRUE(recipe.lookup({1, OperandRole::Weight, 1}, {}, "/fc1/MatMul"));
}

TEST(Recipe, AllProblemsAtOnce) {
  std::string text = problemOf(
      R"({"rules": [{"role": "bias", "element": "s8", "grid": 0, "range": [3, 1], "speed": 1}, 7]})");
  for (const char *part : {"role 'bias'", "grid 0", "range [3,1]",
                           "unknown key 'speed'", "rule 1: not an object"})
    EXPECT_NE(text.find(part), std::string::npos) << part << "\n" << text;
  EXPECT_NE(problemOf("{").find("not JSON"), std::string::npos);
  EXPECT_NE(problemOf(std::string(100000, '[')).find("64 deep"),
            std::string::npos);
  // Brackets in text do not count.
  EXPECT_EQ(problemOf("{\"name\": \"" + std::string(100, '[') + "\\\"\"}")
                .find("deep"),
            std::string::npos);
  EXPECT_NE(problemOf(R"({"base": "w9", "rules": []})").find("no recipe 'w9'"),
            std::string::npos);
}

TEST(Recipe, ContradictionsAreRefused) {
  const char *weight =
      R"({"role": "weight", "element": "s8", "range": [-127, 127]})";
  std::string text = problemOf(
      (Twine(R"({"rules": [{"role": "weight", "format": "float"}, )") + weight +
       "]}")
          .str());
  EXPECT_EQ(text, "rule 1: never applies, rule 0 takes everything that it "
                  "matches");
  // The other way round one takes what another leaves.
  EXPECT_EQ(
      problemOf(
          R"({"rules": [{"role": "weight", "name": "a*", "format": "float"},
                    {"role": "weight", "format": "float"}]})"),
      "");
  EXPECT_EQ(problemOf(R"({"rules": [{"format": "float", "element": "s8"}]})"),
            "rule 0: 'element' beside 'format'; supported: either");
  EXPECT_NE(problemOf(R"({"rules": [{"position": [], "format": "float"}]})")
                .find("position has no entry"),
            std::string::npos);
}

TEST(Recipe, NamesThatMatchNothingAreFound) {
  Recipe recipe = cantFail(Recipe::parse(
      R"({"rules": [{"name": "/head/*", "format": "float"},
                    {"name": "/tail/*", "format": "float"}]})",
      "avx2"));
  EXPECT_EQ(recipe.getUnmatched({"/head/Gemm", "/fc1"}),
            std::vector<std::string>{"/tail/*"});
}

TEST(Recipe, RulesAreToldInWords) {
  std::vector<std::string> lines = mustLoad("w4a8", "avx2").describeRules();
  EXPECT_NE(llvm::find(lines, "weight, first or last: s8, one f32 scale a row, "
                              "absmax to -90..90"),
            lines.end());
  EXPECT_EQ(lines.back(), "everything else: float");
}

TEST(Recipe, RangesAreWithinTheElement) {
  auto parse = [](StringRef element, StringRef range) {
    return Recipe::parse((R"({"rules": [{"role": "weight", "element": ")" +
                          element + R"(", "range": )" + range + "}]}")
                             .str(),
                         "avx2");
  };
  for (auto [element, range, codes] :
       {std::tuple("s4", "[-127, 127]", "'s4', -8..7"),
        std::tuple("u8", "[-1, 255]", "'u8', 0..255"),
        std::tuple("s8", "[-127, 128]", "'s8', -128..127")}) {
    Expected<Recipe> recipe = parse(element, range);
    ASSERT_FALSE(static_cast<bool>(recipe));
    EXPECT_NE(toString(recipe.takeError()).find(codes), std::string::npos);
  }
  for (auto [element, range, warnings] :
       {std::tuple("s4", "[-8, 7]", 0U), std::tuple("s8", "[0, 127]", 1U),
        std::tuple("s8", "[-1, 1]", 1U), std::tuple("u8", "[0, 255]", 0U)}) {
    Expected<Recipe> recipe = parse(element, range);
    ASSERT_TRUE(static_cast<bool>(recipe)) << toString(recipe.takeError());
    EXPECT_EQ(recipe->getWarnings().size(), warnings) << range;
  }
}

TEST(Recipe, ItsOwnBaseIsRefused) {
  SmallString<128> path;
  ASSERT_FALSE(sys::fs::createTemporaryFile("recipe", "json", path));
  {
    std::error_code error;
    raw_fd_ostream out(path, error);
    ASSERT_FALSE(error);
    out << R"({"base": ")" << path << R"(", "rules": []})";
  }
  Expected<Recipe> recipe = Recipe::load(path, "avx2");
  ASSERT_FALSE(static_cast<bool>(recipe));
  EXPECT_NE(toString(recipe.takeError()).find("is based on itself"),
            std::string::npos);
  sys::fs::remove(path);
}
