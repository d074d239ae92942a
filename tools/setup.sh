#!/usr/bin/env bash
# Installs what is missing on Debian 12, configures and builds: tools/setup.sh [PRESET] [NINJA TARGET...]
# Idempotent: where nothing is missing and nothing changed it takes a second or two.
set -euo pipefail
cd "$(dirname "$0")/.."
preset=${1:-release}
shift || true

packages=(
  ccache cmake ninja-build clang-22 lld-22 liblld-22-dev llvm-22-dev llvm-22-tools libmlir-22-dev mlir-22-tools
  clang-format-22 libclang-rt-22-dev libprotobuf-dev protobuf-compiler libgtest-dev libbenchmark-dev
  zlib1g-dev libzstd-dev libedit-dev libxml2-dev libcurl4-openssl-dev python3 python3-venv git qemu-user
)
missing=()
for package in "${packages[@]}"; do
  status=$(dpkg-query -W -f='${db:Status-Status}' "$package" 2>/dev/null || true)
  [ "$status" = installed ] || missing+=("$package")
done
if [ ${#missing[@]} -gt 0 ]; then
  echo "installing: ${missing[*]}" >&2
  sudo=
  [ "$(id -u)" = 0 ] || sudo=sudo
  $sudo apt-get update -qq
  $sudo env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
fi

# Python packages in a folder of the build, not in the system.
stamp=build/venv/.requirements
if ! cmp -s tools/requirements.txt "$stamp"; then
  python3 -m venv build/venv
  build/venv/bin/pip install -q --disable-pip-version-check -r tools/requirements.txt
  cp tools/requirements.txt "$stamp"
fi

[ -f "build/$preset/build.ninja" ] || cmake --preset "$preset" >/dev/null
# Minutes pass when much is new: a terminal shows each step on one line, a log every 20th, and both whatever is no step.
if [ -t 2 ]; then
  ninja -C "build/$preset" "$@" >&2
else
  # Not awk: Debian's reads whole blocks of a pipe.
  ninja -C "build/$preset" "$@" | while IFS= read -r line; do
    if [[ $line =~ ^\[([0-9]+)/([0-9]+)\]\  ]]; then
      ((BASH_REMATCH[1] % 20 == 0 || BASH_REMATCH[1] == BASH_REMATCH[2])) || continue
    fi
    printf '%s\n' "$line"
  done >&2
fi
