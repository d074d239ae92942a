//===- HostValue.h - Tensors that the interpreter computes on ---*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QUANTC_INTERPRETER_HOSTVALUE_H
#define QUANTC_INTERPRETER_HOSTVALUE_H

#include "mlir/IR/BuiltinAttributes.h"
#include "mlir/IR/BuiltinTypes.h"
#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/SmallVector.h"
#include <memory>
#include <vector>

namespace quantc {

/// A tensor in memory: dense, row-major, little-endian, i1 as one byte.
/// Copies share the bytes. A value in joint form holds its parts instead.
class HostValue {
public:
  HostValue() = default;

  /// Zeroed bytes of a tensor with static sizes.
  static HostValue allocate(mlir::RankedTensorType type);
  /// Bytes of somebody else, kept alive by \p owner where there is one.
  /// Copied if they are not aligned for their element.
  static HostValue borrow(mlir::RankedTensorType type,
                          llvm::ArrayRef<uint8_t> bytes,
                          std::shared_ptr<const void> owner = nullptr);
  /// A joint value of a static type from its parts.
  static HostValue join(mlir::RankedTensorType type,
                        llvm::ArrayRef<HostValue> parts);
  /// From a dense attribute.
  static HostValue fromAttribute(mlir::DenseElementsAttr attribute);
  /// As a dense attribute; not for joint values.
  mlir::DenseElementsAttr toAttribute() const;

  explicit operator bool() const { return static_cast<bool>(type); }
  mlir::RankedTensorType getType() const { return type; }
  llvm::ArrayRef<int64_t> getShape() const { return type.getShape(); }
  int64_t getRank() const { return type.getRank(); }
  mlir::Type getElementType() const { return type.getElementType(); }
  int64_t getNumElements() const { return type.getNumElements(); }

  bool isJoint() const { return !parts.empty(); }
  llvm::ArrayRef<HostValue> getParts() const { return parts; }

  llvm::ArrayRef<uint8_t> getBytes() const { return bytes; }
  llvm::MutableArrayRef<uint8_t> getMutableBytes();

  template <typename T> llvm::ArrayRef<T> as() const {
    return {reinterpret_cast<const T *>(bytes.data()),
            bytes.size() / sizeof(T)};
  }
  template <typename T> llvm::MutableArrayRef<T> asMutable() {
    llvm::MutableArrayRef<uint8_t> all = getMutableBytes();
    return {reinterpret_cast<T *>(all.data()), all.size() / sizeof(T)};
  }

  /// An element by its flat index, exact in a double up to 53 bits.
  double getNumber(int64_t index) const;
  int64_t getInteger(int64_t index) const;
  /// Stores an element: floats rounded to the type, integers wrapped.
  void setNumber(int64_t index, double value);
  void setInteger(int64_t index, int64_t value);

  /// The same bytes under another type of equal size.
  HostValue withType(mlir::RankedTensorType other) const;

private:
  mlir::RankedTensorType type;
  llvm::ArrayRef<uint8_t> bytes;
  std::shared_ptr<std::vector<uint8_t>> owned;
  std::shared_ptr<const void> owner;
  std::vector<HostValue> parts;
};

/// Bytes of one element as HostValue stores it.
int64_t getElementBytes(mlir::Type element);

} // namespace quantc

#endif // QUANTC_INTERPRETER_HOSTVALUE_H
