#!/usr/bin/env bash
# Installs what is missing, builds everything and runs every test: tools/check.sh
set -euo pipefail
root=$(cd "$(dirname "$0")/.." && pwd)
cd "$root"
tools/setup.sh dev
status=0
(cd build/dev && PATH="$root/build/venv/bin:$PATH" ctest --output-on-failure -j2) || status=1
for preset in asan tsan; do
  tools/setup.sh "$preset"
  (cd "build/$preset" && ctest --output-on-failure -j2) || status=1
done
exit $status
