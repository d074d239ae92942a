//===- main.cpp - The driver: quantc <command> ... --------------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Commands.h"
#include "Options.h"
#include "quantc/Support/Version.h"

#include "llvm/ADT/Twine.h"
#include "llvm/Support/ErrorHandling.h"
#include "llvm/Support/raw_ostream.h"

#include <csignal>
#include <cstdlib>
#include <cstring>
#include <new>
#include <unistd.h>

using namespace llvm;
using namespace quantc;

namespace {

struct Command {
  StringRef name;
  StringRef summary;
  int (*run)(ArrayRef<StringRef>);
};

constexpr Command Commands[] = {
    {"compile", "compile an ONNX model to an artefact", runCompile},
    {"run", "run an artefact on arrays from files", runRun},
    {"bench", "measure how long an artefact takes", runBench},
    {"inspect", "show what is in a model or an artefact", runInspect},
    {"compare", "compare an artefact with a model or another", runCompare},
};

} // namespace

//===----------------------------------------------------------------------===//
// Internal errors: no fault of ours ends the process by a signal
//===----------------------------------------------------------------------===//

static void writeError(const char *text) {
  // Nothing can be done where even this fails.
  (void)!::write(STDERR_FILENO, text, std::strlen(text));
}

[[noreturn]] static void endWithInternalError() {
  writeError(
      "\nquantc: internal error: this is a fault of quantc. Please "
      "report it with the lines\nabove, the command line, the version (");
  writeError(getVersion());
  writeError(") and, if you can, the model.\n");
  std::_Exit(InternalError);
}

static void onSignal(int number) {
  switch (number) {
  case SIGSEGV:
    writeError("quantc: invalid memory access");
    break;
  case SIGILL:
    writeError("quantc: illegal instruction");
    break;
  default:
    writeError("quantc: abnormal end");
    break;
  }
  endWithInternalError();
}

static void catchInternalErrors() {
  // The stack may be what has run out, so the handler has one of its own.
  static char handlerStack[64 * 1024];
  stack_t stack = {};
  stack.ss_sp = handlerStack;
  stack.ss_size = sizeof(handlerStack);
  sigaltstack(&stack, nullptr);
  struct sigaction action = {};
  action.sa_handler = onSignal;
  action.sa_flags = SA_ONSTACK | SA_RESETHAND;
  for (int number : {SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGABRT, SIGTRAP})
    sigaction(number, &action, nullptr);
  // A reader that goes away is an error of writing, reported as such.
  signal(SIGPIPE, SIG_IGN);
  // So is a limit on the size of files.
  signal(SIGXFSZ, SIG_IGN);
  install_fatal_error_handler([](void *, const char *reason, bool) {
    writeError("quantc: ");
    writeError(reason);
    endWithInternalError();
  });
  std::set_new_handler([] {
    writeError("quantc: out of memory\n");
    std::_Exit(CannotHandle);
  });
}

//===----------------------------------------------------------------------===//
// Dispatch
//===----------------------------------------------------------------------===//

static void printUsage(raw_ostream &os) {
  os << "usage: quantc <command> [arguments]\n\ncommands:\n";
  for (const Command &command : Commands) {
    os << "  " << command.name;
    os.indent(10 - command.name.size()) << command.summary << "\n";
  }
  os << "\n'quantc <command> --help' explains a command; "
        "'quantc --version' prints the version.\n";
}

static int dispatch(ArrayRef<StringRef> arguments) {
  if (arguments.empty()) {
    printUsage(errs());
    return WrongUse;
  }
  StringRef word = arguments.front();
  if (word == "help" && arguments.size() > 1)
    return dispatch({arguments[1], "--help"});
  if (word == "--help" || word == "-h" || word == "help") {
    printUsage(outs());
    return Done;
  }
  if (word == "--version") {
    outs() << "quantc " << getVersion() << "\n";
    return Done;
  }
  SmallVector<StringRef> names;
  for (const Command &command : Commands) {
    if (command.name == word)
      return command.run(arguments.drop_front());
    names.push_back(command.name);
  }
  errs() << "quantc: unknown " << (word.starts_with("-") ? "option" : "command")
         << " '" << word << "'" << didYouMean(word, names)
         << "; see 'quantc --help'\n";
  return WrongUse;
}

int main(int argc, char **argv) {
  catchInternalErrors();
  SmallVector<StringRef> arguments(argv + (argc > 0), argv + argc);
  int code = dispatch(arguments);
  outs().flush();
  if (outs().has_error()) {
    errs() << "quantc: cannot write to standard output: "
           << outs().error().message() << "\n";
    outs().clear_error();
    code = code == Done ? CannotHandle : code;
  }
  return code;
}
