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
  spelling += ">";
  // Equal formats are one attribute: `float<2, 1>` is `f4E2M1`.
  if (auto format = numerics::ElementFormat::parse(spelling))
    return format->spell();
  return spelling;
}

/// The integer type of at least `bits` bits that tensors are made of.
static Type getIntegerStorage(MLIRContext *context, unsigned bits) {
  return IntegerType::get(context, bits <= 8 ? 8 : bits <= 16 ? 16 : 32);
}

numerics::ElementFormat ElementFormatAttr::getFormat() const {
  return *numerics::ElementFormat::parse(getSpelling());
}

Type ElementFormatAttr::getStorageType() const {
  return getIntegerStorage(getContext(), getBitWidth());
}

LogicalResult
ElementFormatAttr::verify(function_ref<InFlightDiagnostic()> emitError,
                          StringRef spelling) {
  std::optional<numerics::ElementFormat> format =
      numerics::ElementFormat::parse(spelling);
  if (!format)
    return emitError() << "unknown element format '" << spelling
                       << "'; supported: "
                       << StringRef(numerics::ElementFormat::getSupported());
  if (format->spell() != spelling)
    return emitError() << "element format '" << spelling << "' is spelt '"
                       << format->spell() << "'";
  return success();
}

numerics::ScaleFormat ScaleFormatAttr::getFormat() const {
  return *numerics::ScaleFormat::parse(getSpelling());
}

Type ScaleFormatAttr::getStorageType() const {
  using Kind = numerics::ScaleFormat::Kind;
  numerics::ScaleFormat format = getFormat();
  switch (format.kind) {
  case Kind::F32:
    return Float32Type::get(getContext());
  case Kind::F16:
    return Float16Type::get(getContext());
  case Kind::BF16:
    return BFloat16Type::get(getContext());
  default:
    return getIntegerStorage(getContext(), format.bits);
  }
}

LogicalResult
ScaleFormatAttr::verify(function_ref<InFlightDiagnostic()> emitError,
                        StringRef spelling) {
  std::optional<numerics::ScaleFormat> format =
      numerics::ScaleFormat::parse(spelling);
  if (!format || format->spell() != spelling)
    return emitError() << "unknown scale format '" << spelling
                       << "'; supported: "
                       << StringRef(numerics::ScaleFormat::getSupported());
  return success();
}

template <typename AttrT> static Attribute parseFormat(AsmParser &parser) {
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
