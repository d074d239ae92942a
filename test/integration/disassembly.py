"""Which instructions the functions of an artefact have, and which of them compute on floats."""

import os
import re
import subprocess

OBJDUMP = os.environ.get("LLVM_OBJDUMP", "llvm-objdump-22")

# What moves and combines bits on x86 and happens to be named for floats.
MOVES = re.compile(
    r"v?(mov\w*|(and|andn|or|xor)p[sd]|blendv?p[sd]|blendmp[sd]|shufp[sd]|unpck[lh]p[sd]|insertps|extractps|maskmovp[sd]|"
    r"broadcasts[sd]|broadcast[fi]\w*|perm\w*p[sd]|(insert|extract)[fi]\w*|testp[sd]|compressp[sd]|expandp[sd])"
)
# Everything else of that name, conversions between integers and floats, and the x87.
ARITHMETIC = re.compile(r"v?\w+[ps][sd]|v?cvt\w+|f[a-z]\w*")
# Those of packed integers may end in a d as well, and those of strings.
INTEGERS = re.compile(r"v?p\w+|(cmp|lod|sto|sca|ins|out)sd|rep\w*")
# On AArch64 moves, and the sign flipped: so code generation makes vectors of a constant integer.
AARCH64 = re.compile(r"(f(?!mov\b|neg\b)[a-z]|[su]cvtf|bf(cvt|dot|m))[\w.]*")
RISCV = re.compile(r"(c\.)?f(?!ence)[\w.]+")


def functions(artefact):
    """The names of functions, each with its set of mnemonics."""
    listing = subprocess.run(
        [OBJDUMP, "-d", "--no-show-raw-insn", artefact], capture_output=True, text=True, check=True
    ).stdout
    for name, body in re.findall(r"^[0-9a-f]+ <([^>]+)>:\n((?:.+\n)+)", listing, re.M):
        yield name, set(re.findall(r"^\s*[0-9a-f]+:\s+([a-z][\w.]*)", body, re.M))


def float_instructions(used, arch="x86_64"):
    if arch == "aarch64":
        return {one for one in used if AARCH64.fullmatch(one)}
    if arch == "riscv32":
        return {one for one in used if RISCV.fullmatch(one)}
    return {
        one for one in used if ARITHMETIC.fullmatch(one) and not MOVES.fullmatch(one) and not INTEGERS.fullmatch(one)
    }


def floats_inside(artefact, arch="x86_64"):
    """The functions beside the boundaries that compute on floats, and how many there are without one."""
    wrong, seen = {}, 0
    for name, used in functions(artefact):
        found = float_instructions(used, arch)
        seen += not found
        if found and not re.search(r"_boundary_(in|out)$", name):
            wrong[name] = found
    return wrong, seen
