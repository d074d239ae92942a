//===- VerifyAttributes.cpp - Attributes of functions -*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "quantc/Analysis/EqualSizes.h"
#include "quantc/Analysis/IntegerRanges.h"
#include "quantc/Analysis/NormalisedRows.h"
#include "quantc/Dialect/QT/IR/IntegerTypes.h"
#include "quantc/Dialect/QT/IR/LimitAttr.h"
#include "quantc/Dialect/QT/IR/QTAttrNames.h"
#include "quantc/Dialect/QT/IR/QTDialect.h"
#include "quantc/Dialect/QT/IR/QTOps.h"
#include "quantc/Interfaces/IntegerLoweringInterface.h"

#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/TypeUtilities.h"
#include "mlir/Interfaces/FunctionInterfaces.h"
#include "llvm/ADT/StringSet.h"

using namespace mlir;
using namespace quantc;
using namespace quantc::qt;

//===----------------------------------------------------------------------===//
// What attributes hold
//===----------------------------------------------------------------------===//

template <typename Kind> static bool isA(Attribute value) {
  return isa<Kind>(value);
}

/// Beyond these the polynomials of the published methods leave their integers.
static bool isScale(Attribute value) {
  auto number = dyn_cast<FloatAttr>(value);
  return number && number.getType().isF64() &&
         number.getValueAsDouble() >= 0x1p-14 && number.getValueAsDouble() <= 1;
}

template <typename Element> static bool isArrayOf(Attribute value) {
  auto array = dyn_cast<ArrayAttr>(value);
  return array && llvm::all_of(array, llvm::IsaPred<Element>);
}

static bool areListsOfNames(Attribute value) {
  return isArrayOf<ArrayAttr>(value) &&
         llvm::all_of(cast<ArrayAttr>(value), isArrayOf<StringAttr>);
}

static bool areDistinctNames(Attribute value) {
  if (!isArrayOf<StringAttr>(value))
    return false;
  llvm::StringSet<> seen;
  return llvm::all_of(cast<ArrayAttr>(value), [&](Attribute name) {
    return seen.insert(cast<StringAttr>(name).getValue()).second;
  });
}

static bool areBounds(Attribute value) {
  auto dictionary = dyn_cast<DictionaryAttr>(value);
  return dictionary && llvm::all_of(dictionary, [](NamedAttribute entry) {
           auto range = dyn_cast<DenseI64ArrayAttr>(entry.getValue());
           return range && range.size() == 2 && range[0] >= 0 &&
                  range[0] <= range[1];
         });
}

static bool areRanges(Attribute value) {
  auto dictionary = dyn_cast<DictionaryAttr>(value);
  return dictionary && llvm::all_of(dictionary, [](NamedAttribute entry) {
           auto range = dyn_cast<DenseF64ArrayAttr>(entry.getValue());
           return range && range.size() == 2 &&
                  isStaticRange(range[0], range[1]);
         });
}

/// Scales whose multiples and their reciprocals are floats.
static bool isResultScale(Attribute value) {
  auto number = dyn_cast<FloatAttr>(value);
  return number && number.getType().isF64() &&
         number.getValueAsDouble() >= 0x1p-100 &&
         number.getValueAsDouble() <= 0x1p100;
}

static bool areCuts(Attribute value) {
  auto array = dyn_cast<DenseI64ArrayAttr>(value);
  return array && array.size() % 2 == 0 &&
         llvm::all_of(array.asArrayRef(), [](int64_t dim) { return dim > 0; });
}

static bool isMapOfSymbols(Attribute value) {
  auto map = dyn_cast<AffineMapAttr>(value);
  return map && map.getValue().getNumDims() == 0;
}

static bool areShapes(Attribute value) {
  auto array = dyn_cast<ArrayAttr>(value);
  return array && llvm::all_of(array, isMapOfSymbols);
}

static bool arePairs(Attribute value) {
  return areShapes(value) &&
         llvm::all_of(cast<ArrayAttr>(value), [](Attribute map) {
           return cast<AffineMapAttr>(map).getValue().getNumResults() == 2;
         });
}

