//===- MathTest.cpp - Errors of the polynomials ---------------------------===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "KernelFixture.h"
#include "quantc/Numerics/Scalar.h"
#include <cmath>
#include <cstring>

using namespace mlir;
using namespace quantc;
using Function = double (*)(double);

namespace {
struct Case {
  const char *op; ///< between the result and its operand
  Function exact;
  double ulps;     ///< in units of the result's last place
  double absolute; ///< or this, whichever is more
  double limit;    ///< of the magnitudes that are sampled
};

class MathTest : public KernelTest,
                 public ::testing::WithParamInterface<Case> {};
} // namespace

/// The distance between floats at \p x.
static double getUlp(double x) {
  int exponent;
  std::frexp(x, &exponent);
  return std::ldexp(1.0, std::max(exponent - 24, -149));
}

/// Every 1021st float of either sign, and what is special.
static std::vector<float> sample(double limit) {
  std::vector<float> values = {0.0f,        -0.0f,     1.0f,      -1.0f,
                               INFINITY,    -INFINITY, NAN,       0x1p-149f,
                               -0x1p-149f,  0x1p-126f, 88.72284f, -87.33655f,
                               -103.97208f, -7.07f,    4.2f};
  for (uint64_t bits = 0; bits < (uint64_t(1) << 32); bits += 1021) {
    uint32_t word = bits;
    float value;
    std::memcpy(&value, &word, sizeof value);
    if (!(std::fabs(value) > limit))
      values.push_back(value);
  }
  return values;
}

static void compareFunction(const Case &test, ArrayRef<float> x,
                            ArrayRef<float> y) {
  double worst = 0, worstAt = 0, worstAbsolute = 0;
  unsigned shown = 0;
  for (size_t i = 0; i < x.size(); ++i) {
    double exact = test.exact(x[i]), actual = y[i];
    float rounded = static_cast<float>(exact);
    if (std::isnan(exact) || std::isinf(rounded) || exact == 0) {
      bool near = std::isinf(rounded) && std::fabs(exact) < 0x1.00001p128 &&
                  actual > 0x1.fffffp127;
      bool same =
          near || (std::isnan(exact) ? std::isnan(actual) : actual == rounded);
      if (!same && std::fabs(actual - exact) > test.absolute && ++shown < 6)
        EXPECT_EQ(actual, exact) << "at " << x[i];
      continue;
    }
    double error = std::fabs(actual - exact), ulps = error / getUlp(exact);
    if (!(error <= test.absolute) && !(ulps <= test.ulps) && ++shown < 6)
      EXPECT_LE(ulps, test.ulps)
          << "at " << x[i] << ": " << actual << ", not " << exact;
    if (error > test.absolute && ulps > worst)
      worst = ulps, worstAt = x[i];
    worstAbsolute = std::max(worstAbsolute, error);
  }
  printf("%-10s %.2f ulp at %g, largest difference %.2e\n", test.op, worst,
         worstAt, worstAbsolute);
}

TEST_P(MathTest, StaysWithinItsBound) {
  const Case &test = GetParam();
  std::vector<float> x = sample(test.limit);
  std::string text =
      std::string(
          "func.func @k(%x: tensor<?xf32>) -> tensor<?xf32> { %y = nn.") +
      test.op + " %x : tensor<?xf32> return %y : tensor<?xf32> }";
  for (const char *cpu : {"native", "x86-64-v2"}) {
    Kernel kernel = compile(text, cpu);
    ASSERT_TRUE(kernel.span);
    HostValue input =
        make({static_cast<int64_t>(x.size())}, Float32Type::get(&getContext()),
             [&](int64_t i) { return x[i]; });
    std::vector<HostValue> outputs;
    ASSERT_EQ(run(kernel, input, outputs), 0);
    compareFunction(test, x, outputs[0].as<float>());
  }
}

