#!/usr/bin/env bash
# Part of the xgen project, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#
# Builds the plugin against an installed xgen and tests it; then compiles a
# network that it has rewritten: check.sh PREFIX OUTPUT-FOLDER
set -euo pipefail
prefix=$1 out=$2
here=$(cd "$(dirname "$0")" && pwd)
llvm=/usr/lib/llvm-22
rm -rf "$out"
mkdir -p "$out"

cmake -S "$here" -B "$out/build" -G Ninja -DCMAKE_BUILD_TYPE=Release \
  -DCMAKE_C_COMPILER=clang-22 -DCMAKE_CXX_COMPILER=clang++-22 \
  -DCMAKE_PREFIX_PATH="$prefix;$llvm"
cmake --build "$out/build"
plugin=$out/build/cap-relu.so

"$prefix/bin/xgen-opt" "$here/cap-relu.mlir" "-load-pass-plugin=$plugin" \
  -example-cap-relu=limit=4 | "$llvm/bin/FileCheck" "$here/cap-relu.mlir"

"$prefix/bin/xgenc" "$here/../quickstart/garments.onnx" -emit=xgen -o "$out/garments.mlir"
"$prefix/bin/xgen-opt" "$out/garments.mlir" "-load-pass-plugin=$plugin" \
  -example-cap-relu -o "$out/capped.mlir"
# Weights stand in a file of their own; the pass leaves them alone.
cp "$out/garments.mlir.weights" "$out/capped.mlir.weights"
"$prefix/bin/xgenc" "$out/capped.mlir" -o "$out/capped.so"
"$prefix/bin/xgen-run" "$out/capped.so" "-input=pixels=$here/../quickstart/picture.png"
