"""Static objects as programs of their own: a harness in C without a library, for any target, run under qemu where it
is not this machine's."""

import os
import platform
import shutil
import subprocess
from pathlib import Path

import numpy as np

CLANG = os.environ.get("CLANG", shutil.which("clang-22") or "/usr/lib/llvm-22/bin/clang")
LINKER = os.environ.get("LD_LLD", shutil.which("ld.lld-22") or "/usr/lib/llvm-22/bin/ld.lld")

# Triples by architecture, and what runs their programs.
TRIPLES = {
    "x86_64": "x86_64-unknown-linux-gnu",
    "aarch64": "aarch64-unknown-linux-gnu",
    "riscv32": "riscv32-unknown-none-elf",
}

HARNESS = """
#include "model.h"

#if defined(__x86_64__)
#define WRITE 1
#define EXIT 60
static long call(long number, long a, const void *b, unsigned long c) {
  long result;
  __asm__ volatile("syscall" : "=a"(result) : "a"(number), "D"(a), "S"(b), "d"(c) : "rcx", "r11", "memory");
  return result;
}
__asm__(".globl _start\\n_start: andq $-16, %%rsp\\n call begin\\n");
#elif defined(__aarch64__)
#define WRITE 64
#define EXIT 93
static long call(long number, long a, const void *b, unsigned long c) {
  register long x8 __asm__("x8") = number, x0 __asm__("x0") = a;
  register const void *x1 __asm__("x1") = b;
  register unsigned long x2 __asm__("x2") = c;
  __asm__ volatile("svc 0" : "+r"(x0) : "r"(x8), "r"(x1), "r"(x2) : "memory");
  return x0;
}
__asm__(".globl _start\\n_start: bl begin\\n");
#else
#define WRITE 64
#define EXIT 93
static long call(long number, long a, const void *b, unsigned long c) {
  register long a7 __asm__("a7") = number, a0 __asm__("a0") = a;
  register const void *a1 __asm__("a1") = b;
  register unsigned long a2 __asm__("a2") = c;
  __asm__ volatile("ecall" : "+r"(a0) : "r"(a7), "r"(a1), "r"(a2) : "memory");
  return a0;
}
__asm__(".globl _start\\n_start: call begin\\n");
#endif

static void put(const void *data, unsigned long bytes) {
  const char *at = data;
  while (bytes) {
    long written = call(WRITE, 1, at, bytes);
    if (written <= 0)
      call(EXIT, 99, 0, 0);
    at += written;
    bytes -= (unsigned long)written;
  }
}

static _Alignas(64) unsigned char arena[%(upper)s_ARENA_BYTES];
%(data)s
void begin(void) {
  int32_t error = 0;
%(calls)s
  put(&error, sizeof error);
  if (!error) {
%(outputs)s
  }
  call(EXIT, 0, 0, 0);
}
"""


def emulator(arch, cpu=None):
    """The command that runs programs of the architecture; None where it is not there. `cpu` is qemu's name for one."""
    if arch == platform.machine() and not cpu:
        return []
    program = shutil.which(f"qemu-{arch}")
    return program and [program, *(["-cpu", cpu] if cpu else [])]


def c_array(name, array):
    """Its bytes, so that no float is read from text."""
    data = ",".join(map(str, array.tobytes())) or "0"
    return f"static _Alignas(64) const unsigned char {name}[] = {{{data}}};\n"


class BareProgram:
    """What is linked in `folder` of model.o, model.h there and the harness."""

    def __init__(self, folder, arch, march=None):
        self.folder, self.arch = Path(folder), arch
        self.flags = ["-target", TRIPLES[arch], "-ffreestanding", "-fno-stack-protector", "-O1", "-std=c11", "-Wall", "-Werror"]
        if arch == "riscv32":
            self.flags.append(f"-march={march or 'rv32imac'}")

    def build(self, prefix, data, calls, outputs, objects=("model.o",)):
        """Calls that give an error end the program; outputs are C arrays."""
        text = HARNESS % {
            "upper": prefix.upper(),
            "data": data,
            "calls": "".join(f"  if (!error)\n    error = {call};\n" for call in calls),
            "outputs": "".join(f"    put({name}, sizeof {name});\n" for name in outputs),
        }
        (self.folder / "harness.c").write_text(text)
        self.check(CLANG, *self.flags, "-c", "harness.c", "-o", "harness.o")
        # Nothing else: what the object lacks is an error.
        self.check(LINKER, "-static", "--gc-sections", "harness.o", *objects, "-o", "program")

    def check(self, *command):
        result = subprocess.run(command, cwd=self.folder, capture_output=True, text=True)
        if result.returncode:
            raise AssertionError(f"{command}\n{result.stderr}")

    def run(self, cpu=None):
        """The error and the bytes behind it."""
        result = subprocess.run(
            [*emulator(self.arch, cpu), "./program"], cwd=self.folder, capture_output=True, timeout=600
        )
        if result.returncode:
            raise AssertionError(f"ended with {result.returncode}: {result.stderr[-300:]}")
        return int(np.frombuffer(result.stdout[:4], np.int32)[0]), result.stdout[4:]
