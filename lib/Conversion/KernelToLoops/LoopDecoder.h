//===- LoopDecoder.h - Elements of values in split form ---------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QUANTC_LIB_CONVERSION_KERNELTOLOOPS_LOOPDECODER_H
#define QUANTC_LIB_CONVERSION_KERNELTOLOOPS_LOOPDECODER_H

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "quantc/Conversion/KernelToLoops/LoopEmitter.h"
#include "quantc/Dialect/QT/IR/QTOps.h"

namespace quantc {

/// Emits elements of a value in split form as `Numerics` defines them.
class LoopDecoder {
public:
  using Value = mlir::Value;
  using ValueRange = mlir::ValueRange;

  LoopDecoder(mlir::OpBuilder &builder, LoopEmitter &emitter,
              qt::BlockType format, ValueRange parts)
      : builder(builder), emitter(emitter), loc(emitter.getLoc()),
        format(format), parts(parts) {}

  /// The element, as f32.
  Value decode(ValueRange index);

  /// Whether codes, with their zero points taken off, are integers.
  bool isInteger() const;
  /// Such a code as i64, or as the number that any code stands for, in f64.
  Value getInteger(ValueRange index);
  Value getNumber(ValueRange index);
  /// What it is multiplied by: an integer, as i64, and a real scale, as f32.
  Value getMultiplier(ValueRange index);
  Value getScale(ValueRange index);
  /// How many elements of a row share a real scale; dynamic: all.
  int64_t getScaleExtent() const;

private:
  Value lookUp(Value code, unsigned bits,
               llvm::function_ref<double(uint32_t)> decode);
  Value loadCode(ValueRange index);
  Value loadStored(Value part, llvm::ArrayRef<int64_t> extents,
                   ValueRange index);
  /// number 2^exponent of any exponent.
  Value multiplyByPower(Value number, Value exponent);
  Value loadScale(qt::ScaleFormatAttr scale, Value part,
                  llvm::ArrayRef<int64_t> extents, ValueRange index);
  Value mul(Value a, Value b) {
    return mlir::arith::MulFOp::create(builder, loc, a, b);
  }

  mlir::OpBuilder &builder;
  LoopEmitter &emitter;
  mlir::Location loc;
  qt::BlockType format;
  ValueRange parts;
};

} // namespace quantc

#endif // QUANTC_LIB_CONVERSION_KERNELTOLOOPS_LOOPDECODER_H
