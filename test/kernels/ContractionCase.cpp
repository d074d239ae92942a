//===- ContractionCase.cpp - A contraction and its answer -------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ContractionCase.h"
#include "quantc/Dialect/QT/IR/QTDialect.h"
#include "quantc/Target/CPU/CpuTarget.h"
#include "quantc/Target/CPU/Layouts.h"
#include "llvm/Support/FormatVariadic.h"
#include <cmath>

using namespace quantc;
using namespace quantc::test;
using numerics::PackedForm;

uint32_t ContractionCase::next() {
  state = state * 6364136223846793005ULL + 1442695040888963407ULL;
  return static_cast<uint32_t>(state >> 33);
}

float ContractionCase::drawFloat() {
  return static_cast<float>(next() % 4001) / 2000.0F - 1.0F;
}

std::vector<int8_t> ContractionCase::draw(size_t count, Fill fill, int64_t low,
                                          int64_t high) {
  std::vector<int8_t> result(count);
  for (int8_t &code : result) {
    int64_t value = 0;
    switch (fill) {
    case Fill::Bell:
      for (int i = 0; i < 6; ++i)
        value += static_cast<int64_t>(next() % 2001) - 1000;
      value = std::min(std::max(value * high / 4500, low), high);
      break;
    case Fill::Uniform:
      value = low + static_cast<int64_t>(next() % (high - low + 1));
      break;
    case Fill::Largest:
      value = low + high < 0 ? low : high;
      break;
    case Fill::Mixed:
      value = next() & 1024 ? low : high;
      break;
    }
    code = static_cast<int8_t>(value);
  }
  return result;
}

ContractionCase::ContractionCase(PackedForm form, int64_t n, int64_t k,
                                 llvm::StringRef cpu, Fill fill,
                                 Epilogue epilogue, int64_t codeRange)
    : epilogue(epilogue), n(n), k(k) {
  mlir::MLIRContext context;
  context.loadDialect<qt::QTDialect>();
  CpuTarget target = llvm::cantFail(CpuTarget::resolve("", cpu));
  qt::LayoutAttr attribute =
      makeLayout(&context, form, target.getLayoutClass());
  llvm::raw_string_ostream(layoutText) << attribute;
  layout = getPackedLayout(attribute, n, k);
  drawWeights(fill, codeRange);
  packed =
      numerics::packWeights(layout, {values.data(), codes.data(), scales.data(),
                                     multipliers.data(), outer.data()});
}

void ContractionCase::drawWeights(Fill fill, int64_t range) {
  size_t blocks = static_cast<size_t>(n * layout.numBlocks());
  auto floats = [&](std::vector<float> &list, size_t count) {
    for (size_t i = 0; i < count; ++i)
      list.push_back(drawFloat() / 64);
  };
  floats(bias, n);
  if (layout.form == PackedForm::F32)
    return floats(values, n * k);
  if (layout.form == PackedForm::B32N)
    range = numerics::narrowCode;
  codes = numerics::hasNibbles(layout.form) ? draw(n * k, fill, -8, 7)
                                            : draw(n * k, fill, -range, range);
  floats(scales, numerics::hasBlockScales(layout.form) ? blocks : n);
  floats(outer, n);
  int64_t most =
      layout.form == PackedForm::W4S ? numerics::smallMultiplier : 127;
  multipliers =
      draw(blocks, fill == Fill::Bell ? Fill::Uniform : fill, -most, most);
}

void ContractionCase::drawActivations(int64_t count, Fill fill) {
  m = count;
  residual.resize(m * n);
  for (float &value : residual)
    value = drawFloat();
  if (numerics::hasFloatRows(layout.form)) {
    rowValues.resize(m * k);
    for (float &value : rowValues)
      value = drawFloat();
    return;
  }
  int64_t stride = numerics::activationStride(k);
  rowCodes = draw(m * k, fill, -127, 127);
  bool isBlocks = numerics::hasBlockScales(layout.form);
  rowScales.resize(isBlocks ? m * layout.numBlocks() : m);
  for (float &scale : rowScales)
    scale = drawFloat() / 64;
  rows.assign(m * stride, static_cast<uint8_t>(layout.bias));
  for (int64_t r = 0; r < m; ++r)
    for (int64_t i = 0; i < k; ++i)
      rows[r * stride + i] =
          static_cast<uint8_t>(rowCodes[r * k + i] + layout.bias);
}

