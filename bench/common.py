# Part of the xgen project, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""What the measuring scripts share: models, compilation, processes."""
import argparse
import array
import hashlib
import json
import os
import random
import subprocess
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(HERE)


def arguments(description):
    """Options that every script has."""
    parser = argparse.ArgumentParser(
        description=description,
        formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("models", nargs="*", metavar="MODEL",
                        help="names in bench/models.json, or .onnx files; default all")
    parser.add_argument("--build", default=os.path.join(ROOT, "build", "dev"))
    parser.add_argument("--shared", default=os.environ.get(
        "XGEN_SHARED", os.path.join(ROOT, "..", "shared")),
        help="folder with models/ and data/")
    parser.add_argument("--peers", default=os.environ.get(
        "XGEN_PEERS", os.path.expanduser("~/.cache/xgen-peers")),
        help="folder with ort_x64, ort_arm64 and count-arm64")
    parser.add_argument("--headline", action="store_true",
                        help="only the models that the targets are set for")
    parser.add_argument("--flags", default="", help="more flags for xgenc")
    parser.add_argument("--json", metavar="FILE", help="write all figures")
    return parser


def select(options):
    """The chosen models, each with its absolute path."""
    with open(os.path.join(HERE, "models.json")) as f:
        known = json.load(f)
    if options.models:
        by_name = {m["name"]: m for m in known}
        chosen = []
        for name in options.models:
            if name in by_name:
                chosen.append(by_name[name])
            elif name.endswith(".onnx"):
                base = os.path.splitext(os.path.basename(name))[0]
                chosen.append({"name": base, "file": os.path.abspath(name),
                               "task": "random"})
            else:
                sys.exit("no model '%s' in bench/models.json" % name)
        known = chosen
    elif options.headline:
        known = [m for m in known if m.get("headline")]
    for model in known:
        model["path"] = os.path.join(options.shared, "models", model["file"])
        if not os.path.exists(model["path"]):
            sys.exit("%s does not exist; set XGEN_SHARED or --shared" % model["path"])
    return known


def shape_flags(model):
    return ["-input-shape=%s:%s" % item for item in model.get("shapes", {}).items()]


def ort_arguments(model):
    return ["%s=%s" % item for item in model.get("shapes", {}).items()]


class Failure(Exception):
    """A tool that did not do its work, with the end of what it said."""


def run(command, **more):
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                          universal_newlines=True, **more)
    if done.returncode:
        said = (done.stderr or done.stdout).strip().splitlines()
        raise Failure("%s: exit code %d: %s" % (
            os.path.basename(command[0]), done.returncode, " | ".join(said[-4:])))
    return done


def compile_model(options, model, target="host", kind="so", cache=None, flags=None):
    """Compiles with -name=m, with `flags` instead of those of --flags if given;
    returns (artefact, report as a dictionary)."""
    folder = os.path.join(options.build, "bench", model["name"])
    os.makedirs(folder, exist_ok=True)
    flags = (options.flags if flags is None else flags).split() + model.get("flags", [])
    tag = hashlib.sha1(" ".join(flags).encode()).hexdigest()[:6]
    base = os.path.join(folder, "%s-%s" % (target, tag))
    artefact = base + (".so" if kind == "so" else ".exe")
    report = base + "." + kind + ".json"
    command = [os.path.join(options.build, "bin", "xgenc"), model["path"],
               "-target=" + target, "-name=m", "-emit=" + kind, "-o", artefact,
               "-report=" + report, "-progress=none"]
    command += shape_flags(model) + flags
    if cache:
        command.append("-cache-dir=" + cache)
    run(command)
    with open(report) as f:
        return artefact, json.load(f)


def tree_memory(pid):
    """Bytes in memory of a process and its children, shared pages shared out."""
    total = 0
    todo = [pid]
    while todo:
        p = todo.pop()
        try:
            with open("/proc/%d/smaps_rollup" % p) as f:
                for line in f:
                    if line.startswith("Pss:"):
                        total += int(line.split()[1]) * 1024
            for task in os.listdir("/proc/%d/task" % p):
                with open("/proc/%d/task/%s/children" % (p, task)) as f:
                    todo += [int(c) for c in f.read().split()]
        except OSError:
            pass  # ended meanwhile
    return total


def run_measured(command):
    """Runs; returns (seconds, peak bytes of the whole process tree)."""
    began = time.monotonic()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL,
                               stderr=subprocess.PIPE, universal_newlines=True)
    peak = 0
    while process.poll() is None:
        peak = max(peak, tree_memory(process.pid))
        time.sleep(0.02)
    seconds = time.monotonic() - began
    said = process.stderr.read()
    if process.returncode:
        raise Failure("%s: exit code %d: %s" % (
            os.path.basename(command[0]), process.returncode,
            " | ".join(said.strip().splitlines()[-4:])))
    return seconds, peak


def random_file(path, dtype, byte_count):
    """Input data for a static program: floats in [0, 1), small integers."""
    source = random.Random(12345)
    if dtype == 1:
        data = array.array("f", (source.random() for _ in range(byte_count // 4)))
    elif dtype in (6, 7):
        size = 4 if dtype == 6 else 8
        data = array.array("i" if size == 4 else "q", [1] * (byte_count // size))
    elif dtype == 10:  # half: 0.5 or 1
        data = array.array("H", (source.choice((0x3800, 0x3c00))
                                 for _ in range(byte_count // 2)))
    else:
        data = array.array("B", (source.randrange(2 if dtype == 9 else 128)
                                 for _ in range(byte_count)))
    with open(path, "wb") as f:
        data.tofile(f)


def median(values):
    values = sorted(values)
    half = len(values) // 2
    return values[half] if len(values) % 2 else (values[half - 1] + values[half]) / 2


def save(options, figures):
    if options.json:
        with open(options.json, "w") as f:
            json.dump(figures, f, indent=1)
            f.write("\n")