static double gelu(double x) {
  return std::isinf(x) ? (x < 0 ? 0 : x)
                       : 0.5 * x * std::erfc(-x * 0.70710678118654752440);
}
static double geluTanh(double x) {
  double u = 0.79788456080286535588 * (x + 0.044715 * x * x * x);
  return std::isinf(x) ? (x < 0 ? 0 : x) : x / (1 + std::exp(-2 * u));
}
static double silu(double x) {
  return std::isinf(x) && x < 0 ? 0 : x / (1 + std::exp(-x));
}
static double sigmoid(double x) { return 1 / (1 + std::exp(-x)); }
static double softplus(double x) {
  return std::fmax(x, 0) + std::log1p(std::exp(-std::fabs(x))) + (x - x);
}
static double geluSigmoid(double x) {
  return std::isinf(x) && x < 0 ? 0 : x / (1 + std::exp(-1.702 * x));
}

static const Case cases[] = {
    {"unary exp", std::exp, 1.5, 0, INFINITY},
    {"unary log", std::log, 1.5, 0, INFINITY},
    {"unary expm1", std::expm1, 2, 0, INFINITY},
    {"unary log1p", std::log1p, 3, 0, INFINITY},
    {"unary tanh", std::tanh, 2, 0, INFINITY},
    {"unary erf", std::erf, 2, 0, INFINITY},
    {"unary sigmoid", sigmoid, 3, 0x1p-126, INFINITY},
    {"unary softplus", softplus, 3, 0x1p-126, INFINITY},
    {"unary sin", std::sin, 2, 0, INFINITY},
    {"unary cos", std::cos, 2, 0, INFINITY},
    {"unary tan", std::tan, 4, 0, INFINITY},
    {"unary asin", std::asin, 3, 0, INFINITY},
    {"unary acos", std::acos, 3, 0, INFINITY},
    {"unary atan", std::atan, 3, 0, INFINITY},
    {"unary sinh", std::sinh, 3, 0, INFINITY},
    {"unary cosh", std::cosh, 3, 0, INFINITY},
    {"unary asinh", std::asinh, 4, 0, INFINITY},
    {"unary acosh", std::acosh, 4, 0, INFINITY},
    {"unary atanh", std::atanh, 4, 0, INFINITY},
    {"unary sqrt", std::sqrt, 0.5, 0, INFINITY},
    {"unary rsqrt", [](double x) { return 1 / std::sqrt(x); }, 1.5, 0,
     INFINITY},
    {"unary floor", std::floor, 0, 0, INFINITY},
    {"unary ceil", std::ceil, 0, 0, INFINITY},
    {"unary round", std::nearbyint, 0, 0, INFINITY},
    {"gelu erf", gelu, 4, 5e-7, INFINITY},
    {"gelu tanh", geluTanh, 6, 5e-7, INFINITY},
    {"gelu sigmoid", geluSigmoid, 6, 5e-7, INFINITY},
    {"silu", silu, 4, 1e-30, INFINITY},
};

INSTANTIATE_TEST_SUITE_P(Functions, MathTest, ::testing::ValuesIn(cases),
                         [](const ::testing::TestParamInfo<Case> &info) {
                           std::string name = info.param.op;
                           std::replace(name.begin(), name.end(), ' ', '_');
                           return name;
                         });

/// Softmax of rows [0, x] is 1 / (1 + exp x) and its share of exp x: every
/// float of the range in which the exponential is not yet 1, chunk by chunk.
TEST_F(KernelTest, ExponentialsOfSoftmaxStayWithinTheirBound) {
  for (const char *cpu : {"native", "x86-64-v2"}) {
    // One row per chunk, whose largest element is 0: the results are the
    // exponentials over one and the same sum.
    Kernel kernel = compile("func.func @k(%x: tensor<?x?xf32>) -> "
                            "tensor<?x?xf32> attributes {qt.arg_shapes = "
                            "[affine_map<()[s0, s1] -> (s0, s1)>]} {"
                            "%y = nn.softmax %x {axis = 1 : i64} : "
                            "tensor<?x?xf32> return %y : tensor<?x?xf32> }",
                            cpu);
    ASSERT_TRUE(kernel.span);
    bool hasFma = std::strcmp(cpu, "native") == 0;
    double worst = 0, worstAt = 0;
    // From 2^-25, below which exp rounds to 1, to 88.
    uint32_t first = 0x33000000, last = 0x42b00000, size = 1 << 20;
    for (uint32_t begin = first; begin < last; begin += size) {
      HostValue input = make({1, static_cast<int64_t>(size)},
                             Float32Type::get(&getContext()), [&](int64_t i) {
                               uint32_t word = begin + i;
                               float value;
                               std::memcpy(&value, &word, sizeof value);
                               return i == 0 ? 0.0f : -value;
                             });
      std::vector<HostValue> outputs;
      ASSERT_EQ(run(kernel, input, outputs), 0);
      ArrayRef<float> x = input.as<float>(), y = outputs[0].as<float>();
      // y is 1 / sum rounded, times the exponential, rounded.
      for (uint32_t i = 1; i < size; ++i) {
        if (x[i] < -87.69f) {
          ASSERT_EQ(y[i], 0) << "at " << x[i];
          continue;
        }
        // Products with 1 / sum may be denormal.
        double exact = std::exp(static_cast<double>(x[i])) * y[0];
        double error = std::fabs(y[i] - exact) - 0x1p-125;
        double bound = 1.8e-7 + (hasFma ? 2.8e-9 : 9e-8) * -x[i] + 0x1p-24;
        ASSERT_LE(error, bound * exact) << "at " << x[i];
        if (error > worst * exact)
          worst = error / exact, worstAt = x[i];
      }
    }
    printf("exp of softmax, %s: relative error %.2e at %g\n", cpu, worst,
           worstAt);
  }
}

