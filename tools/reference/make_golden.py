#!/usr/bin/env python3
"""Writes the stored results of narrow networks for machines without torch.

The main file is a D+R+A run in float64, kept as float32, with float32 PyTorch's own errors. Other stages
and forms start from the same weights and batch; of them the losses are kept, as `<variant>/step0/loss`.
For size, `final/` leaves out layer3 and layer4, and errors are those of gradients and losses.
"""
import copy
import os
import sys

import dira_step
import safetensors_file

FOLDER = os.path.join(os.path.dirname(__file__), "../../packages/dira/test/golden")
# The seed is one whose values keep clear of the kinks of ReLU and max pooling: see README.md.
OPTIONS = (
    "--arch resnet18 --width 2 --decoder 8,4,4,2,2 --critic-width 2 --features 16 --size 32 --batch 4"
    " --batches 1 --queue 16 --steps 2 --momentum 0.9 --jitter 0.2 --stage dra --dtype float64 --seed 282"
)
VARIANTS = {
    "d": "--stage d",
    "dr": "--stage dr",
    "dra-least-squares": "--adversarial least-squares",
    "dra-code": "--adversarial least-squares --optimiser sgd",
}
LARGEST = 400_000


def left_out(name):
    if name.startswith("float32_error/"):
        return "/final/" in name or "/buffer/" in name
    return name.startswith("final/") and ("layer3" in name or "layer4" in name)


def main():
    config = dira_step.parse(OPTIONS.split())
    results = dira_step.run(config)
    kept = {**results, **dira_step.float32_errors(config, results, None)}
    for name, options in VARIANTS.items():
        variant = dira_step.parse((OPTIONS + " " + options).split())
        losses = dira_step.run(variant, copy.copy(results)).items()
        kept.update({f"{name}/{n}": t for n, t in losses if n.startswith("step") and "/loss" in n})
    kept = {name: tensor for name, tensor in kept.items() if not left_out(name)}
    os.makedirs(FOLDER, exist_ok=True)
    path = os.path.join(FOLDER, "dira-step.safetensors")
    safetensors_file.write(path, dira_step.stored(kept, config), dira_step.describe(config))
    size = os.path.getsize(path)
    print(f"{os.path.relpath(path)}: {size} bytes, {len(kept)} tensors")
    return 0 if size < LARGEST else f"expected less than {LARGEST} bytes"


if __name__ == "__main__":
    sys.exit(main())
