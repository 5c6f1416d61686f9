"""What float32 PyTorch achieves: the largest error among runs that differ in nothing but rounding.

One run is no yardstick. Which way each sum is rounded is luck, and a scalar comes a thousand times
closer to float64 in one run than in another. So several runs are made that differ in

- the order of the images in the batch,
- channels last or first in memory,
- rows and columns, as they are or swapped in images (slices of volumes) and kernels alike,
- convolutions by oneDNN (channels first alone) or by PyTorch's own kernel,
- batch norms by oneDNN's kernel, which sums in float32 as PyTorch does on a GPU, or by PyTorch's own for
  CPUs, which sums in double and so comes closer than float32 does elsewhere.
"""
import argparse
from unittest import mock

import torch
import torch.nn.functional as F


def swapped(tensors):
    """Rows and columns of every image and kernel; the step commutes with it."""
    return {n: t.transpose(-1, -2).contiguous() if t.dim() > 3 else t for n, t in tensors.items()}


def in_order(queue, order, keys):
    """Puts the `keys` newest rows, one batch behind the other, back in the order of the images."""
    kept = min(keys, len(queue) // len(order) * len(order))
    blocks = [block[order.argsort()] for block in queue[:kept].split(len(order))]
    return torch.cat([*blocks, queue[kept:]])


def norm_by_onednn(x, mean, variance, weight, bias, training, momentum, epsilon):
    flat = x.flatten(3)  # oneDNN's takes images alone, and a norm does not see which axis is which
    rest = (weight, bias, mean, variance, training, momentum, epsilon, False)
    return torch.batch_norm(flat.to_mkldnn(), *rest).to_dense().reshape(x.shape)


def float32_run(train, config, given, number, random):
    order = torch.randperm(config.batch, generator=random)
    batches = {n: t[order] for n, t in given.items() if n.startswith("batch/")}
    turn = swapped if number % 8 > 3 else dict
    changed = {"dtype": "float32", "channels_last": number % 2 == 1}
    norm = norm_by_onednn if number % 3 == 0 else F.batch_norm
    # Never by oneDNN with channels last: in PyTorch 1.13 that writes beyond its memory.
    convolutions = torch.backends.mkldnn.flags(enabled=number % 4 == 0)
    with mock.patch.object(F, "batch_norm", norm), convolutions:
        results = train(argparse.Namespace(**{**vars(config), **changed}), turn({**given, **batches}))
    results = turn({n: t for n, t in results.items() if n != "step0/restored"})
    queue = results.get("final/queue")
    if queue is None:
        return results
    return {**results, "final/queue": in_order(queue, order, config.steps * config.batch)}


def float32_errors(train, config, results, given, runs=16, pick=torch.flatten):
    """‖a − b‖/‖b‖ of each tensor in `results`, the largest among float32 runs of the same.

    `pick` gives what is compared of a tensor; `results` is picked already.
    """
    inputs = ("init/", "batch/")
    exact = {n: t.double().flatten() for n, t in results.items() if not n.startswith(inputs)}
    random, largest = torch.Generator().manual_seed(0), {}
    for number in range(runs):
        own = float32_run(train, config, given, number, random)
        for name in exact.keys() & own.keys():
            difference = (pick(own[name]).double() - exact[name]).norm()
            error = difference / exact[name].norm().clamp_min(1e-30)
            largest[name] = max(error, largest.get(name, error))
    return largest
