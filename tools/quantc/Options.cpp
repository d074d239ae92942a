//===- Options.cpp - Options from tables ------------------------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Options.h"

#include "Commands.h"
#include "quantc/Pipelines/Pipelines.h"

#include "llvm/ADT/StringExtras.h"
#include "llvm/ADT/Twine.h"
#include "llvm/Support/raw_ostream.h"

using namespace llvm;
using namespace quantc;

bool Options::has(StringRef name) const { return get(name).has_value(); }

std::optional<StringRef> Options::get(StringRef name) const {
  for (const auto &[key, value] : reverse(values))
    if (key == name)
      return value;
  return std::nullopt;
}

SmallVector<StringRef> Options::all(StringRef name) const {
  SmallVector<StringRef> found;
  for (const auto &[key, value] : values)
    if (key == name)
      found.push_back(value);
  return found;
}

int quantc::wrongUse(StringRef command, const Twine &message) {
  errs() << "quantc " << command << ": " << message << "\n";
  return WrongUse;
}

int quantc::cannotHandle(StringRef command, const Twine &message) {
  errs() << "quantc " << command << ": " << message << "\n";
  return CannotHandle;
}

std::string quantc::didYouMean(StringRef word, ArrayRef<StringRef> candidates) {
  StringRef best;
  unsigned bestDistance = word.size() / 3 + 2;
  for (StringRef candidate : candidates) {
    unsigned distance = word.edit_distance(candidate, true, bestDistance);
    if (distance < bestDistance) {
      best = candidate;
      bestDistance = distance;
    }
  }
  return best.empty() ? std::string()
                      : (" (did you mean '" + best + "'?)").str();
}

bool quantc::readIntegerOnly(StringRef command, const Options &given,
                             StageOptions &options) {
  std::optional<StringRef> method = given.get("--integer-only");
  if (!method)
    return true;
  if (!is_contained({"", "fixed", "ibert", "ivit"}, *method)) {
    wrongUse(command, "--integer-only takes fixed, ibert or ivit, not '" +
                          *method + "'");
    return false;
  }
  options.integerOnly = true;
  if (!method->empty())
    options.integerMethod = method->str();
  return true;
}

bool quantc::parseCount(StringRef command, StringRef option, StringRef text,
                        int64_t min, int64_t max, int64_t &value) {
  if (!text.getAsInteger(10, value) && value >= min && value <= max)
    return true;
  std::string range = max == INT64_MAX
                          ? ("of at least " + Twine(min)).str()
                          : ("from " + Twine(min) + " to " + Twine(max)).str();
  wrongUse(command,
           option + " takes a number " + range + ", not '" + text + "'");
  return false;
}

static std::string spell(const OptionSpec &option) {
  switch (option.kind) {
  case OptionSpec::Flag:
    return option.name.str();
  case OptionSpec::Value:
    return (option.name + (option.name.starts_with("--") ? "=" : " ") +
            option.metavar)
        .str();
  case OptionSpec::OptionalValue:
    return (option.name + "[=" + option.metavar + "]").str();
  }
  return option.name.str();
}

/// Words of `text` from column `indent` to 80.
static void printFolded(raw_ostream &os, StringRef text, unsigned indent) {
  unsigned column = indent;
  for (StringRef word : split(text, ' ')) {
    if (column > indent && column + 1 + word.size() > 80) {
      os << "\n";
      os.indent(indent);
      column = indent;
    }
    if (column > indent) {
      os << " ";
      ++column;
    }
    os << word;
    column += word.size();
  }
  os << "\n";
}

static void printHelp(const CommandSpec &command) {
  raw_ostream &os = outs();
  os << "usage: quantc " << command.name;
  if (!command.operand.empty())
    os << " " << command.operand;
  os << " [options]\n\n";
  printFolded(os, command.summary, 0);
  if (!command.details.empty())
    os << "\n" << command.details << "\n";
  os << "\noptions:\n";
  constexpr unsigned HelpColumn = 30;
  auto print = [&](const std::string &spelling, StringRef help) {
    os << "  " << spelling;
    if (spelling.size() + 3 > HelpColumn) {
      os << "\n";
      os.indent(HelpColumn);
    } else {
      os.indent(HelpColumn - 2 - spelling.size());
    }
    printFolded(os, help, HelpColumn);
  };
  for (const OptionSpec &option : command.options) {
    std::string help = option.help.str();
    if (option.isRepeatable)
      help += "; may be repeated";
    if (!option.isBuilt)
      help += " (not built yet)";
    print(spell(option), help);
  }
  print("--help", "print this");
}

static const OptionSpec *find(const CommandSpec &command, StringRef name) {
  for (const OptionSpec &option : command.options)
    if (option.name == name)
      return &option;
  return nullptr;
}

static int unknownOption(const CommandSpec &command, StringRef name) {
  SmallVector<StringRef> names = {"--help"};
  for (const OptionSpec &option : command.options)
    names.push_back(option.name);
  return wrongUse(command.name, "unknown option '" + name + "'" +
                                    didYouMean(name, names) + "; see 'quantc " +
                                    command.name + " --help'");
}

std::optional<int> quantc::parseOptions(const CommandSpec &command,
                                        ArrayRef<StringRef> arguments,
                                        Options &options) {
  bool onlyOperands = false;
  for (size_t i = 0; i < arguments.size(); ++i) {
    StringRef argument = arguments[i];
    if (onlyOperands || argument == "-" || !argument.starts_with("-")) {
      options.given.push_back(argument);
      continue;
    }
    if (argument == "--") {
      onlyOperands = true;
      continue;
    }
    if (argument == "--help" || argument == "-h") {
      printHelp(command);
      return Done;
    }
    bool hasValue = argument.starts_with("--") && argument.contains('=');
    StringRef name = hasValue ? argument.split('=').first : argument;
    StringRef value = hasValue ? argument.split('=').second : StringRef();
    const OptionSpec *option = find(command, name);
    if (!option)
      return unknownOption(command, name);
    if (!option->isBuilt)
      return wrongUse(command.name, "option '" + name + "' is not built yet");
    if (!option->isRepeatable && options.has(name))
      return wrongUse(command.name, "option '" + name + "' is given twice");
    if (option->kind == OptionSpec::Flag && hasValue)
      return wrongUse(command.name, "option '" + name + "' takes no value");
    if (option->kind == OptionSpec::Value && !hasValue) {
      if (i + 1 == arguments.size())
        return wrongUse(command.name, "option '" + name +
                                          "' needs a value: " + spell(*option));
      value = arguments[++i];
    }
    if (value.empty() && (option->kind == OptionSpec::Value || hasValue))
      return wrongUse(command.name,
                      "option '" + name +
                          "' has an empty value; supported: " + spell(*option));
    options.values.emplace_back(name, value);
  }
  if (options.given.size() < command.minOperands)
    return wrongUse(command.name, Twine(command.operand) +
                                      " is missing; see 'quantc " +
                                      command.name + " --help'");
  if (options.given.size() > command.maxOperands)
    return wrongUse(command.name, "unexpected argument '" +
                                      options.given[command.maxOperands] + "'");
  return std::nullopt;
}