std::string ContractionCase::getKernelText() const {
  bool isFloat = numerics::hasFloatRows(layout.form),
       isBlocks = !isFloat && numerics::hasBlockScales(layout.form);
  int64_t width = isFloat ? k : numerics::activationStride(k),
          scaleCount = isBlocks ? layout.numBlocks() : 1;
  std::string formatText = isFloat    ? "f32"
                           : isBlocks ? "!qt.block<[1, 32], s8, scale = f32>"
                                      : "!qt.block<[1, ?], s8, scale = f32>";
  std::string weightText =
      numerics::hasNibbles(layout.form)
          ? "!qt.block<[1, 32], s4, scale = s8, outer = f32>"
      : numerics::hasBlockScales(layout.form)
          ? "!qt.block<[1, 32], s8, scale = f32>"
      : layout.form == PackedForm::F32 ? "f32"
                                       : "!qt.block<[1, ?], s8, scale = f32>";
  std::string lhs =
      llvm::formatv("tensor<?x{0}x{1}>", width, isFloat ? "f32" : "i8");
  std::string lhsScales = llvm::formatv("tensor<?x{0}xf32>", scaleCount);
  std::string rhs = llvm::formatv("tensor<{0}xi8>", packed.size()),
              result = llvm::formatv("tensor<?x{0}xf32>", n);
  std::string biasType = llvm::formatv("tensor<{0}xf32>", n);
  std::string arguments = "%x: " + lhs, operands = "lhs(%x", types = lhs;
  std::string maps = llvm::formatv("affine_map<()[s0] -> (s0, {0})>", width);
  auto addMap = [&](const llvm::Twine &sizes) {
    maps += (", affine_map<()[s0] -> (" + sizes + ")>").str();
  };
  if (!isFloat) {
    arguments += ", %s: " + lhsScales;
    operands += ", %s";
    types += ", " + lhsScales;
    addMap("s0, " + llvm::Twine(scaleCount));
  }
  operands += " : " + types + ") rhs(%w : " + rhs + ")";
  arguments += ", %w: " + rhs;
  addMap(llvm::Twine(packed.size()));
  std::string region;
  if (epilogue != Epilogue::None) {
    arguments += ", %b: " + biasType + ", %r: " + result;
    operands += " epilogue(%b, %r : " + biasType + ", " + result + ")";
    addMap(llvm::Twine(n));
    addMap("s0, " + llvm::Twine(n));
    region = "{\n^bb0(%acc: f32, %bias: f32, %res: f32):\n"
             "  %0 = nn.binary add %acc, %bias : f32, f32 -> f32\n";
    region += epilogue == Epilogue::Gelu
                  ? "  %1 = nn.gelu erf %0 : f32\n"
                  : "  %1 = nn.binary add %0, %res : f32, f32 -> f32\n";
    region += "  qt.yield %1 : f32\n}";
  }
  return llvm::formatv(
      "func.func private @k({0}) -> {1} attributes {{qt.kernel, qt.arg_shapes "
      "= [{2}], "
      "qt.result_shapes = [affine_map<()[s0] -> (s0, {3})>]} {{\n"
      "%y = qt.contract {4} {{acc = f32, geometry = #qt.matmul<k = {5}>, "
      "layout = {6}, "
      "lhs_format = {7}, rhs_format = {8}} {9} -> {1}\nreturn %y : {1}\n}\n",
      arguments, result, maps, n, operands, k, layoutText, formatText,
      weightText, region);
}

