//===- FormatSpelling.cpp - Spelling of number formats -*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "FormatSpelling.h"

#include "mlir/IR/Builders.h"
#include "mlir/IR/BuiltinTypes.h"

using namespace mlir;
using namespace quantc;
using namespace quantc::qt;

FailureOr<std::string> qt::parseFormatSpelling(AsmParser &parser) {
  std::string spelling;
  if (parser.parseKeywordOrString(&spelling))
    return failure();
  if (failed(parser.parseOptionalLess()))
    return spelling;
  // Arguments: numbers and words, with or without a name.
  spelling += "<";
  auto parseArgument = [&]() -> ParseResult {
    if (spelling.back() != '<')
      spelling += ", ";
    StringRef word;
    if (succeeded(parser.parseOptionalKeyword(&word))) {
      spelling += word;
      if (failed(parser.parseOptionalEqual()))
        return success();
      spelling += " = ";
      if (succeeded(parser.parseOptionalKeyword(&word))) {
        spelling += word;
        return success();
      }
    }
    int64_t number;
    if (parser.parseInteger(number))
      return failure();
    spelling += std::to_string(number);
    return success();
  };
  if (parser.parseCommaSeparatedList(parseArgument) || parser.parseGreater())
    return failure();
  return spelling + ">";
}

/// The bits of an integer format `s8`, `u4`, or 0.
static unsigned getIntegerBits(StringRef spelling, char sign, unsigned least,
                               unsigned most) {
  unsigned bits;
  if (!spelling.consume_front(StringRef(&sign, 1)) ||
      spelling.getAsInteger(10, bits) || bits < least || bits > most)
    return 0;
  return bits;
}

/// The bits of an element format, or 0 if there is none of that name.
static unsigned getElementBits(StringRef spelling) {
  if (unsigned bits = getIntegerBits(spelling, 's', 2, 32))
    return bits;
  if (unsigned bits = getIntegerBits(spelling, 'u', 1, 16))
    return bits;
  return llvm::StringSwitch<unsigned>(spelling)
      .Cases({"f4E2M1", "nf4"}, 4)
      .Cases({"f6E2M3", "f6E3M2"}, 6)
      .Cases({"f8E4M3", "f8E5M2"}, 8)
      .Case("ternary", 2)
      .Case("binary", 1)
      .Default(0);
}

unsigned ElementFormatAttr::getBitWidth() const {
  return getElementBits(getSpelling());
}

Type ElementFormatAttr::getStorageType() const {
  unsigned bits = getBitWidth();
  return IntegerType::get(getContext(), bits <= 8 ? 8 : bits <= 16 ? 16 : 32);
}

LogicalResult
ElementFormatAttr::verify(function_ref<InFlightDiagnostic()> emitError,
                          StringRef spelling) {
  if (getElementBits(spelling))
    return success();
  return emitError() << "unknown element format '" << spelling
                     << "'; supported: s2 to s32, u1 to u16, f4E2M1, f6E2M3, "
                        "f6E3M2, f8E4M3, f8E5M2, nf4, ternary, binary";
}

/// The bits of the integer that stores an exponent or shift, or 0.
static unsigned getExponentBits(StringRef spelling) {
  return llvm::StringSwitch<unsigned>(spelling)
      .Case("exp<8>", 8)
      .Case("exp<32>", 32)
      .Default(0);
}

static bool isShift(StringRef spelling) {
  unsigned bits;
  return spelling.consume_front("shift<") && spelling.consume_back(">") &&
         !spelling.getAsInteger(10, bits) && bits >= 1 && bits <= 8;
}

bool ScaleFormatAttr::needsOuter() const {
  StringRef spelling = getSpelling();
  return isShift(spelling) || getIntegerBits(spelling, 's', 2, 32) ||
         getIntegerBits(spelling, 'u', 1, 16);
}

Type ScaleFormatAttr::getStorageType() const {
  MLIRContext *context = getContext();
  StringRef spelling = getSpelling();
  if (spelling == "f32")
    return Float32Type::get(context);
  if (spelling == "f16")
    return Float16Type::get(context);
  if (spelling == "bf16")
    return BFloat16Type::get(context);
  unsigned bits = std::max({getExponentBits(spelling),
                            getIntegerBits(spelling, 's', 2, 32),
                            getIntegerBits(spelling, 'u', 1, 16), 8u});
  return IntegerType::get(context, bits <= 8 ? 8 : bits <= 16 ? 16 : 32);
}

LogicalResult
ScaleFormatAttr::verify(function_ref<InFlightDiagnostic()> emitError,
                        StringRef spelling) {
  if (spelling == "f32" || spelling == "f16" || spelling == "bf16" ||
      spelling == "e8m0" || spelling == "e4m3" || getExponentBits(spelling) ||
      isShift(spelling) || getIntegerBits(spelling, 's', 2, 32) ||
      getIntegerBits(spelling, 'u', 1, 16))
    return success();
  return emitError() << "unknown scale format '" << spelling
                     << "'; supported: f32, f16, bf16, e8m0, e4m3, exp<8>, "
                        "exp<32>, shift<1> to shift<8>, s2 to s32, u1 to u16";
}

template <typename AttrT>
static Attribute parseFormat(AsmParser &parser) {
  SMLoc loc = parser.getCurrentLocation();
  if (parser.parseLess())
    return {};
  FailureOr<std::string> spelling = parseFormatSpelling(parser);
  if (failed(spelling) || parser.parseGreater())
    return {};
  return AttrT::getChecked([&] { return parser.emitError(loc); },
                           parser.getContext(), StringRef(*spelling));
}

Attribute ElementFormatAttr::parse(AsmParser &parser, Type) {
  return parseFormat<ElementFormatAttr>(parser);
}
void ElementFormatAttr::print(AsmPrinter &printer) const {
  printer << "<" << getSpelling() << ">";
}

Attribute ScaleFormatAttr::parse(AsmParser &parser, Type) {
  return parseFormat<ScaleFormatAttr>(parser);
}
void ScaleFormatAttr::print(AsmPrinter &printer) const {
  printer << "<" << getSpelling() << ">";
}
