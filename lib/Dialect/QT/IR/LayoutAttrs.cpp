//===- LayoutAttrs.cpp - Layouts and geometries -----------------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "mlir/IR/DialectImplementation.h"
#include "quantc/Dialect/QT/IR/QTAttrs.h"

using namespace mlir;
using namespace quantc;
using namespace quantc::qt;

FailureOr<LayoutForm> qt::parseLayoutForm(AsmParser &parser) {
  SMLoc loc = parser.getCurrentLocation();
  StringRef name;
  if (parser.parseKeyword(&name))
    return failure();
  if (std::optional<LayoutForm> form = numerics::parsePackedForm(name))
    return *form;
  return parser.emitError(loc)
         << "unknown layout form '" << name
         << "'; supported: " << numerics::listPackedForms();
}

// `#qt.layout<s8, panel = 16, rows = 4>`, behind which `bias = 128` and `low =
// 0` may stand.
Attribute LayoutAttr::parse(AsmParser &parser, Type) {
  SMLoc loc = parser.getCurrentLocation();
  auto parseNumber = [&](StringRef name, int64_t &number) -> ParseResult {
    return failure(parser.parseKeyword(name) || parser.parseEqual() ||
                   parser.parseInteger(number));
  };
  if (parser.parseLess())
    return {};
  FailureOr<LayoutForm> form = parseLayoutForm(parser);
  int64_t panel, rows, bias = 0, low = -128;
  if (failed(form) || parser.parseComma() || parseNumber("panel", panel) ||
      parser.parseComma() || parseNumber("rows", rows))
    return {};
  bool hasMore = succeeded(parser.parseOptionalComma());
  if (hasMore && succeeded(parser.parseOptionalKeyword("bias"))) {
    if (parser.parseEqual() || parser.parseInteger(bias))
      return {};
    hasMore = succeeded(parser.parseOptionalComma());
  }
  if (hasMore && parseNumber("low", low))
    return {};
  if (parser.parseGreater())
    return {};
  return getChecked([&] { return parser.emitError(loc); }, parser.getContext(),
                    *form, panel, rows, bias, low);
}

void LayoutAttr::print(AsmPrinter &printer) const {
  printer << "<" << stringifyLayoutForm(getForm()) << ", panel = " << getPanel()
          << ", rows = " << getRows();
  if (getBias() != 0)
    printer << ", bias = " << getBias();
  if (isNonNegative())
    printer << ", low = " << getLow();
  printer << ">";
}

LogicalResult LayoutAttr::verify(function_ref<InFlightDiagnostic()> emitError,
                                 LayoutForm form, int64_t panel, int64_t rows,
                                 int64_t bias, int64_t low) {
  if (panel < 1 || panel > 256)
    return emitError() << "panel " << panel << " is not in 1..256";
  if (rows < 1 || rows > 64)
    return emitError() << "rows " << rows << " is not in 1..64";
  if (bias != 0 && bias != 128)
    return emitError() << "bias " << bias << "; supported: 0 and 128";
  const numerics::FormTraits &traits = numerics::getTraits(form);
  if (form == LayoutForm::Chained && panel != numerics::chainColumns)
    return emitError() << "form 'chained' with panel = " << panel
                       << "; supported: panel = " << numerics::chainColumns;
  if (low != 0 && low != -128)
    return emitError() << "low " << low << "; supported: 0 and -128";
  if (low == 0 && (bias != 0 || traits.hasFloatRows))
    return emitError() << "form '" << stringifyLayoutForm(form)
                       << "' with bias = " << bias
                       << " and low = 0; supported: bias = 0, and forms with "
                          "codes of activations";
  if (low != 0 && (bias == 0 ? !traits.takesSigned : !traits.takesBiased))
    return emitError() << "form '" << stringifyLayoutForm(form)
                       << "' with bias = " << bias
                       << "; supported: bias = " << 128 - bias
                       << (bias == 0 ? ", or low = 0" : "");
  return success();
}

LogicalResult
HeadRangeAttr::verify(function_ref<InFlightDiagnostic()> emitError,
                      int64_t first, int64_t count, int64_t step) {
  if (first < 0 || count < 1 || step < 1)
    return emitError() << count << " heads from " << first << " with step "
                       << step << "; supported: at least one, step at least 1";
  return success();
}

