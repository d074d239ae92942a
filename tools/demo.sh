#!/usr/bin/env bash
# Installs what is missing, builds, compiles a model at three recipes, runs it and prints the results side by side.
#   tools/demo.sh [MODEL.onnx ...]      default: the embedded vision transformer on its test images
set -euo pipefail
root=$(cd "$(dirname "$0")/.." && pwd)
"$root/tools/setup.sh" release quantc
exec "$root/build/venv/bin/python" "$root/tools/demo.py" --quantc "$root/build/release/bin/quantc" "$@"
