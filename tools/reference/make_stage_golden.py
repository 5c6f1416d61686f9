#!/usr/bin/env python3
"""Writes packages/dira/test/golden.safetensors: a tiny DiRA step in float64, stage by stage.

One start and one batch serve all stages: `init/…` (the twin starts as a copy and is left out) and
`batch/0/…`. Then for each stage the losses `<stage>/step<s>/…` as in README.md, all gradients packed
in `<stage>/step0/grad` and all statistics in `<stage>/step0/buffer`, and `dra/final` without the twin's
parameters. A packed tensor holds its parts in order of name, each flattened: so a header of a thousand
entries is spared. `<stage>/float32_error/…` is what float32 PyTorch itself achieves: one run may come
close by luck, so it is the largest error among runs with the images of the batch in several orders,
which changes nothing but the rounding.
"""
import argparse
import json
import pathlib

import torch

import dira_step
import safetensors_file

TARGET = pathlib.Path(__file__).resolve().parents[2] / "packages/dira/test/golden.safetensors"
SHAPE = (
    "--dtype float64 --arch resnet18 --width 2 --decoder 4,4,4,2,2 --critic-width 2 --features 8 "
    "--size 32 --batch 4 --batches 1 --queue 16 --steps 3 --jitter 0.2"
).split()

ORDERS = 8


def start(config):
    """Initial weights and the batch; the twin is a copy."""
    given = dira_step.run(argparse.Namespace(**{**vars(config), "steps": 0, "stage": "dra"}))
    given = {name: t for name, t in given.items() if not dira_step.is_result(name)}
    for name in given:
        if name.startswith("init/twin."):
            given[name] = given[name.replace("twin.", "")].clone()
    return given


def float32_errors(config, given, results):
    """The largest ‖a − b‖/‖b‖ of each result among float32 runs with reordered batches."""
    lower = argparse.Namespace(**{**vars(config), "dtype": "float32"})
    random = torch.Generator().manual_seed(0)
    largest = {}
    for _ in range(ORDERS):
        order = torch.randperm(config.batch, generator=random)
        batch = {n: t[order] for n, t in given.items() if n.startswith("batch/")}
        own = dira_step.run(lower, {**given, **batch})
        keys = own["final/queue"][: config.steps * config.batch]
        blocks = keys.view(config.steps, config.batch, -1)
        blocks.copy_(blocks[:, order.argsort()].clone())
        for name in [n for n in own if "/loss" in n or n.startswith("final/")]:
            exact = results[name]
            error = (own[name].double() - exact).norm() / exact.norm().clamp_min(1e-30)
            largest[name] = max(error, largest.get(name, error))
    return largest


def packed(results, prefix, taken):
    """Values of all names after `prefix` that are taken, sorted by name, one behind the other."""
    names = sorted(n[len(prefix) :] for n in results if n.startswith(prefix))
    return torch.cat([results[prefix + n].flatten() for n in names if taken(n)]).float()


def golden(config):
    given = start(config)
    tensors = {n: t for n, t in given.items() if not n.startswith("init/twin.")}
    for stage in ("d", "dr", "dra"):
        config.stage = stage
        results = dira_step.run(config, given)
        errors = float32_errors(config, given, results)
        for name in [n for n in results if "/loss" in n]:
            tensors[f"{stage}/{name}"] = results[name]
            tensors[f"{stage}/float32_error/{name}"] = errors[name]
        tensors[f"{stage}/step0/grad"] = packed(results, "step0/grad/", lambda n: True)
        tensors[f"{stage}/step0/buffer"] = packed(results, "step0/buffer/", lambda n: True)
    tensors["dra/final"] = packed(results, "final/", in_final)
    tensors["dra/float32_error/final"] = packed(errors, "final/", in_final)
    return tensors


def in_final(name):
    return not name.startswith("twin.") or ".running_" in name


def main():
    options = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    # A seed whose values keep clear of the kinks of ReLU and max pooling, where gradients jump.
    options.add_argument("--seed", type=int, default=53)
    options.add_argument("--out", default=TARGET)
    given = options.parse_args()
    config = dira_step.parse([*SHAPE, "--seed", str(given.seed)])
    metadata = {"torch": torch.__version__, "config": json.dumps(vars(config))}
    safetensors_file.write(given.out, golden(config), metadata)


if __name__ == "__main__":
    main()
