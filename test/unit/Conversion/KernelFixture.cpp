//===- KernelFixture.cpp - Runs kernels on host tensors -------------------===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "KernelFixture.h"
#include "mlir/IR/Verifier.h"
#include "mlir/Parser/Parser.h"
#include "mlir/Pass/PassManager.h"
#include "mlir/Target/LLVMIR/Dialect/Builtin/BuiltinToLLVMIRTranslation.h"
#include "mlir/Target/LLVMIR/Dialect/LLVMIR/LLVMToLLVMIRTranslation.h"
#include "quantc/Analysis/SymbolicShapes.h"
#include "quantc/Conversion/KernelToLoops/Passes.h"
#include "quantc/InitAll.h"
#include "quantc/Interpreter/Interpreter.h"
#include "quantc/Target/CPU/Codegen.h"
#include "llvm/Support/TargetSelect.h"
#include <cmath>
#include <cstring>
#include <sys/mman.h>

using namespace mlir;
using namespace quantc;

namespace {
/// Memory that ends at a page that cannot be touched, behind known bytes.
class Guarded {
public:
  explicit Guarded(size_t size) : size(size) {
    mapped = (size + 2 * page - 1) / page * page + page;
    void *memory = mmap(nullptr, mapped, PROT_READ | PROT_WRITE,
                        MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    base = static_cast<char *>(memory);
    std::memset(base, 0x5a, mapped);
    mprotect(base + mapped - page, page, PROT_NONE);
  }
  Guarded(const Guarded &) = delete;
  ~Guarded() { munmap(base, mapped); }

  char *data() { return base + mapped - page - size; }
  bool isIntact() {
    return std::all_of(base, data(), [](char c) { return c == 0x5a; });
  }

private:
  static constexpr size_t page = 4096;
  size_t size, mapped;
  char *base;
};
} // namespace

func::FuncOp Kernel::getFunction() {
  return *reference->getOps<func::FuncOp>().begin();
}

KernelTest::KernelTest() {
  llvm::InitializeNativeTarget();
  llvm::InitializeNativeTargetAsmPrinter();
  llvm::InitializeNativeTargetAsmParser();
  DialectRegistry registry;
  registerAllDialects(registry);
  registerBuiltinDialectTranslation(registry);
  registerLLVMDialectTranslation(registry);
  context =
      std::make_unique<MLIRContext>(registry, MLIRContext::Threading::DISABLED);
  context->loadAllAvailableDialects();
}

/// States the sizes that the group stage would state.
static void nameSizes(func::FuncOp func) {
  MLIRContext *context = func.getContext();
  Builder builder(context);
  func->setAttr("qt.kernel", builder.getUnitAttr());
  if (!func->hasAttr(argShapesAttrName)) {
    llvm::SmallDenseMap<size_t, unsigned> symbolOfDim;
    SmallVector<SmallVector<AffineExpr>> lists;
    for (Type type : func.getArgumentTypes()) {
      lists.emplace_back();
      for (auto [dim, size] :
           llvm::enumerate(cast<RankedTensorType>(type).getShape())) {
        unsigned next = symbolOfDim.size();
        lists.back().push_back(
            ShapedType::isDynamic(size)
                ? builder.getAffineSymbolExpr(
                      symbolOfDim.try_emplace(dim, next).first->second)
                : builder.getAffineConstantExpr(size));
      }
    }
    unsigned symbols = symbolOfDim.size();
    SmallVector<Attribute> maps;
    for (ArrayRef<AffineExpr> sizes : lists)
      maps.push_back(
          AffineMapAttr::get(AffineMap::get(0, symbols, sizes, context)));
    func->setAttr(argShapesAttrName, builder.getArrayAttr(maps));
  }
  SymbolicShapes shapes(func);
  SmallVector<SmallVector<AffineExpr>> lists;
  for (Value value : func.getBody().front().getTerminator()->getOperands())
    lists.emplace_back(shapes.getSizes(value));
  SmallVector<Attribute> maps;
  for (ArrayRef<AffineExpr> sizes : lists)
    maps.push_back(AffineMapAttr::get(
        AffineMap::get(0, shapes.getNumSymbols(), sizes, context)));
  func->setAttr(resultShapesAttrName, builder.getArrayAttr(maps));
}

Kernel KernelTest::compile(StringRef text, StringRef cpu) {
  Kernel kernel;
  kernel.reference = parseSourceString<ModuleOp>(text, context.get());
  EXPECT_TRUE(kernel.reference) << text.str();
  if (!kernel.reference)
    return kernel;
  llvm::Expected<CpuTarget> target = CpuTarget::resolve("", cpu);
  EXPECT_TRUE(static_cast<bool>(target));
  target->attachTo(*kernel.reference);
  func::FuncOp func = kernel.getFunction();
  nameSizes(func);
  std::string name = func.getName().str();

  kernel.lowered = kernel.reference->clone();
  PassManager passes(context.get());
  passes.addPass(createLowerKernels());
  buildKernelsToLLVMPipeline(passes);
  bool isLowered = succeeded(passes.run(*kernel.lowered));
  EXPECT_TRUE(isLowered) << text.str();
  if (!isLowered)
    return kernel;
  auto objects = compileKernels(*kernel.lowered, *target, 1, CodeKind::Object);
  if (!objects) {
    ADD_FAILURE() << llvm::toString(objects.takeError());
    return kernel;
  }
  llvm::orc::LLJITBuilder builder;
  builder.setLinkProcessSymbolsByDefault(false);
  builder.setPlatformSetUp(llvm::orc::setUpInactivePlatform);
  kernel.jit = llvm::cantFail(builder.create());
  auto allowed = [](const llvm::orc::SymbolStringPtr &symbol) {
    return *symbol == "memcpy" || *symbol == "memset" || *symbol == "memmove";
  };
  kernel.jit->getMainJITDylib().addGenerator(llvm::cantFail(
      llvm::orc::DynamicLibrarySearchGenerator::GetForCurrentProcess(
          kernel.jit->getDataLayout().getGlobalPrefix(), allowed)));
  StringRef bytes((*objects)[0].data(), (*objects)[0].size());
  llvm::cantFail(kernel.jit->addObjectFile(
      llvm::MemoryBuffer::getMemBufferCopy(bytes, name)));
  auto symbol = kernel.jit->getExecutionSession().lookup(
      llvm::orc::makeJITDylibSearchOrder(
          &kernel.jit->getMainJITDylib(),
          llvm::orc::JITDylibLookupFlags::MatchAllSymbols),
      kernel.jit->mangleAndIntern(getKernelSymbol(name)));
  if (!symbol) {
    ADD_FAILURE() << llvm::toString(symbol.takeError());
    return kernel;
  }
  kernel.span = symbol->getAddress()
                    .toPtr<int32_t (*)(int64_t, int64_t, void **, char *)>();
  return kernel;
}

static std::vector<int64_t> evaluate(AffineMap map, ArrayRef<int64_t> symbols) {
  if (map.getNumResults() == 0) // a scalar's, which does not fold
    return {};
  Builder builder(map.getContext());
  SmallVector<Attribute> constants, results;
  for (unsigned i = 0; i < map.getNumSymbols(); ++i)
    constants.push_back(
        builder.getI64IntegerAttr(i < symbols.size() ? symbols[i] : -1));
  EXPECT_TRUE(succeeded(map.constantFold(constants, results)));
  std::vector<int64_t> values;
  for (Attribute result : results)
    values.push_back(cast<IntegerAttr>(result).getInt());
  return values;
}

int32_t KernelTest::run(Kernel &kernel, ArrayRef<HostValue> inputs,
                        std::vector<HostValue> &outputs, bool split) {
  func::FuncOp func = kernel.getFunction();
  std::vector<int64_t> symbols;
  auto maps = func->getAttrOfType<ArrayAttr>(argShapesAttrName);
  for (auto [map, input] :
       llvm::zip_equal(maps.getAsRange<AffineMapAttr>(), inputs))
    for (auto [size, value] :
         llvm::zip_equal(map.getValue().getResults(), input.getShape()))
      if (auto symbol = dyn_cast<AffineSymbolExpr>(size)) {
        symbols.resize(
            std::max<size_t>(symbols.size(), symbol.getPosition() + 1));
        symbols[symbol.getPosition()] = value;
      }
  std::vector<std::unique_ptr<Guarded>> memory;
  std::vector<void *> args;
  for (const HostValue &input : inputs) {
    memory.push_back(std::make_unique<Guarded>(input.getBytes().size()));
    std::memcpy(memory.back()->data(), input.getBytes().data(),
                input.getBytes().size());
    args.push_back(memory.back()->data());
  }
  outputs.clear();
  auto results = func->getAttrOfType<ArrayAttr>(resultShapesAttrName);
  for (auto [map, type] : llvm::zip_equal(results.getAsRange<AffineMapAttr>(),
                                          func.getResultTypes())) {
    Type element = cast<RankedTensorType>(type).getElementType();
    outputs.push_back(HostValue::allocate(
        RankedTensorType::get(evaluate(map.getValue(), symbols), element)));
    memory.push_back(
        std::make_unique<Guarded>(outputs.back().getBytes().size()));
    std::memset(memory.back()->data(), 0x77, outputs.back().getBytes().size());
    args.push_back(memory.back()->data());
  }
  for (int64_t symbol : symbols)
    args.push_back(reinterpret_cast<void *>(symbol));

  ModuleOp module = *kernel.lowered->getOps<ModuleOp>().begin();
  auto number = [&](StringRef name) {
    return evaluate(module->getAttrOfType<AffineMapAttr>(name).getValue(),
                    symbols)[0];
  };
  int64_t total = number("qt.iterations");
  int64_t grain = module->getAttrOfType<IntegerAttr>("qt.grain").getInt();
  EXPECT_GE(grain, 1);
  Guarded scratch(number("qt.scratch"));
  int32_t error = 0;
  if (split) {
    for (int64_t i = (total + grain - 1) / grain; i-- > 0;)
      error |= kernel.span(i * grain, std::min(total, (i + 1) * grain),
                           args.data(), scratch.data());
  } else {
    error = kernel.span(0, total, args.data(), scratch.data());
  }
  EXPECT_TRUE(scratch.isIntact());
  for (auto &buffer : memory)
    EXPECT_TRUE(buffer->isIntact()) << "bytes before a buffer were changed";
  for (auto [index, output] : llvm::enumerate(outputs))
    std::memcpy(output.getMutableBytes().data(),
                memory[inputs.size() + index]->data(),
                output.getBytes().size());
  return error;
}

static void compare(const HostValue &actual, const HostValue &expected,
                    double tolerance, double absolute) {
  ASSERT_EQ(actual.getShape(), expected.getShape());
  unsigned shown = 0;
  for (int64_t i = 0, e = expected.getNumElements(); i < e && shown < 5; ++i) {
    if (!isa<FloatType>(expected.getElementType())) {
      int64_t x = actual.getInteger(i), y = expected.getInteger(i);
      if (x != y)
        EXPECT_EQ(x, y) << "at " << i << (++shown, "");
      continue;
    }
    double x = actual.getNumber(i), y = expected.getNumber(i);
    bool same = (std::isnan(x) && std::isnan(y)) || x == y ||
                std::fabs(x - y) <= tolerance * std::fabs(y) + absolute;
    if (!same)
      EXPECT_EQ(x, y) << "at " << i << (++shown, "");
  }
}

void KernelTest::check(Kernel &kernel, ArrayRef<HostValue> inputs,
                       double tolerance, double absolute) {
  ASSERT_TRUE(kernel.span);
  auto expected = interpretFunction(kernel.getFunction(), inputs);
  ASSERT_TRUE(succeeded(expected));
  for (bool split : {false, true}) {
    std::vector<HostValue> outputs;
    EXPECT_EQ(run(kernel, inputs, outputs, split), 0);
    for (auto [actual, wanted] : llvm::zip_equal(outputs, *expected))
      compare(actual, wanted, tolerance, absolute);
  }
}

void KernelTest::check(StringRef text, ArrayRef<HostValue> inputs,
                       double tolerance, double absolute) {
  Kernel kernel = compile(text);
  if (kernel.span)
    check(kernel, inputs, tolerance, absolute);
  if (HasFailure())
    llvm::errs() << "in " << text << "\n";
}

HostValue KernelTest::make(ArrayRef<int64_t> shape, Type element,
                           std::function<double(int64_t)> value) {
  HostValue result = HostValue::allocate(RankedTensorType::get(shape, element));
  for (int64_t i = 0, e = result.getNumElements(); i < e; ++i)
    if (isa<FloatType>(element))
      result.setNumber(i, value(i));
    else
      result.setInteger(i, static_cast<int64_t>(value(i)));
  return result;
}

HostValue KernelTest::random(ArrayRef<int64_t> shape, Type element, double low,
                             double high) {
  return make(shape, element, [&](int64_t) {
    state = state * 6364136223846793005u + 1442695040888963407u;
    double unit = static_cast<double>(state >> 11) * 0x1p-53;
    return element.isInteger(1) ? static_cast<double>(unit < 0.5)
                                : low + unit * (high - low);
  });
}

HostValue KernelTest::reals(ArrayRef<int64_t> shape, double low, double high) {
  return random(shape, Float32Type::get(context.get()), low, high);
}

HostValue KernelTest::list(ArrayRef<int64_t> values) {
  return make({static_cast<int64_t>(values.size())},
              IntegerType::get(context.get(), 64),
              [&](int64_t i) { return static_cast<double>(values[i]); });
}
