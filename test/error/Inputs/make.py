#!/usr/bin/env python3
# Part of the xgen project, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Writes the small broken models of this folder (they are checked in).

Needs Python's onnx, only to build protobufs: nothing here is checked by it.
"""
import os
import onnx
from onnx import TensorProto as T, helper as h

here = os.path.dirname(os.path.abspath(__file__))
x = h.make_tensor_value_info("x", T.FLOAT, [2])
y = h.make_tensor_value_info("y", T.FLOAT, [2])


def save(name, nodes, inputs=(x,), outputs=(y,), init=(), functions=(), cut=0):
    graph = h.make_graph(list(nodes), "g", list(inputs), list(outputs), list(init))
    model = h.make_model(graph, opset_imports=[h.make_opsetid("", 13)],
                         functions=list(functions))
    data = model.SerializeToString()
    with open(os.path.join(here, name + ".onnx"), "wb") as f:
        f.write(data[:len(data) - cut] if cut else data)


def tensor(name="w", dims=(2,), raw=b"\0" * 8, type=T.FLOAT, **external):
    t = T(name=name, data_type=type, dims=dims)
    if external:
        t.data_location = T.EXTERNAL
        for key, value in external.items():
            e = t.external_data.add()
            e.key, e.value = key, str(value)
    else:
        t.raw_data = raw
    return t


def add(a="x", b="w", out="y", **kw):
    return h.make_node("Add", [a, b], [out], **kw)


relu = h.make_node("Relu", ["x"], ["y"], name="act")
save("good", [relu])
save("truncated", [relu], cut=9)
save("cycle", [h.make_node("Relu", ["b"], ["a"], name="first"),
               h.make_node("Relu", ["a"], ["b"], name="second"),
               add("x", "a", name="sum")])
save("missing-input", [add(name="sum")])
save("duplicate-value", [relu, h.make_node("Abs", ["x"], ["y"], name="again")])
save("no-output", [h.make_node("Relu", ["x"], ["z"])])
save("short-tensor", [add()], init=[tensor(raw=b"\0" * 7)])
save("negative-dim", [add()], init=[tensor(dims=(-2,))])
save("huge-dims", [add()], init=[tensor(dims=(1 << 62, 1 << 62), raw=b"")])
save("string-tensor", [add()], init=[T(name="w", data_type=T.STRING, dims=[1],
                                        string_data=[b"hi"])])
save("external-escape", [add()], init=[tensor(location="../../lit.cfg.py")])
save("external-absolute", [add()], init=[tensor(location="/etc/passwd")])
save("external-missing", [add()], init=[tensor(location="nothing.bin")])
save("external-beyond", [add()], init=[tensor(location="make.py", offset=1 << 40)])
save("free-dimension", [relu],
     inputs=[h.make_tensor_value_info("x", T.FLOAT, ["batch", 3])])
save("recursive-function", [h.make_node("F", ["x"], ["y"], domain="my")],
     functions=[h.make_function("my", "F", ["a"], ["b"],
                                [h.make_node("F", ["a"], ["b"], domain="my")],
                                [h.make_opsetid("my", 1)])])
# Legal, and all must compile: unsorted nodes, a function, an initializer that
# is an input, too.
save("unsorted", [h.make_node("Abs", ["t"], ["y"], name="late"),
                  h.make_node("Relu", ["x"], ["t"], name="early")])
save("function", [h.make_node("Twice", ["x"], ["y"], domain="my", name="call", k=3.0)],
     functions=[h.make_function(
         "my", "Twice", ["a"], ["b"],
         [h.make_node("LeakyRelu", ["a"], ["c"], name="inner"),
          h.make_node("Add", ["c", "c"], ["b"], name="sum")],
         [h.make_opsetid("", 13)], ["k"])])
save("initializer-input", [add(name="sum")],
     inputs=[x, h.make_tensor_value_info("w", T.FLOAT, [2])], init=[tensor()])
