//===- Format.cpp - Number formats -*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "quantc/Numerics/Format.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstring>
#include <limits>
#include <vector>

using namespace quantc::numerics;

static constexpr double infinity = std::numeric_limits<double>::infinity();
static constexpr double notANumber = std::numeric_limits<double>::quiet_NaN();

//===----------------------------------------------------------------------===//
// Spelling
//===----------------------------------------------------------------------===//

static std::optional<int> readNumber(std::string_view text) {
  int value = 0;
  const char *end = text.data() + text.size();
  auto [at, error] = std::from_chars(text.data(), end, value);
  if (text.empty() || error != std::errc() || at != end)
    return std::nullopt;
  return value;
}

/// `s8`, `u4`: the number behind the letter, in a range.
static unsigned readBits(std::string_view spelling, char letter, int least,
                         int most) {
  if (spelling.empty() || spelling.front() != letter ||
      (spelling.size() > 1 && spelling[1] == '0'))
    return 0;
  std::optional<int> bits = readNumber(spelling.substr(1));
  return bits && *bits >= least && *bits <= most ? *bits : 0;
}

static std::string_view trim(std::string_view text) {
  while (!text.empty() && text.front() == ' ')
    text.remove_prefix(1);
  while (!text.empty() && text.back() == ' ')
    text.remove_suffix(1);
  return text;
}

/// The arguments of `name<a, b, c = d>`; none if it is no such spelling.
static std::optional<std::vector<std::string_view>>
readArguments(std::string_view spelling, std::string_view name) {
  if (spelling.size() < name.size() + 2 ||
      spelling.substr(0, name.size()) != name || spelling[name.size()] != '<' ||
      spelling.back() != '>')
    return std::nullopt;
  std::string_view rest =
      spelling.substr(name.size() + 1, spelling.size() - name.size() - 2);
  std::vector<std::string_view> arguments;
  for (;;) {
    size_t comma = rest.find(',');
    arguments.push_back(trim(rest.substr(0, comma)));
    if (comma == std::string_view::npos)
      return arguments;
    rest.remove_prefix(comma + 1);
  }
}

/// `key = number`.
static std::optional<int> readNamed(std::string_view text,
                                    std::string_view key) {
  size_t equal = text.find('=');
  if (equal == std::string_view::npos || trim(text.substr(0, equal)) != key)
    return std::nullopt;
  return readNumber(trim(text.substr(equal + 1)));
}

static ElementFormat makeFloat(unsigned exponent, unsigned mantissa, int bias,
                               ElementFormat::Special special) {
  return {ElementFormat::Kind::Minifloat,
          1 + exponent + mantissa,
          exponent,
          mantissa,
          bias,
          /*implicitOne=*/true,
          special};
}

namespace {
struct NamedFloat {
  std::string_view name;
  unsigned exponent, mantissa;
  int bias;
  ElementFormat::Special special;
};
} // namespace

static constexpr NamedFloat namedFloats[] = {
    {"f4E2M1", 2, 1, 1, ElementFormat::Special::None},
    {"f6E2M3", 2, 3, 1, ElementFormat::Special::None},
    {"f6E3M2", 3, 2, 3, ElementFormat::Special::None},
    {"f8E4M3", 4, 3, 7, ElementFormat::Special::NaN},
    {"f8E5M2", 5, 2, 15, ElementFormat::Special::InfNaN},
};

static int getDefaultBias(int exponentBits) {
  return (1 << (exponentBits - 1)) - 1;
}