static bool areNamedPairs(Attribute value) {
  auto array = dyn_cast<ArrayAttr>(value);
  return array && llvm::all_of(array, [](Attribute element) {
           auto pair = dyn_cast<ArrayAttr>(element);
           return pair && pair.size() == 2 && isa<StringAttr>(pair[1]) &&
                  arePairs(ArrayAttr::get(pair.getContext(), pair[0]));
         });
}

static bool isCount(Attribute value) {
  return isMapOfSymbols(value) &&
         cast<AffineMapAttr>(value).getValue().getNumResults() == 1;
}

static bool isPositive(Attribute value) {
  auto integer = dyn_cast<IntegerAttr>(value);
  return integer && integer.getType().isSignlessInteger(64) &&
         integer.getInt() > 0;
}

//===----------------------------------------------------------------------===//
// Which attributes there are
//===----------------------------------------------------------------------===//

static bool isFunction(Operation *op) { return isa<FunctionOpInterface>(op); }
static bool isModule(Operation *op) { return isa<ModuleOp>(op); }
static bool isEncoding(Operation *op) { return isa<QuantizeOp>(op); }
static bool isEncodingOrContraction(Operation *op) {
  return isa<QuantizeOp, ContractOp>(op);
}
static bool isRoundedShift(Operation *op) {
  auto binary = dyn_cast<nn::BinaryOp>(op);
  return binary && binary.getKind() == nn::BinaryKind::RShift;
}
static bool isSum(Operation *op) {
  return isa<nn::MatmulOp, nn::SoftmaxOp, nn::AttentionOp, nn::ReduceOp>(op);
}
static bool isSoftmax(Operation *op) { return isa<nn::SoftmaxOp>(op); }
static bool isReshape(Operation *op) { return isa<nn::ReshapeOp>(op); }
static bool isClip(Operation *op) { return isa<nn::ClipOp>(op); }
static bool mayLoseBits(Operation *op) {
  return isa<nn::ConcatOp, nn::ReduceOp, nn::PoolOp, nn::BinaryOp>(op);
}
static bool findsElements(Operation *op) {
  return isa<nn::UnaryOp, nn::BinaryOp, nn::SoftmaxOp, nn::ReduceOp,
             nn::SelectOp, nn::ClipOp, nn::ConcatOp>(op);
}
static bool isInteger(Operation *op) {
  return isa<IntegerLoweringInterface>(op);
}
/// A kernel, before it is lowered or after.
static bool isEither(Operation *op) { return isFunction(op) || isModule(op); }

namespace {
struct Rule {
  StringLiteral name;
  bool (*mayStandOn)(Operation *op);
  bool (*holds)(Attribute value);
  StringLiteral supported;
};
} // namespace

static constexpr StringLiteral shapesText =
    "an array of affine maps without dimensions on a function or the module "
    "of a kernel";
static constexpr StringLiteral countText =
    "an affine map without dimensions and with one result on the module of a "
    "kernel";

