#!/usr/bin/env python3
"""Writes PyTorch's values and gradients of every operation of @dira/tensor, in 2D and 3D.

Inputs follow from a hash of position and seed, which the test repeats, so only results are stored:
for each case the output y and the gradients of sum(y * r) in each input, computed in float64, kept as
float32 in base64, channels last. `python3 tools/reference/make_ops_golden.py [FILE]`
"""
import base64
import json
import os
import struct
import sys

import torch
import torch.nn.functional as F

PATH = os.path.join(os.path.dirname(__file__), "../../packages/tensor/test/golden/ops.json")
LARGEST = 200_000
WEIGHTS_SEED = 99


def hashed(position, seed):
    """A whole number in [0, 2**32)."""
    h = ((position + 1) * 0x9E3779B1) & 0xFFFFFFFF
    h ^= ((seed + 1) * 0x85EBCA6B) & 0xFFFFFFFF
    h = ((h ^ (h >> 15)) * 0x2C1B3C6D) & 0xFFFFFFFF
    h = ((h ^ (h >> 12)) * 0x297A2D39) & 0xFFFFFFFF
    return h ^ (h >> 15)


def values(shape, seed):
    count = 1
    for size in shape:
        count *= size
    numbers = [hashed(i, seed) / 2**31 - 1 for i in range(count)]
    return torch.tensor(numbers, dtype=torch.float64).float().double().reshape(shape)


def first(x):
    """Channels first."""
    return x.movedim(-1, 1)


def last(x):
    """Channels last."""
    return x.movedim(1, -1)


def per_axis(x, value):
    return [value] * (x.dim() - 2) if isinstance(value, int) else value


def by_rank(x, two, three):
    return three if x.dim() == 5 else two


def conv(x, w, o):
    weight = w.movedim((-1, -2), (0, 1))
    f = by_rank(x, F.conv2d, F.conv3d)
    return last(f(first(x), weight, None, o.get("stride", 1), o.get("padding", 0), o.get("dilation", 1), o.get("groups", 1)))


def conv_transpose(x, w, o):
    weight = w.movedim((-1, -2), (0, 1))  # [C, C', k...]
    f = by_rank(x, F.conv_transpose2d, F.conv_transpose3d)
    return last(f(first(x), weight, None, o.get("stride", 1), o.get("padding", 0), o.get("outputPadding", 0)))


def max_pool(x, o):
    f = by_rank(x, F.max_pool2d, F.max_pool3d)
    return last(f(first(x), o["size"], o.get("stride"), o.get("padding", 0)))


def average_pool(x, o):
    f = by_rank(x, F.avg_pool2d, F.avg_pool3d)
    options = {} if "countPadding" not in o else {"count_include_pad": o["countPadding"]}
    return last(f(first(x), o["size"], o.get("stride"), o.get("padding", 0), **options))


def spatial(x):
    return list(range(1, x.dim() - 1))


def resize_linear(x, o):
    mode = by_rank(x, "bilinear", "trilinear")
    return last(F.interpolate(first(x), size=o["size"], mode=mode, align_corners=False))


def pad(x, o):
    mode = {"zeros": "constant", "edge": "replicate", "reflect": "reflect"}[o["mode"]]
    both = [p for size in reversed(per_axis(x, o["padding"])) for p in (size, size)]
    return last(F.pad(first(x), both, mode=mode))


def batch_norm(x, scale, offset, o):
    channels = x.shape[-1]
    mean, variance = torch.zeros(channels).double(), torch.zeros(channels).double()
    y = F.batch_norm(first(x), mean, variance, scale, offset, training=True, momentum=1.0)
    o["statistics"] = [encode(mean), encode(variance)]  # the running ones after momentum 1
    return last(y)


def split_batch_norm(x, scale, offset, o):
    parts = []
    for part in x.chunk(o["splits"]):
        parts.append(last(F.batch_norm(first(part), None, None, scale, offset, training=True)))
    return torch.cat(parts)


def batch_norm_inference(x, scale, offset, o):
    mean, variance = (torch.tensor(o[name]).double() for name in ("mean", "variance"))
    return last(F.batch_norm(first(x), mean, variance, scale, offset))


def cross_entropy(x, o):
    targets = o["targets"]
    exact = {} if isinstance(targets[0], int) else {"dtype": torch.float64}
    return F.cross_entropy(x, torch.tensor(targets, **exact))


OPS = {
    "conv": conv,
    "convTranspose": conv_transpose,
    "maxPool": max_pool,
    "averagePool": average_pool,
    "globalAveragePool": lambda x, o: x.mean(spatial(x)),
    "globalMaxPool": lambda x, o: x.amax(spatial(x)),
    "upsampleNearest": lambda x, o: last(F.interpolate(first(x), scale_factor=o["factor"], mode="nearest")),
    "resizeNearest": lambda x, o: last(F.interpolate(first(x), size=o["size"], mode="nearest")),
    "resizeLinear": resize_linear,
    "pad": pad,
    "batchNorm": batch_norm,
    "splitBatchNorm": split_batch_norm,
    "batchNormInference": batch_norm_inference,
    "instanceNorm": lambda x, o: last(F.instance_norm(first(x))),
    "groupNorm": lambda x, scale, offset, o: last(F.group_norm(first(x), o["groups"], scale, offset)),
    "layerNorm": lambda x, scale, offset, o: F.layer_norm(x, x.shape[-1:], scale, offset),
    "leakyRelu": lambda x, o: F.leaky_relu(x, o["slope"]),
    "softmax": lambda x, o: torch.softmax(x, -1),
    "softmaxCrossEntropy": cross_entropy,
    "l2Normalize": lambda x, o: F.normalize(x, dim=-1),
    "meanSquaredError": lambda a, b, o: F.mse_loss(a, b),
}


