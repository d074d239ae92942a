//===- Workspace.cpp - Files of one link ------------------------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Workspace.h"
#include "llvm/Support/raw_ostream.h"

using namespace quantc;

llvm::Error Workspace::write(llvm::ArrayRef<char> bytes) {
  std::string path = addObject();
  std::error_code error;
  llvm::raw_fd_ostream out(path, error);
  if (!error) {
    out.write(bytes.data(), bytes.size());
    out.close();
    error = out.error();
    out.clear_error();
  }
  return error ? llvm::createFileError(path, error) : llvm::Error::success();
}

llvm::Error quantc::openOutput(OutputFile &file, const std::string &path) {
  std::string error;
  auto announce = [](const std::string &temporary) {
    llvm::sys::RemoveFileOnSignal(temporary);
  };
  auto withdraw = [](const std::string &temporary) {
    llvm::sys::DontRemoveFileOnSignal(temporary);
  };
  if (!file.open(path, error, 0666, announce, withdraw))
    return llvm::createStringError(error);
  if (file.getTemporary().empty())
    return llvm::createStringError("cannot write '" + path +
                                   "': it is a device or a pipe; supported: "
                                   "files");
  return llvm::Error::success();
}

llvm::Error quantc::commitOutput(OutputFile &file) {
  std::string error, temporary = file.getTemporary();
  if (!file.commit(error))
    return llvm::createStringError(error);
  llvm::sys::DontRemoveFileOnSignal(temporary);
  return llvm::Error::success();
}
