#!/usr/bin/env python3
"""Times DiRA's training step (D+R+A, MoCo v2, Adam) in PyTorch, one JSON line a configuration.

A step is all of it: keys, generator, critic, twin, queue. The first `--warm-up` steps are not counted;
the median and the fastest of the rest are given, in milliseconds, on the wall clock.
"""
import argparse
import json
import resource
import statistics
import sys
import time

import torch

import dira_step

CASES = {
    "resnet18-128": "--arch resnet18 --size 128 --batch 32",
    "resnet50-224": "--arch resnet50 --size 224 --batch 8",
}


def prepared(options, layout, device):
    config = dira_step.parse((options + " --batches 1").split())
    torch.manual_seed(config.seed)
    memory = torch.channels_last if layout == "channels-last" else torch.contiguous_format
    model = dira_step.Model(config).to(device).to(memory_format=memory).train()
    batch = dira_step.make_batches(config)[0]
    batch = {name: t.to(device).contiguous(memory_format=memory) for name, t in batch.items()}
    optimisers = dira_step.make_optimisers(model, config)
    return lambda: dira_step.train_step(model, optimisers, batch, config)[0]["loss"].item()


def seconds(step, count):
    times = []
    for _ in range(count):
        start = time.perf_counter()
        step()  # reading the loss waits for the forward pass
        if torch.cuda.is_available():
            torch.cuda.synchronize()
        times.append(time.perf_counter() - start)
    return times


def measure(name, options, layout, arguments):
    step = prepared(options, layout, arguments.device)
    seconds(step, arguments.warm_up)
    times = seconds(step, arguments.steps)
    batch = dira_step.parse(options.split()).batch
    return {
        "case": name,
        "options": options,
        "layout": layout,
        "device": arguments.device,
        "torch": torch.__version__,
        "threads": torch.get_num_threads(),
        "steps": arguments.steps,
        "median_ms": round(1000 * statistics.median(times), 2),
        "fastest_ms": round(1000 * min(times), 2),
        "images_per_second": round(batch / statistics.median(times), 2),
        "peak_rss_mib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
    }


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    add = parser.add_argument
    add("--case", choices=CASES, action="append", help="default: all")
    add("--custom", metavar="OPTIONS", help="another case, in the options of dira_step.py")
    add("--layout", choices=("nchw", "channels-last"), action="append", help="default: both")
    add("--queue", type=int, default=65536)
    add("--steps", type=int, default=10)
    add("--warm-up", type=int, default=3)
    add("--threads", type=int, help="default: torch's own choice")
    add("--device", default="cpu")
    arguments = parser.parse_args()
    if arguments.threads:
        torch.set_num_threads(arguments.threads)
    cases = {name: CASES[name] for name in arguments.case or ([] if arguments.custom else CASES)}
    if arguments.custom:
        cases["custom"] = arguments.custom
    for name, options in cases.items():
        for layout in arguments.layout or ("nchw", "channels-last"):
            full = f"{options} --queue {arguments.queue}"
            print(json.dumps(measure(name, full, layout, arguments)), flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
