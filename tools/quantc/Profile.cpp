//===- Profile.cpp - Where the time of a run goes ---------------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Profile.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/Format.h"
#include "llvm/Support/raw_ostream.h"

#include <chrono>

using namespace llvm;
using namespace quantc;

quantc_status Profile::take(const quantc_program *program,
                            quantc_context *context, double seconds,
                            function_ref<quantc_status()> runOnce) {
  using Clock = std::chrono::steady_clock;
  peaks = measurePeaks(quantc_num_threads(context));
  if (quantc_status status = quantc_profile(context, 1))
    return status;
  std::chrono::duration<double> limit(seconds);
  Clock::time_point begin = Clock::now();
  do {
    if (quantc_status status = runOnce())
      return status;
  } while (Clock::now() - begin < limit);
  std::vector<quantc_step_time> times(quantc_num_steps(program));
  if (quantc_status status =
          quantc_step_times(context, times.data(), int32_t(times.size())))
    return status;
  for (auto [index, time] : enumerate(times)) {
    if (time.runs == 0)
      continue;
    double each = 1e-9 * double(time.nanoseconds) / double(time.runs);
    double rate = each > 0 ? 1 / each : 0;
    steps.push_back({quantc_step(program, int32_t(index)), each, 0,
                     double(time.operations) * rate,
                     double(time.bytes) * rate});
    this->seconds += each;
  }
  for (Step &step : steps)
    step.share = this->seconds > 0 ? step.seconds / this->seconds : 0;
  // Ties in the order in which they run.
  sort(steps, [](const Step &a, const Step &b) {
    return a.seconds != b.seconds ? a.seconds > b.seconds : a.info < b.info;
  });
  return quantc_profile(context, 0);
}

static SmallVector<StringRef> getNodes(const quantc_step_info &step) {
  SmallVector<StringRef> names;
  StringRef(step.nodes)
      .split(names, '\n', /*MaxSplit=*/-1,
             /*KeepEmpty=*/false);
  return names;
}

/// The nodes of a step in one line: the last, which names its result, and how
/// many more it computes.
static std::string summarize(ArrayRef<StringRef> names) {
  if (names.empty())
    return "";
  std::string text = names.back().str();
  if (names.size() > 1)
    text += " and " + std::to_string(names.size() - 1) + " more";
  return text;
}

void Profile::print(raw_ostream &out) const {
  out << format("\n%zu steps, %.3f ms together; peaks here: ", steps.size(),
                seconds * 1e3)
      << format("%.0f GOP/s f32 (%s), ", peaks.floats.perSecond * 1e-9,
                peaks.floats.by)
      << format("%.0f GOP/s 8 bit (%s), ", peaks.integers.perSecond * 1e-9,
                peaks.integers.by)
      << format("%.1f GB/s read\n", peaks.read.perSecond * 1e-9)
      << "      ms   share   GOP/s    GB/s  kernel, arithmetic, nodes\n";
  for (const Step &step : steps) {
    out << format("%8.3f %6.1f%% %7.1f %7.1f  ", step.seconds * 1e3,
                  step.share * 100, step.operationsPerSecond * 1e-9,
                  step.bytesPerSecond * 1e-9)
        << step.info->kernel;
    if (step.info->arithmetic[0])
      out << ", " << step.info->arithmetic;
    out << ", " << summarize(getNodes(*step.info)) << "\n";
  }
}

void Profile::writeJson(json::OStream &out) const {
  out.attributeObject("peaks", [&] {
    auto write = [&](StringRef name, const Peak &peak) {
      out.attributeObject(name, [&] {
        out.attribute("per_second", peak.perSecond);
        out.attribute("by", peak.by);
      });
    };
    write("f32_operations", peaks.floats);
    write("int8_operations", peaks.integers);
    write("bytes_read", peaks.read);
  });
  out.attributeArray("steps", [&] {
    for (const Step &step : steps)
      out.object([&] {
        out.attribute("kernel", step.info->kernel);
        out.attribute("arithmetic", step.info->arithmetic);
        out.attributeArray("nodes", [&] {
          for (StringRef name : getNodes(*step.info))
            out.value(name);
        });
        out.attribute("seconds", step.seconds);
        out.attribute("share", step.share);
        out.attribute("operations_per_second", step.operationsPerSecond);
        out.attribute("bytes_per_second", step.bytesPerSecond);
      });
  });
}
