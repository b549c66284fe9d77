#!/usr/bin/env bash
# Runs lit tests: utils/test.sh [PATH-BELOW-test...]
set -euo pipefail
cd "$(dirname "$0")/.."
paths=()
for p in "$@"; do paths+=("build/dev/test/${p#test/}"); done
exec /usr/lib/llvm-22/bin/lit -sv "${paths[@]:-build/dev/test}"
