//===- OutputFile.h - A file that is there whole or not at all --*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QUANTC_SUPPORT_OUTPUTFILE_H
#define QUANTC_SUPPORT_OUTPUTFILE_H

#include <cstddef>
#include <functional>
#include <string>

namespace quantc {

/// Writes beside its final name and is renamed when everything has been
/// written, so that nobody ever sees half a file and an older one survives a
/// failure. Devices and pipes (/dev/stdout) are written directly.
class OutputFile {
public:
  OutputFile() = default;
  ~OutputFile();
  OutputFile(const OutputFile &) = delete;
  OutputFile &operator=(const OutputFile &) = delete;

  /// Each returns false and says why in `error`, a sentence with the path.
  /// `announce` is told the temporary name before a file of that name exists:
  /// who removes it on a signal has to know before the signal can come. Names
  /// that another file turns out to have are told to `withdraw`.
  bool open(const std::string &path, std::string &error,
            unsigned permissions = 0666,
            const std::function<void(const std::string &)> &announce = {},
            const std::function<void(const std::string &)> &withdraw = {});
  bool write(const void *data, size_t size, std::string &error);
  /// What is written until it is committed, for code that opens it by name;
  /// empty for a device or a pipe.
  const std::string &getTemporary() const { return temporary; }
  /// Makes the file appear under its name. Without it, nothing is left.
  bool commit(std::string &error);

private:
  std::string path;
  std::string temporary; ///< empty when written directly
  int descriptor = -1;
};

} // namespace quantc

#endif // QUANTC_SUPPORT_OUTPUTFILE_H