TEST_F(KernelTest, PowHasTheSpecialCasesOfIEEE) {
  std::vector<float> values = {
      0.0f,        -0.0f,       1.0f,    -1.0f,       2.0f,       -2.0f,
      0.5f,        -0.5f,       3.0f,    -3.0f,       INFINITY,   -INFINITY,
      NAN,         1e-40f,      -1e-40f, 1e38f,       2.5f,       -2.5f,
      16777216.0f, 16777217.0f, -127.0f, 0.33333334f, 1.0000001f, 0.9999999f};
  for (unsigned i = 0; i < 4000; ++i)
    values.push_back(
        static_cast<float>(std::exp(((i * 7919) % 4001 - 2000) / 250.0)) *
        (i % 3 ? 1 : -1));
  std::vector<float> bases, exponents;
  for (size_t i = 0; i < values.size(); ++i)
    for (size_t j = 0; j < values.size(); j += i < 24 && j < 24 ? 1 : 57) {
      bases.push_back(values[i]);
      exponents.push_back(values[j]);
    }
  auto toValue = [&](const std::vector<float> &from) {
    return make({static_cast<int64_t>(from.size())},
                Float32Type::get(&getContext()),
                [&](int64_t i) { return from[i]; });
  };
  for (const char *cpu : {"native", "x86-64-v2"}) {
    Kernel kernel = compile("func.func @k(%x: tensor<?xf32>, %y: "
                            "tensor<?xf32>) -> tensor<?xf32> attributes {"
                            "qt.arg_shapes = [affine_map<()[s0] -> (s0)>, "
                            "affine_map<()[s0] -> (s0)>]} {"
                            "%z = nn.binary pow %x, %y : tensor<?xf32>, "
                            "tensor<?xf32> -> tensor<?xf32>"
                            "return %z : tensor<?xf32> }",
                            cpu);
    ASSERT_TRUE(kernel.span);
    std::vector<HostValue> outputs;
    ASSERT_EQ(run(kernel, {toValue(bases), toValue(exponents)}, outputs), 0);
    double worst = 0;
    for (size_t i = 0; i < bases.size(); ++i) {
      double exact = std::pow(static_cast<double>(bases[i]), exponents[i]);
      float rounded = static_cast<float>(exact),
            actual = outputs[0].as<float>()[i];
      if (std::isnan(exact) || std::isinf(rounded) || rounded == 0) {
        EXPECT_TRUE(std::isnan(exact) ? std::isnan(actual) : actual == rounded)
            << bases[i] << " to " << exponents[i] << " is " << actual
            << ", not " << exact;
        continue;
      }
      double ulps = std::fabs(actual - exact) / getUlp(exact);
      worst = std::max(worst, ulps);
      EXPECT_LE(ulps, 1.0) << bases[i] << " to " << exponents[i] << " is "
                           << actual << ", not " << exact;
    }
    printf("pow %.2f ulp\n", worst);
  }
}
