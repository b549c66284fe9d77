#!/usr/bin/env bash
# run-targets.sh FOLDER TARGET...: runs FOLDER/TargetTest-TARGET for every target
# and compares what they print. Foreign programs need qemu-user; those that
# cannot run here are named and left out.
set -u
folder=$1
shift
first=
for target in "$@"; do
  run=
  case $target in
    arm64) run=qemu-aarch64 ;;
    armv7) run=qemu-arm ;;
    x86-64-v4) grep -qw avx512vl /proc/cpuinfo || { echo "skipped: $target (no AVX-512)"; continue; } ;;
    x86-64-v3) grep -qw avx2 /proc/cpuinfo || { echo "skipped: $target (no AVX2)"; continue; } ;;
  esac
  if [ -n "$run" ] && ! command -v $run >/dev/null; then
    echo "skipped: $target (no $run)"
    continue
  fi
  $run "$folder/TargetTest-$target" >"$folder/$target.txt" || { echo "$target: does not run"; exit 1; }
  if grep failed "$folder/$target.txt"; then exit 1; fi
  if [ -z "$first" ]; then
    first=$target
  elif ! diff "$folder/$first.txt" "$folder/$target.txt"; then
    echo "$first and $target differ"
    exit 1
  fi
  echo "$target: $(wc -l <"$folder/$target.txt") cases"
done
