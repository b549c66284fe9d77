#!/usr/bin/env python3
# Part of the xgen project, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Trains garments.onnx, the network of the first example, and cuts its test set.

    apt-get install python3-torch python3-onnx
    examples/quickstart/train.py FOLDER-WITH-FASHION-MNIST

FOLDER holds images-idx3-ubyte and labels-idx1-ubyte (Fashion-MNIST, MIT
licence; any number of images). The last hundred, ten a class, are not trained
on: they become test-images.idx and test-labels.idx, and one of them picture.pgm
and picture.png. The result is committed, so that nobody needs torch to try
xgen; run this only to change the network.
"""
import os
import struct
import sys
import zlib

import numpy as np
import torch
import torch.nn as nn
import torch.nn.functional as F

HERE = os.path.dirname(os.path.abspath(__file__))
CLASSES = 10
HELD_OUT = 100
PICTURE = 5  # of the held-out images


def read_idx(path):
    with open(path, "rb") as f:
        data = f.read()
    rank = data[3]
    dims = struct.unpack(">%dI" % rank, data[4:4 + 4 * rank])
    return np.frombuffer(data, np.uint8, offset=4 + 4 * rank).reshape(dims)


def write_idx(path, array):
    with open(path, "wb") as f:
        f.write(bytes([0, 0, 8, array.ndim]))
        f.write(struct.pack(">%dI" % array.ndim, *array.shape))
        f.write(array.tobytes())


def write_pgm(path, image):
    with open(path, "wb") as f:
        f.write(b"P5\n%d %d\n255\n" % (image.shape[1], image.shape[0]))
        f.write(image.tobytes())


def write_png(path, image):
    def chunk(kind, data):
        body = kind + data
        return (struct.pack(">I", len(data)) + body +
                struct.pack(">I", zlib.crc32(body)))
    height, width = image.shape
    rows = b"".join(b"\0" + row.tobytes() for row in image)
    with open(path, "wb") as f:
        f.write(b"\x89PNG\r\n\x1a\n")
        f.write(chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)))
        f.write(chunk(b"IDAT", zlib.compress(rows, 9)))
        f.write(chunk(b"IEND", b""))


class Separable(nn.Module):
    """Depthwise 3x3, pointwise, with the input added where shapes allow it."""

    def __init__(self, inputs, outputs, stride):
        super().__init__()
        self.depthwise = nn.Conv2d(inputs, inputs, 3, stride, 1, groups=inputs,
                                   bias=False)
        self.norm1 = nn.BatchNorm2d(inputs)
        self.pointwise = nn.Conv2d(inputs, outputs, 1, bias=False)
        self.norm2 = nn.BatchNorm2d(outputs)
        self.same = stride == 1 and inputs == outputs

    def forward(self, x):
        y = F.relu(self.norm1(self.depthwise(x)))
        y = self.norm2(self.pointwise(y))
        return F.relu(x + y if self.same else y)


class Garments(nn.Module):
    def __init__(self):
        super().__init__()
        self.stem = nn.Conv2d(1, 32, 3, 1, 1, bias=False)
        self.norm = nn.BatchNorm2d(32)
        self.blocks = nn.Sequential(
            Separable(32, 32, 1), Separable(32, 64, 2), Separable(64, 64, 1),
            Separable(64, 128, 2), Separable(128, 128, 1))
        self.drop = nn.Dropout(0.3)
        self.head = nn.Linear(128, CLASSES)

    def forward(self, pixels):
        x = (pixels - 0.286) * (1 / 0.353)
        x = F.relu(self.norm(self.stem(x)))
        x = self.blocks(x).mean((2, 3))
        return F.softmax(self.head(self.drop(x)), 1) if not self.training \
            else self.head(self.drop(x))


def augment(x):
    """Shifts by up to two pixels, mirrors, dims, and erases a patch."""
    count = x.shape[0]
    flip = torch.rand(count) < 0.5
    x = torch.where(flip[:, None, None, None], x.flip(3), x)
    angle = (torch.rand(count) - 0.5) * 0.25
    scale = 1 + (torch.rand(count) - 0.5) * 0.25
    theta = torch.zeros(count, 2, 3)
    theta[:, 0, 0] = torch.cos(angle) * scale
    theta[:, 0, 1] = -torch.sin(angle) * scale
    theta[:, 1, 0] = torch.sin(angle) * scale
    theta[:, 1, 1] = torch.cos(angle) * scale
    theta[:, :, 2] = (torch.rand(count, 2) - 0.5) * 0.28
    x = F.grid_sample(x, F.affine_grid(theta, x.shape, align_corners=False),
                      align_corners=False)
    return x * (0.7 + 0.6 * torch.rand(count, 1, 1, 1)).clamp(max=1.3)


def main():
    folder = sys.argv[1]
    torch.manual_seed(7)
    torch.set_num_threads(1)
    images = read_idx(os.path.join(folder, "images-idx3-ubyte"))
    labels = read_idx(os.path.join(folder, "labels-idx1-ubyte"))
    x = torch.tensor(images.astype(np.float32) / 255)[:, None]
    y = torch.tensor(labels.astype(np.int64))
    train_x, train_y = x[:-HELD_OUT], y[:-HELD_OUT]
    test_x, test_y = x[-HELD_OUT:], y[-HELD_OUT:]

    net = Garments()
    epochs = int(os.environ.get("EPOCHS", "150"))
    batch = 64
    steps = epochs * (len(train_x) // batch)
    optimizer = torch.optim.AdamW(net.parameters(), lr=4e-3, weight_decay=0.02)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, 4e-3, steps)
    for epoch in range(epochs):
        net.train()
        order = torch.randperm(len(train_x))
        for i in range(0, len(order) - batch + 1, batch):
            pick = order[i:i + batch]
            loss = F.cross_entropy(net(augment(train_x[pick])), train_y[pick],
                                   label_smoothing=0.05)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            schedule.step()
        if epoch % 10 == 9:
            net.eval()
            with torch.no_grad():
                hits = (net(test_x).argmax(1) == test_y).sum().item()
            print("epoch %d: loss %.3f, %d of %d held-out images" %
                  (epoch + 1, loss.item(), hits, HELD_OUT), flush=True)

    net.eval()
    torch.onnx.export(net, torch.zeros(1, 1, 28, 28),
                      os.path.join(HERE, "garments.onnx"), opset_version=13,
                      input_names=["pixels"], output_names=["scores"])
    write_idx(os.path.join(HERE, "test-images.idx"), images[-HELD_OUT:])
    write_idx(os.path.join(HERE, "test-labels.idx"), labels[-HELD_OUT:])
    picture = images[-HELD_OUT + PICTURE]
    write_pgm(os.path.join(HERE, "picture.pgm"), picture)
    write_png(os.path.join(HERE, "picture.png"), picture)
    with torch.no_grad():
        scores = net(test_x)
    print("labels:", test_y[:12].tolist())
    print("answers:", scores[:12].argmax(1).tolist(), scores.max(1)[0][:12])


main()