def spatial_cases(rank):
    def take(*sizes):
        return list(sizes[:rank])

    x, wide = [2, *take(4, 5, 3), 2], [2, *take(3, 4, 2), 4]

    def filters(*kernel, inputs=2, outputs=3):
        return [*take(*kernel), inputs, outputs]

    window = {"size": take(3, 2, 3), "stride": take(2, 1, 2), "padding": 1}
    yield "conv", [x, filters(3, 3, 3)], {"padding": 1}
    yield "conv", [x, filters(3, 2, 3)], {"stride": take(2, 1, 2), "padding": take(1, 0, 1)}
    yield "conv", [x, filters(2, 3, 2)], {"dilation": take(3, 2, 1), "padding": 1}
    yield "conv", [x, filters(2, 3, 2)], {"dilation": take(2, 1, 2), "stride": take(1, 2, 1), "padding": 1}
    yield "conv", [wide, filters(3, 2, 2, inputs=2, outputs=4)], {"groups": 2, "padding": 1, "stride": 2}
    yield "conv", [wide, filters(3, 3, 3, inputs=1, outputs=4)], {"groups": 4, "padding": 1}
    yield "conv", [x, filters(1, 1, 1)], {"stride": take(2, 1, 2)}
    yield "convTranspose", [x, filters(3, 2, 3, inputs=3, outputs=2)], {
        "stride": take(2, 1, 2), "padding": take(1, 0, 1), "outputPadding": take(1, 0, 0)}
    yield "convTranspose", [x, filters(2, 2, 2, inputs=1, outputs=2)], {"stride": 2}
    yield "maxPool", [x], window
    yield "maxPool", [x], {"size": 2}
    yield "averagePool", [x], window
    yield "averagePool", [x], {**window, "countPadding": False}
    yield "globalAveragePool", [x], {}
    yield "globalMaxPool", [x], {}
    yield "upsampleNearest", [wide], {"factor": 2}
    yield "resizeNearest", [x], {"size": take(7, 3, 4)}
    yield "resizeLinear", [x], {"size": take(7, 3, 4)}
    yield "resizeLinear", [x], {"size": take(2, 9, 2)}
    for mode in ("zeros", "edge", "reflect"):
        yield "pad", [x], {"mode": mode, "padding": take(2, 1, 0)}
    yield "batchNorm", [x, [2], [2]], {}
    yield "splitBatchNorm", [[4, *x[1:]], [2], [2]], {"splits": 2}
    yield "batchNormInference", [x, [2], [2]], {"mean": [0.25, -0.5], "variance": [0.75, 1.5]}
    yield "instanceNorm", [x], {}
    yield "groupNorm", [wide, [4], [4]], {"groups": 2}
    yield "layerNorm", [wide, [4], [4]], {}
    yield "leakyRelu", [x], {"slope": 0.2}


def rank_free_cases():
    rows = [4, 5]
    yield "softmax", [rows], {}
    yield "softmaxCrossEntropy", [rows], {"targets": [1, 4, 0, 1]}
    yield "softmaxCrossEntropy", [rows], {"targets": [[0.5, 0.25, 0.25, 0, 0], [0, 0, 0, 0, 1], [0.2] * 5, [0, 1, 0, 0, 0]]}
    yield "l2Normalize", [rows], {}
    yield "meanSquaredError", [rows, rows], {}


def encode(tensor):
    numbers = tensor.detach().float().reshape(-1).tolist()
    return base64.b64encode(struct.pack(f"<{len(numbers)}f", *numbers)).decode()


def solve(op, shapes, options):
    options = dict(options)
    inputs = [values(shape, seed + 1).requires_grad_() for seed, shape in enumerate(shapes)]
    y = OPS[op](*inputs, options)
    gradients = torch.autograd.grad((y * values(list(y.shape), WEIGHTS_SEED)).sum(), inputs)
    return {
        "op": op,
        "shapes": shapes,
        "options": options,
        "shape": list(y.shape),
        "y": encode(y),
        "gradients": [encode(g) for g in gradients],
    }


def main():
    cases = [*spatial_cases(2), *spatial_cases(3), *rank_free_cases()]
    golden = {
        "source": f"tools/reference/make_ops_golden.py, torch {torch.__version__}, float64",
        "cases": [solve(*case) for case in cases],
    }
    path = sys.argv[1] if len(sys.argv) > 1 else PATH
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "w") as file:
        json.dump(golden, file, separators=(",", ":"))
        file.write("\n")
    size = os.path.getsize(path)
    print(f"{len(cases)} cases, {size} bytes")
    return 0 if size < LARGEST else f"expected less than {LARGEST} bytes"


if __name__ == "__main__":
    sys.exit(main())