std::optional<ElementFormat> ElementFormat::parse(std::string_view spelling) {
  using K = Kind;
  if (unsigned bits = readBits(spelling, 's', 2, 32))
    return ElementFormat{K::Signed, bits};
  if (unsigned bits = readBits(spelling, 'u', 1, 16))
    return ElementFormat{K::Unsigned, bits};
  if (spelling == "ternary")
    return ElementFormat{K::Ternary, 2};
  if (spelling == "binary")
    return ElementFormat{K::Binary, 1};
  if (spelling == "nf4")
    return ElementFormat{K::NormalFloat, 4};
  for (const NamedFloat &known : namedFloats)
    if (spelling == known.name)
      return makeFloat(known.exponent, known.mantissa, known.bias,
                       known.special);
  const std::pair<std::string_view, Kind> families[] = {
      {"log", K::Logarithmic}, {"dint", K::DenormalInt}, {"sdr", K::Razored}};
  for (auto [name, kind] : families)
    if (auto arguments = readArguments(spelling, name)) {
      std::optional<int> bits = readNumber((*arguments)[0]);
      if (arguments->size() != 1 || !bits || *bits < 2 || *bits > 8)
        return std::nullopt;
      return ElementFormat{kind, static_cast<unsigned>(*bits)};
    }
  auto arguments = readArguments(spelling, "float");
  if (!arguments || arguments->size() < 2)
    return std::nullopt;
  std::optional<int> e = readNumber((*arguments)[0]);
  std::optional<int> m = readNumber((*arguments)[1]);
  if (!e || !m || *e < 1 || *e > 8 || *m < 0 || 1 + *e + *m > 16)
    return std::nullopt;
  ElementFormat format = makeFloat(*e, *m, getDefaultBias(*e), Special::None);
  for (size_t i = 2; i < arguments->size(); ++i) {
    if (auto bias = readNamed((*arguments)[i], "bias");
        bias && std::abs(*bias) <= 512)
      format.bias = *bias;
    else if (auto implicit = readNamed((*arguments)[i], "implicit");
             implicit && (*implicit == 0 || *implicit == 1))
      format.implicitOne = *implicit == 1;
    else
      return std::nullopt;
  }
  // Without the implicit one a mantissa is all there is.
  if (!format.implicitOne && *m == 0)
    return std::nullopt;
  return format;
}

std::string_view ElementFormat::getSupported() {
  return "s2 to s32, u1 to u16, f4E2M1, f6E2M3, f6E3M2, f8E4M3, f8E5M2, "
         "float<E, M> with bias = B and implicit = 0 or 1, log<2> to log<8>, "
         "dint<2> to dint<8>, sdr<2> to sdr<8>, nf4, ternary, binary";
}

std::string ElementFormat::spell() const {
  std::string width = std::to_string(bits);
  switch (kind) {
  case Kind::Signed:
    return "s" + width;
  case Kind::Unsigned:
    return "u" + width;
  case Kind::Logarithmic:
    return "log<" + width + ">";
  case Kind::DenormalInt:
    return "dint<" + width + ">";
  case Kind::Razored:
    return "sdr<" + width + ">";
  case Kind::Ternary:
    return "ternary";
  case Kind::Binary:
    return "binary";
  case Kind::NormalFloat:
    return "nf4";
  case Kind::Minifloat:
    break;
  }
  for (const NamedFloat &known : namedFloats)
    if (implicitOne && exponentBits == known.exponent &&
        mantissaBits == known.mantissa && bias == known.bias &&
        special == known.special)
      return std::string(known.name);
  std::string text = "float<" + std::to_string(exponentBits) + ", " +
                     std::to_string(mantissaBits);
  if (bias != getDefaultBias(static_cast<int>(exponentBits)))
    text += ", bias = " + std::to_string(bias);
  return text + (implicitOne ? ">" : ", implicit = 0>");
}

//===----------------------------------------------------------------------===//
// Elements
//===----------------------------------------------------------------------===//

int64_t ElementFormat::getLowest() const {
  return kind == Kind::Signed ? -(int64_t(1) << (bits - 1)) : 0;
}

int64_t ElementFormat::getHighest() const {
  return (int64_t(1) << (kind == Kind::Signed ? bits - 1 : bits)) - 1;
}

