//===- Workspace.h - Files of one link --------------------------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QUANTC_LIB_ARTIFACT_WORKSPACE_H
#define QUANTC_LIB_ARTIFACT_WORKSPACE_H

#include "quantc/Support/OutputFile.h"
#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/SmallString.h"
#include "llvm/Support/Error.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/Signals.h"
#include <string>
#include <vector>

namespace quantc {

/// Files of one link, removed when it ends.
class Workspace {
public:
  Workspace() {
    problem = llvm::sys::fs::createUniqueDirectory("quantc", folder);
  }
  ~Workspace() {
    for (const std::string &file : files)
      llvm::sys::DontRemoveFileOnSignal(file);
    if (!problem)
      llvm::sys::fs::remove_directories(folder);
  }
  std::error_code getProblem() const { return problem; }
  llvm::StringRef getFolder() const { return folder; }
  llvm::ArrayRef<std::string> getObjects() const { return objects; }

  /// The path of one more object.
  std::string addObject() {
    objects.push_back(addFile(std::to_string(objects.size()) + ".o"));
    return objects.back();
  }
  /// The path of a file that is no object.
  std::string addFile(llvm::StringRef name) {
    files.push_back((folder + "/" + name).str());
    llvm::sys::RemoveFileOnSignal(files.back());
    return files.back();
  }

  /// Writes one more object.
  llvm::Error write(llvm::ArrayRef<char> bytes);

private:
  llvm::SmallString<128> folder;
  std::error_code problem;
  std::vector<std::string> objects, files;
};

/// Opens a file that is written by its temporary name.
llvm::Error openOutput(OutputFile &file, const std::string &path);

llvm::Error commitOutput(OutputFile &file);

} // namespace quantc

#endif // QUANTC_LIB_ARTIFACT_WORKSPACE_H
