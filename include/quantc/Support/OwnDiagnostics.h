//===- OwnDiagnostics.h - What one thread says ------------------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QUANTC_SUPPORT_OWNDIAGNOSTICS_H
#define QUANTC_SUPPORT_OWNDIAGNOSTICS_H

#include "mlir/IR/Diagnostics.h"
#include "llvm/Support/Threading.h"

namespace quantc {

/// Keeps what the thread that made it says to itself. Passes run on several
/// functions at once, whose diagnostics are left to the handlers before it.
class OwnDiagnostics : public mlir::ScopedDiagnosticHandler {
public:
  explicit OwnDiagnostics(mlir::MLIRContext *context)
      : ScopedDiagnosticHandler(context) {
    setHandler([this, own = llvm::get_threadid()](
                   mlir::Diagnostic &diagnostic) -> llvm::LogicalResult {
      if (llvm::get_threadid() != own)
        return mlir::failure();
      last = diagnostic.str();
      return mlir::success();
    });
  }

  /// The last that was said; empty where nothing was.
  llvm::StringRef getLast() const { return last; }

private:
  std::string last;
};

} // namespace quantc

#endif // QUANTC_SUPPORT_OWNDIAGNOSTICS_H