/// The 16 levels of NF4, as its authors' code has them.
static constexpr float normalFloats[16] = {-1.0f,
                                           -0.6961928009986877f,
                                           -0.5250730514526367f,
                                           -0.39491748809814453f,
                                           -0.28444138169288635f,
                                           -0.18477343022823334f,
                                           -0.09105003625154495f,
                                           0.0f,
                                           0.07958029955625534f,
                                           0.16093020141124725f,
                                           0.24611230194568634f,
                                           0.33791524171829224f,
                                           0.44070982933044434f,
                                           0.5626170039176941f,
                                           0.7229568362236023f,
                                           1.0f};

static double decodeFloat(const ElementFormat &format, uint32_t code) {
  uint32_t mantissa = code & ((1u << format.mantissaBits) - 1);
  uint32_t top = (1u << format.exponentBits) - 1;
  uint32_t exponent = code >> format.mantissaBits & top;
  double sign = code >> (format.bits - 1) & 1 ? -1 : 1;
  int m = static_cast<int>(format.mantissaBits);
  int e = static_cast<int>(exponent) - format.bias;
  if (exponent == top) {
    uint32_t full = (1u << format.mantissaBits) - 1;
    if (format.special == ElementFormat::Special::NaN && mantissa == full)
      return notANumber;
    if (format.special == ElementFormat::Special::InfNaN)
      return mantissa ? notANumber : sign * infinity;
  }
  if (!format.implicitOne)
    return sign * std::ldexp(mantissa, e - m);
  if (exponent == 0)
    return sign * std::ldexp(mantissa, 1 - format.bias - m);
  return sign * std::ldexp((1u << m) + mantissa, e - m);
}

double ElementFormat::decode(uint32_t code) const {
  if (bits < 32)
    code &= (1u << bits) - 1;
  uint32_t signBit = 1u << (bits - 1), magnitude = code & (signBit - 1);
  double asSigned =
      static_cast<double>(code) -
      (code & signBit ? std::ldexp(1.0, static_cast<int>(bits)) : 0);
  switch (kind) {
  case Kind::Signed:
    return asSigned;
  case Kind::Unsigned:
    return code;
  case Kind::Minifloat:
    return decodeFloat(*this, code);
  case Kind::Logarithmic:
    return std::ldexp(code & signBit ? -1.0 : 1.0, static_cast<int>(magnitude));
  case Kind::DenormalInt:
    if (code == signBit)
      return -0.5;
    return code == signBit - 1 ? 0.5 : asSigned;
  case Kind::Razored:
    return code & signBit ? -static_cast<double>(magnitude)
                          : static_cast<double>(magnitude);
  case Kind::Ternary:
    // The fourth code stands for nothing an encoder writes.
    return code == 3 ? -1.0 : static_cast<double>(code & 1);
  case Kind::Binary:
    return code ? 1 : -1;
  case Kind::NormalFloat:
    return static_cast<double>(normalFloats[code]);
  }
  return 0;
}

uint32_t ElementFormat::encode(double value) const {
  if (isInteger()) {
    double rounded = std::isnan(value) ? 0 : std::nearbyint(value);
    rounded = std::min(std::max(rounded, static_cast<double>(getLowest())),
                       static_cast<double>(getHighest()));
    uint32_t code = static_cast<uint32_t>(static_cast<int64_t>(rounded));
    return bits < 32 ? code & ((1u << bits) - 1) : code;
  }
  // Few codes: the definition is the algorithm.
  uint32_t count = 1u << bits;
  if (std::isnan(value)) {
    for (uint32_t code = 0; code < count; ++code)
      if (std::isnan(decode(code)))
        return code;
    value = 0;
  }
  double lowest = 0, highest = 0;
  for (uint32_t code = 0; code < count; ++code)
    if (double number = decode(code); std::isfinite(number)) {
      lowest = std::min(lowest, number);
      highest = std::max(highest, number);
    }
  double target = std::min(std::max(value, lowest), highest);
  uint32_t best = 0;
  double least = infinity, held = 0;
  for (uint32_t code = 0; code < count; ++code) {
    double candidate = decode(code);
    // What is no number is not rounded to, nor what no encoder writes.
    if (!std::isfinite(candidate) || (kind == Kind::Ternary && code == 2))
      continue;
    double distance = std::fabs(candidate - target);
    bool better = distance < least;
    if (distance == least)
      // Of two zeros the one with the value's sign.
      better = candidate == held
                   ? std::signbit(candidate) == std::signbit(value) &&
                         std::signbit(held) != std::signbit(value)
                   : code % 2 == 0 && best % 2 == 1;
    if (better) {
      best = code;
      least = distance;
      held = candidate;
    }
  }
  return best;
}