static const Rule rules[] = {
    {dimNamesAttrName, isFunction, areDistinctNames,
     "an array of distinct strings on a function"},
    {dimBoundsAttrName, isFunction, areBounds,
     "a dictionary of array<i64: lowest, highest> on a function"},
    {argShapesAttrName, isEither, areShapes, shapesText},
    {resultShapesAttrName, isEither, areShapes, shapesText},
    {equalSizesAttrName, isFunction, arePairs,
     "an array of affine maps without dimensions and with two results on a "
     "function"},
    {equalSizeNamesAttrName, isFunction, areNamedPairs,
     "an array of [affine map without dimensions and with two results, string] "
     "on a function"},
    {argDimNamesAttrName, isFunction, areListsOfNames,
     "an array of arrays of strings on a function"},
    {argNamesAttrName, isFunction, isArrayOf<StringAttr>,
     "an array of strings on a function"},
    {resultNamesAttrName, isFunction, isArrayOf<StringAttr>,
     "an array of strings on a function"},
    {normalisedAttrName, isEncoding, isA<UnitAttr>,
     "a unit attribute on qt.quantize"},
    {leastExponentAttrName, isEncoding, isA<UnitAttr>,
     "a unit attribute on qt.quantize"},
    {evenShiftsAttrName, isEncodingOrContraction, isA<UnitAttr>,
     "a unit attribute on qt.quantize or qt.contract"},
    {rightShiftAttrName, isRoundedShift, isA<UnitAttr>,
     "a unit attribute on nn.binary rshift"},
    {roomyShiftAttrName, isRoundedShift, isA<UnitAttr>,
     "a unit attribute on nn.binary rshift"},
    {wrapsAttrName, mayWrapAround, isA<UnitAttr>,
     "a unit attribute on nn.binary, nn.unary, nn.cast, nn.reduce or nn.cumsum "
     "of integers of more than one bit"},
    {methodAttrName, isInteger, isA<IntegerMethodAttr>,
     "#qt<integer_method fixed>, ibert or ivit on an op with an integer-only "
     "form"},
    {inputScaleAttrName, isInteger, isScale,
     "an f64 from 2^-14 to 1 on an op with an integer-only form"},
    {resultScaleAttrName, isClip, isResultScale,
     "an f64 from 2^-100 to 2^100 on nn.clip"},
    {ownExponentAttrName, isClip, isA<UnitAttr>, "a unit attribute on nn.clip"},
    {mostElementsAttrName, isSum, isPositive,
     "a positive i64 on nn.matmul, nn.softmax, nn.attention or nn.reduce"},
    {hasHiddenAttrName, isSoftmax, isA<UnitAttr>,
     "a unit attribute on nn.softmax"},
    {elementExponentsAttrName, findsElements, isA<UnitAttr>,
     "a unit attribute on nn.unary, nn.binary, nn.softmax, nn.reduce, "
     "nn.select, nn.clip or nn.concat"},
    {allBitsAttrName, mayLoseBits, isA<UnitAttr>,
     "a unit attribute on nn.concat, nn.reduce, nn.pool or nn.binary"},
    {reshapeCutsAttrName, isReshape, areCuts,
     "an array<i64> of pairs of positive numbers on nn.reshape"},
    {rangesAttrName, isFunction, areRanges,
     "a dictionary of array<f64: lowest, highest>, the larger magnitude from "
     "2^-80 to 2^80, on a function"},
    {kernelAttrName, isFunction, isA<UnitAttr>,
     "a unit attribute on a function"},
    {integerOnlyAttrName, isFunction, isA<UnitAttr>,
     "a unit attribute on a function"},
    {stageAttrName, isModule, isA<StringAttr>, "a string on a module"},
    {targetAttrName, isModule, isA<DictionaryAttr>, "a dictionary on a module"},
    {metadataAttrName, isModule, isA<DictionaryAttr>,
     "a dictionary on a module"},
    {layersAttrName, isModule, isArrayOf<DictionaryAttr>,
     "an array of dictionaries on a module"},
    {iterationsAttrName, isModule, isCount, countText},
    {scratchAttrName, isModule, isCount, countText},
    {operationsAttrName, isModule, isCount, countText},
    {bytesAttrName, isModule, isCount, countText},
    {grainAttrName, isModule, isPositive,
     "a positive i64 on the module of a kernel"},
    {arithmeticAttrName, isModule, isA<StringAttr>,
     "a string on the module of a kernel"},
};

LogicalResult QTDialect::verifyOperationAttribute(Operation *op,
                                                  NamedAttribute attribute) {
  const auto *rule = llvm::find_if(rules, [&](const Rule &candidate) {
    return candidate.name == attribute.getName().getValue();
  });
  if (rule == std::end(rules)) {
    InFlightDiagnostic diagnostic = op->emitError("unknown attribute '")
                                    << attribute.getName().getValue()
                                    << "'; supported: ";
    llvm::interleaveComma(rules, diagnostic,
                          [&](const Rule &known) { diagnostic << known.name; });
    return diagnostic;
  }
  if (!rule->mayStandOn(op) || !rule->holds(attribute.getValue()))
    return op->emitError("attribute '")
           << rule->name << "' = " << attribute.getValue() << " on '"
           << op->getName() << "'; supported: " << rule->supported;
  return success();
}
