//===- CpuTarget.cpp - The CPU that code is generated for -*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "quantc/Target/CPU/CpuTarget.h"
#include "quantc/Dialect/QT/IR/QTAttrNames.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/MC/MCSubtargetInfo.h"
#include "llvm/MC/TargetRegistry.h"
#include "llvm/Support/TargetSelect.h"
#include "llvm/TargetParser/Host.h"
#include "llvm/TargetParser/Triple.h"
#include <mutex>

using namespace llvm;
using namespace quantc;
using mlir::DictionaryAttr;
using mlir::StringAttr;

static void initializeTargets() {
  static std::once_flag once;
  std::call_once(once, [] {
    InitializeAllTargetInfos();
    InitializeAllTargets();
    InitializeAllTargetMCs();
    InitializeAllAsmPrinters();
  });
}

/// The features that a CPU has by LLVM's tables, sorted.
static std::vector<std::string> getFeaturesOf(const MCSubtargetInfo &info) {
  std::vector<std::string> result;
  for (const SubtargetFeatureKV &feature : info.getAllProcessorFeatures())
    if (info.getFeatureBits().test(feature.Value))
      result.push_back(feature.Key);
  llvm::sort(result);
  return result;
}

/// The CPUs that code for \p triple can run on.
static std::vector<std::string> getCpuNames(const Target &backend,
                                            const Triple &triple) {
  std::unique_ptr<MCSubtargetInfo> all(
      backend.createMCSubtargetInfo(triple, "", ""));
  std::vector<std::string> names;
  for (const SubtargetSubTypeKV &entry : all->getAllProcessorDescriptions()) {
    if (!triple.isAArch64()) {
      // The table has those of 32 and of 64 bits.
      std::unique_ptr<MCSubtargetInfo> info(
          backend.createMCSubtargetInfo(triple, entry.Key, ""));
      if (!info->checkFeatures(triple.isArch64Bit() ? "+64bit" : "+32bit"))
        continue;
    }
    names.push_back(entry.Key);
  }
  return names;
}

/// What is wrong with a list "+m,-c" of features, empty where nothing is.
static std::string checkFeatureList(StringRef list,
                                    const MCSubtargetInfo &info) {
  SmallVector<StringRef> parts;
  list.split(parts, ',', -1, /*KeepEmpty=*/false);
  for (StringRef part : parts) {
    StringRef name = part.drop_front();
    if (part.front() != '+' && part.front() != '-')
      return ("feature '" + part + "' has no sign; supported: +NAME or -NAME")
          .str();
    if (none_of(
            info.getAllProcessorFeatures(),
            [&](const SubtargetFeatureKV &known) { return name == known.Key; }))
      return ("feature '" + name + "' is not known for " +
              info.getTargetTriple().str())
          .str();
  }
  return "";
}

