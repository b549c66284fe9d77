# lit configuration. Tests that need data which is not part of the project
# (-DXGEN_SHARED or the environment's XGEN_SHARED) are UNSUPPORTED without it.
import os
import shutil

import lit.formats

config.name = "xgen"
config.test_format = lit.formats.ShTest(execute_external=False)
config.suffixes = [".mlir", ".test", ".onnxtxt"]
config.excludes = ["Inputs", "CMakeLists.txt"]
config.test_source_root = os.path.dirname(__file__)
config.test_exec_root = os.path.join(config.xgen_obj_root, "test")

tools = os.path.join(config.xgen_obj_root, "bin")
path = os.pathsep.join([tools, config.llvm_tools_dir, os.environ.get("PATH", "")])
config.environment["PATH"] = path
config.environment["XDG_CACHE_HOME"] = os.path.join(config.test_exec_root, "cache")
config.substitutions.append(("%shared", os.environ.get("XGEN_SHARED", "")))
config.substitutions.append(("%src", config.xgen_src_root))
config.substitutions.append(("%obj", config.xgen_obj_root))
for name, message in [("%tensor-encode", "TensorProto"),
                      ("%onnx-encode", "ModelProto")]:
    config.substitutions.append(
        (name, "protoc -I %s --encode=onnx.%s onnx.proto" %
         (config.onnx_proto_dir, message)))
# Passes run with -verify-each by default in xgen-opt; Debian's MLIR has no
# assertions, so the verifier is what catches a wrong rewrite.

if os.path.isdir(os.environ.get("XGEN_SHARED", "")):
    config.available_features.add("shared")
if config.xgen_sanitize == "ON":
    config.available_features.add("sanitized")
for qemu in ["qemu-aarch64", "qemu-arm"]:
    if shutil.which(qemu):
        config.available_features.add(qemu)
with open("/proc/cpuinfo") as f:
    info = f.read()
if "avx512bw" in info:
    config.available_features.add("avx512")
if "avx512_vnni" in info:
    config.available_features.add("vnni")
