#!/usr/bin/env python3
"""Checks of the repository itself: directives without a colon, passes and ops without a test, format, long files."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
LONGEST = 600


def directive(content):
    """What a line looks like that FileCheck or lit would read if it had its colon."""
    prefixes = {"CHECK", "RUN"}
    for names in re.findall(r"--check-prefix(?:es)?[= ]([\w,-]+)", content):
        prefixes.update(names.split(","))
    suffix = r"(?:-(?:NEXT|SAME|NOT|DAG|LABEL|EMPTY|COUNT-\d+))?"
    return re.compile(rf"^\s*(?://|#|;)\s*(?:{'|'.join(map(re.escape, prefixes))}){suffix}\s+\S")


def unformatted():
    """Sources that clang-format would change; none where the tool is missing (tools/setup.sh installs it)."""
    tool = shutil.which("clang-format-22")
    if not tool:
        return ["clang-format-22 is missing: format not checked"]
    sources = [str(path) for folder in ("include", "lib", "test", "tools") for path in sorted((ROOT / folder).rglob("*"))
               if path.suffix in (".h", ".cpp", ".c")]
    run = subprocess.run([tool, "--dry-run", *sources], capture_output=True, text=True)
    names = dict.fromkeys(re.findall(r"^(\S+?):\d+:\d+: warning:", run.stderr, re.MULTILINE))
    return [f"{Path(name).relative_to(ROOT)}: clang-format-22 -i would change it" for name in names]


def untested_passes(tests):
    """A pass has files named after it, <pass>.mlir or <pass>-<what>.mlir, one of which runs it."""
    for path in sorted((ROOT / "include").rglob("*.td")):
        for name in re.findall(r'^def \w+\s*: Pass<"([\w-]+)"', path.read_text(), re.MULTILINE):
            own = [text for test, text in tests.items() if test.stem == name or test.stem.startswith(f"{name}-")]
            if not any(re.search(rf"RUN:.*\b{name}\b", text) for text in own):
                yield f"{path.relative_to(ROOT)}: no test file named {name}[-...].mlir runs the pass"


def kinds_of_tests(text):
    """What a test does with the ops in it."""
    runs = "\n".join(re.findall(r"RUN: *(.*)", text))
    if re.search(r"quant-opt[^|\n]*\|[^|\n]*quant-opt", runs):
        yield "round-trip", text
    if re.search(r"-canonicalize", runs):
        yield "fold", text
    if re.search(r"-interpret\b", runs):
        yield "interpreter", text
    # The ops right behind an expected error.
    lines, wrong = text.splitlines(), []
    for number, line in enumerate(lines):
        if "expected-error" in line:
            wrong += [next((other for other in lines[number + 1 :] if "expected-" not in other), "")]
    yield "invalid", "\n".join(wrong)


def untested_ops(tests):
    """An op has a round trip, an invalid form if it verifies, a fold if it folds, a value if it has one."""
    seen = {}
    for text in tests.values():
        for kind, part in kinds_of_tests(text):
            seen[kind] = seen.get(kind, "") + part
    for path in sorted((ROOT / "include" / "quantc" / "Dialect").rglob("*Ops.td")):
        content = path.read_text()
        dialect = {"NN": "nn", "QT": "qt", "Check": "check"}[path.relative_to(ROOT).parts[3]]
        for found in re.finditer(r'^def \w+Op\s*: (\w+)<"([\w.]+)".*?^}', content, re.MULTILINE | re.DOTALL):
            base, name, body = found[1], found[2], found[0]
            needed = ["round-trip"]
            if "hasVerifier = 1" in body:
                needed.append("invalid")
            if re.search(r"has(Folder|Canonicalizer|CanonicalizeMethod) = 1", body):
                needed.append("fold")
            if base.startswith("NN_") or base == "QT_TensorOp":
                needed.append("interpreter")
            for kind in needed:
                if not re.search(rf"\b{dialect}\.{name}\b", seen.get(kind, "")):
                    yield f"{path.relative_to(ROOT)}: no {kind} test has the op {dialect}.{name}"


def main():
    problems, notes = unformatted(), []
    tests = {}
    for suffix in ("mlir", "onnxtxt", "test"):
        for path in sorted((ROOT / "test").rglob(f"*.{suffix}")):
            tests[path] = content = path.read_text()
            pattern = directive(content)
            for number, line in enumerate(content.splitlines(), 1):
                if pattern.match(line):
                    problems.append(f"{path.relative_to(ROOT)}:{number}: a directive without its colon: {line.strip()}")
    problems += [*untested_passes(tests), *untested_ops(tests)]
    for folder in ("include", "lib", "test", "tools"):
        for path in sorted((ROOT / folder).rglob("*")):
            if path.suffix in (".h", ".cpp", ".c", ".td", ".py") and len(path.read_text().splitlines()) > LONGEST:
                notes.append(f"{path.relative_to(ROOT)}: more than {LONGEST} lines")
    print("\n".join(problems + notes))
    sys.exit(bool(problems))


if __name__ == "__main__":
    main()
