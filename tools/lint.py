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


def main():
    problems, notes = unformatted(), []
    tests = [path for suffix in ("mlir", "onnxtxt", "test") for path in (ROOT / "test").rglob(f"*.{suffix}")]
    text = ""
    for path in tests:
        content = path.read_text()
        text += content
        pattern = directive(content)
        for number, line in enumerate(content.splitlines(), 1):
            if pattern.match(line):
                problems.append(f"{path.relative_to(ROOT)}:{number}: a directive without its colon: {line.strip()}")
    for path in sorted((ROOT / "include").rglob("*.td")):
        content = path.read_text()
        for name in re.findall(r'^def \w+ : Pass<"([\w-]+)"', content, re.MULTILINE):
            if not re.search(rf"--?{name}\b|\b{name}\b", text):
                problems.append(f"{path.relative_to(ROOT)}: no test runs the pass {name}")
        dialect = {"NN": "nn", "QT": "qt", "Check": "check"}.get(path.parent.parent.name)
        for name in re.findall(r'^def \w+ : \w+_\w*Op<"([\w.]+)"', content, re.MULTILINE) if dialect else []:
            if not re.search(rf"\b{dialect}\.{name}\b", text):
                problems.append(f"{path.relative_to(ROOT)}: no test has the op {dialect}.{name}")
    for folder in ("include", "lib", "test", "tools"):
        for path in sorted((ROOT / folder).rglob("*")):
            if path.suffix in (".h", ".cpp", ".c", ".td", ".py") and len(path.read_text().splitlines()) > LONGEST:
                notes.append(f"{path.relative_to(ROOT)}: more than {LONGEST} lines")
    print("\n".join(problems + notes))
    sys.exit(bool(problems))


if __name__ == "__main__":
    main()