std::vector<void *> ContractionCase::getSlots(const uint8_t *weights,
                                              float *result) const {
  auto address = [](const auto *pointer) {
    return const_cast<void *>(static_cast<const void *>(pointer));
  };
  std::vector<void *> slots;
  if (numerics::hasFloatRows(layout.form))
    slots = {address(rowValues.data())};
  else
    slots = {address(rows.data()), address(rowScales.data())};
  slots.push_back(address(weights));
  if (epilogue != Epilogue::None)
    llvm::append_range(slots,
                       std::initializer_list<void *>{address(bias.data()),
                                                     address(residual.data())});
  slots.push_back(result);
  slots.push_back(reinterpret_cast<void *>(m));
  return slots;
}

std::vector<float> ContractionCase::run(const CompiledKernel &kernel) const {
  std::vector<float> result(m * n, NAN);
  std::vector<void *> slots = getSlots(packed.data(), result.data());
  void *scratch = nullptr;
  if (posix_memalign(&scratch, 64, kernel.getScratchBytes(m) + 64))
    abort();
  kernel.run(0, kernel.getUnits(m), slots.data(), scratch);
  free(scratch);
  return result;
}

std::vector<float> ContractionCase::getExpected() const {
  std::vector<float> result(m * n);
  int64_t blocks = layout.numBlocks();
  for (int64_t r = 0; r < m; ++r)
    for (int64_t c = 0; c < n; ++c) {
      auto dot = [&](int64_t from, int64_t to) {
        int32_t sum = 0;
        for (int64_t i = from; i < std::min(to, k); ++i)
          sum += static_cast<int32_t>(rowCodes[r * k + i]) * codes[c * k + i];
        return sum;
      };
      auto dotFloats = [&](int64_t from, int64_t to) {
        float sum = 0;
        for (int64_t i = from; i < std::min(to, k); ++i)
          sum = std::fma(rowValues[r * k + i],
                         static_cast<float>(codes[c * k + i]), sum);
        return sum;
      };
      float acc = 0;
      switch (layout.form) {
      case PackedForm::F32:
      case PackedForm::Winograd: // of convolutions, not of products
      case PackedForm::Chained:  // of integers alone
        for (int64_t i = 0; i < k; ++i)
          acc = std::fma(rowValues[r * k + i], values[c * k + i], acc);
        break;
      case PackedForm::S8:
      case PackedForm::Matched:
        acc = static_cast<float>(dot(0, k)) * (rowScales[r] * scales[c]);
        break;
      case PackedForm::B32:
      case PackedForm::B32N:
        for (int64_t b = 0; b < blocks; ++b)
          acc =
              std::fma(static_cast<float>(dot(b * 32, b * 32 + 32)),
                       rowScales[r * blocks + b] * scales[c * blocks + b], acc);
        break;
      case PackedForm::W4I:
      case PackedForm::W4S: {
        int32_t sum = 0;
        for (int64_t b = 0; b < blocks; ++b)
          sum += dot(b * 32, b * 32 + 32) * multipliers[c * blocks + b];
        acc = static_cast<float>(sum) * (rowScales[r] * outer[c]);
        break;
      }
      case PackedForm::S8F:
        acc = dotFloats(0, k) * scales[c];
        break;
      case PackedForm::B32F:
        for (int64_t b = 0; b < blocks; ++b)
          acc = std::fma(dotFloats(b * 32, b * 32 + 32), scales[c * blocks + b],
                         acc);
        break;
      case PackedForm::W4F:
        for (int64_t b = 0; b < blocks; ++b)
          acc = std::fma(dotFloats(b * 32, b * 32 + 32),
                         static_cast<float>(multipliers[c * blocks + b]), acc);
        acc *= outer[c];
        break;
      }
      if (epilogue != Epilogue::None)
        acc += bias[c];
      if (epilogue == Epilogue::BiasResidual)
        acc += residual[r * n + c];
      if (epilogue == Epilogue::Gelu)
        acc = static_cast<float>(0.5 * acc * std::erfc(-acc / std::sqrt(2.0)));
      result[r * n + c] = acc;
    }
  return result;
}
