#!/usr/bin/env bash
# Builds the named targets (all without one) in build/dev, or in the folder of
# another preset of CMakePresets.json: utils/build.sh [--preset=NAME] [TARGET...]
# Takes a lock, so that several terminals can share one build folder.
set -euo pipefail
cd "$(dirname "$0")/.."
mkdir -p build
export CCACHE_SLOPPINESS=pch_defines,time_macros,include_file_mtime,include_file_ctime
exec 9>build/.lock
flock 9
preset=dev
if [[ ${1:-} == --preset=* ]]; then
  preset=${1#--preset=}
  shift
fi
[ -f "build/$preset/build.ninja" ] || cmake --preset "$preset" >build/configure.log 2>&1 ||
  { cat build/configure.log; exit 1; }
exec ninja -C "build/$preset" -k 0 "${@:-all}"