// `#qt.matmul`, `#qt.matmul<batched>`, `#qt.matmul<k = 64>`,
// `#qt.matmul<batched, k = 64>`.
Attribute MatmulAttr::parse(AsmParser &parser, Type) {
  SMLoc loc = parser.getCurrentLocation();
  bool batched = false;
  std::optional<int64_t> k;
  if (succeeded(parser.parseOptionalLess())) {
    batched = succeeded(parser.parseOptionalKeyword("batched"));
    if (!batched || succeeded(parser.parseOptionalComma()))
      if (parser.parseKeyword("k") || parser.parseEqual() ||
          parser.parseInteger(k.emplace()))
        return {};
    if (parser.parseGreater())
      return {};
  }
  return getChecked([&] { return parser.emitError(loc); }, parser.getContext(),
                    batched, k);
}

void MatmulAttr::print(AsmPrinter &printer) const {
  if (!getBatched() && !getK())
    return;
  printer << "<" << (getBatched() ? "batched" : "")
          << (getBatched() && getK() ? ", " : "");
  if (getK())
    printer << "k = " << *getK();
  printer << ">";
}

LogicalResult MatmulAttr::verify(function_ref<InFlightDiagnostic()> emitError,
                                 bool batched, std::optional<int64_t> k) {
  if (k && *k < 0)
    return emitError() << "k = " << *k << " is negative";
  return success();
}

LogicalResult ConvAttr::verify(function_ref<InFlightDiagnostic()> emitError,
                               ArrayRef<int64_t> taps,
                               ArrayRef<int64_t> strides,
                               ArrayRef<int64_t> dilations,
                               ArrayRef<int64_t> pads, int64_t groups,
                               int64_t k) {
  size_t rank = taps.size();
  if (rank < 1 || rank > 3)
    return emitError() << rank << " spatial dimensions; supported: 1 to 3";
  auto check = [&](StringRef name, ArrayRef<int64_t> values, size_t count,
                   int64_t least) -> LogicalResult {
    if (values.size() != count)
      return emitError() << name << " has " << values.size()
                         << " entries, expected " << count;
    for (int64_t value : values)
      if (value < least || value >= (int64_t(1) << 31))
        return emitError() << name << " entry " << value << " is not in "
                           << least << "..2147483647";
    return success();
  };
  if (failed(check("taps", taps, rank, 1)) ||
      failed(check("strides", strides, rank, 1)) ||
      failed(check("dilations", dilations, rank, 1)) ||
      failed(check("pads", pads, 2 * rank, 0)))
    return failure();
  if (groups < 1)
    return emitError() << "groups = " << groups << " is not positive";
  if (k < 0)
    return emitError() << "k = " << k << " is negative";
  return success();
}

int64_t ConvAttr::getNumTaps() const {
  int64_t count = 1;
  for (int64_t taps : getTaps())
    if (llvm::MulOverflow(count, taps, count))
      return ShapedType::kDynamic;
  return count;
}

bool ConvAttr::isWindowOfTiles() const {
  auto areAll = [](ArrayRef<int64_t> values, int64_t wanted) {
    return values.size() == 2 &&
           llvm::all_of(values, [=](int64_t value) { return value == wanted; });
  };
  return areAll(getTaps(), 3) && areAll(getStrides(), 1) &&
         areAll(getDilations(), 1) && getGroups() == 1;
}

std::optional<int64_t> ConvAttr::countWindows(unsigned dim,
                                              int64_t size) const {
  // Taps and dilations are below 2^31 each, pads too.
  int64_t span = getDilations()[dim] * (getTaps()[dim] - 1) + 1;
  int64_t pads = getPads()[dim] + getPads()[getTaps().size() + dim];
  int64_t padded;
  if (llvm::AddOverflow(size, pads, padded) || padded < span)
    return std::nullopt;
  return (padded - span) / getStrides()[dim] + 1;
}

LogicalResult HaloAttr::verify(function_ref<InFlightDiagnostic()> emitError,
                               ArrayRef<int64_t> pads, int64_t groups) {
  if (pads.size() % 2 != 0 || pads.empty() || pads.size() > 6)
    return emitError() << "pads has " << pads.size()
                       << " entries; supported: 2 for each of 1 to 3 "
                          "dimensions";
  for (int64_t pad : pads)
    if (pad < 0 || pad >= (int64_t(1) << 31))
      return emitError() << "pads entry " << pad << " is not in 0..2147483647";
  if (groups < 1)
    return emitError() << "groups = " << groups << " is not positive";
  return success();
}
