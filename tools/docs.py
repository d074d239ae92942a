#!/usr/bin/env python3
"""Brings the generated pages into docs/, or checks that they are not stale: docs.py [--check] BUILD-FOLDER

The pages of dialects and passes are what mlir-tblgen wrote below BUILD-FOLDER/docs (ninja mlir-doc);
docs/recipes.md is made of the recipe files.
"""

import json
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def recipes():
    text = "# Recipes\n\nWhat `--recipe=NAME` takes. Generated from `lib/Recipe/Recipes`.\n"
    for path in sorted((ROOT / "lib" / "Recipe" / "Recipes").glob("*.json")):
        content = path.read_text()
        recipe = json.loads(content)
        text += f"\n## {recipe['name']}\n\n{recipe['summary']}\n\n```json\n{content.rstrip()}\n```\n"
    return text


def main():
    arguments = [argument for argument in sys.argv[1:] if argument != "--check"]
    check = "--check" in sys.argv
    made = Path(arguments[0]) / "docs"
    pages = {Path("recipes.md"): recipes()}
    for folder in ("Dialects", "Passes"):
        for path in sorted((made / folder).glob("*.md")):
            # tblgen leaves blanks at line ends, which nobody wants in a commit.
            lines = [line.rstrip() for line in path.read_text().splitlines()]
            pages[path.relative_to(made)] = "\n".join(lines).rstrip() + "\n"
    if len(pages) == 1:
        raise SystemExit(f"{made}: no pages; run ninja mlir-doc first")
    stale = []
    for name, text in pages.items():
        target = ROOT / "docs" / name
        if target.exists() and target.read_text() == text:
            continue
        stale.append(f"docs/{name}")
        if not check:
            target.parent.mkdir(exist_ok=True)
            target.write_text(text)
    for folder in ("Dialects", "Passes"):
        for path in sorted((ROOT / "docs" / folder).glob("*.md")):
            if path.relative_to(ROOT / "docs") not in pages:
                stale.append(str(path.relative_to(ROOT)))
                if not check:
                    path.unlink()
    if check and stale:
        raise SystemExit("stale, run 'ninja docs': " + ", ".join(stale))


if __name__ == "__main__":
    main()