Expected<CpuTarget> CpuTarget::resolve(StringRef givenTriple,
                                       StringRef givenCpu,
                                       StringRef givenFeatures) {
  initializeTargets();
  CpuTarget target;
  target.triple = givenTriple.empty() ? sys::getDefaultTargetTriple()
                                      : Triple::normalize(givenTriple);
  Triple triple(target.triple);
  std::string problem;
  const Target *backend = TargetRegistry::lookupTarget(triple, problem);
  if (!backend)
    return createStringError("triple '" + givenTriple + "': " + problem);
  bool isSupported = triple.isX86_64() || triple.getArch() == Triple::aarch64 ||
                     triple.isRISCV32();
  if (!isSupported || triple.isX32() || !triple.isOSBinFormatELF() ||
      !triple.isLittleEndian())
    return createStringError("triple '" + target.triple +
                             "' is not supported; "
                             "supported: x86_64, aarch64 and riscv32 with "
                             "files of the kind ELF");
  if (givenCpu.contains(','))
    return createStringError("CPUs '" + givenCpu +
                             "': code for several CPUs in "
                             "one artefact is not built yet; name one");
  bool isPlain = givenCpu.empty() && triple.isRISCV();
  bool native = givenCpu == "native" || (givenCpu.empty() && !isPlain);
  if (native && triple.getArch() != Triple(sys::getProcessTriple()).getArch())
    return createStringError("CPU 'native' is this machine's, which is no " +
                             triple.getArchName() + "; name one");
  target.cpu = native    ? sys::getHostCPUName().str()
               : isPlain ? "generic-rv32"
                         : givenCpu.str();
  std::vector<std::string> names = getCpuNames(*backend, triple);
  if (!native && !is_contained(names, target.cpu))
    return createStringError("CPU '" + givenCpu + "' is not known for " +
                             target.triple + "; there are native, " +
                             join(names, ", "));
  std::vector<std::string> overrides;
  if (native) {
    // A virtual machine may hide some of what its CPU has.
    for (const auto &feature : sys::getHostCPUFeatures())
      overrides.push_back((feature.second ? "+" : "-") + feature.first().str());
    llvm::sort(overrides);
  }
  // As clang has it for such a triple.
  if (isPlain)
    overrides.push_back("+m,+a,+c");
  if (!givenFeatures.empty())
    overrides.push_back(givenFeatures.str());
  std::unique_ptr<MCSubtargetInfo> plain(
      backend->createMCSubtargetInfo(triple, target.cpu, ""));
  if (std::string wrong = checkFeatureList(givenFeatures, *plain);
      !wrong.empty())
    return createStringError(wrong);
  std::unique_ptr<MCSubtargetInfo> info(
      backend->createMCSubtargetInfo(triple, target.cpu, join(overrides, ",")));
  target.features = getFeaturesOf(*info);
  return target;
}

CpuTarget CpuTarget::get(mlir::ModuleOp module) {
  CpuTarget target;
  if (module)
    if (auto dictionary =
            module->getAttrOfType<DictionaryAttr>(targetAttrName)) {
      auto text = [&](StringRef key) {
        auto value = dictionary.getAs<StringAttr>(key);
        return value ? value.str() : std::string();
      };
      target.triple = text("triple");
      target.cpu = text("cpu");
      SmallVector<StringRef> list;
      std::string features = text("features");
      StringRef(features).split(list, ',', -1, /*KeepEmpty=*/false);
      for (StringRef feature : list)
        if (feature.consume_front("+"))
          target.features.push_back(feature.str());
      llvm::sort(target.features);
      return target;
    }
  target.triple = sys::getDefaultTargetTriple();
  target.cpu = "generic";
  return target;
}

void CpuTarget::attachTo(mlir::ModuleOp module) const {
  mlir::Builder builder(module.getContext());
  auto entry = [&](StringRef key, const std::string &value) {
    return builder.getNamedAttr(key, builder.getStringAttr(value));
  };
  module->setAttr(targetAttrName,
                  builder.getDictionaryAttr(
                      {entry("cpu", cpu), entry("features", getFeatureString()),
                       entry("triple", triple)}));
}

CpuTarget CpuTarget::around(mlir::Operation *op) {
  auto module = op->getParentOfType<mlir::ModuleOp>();
  while (module && !module->hasAttr(targetAttrName) &&
         module->getParentOfType<mlir::ModuleOp>())
    module = module->getParentOfType<mlir::ModuleOp>();
  return get(module);
}

std::string CpuTarget::getFeatureString() const {
  std::string text;
  for (const std::string &feature : features)
    text += (text.empty() ? "+" : ",+") + feature;
  return text;
}

bool CpuTarget::has(StringRef feature) const {
  return std::binary_search(features.begin(), features.end(), feature.str());
}

int64_t CpuTarget::getRegisterLanes() const {
  Triple parsed(triple);
  if (parsed.isAArch64())
    return 32 * 4;
  // RISC-V, whose first register is always zero.
  if (!parsed.isX86())
    return 31;
  if (has("avx512f"))
    return 32 * 16;
  return 16 * (has("avx") || has("avx2") ? 8 : 4);
}

LayoutClass CpuTarget::getLayoutClass() const {
  if (has("avx512vnni") && has("avx512bw"))
    return LayoutClass::AVX512VNNI;
  return has("avx2") ? LayoutClass::AVX2 : LayoutClass::Generic;
}
