#!/usr/bin/env bash
# Part of the xgen project, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#
# run-foreign.sh TARGET FOLDER: runs the runner tests of one target, emulated
# where necessary. 77: cannot run here.
set -euo pipefail
support=$1
folder=$2
case $support in
arm64) emulator=qemu-aarch64 ;;
armv7) emulator=qemu-arm ;;
*) emulator= ;;
esac
if [ -n "$emulator" ] && ! command -v "$emulator" >/dev/null; then
  echo "skipped: no $emulator"
  exit 77
fi
cd "$(mktemp -d)"
trap 'rm -rf "$PWD"' EXIT

# 1003 floats: bytes that are small positive numbers as floats.
head -c 4012 /dev/zero | tr '\0' '=' >x.raw
for slots in 1 3; do
  $emulator "$folder/TestModel-$support" 1 2 $slots 1 report.json x.raw y$slots.raw
  grep -q '"status": 0, "run_ns": \[[0-9]*, [0-9]*\], "layer_ns": \[[0-9]*, [0-9]*\]' report.json
done
cmp y1.raw y3.raw
[ "$(stat -c %s y1.raw)" = 4000 ]

# A wrong input is an error, and leaves nothing behind.
status=0
$emulator "$folder/TestModel-$support" 0 1 1 0 none.json /dev/null none.raw 2>errors || status=$?
[ $status = 2 ] && grep -q 'wrong size: /dev/null' errors && [ ! -e none.raw ]

# What the compiler's support functions compute does not depend on the machine.
$emulator "$folder/ArmBuiltins-$support" 0 1 1 0 report.json out.raw
sum=$(sha256sum <out.raw | cut -c1-16)
[ "$sum" = "9f7ca98a3e9fd61b" ] || { echo "arithmetic differs: $sum"; exit 1; }
$emulator "$folder/TestModel-$support" describe | grep -q '"name": "test"'