//===----------------------------------------------------------------------===//
// Scales
//===----------------------------------------------------------------------===//

std::optional<ScaleFormat> ScaleFormat::parse(std::string_view spelling) {
  const std::pair<std::string_view, ScaleFormat> named[] = {
      {"f32", {Kind::F32, 32}},         {"f16", {Kind::F16, 16}},
      {"bf16", {Kind::BF16, 16}},       {"e8m0", {Kind::E8M0, 8}},
      {"e4m3", {Kind::E4M3, 8}},        {"exp<8>", {Kind::Exponent, 8}},
      {"exp<32>", {Kind::Exponent, 32}}};
  for (auto [name, format] : named)
    if (spelling == name)
      return format;
  if (auto arguments = readArguments(spelling, "shift")) {
    std::optional<int> bits = readNumber((*arguments)[0]);
    if (arguments->size() == 1 && bits && *bits >= 1 && *bits <= 4)
      return ScaleFormat{Kind::Shift, static_cast<unsigned>(*bits)};
  }
  if (unsigned bits = readBits(spelling, 's', 2, 32))
    return ScaleFormat{Kind::Signed, bits};
  if (unsigned bits = readBits(spelling, 'u', 1, 16))
    return ScaleFormat{Kind::Unsigned, bits};
  return std::nullopt;
}

std::string_view ScaleFormat::getSupported() {
  return "f32, f16, bf16, e8m0, e4m3, exp<8>, exp<32>, shift<1> to shift<4>, "
         "s2 to s32, u1 to u16";
}

std::string ScaleFormat::spell() const {
  switch (kind) {
  case Kind::F32:
    return "f32";
  case Kind::F16:
    return "f16";
  case Kind::BF16:
    return "bf16";
  case Kind::E8M0:
    return "e8m0";
  case Kind::E4M3:
    return "e4m3";
  case Kind::Exponent:
    return "exp<" + std::to_string(bits) + ">";
  case Kind::Shift:
    return "shift<" + std::to_string(bits) + ">";
  case Kind::Signed:
    return "s" + std::to_string(bits);
  case Kind::Unsigned:
    return "u" + std::to_string(bits);
  }
  return "";
}

double quantc::numerics::decodeHalf(uint16_t bits) {
  ElementFormat half = makeFloat(5, 10, 15, ElementFormat::Special::InfNaN);
  return half.decode(bits);
}

double ScaleFormat::decode(uint32_t code) const {
  uint32_t masked = bits < 32 ? code & ((1u << bits) - 1) : code;
  ElementFormat asSigned{ElementFormat::Kind::Signed, bits};
  switch (kind) {
  case Kind::F32:
  case Kind::BF16: {
    uint32_t word = kind == Kind::F32 ? code : masked << 16;
    float value;
    std::memcpy(&value, &word, sizeof value);
    return static_cast<double>(value);
  }
  case Kind::F16:
    return decodeHalf(static_cast<uint16_t>(masked));
  case Kind::E8M0:
    return masked == 255 ? notANumber
                         : std::ldexp(1.0, static_cast<int>(masked) - 127);
  case Kind::E4M3:
    return makeFloat(4, 3, 7, ElementFormat::Special::NaN).decode(masked);
  case Kind::Exponent: {
    double e = asSigned.decode(code);
    return std::ldexp(1.0,
                      static_cast<int>(std::min(std::max(e, -5000.0), 5000.0)));
  }
  case Kind::Shift:
    return static_cast<double>(1u << masked);
  case Kind::Signed:
    return asSigned.decode(code);
  case Kind::Unsigned:
    return masked;
  }
  return 0;
}
