#!/usr/bin/env python3
"""Times training steps in PyTorch: DiRA's (D+R+A, MoCo v2, Adam), a classifier's, a U-Net's.

A step is all of it: for DiRA keys, generator, critic, twin, queue. The first `--warm-up` steps are not
counted; the median and the fastest of the rest are given, in milliseconds, on the wall clock, as one
JSON line a layout. With `--serve` it takes one step for each line it reads, so that another program can
take turns with it; `tools/bench` does.
"""
import argparse
import contextlib
import json
import statistics
import sys
import time

import torch
import torch.nn.functional as F

import bench_networks
import dira_step

LAYOUTS = {
    "nchw": "NCHW, float32",
    "channels-last": "channels-last, float32",
    "tf32": "channels-last, float32 whose products round their factors to TF32 (GPUs)",
    "bfloat16": "channels-last, bfloat16 autocast",
    "authors": "NCHW, float32, the twin runs its decoder (the authors' algorithm)",
}


def precision(layout, device):
    torch.backends.cuda.matmul.allow_tf32 = torch.backends.cudnn.allow_tf32 = layout == "tf32"
    if layout != "bfloat16":
        return contextlib.nullcontext()
    return torch.autocast(torch.device(device).type, torch.bfloat16)


def tune(optimiser, arguments):
    """On a GPU all parameters are updated in one kernel, as our engine does everywhere."""
    if arguments.device != "cpu":
        for group in optimiser.param_groups:
            group["fused"] = True


def compile_parts(model):
    """Compiles each network of a model by itself; a twin's parts are modules of a dict."""
    for part in model.children():
        for network in part.children() if isinstance(part, torch.nn.ModuleDict) else [part]:
            network.compile()


def dira(arguments, layout):
    rank = 3 if len(arguments.size) == 3 else 2
    options = f"--arch {arguments.arch} --batch {arguments.batch} --rank {rank} --batches 1"
    if rank == 3:  # TransVW on the U-Net of 32 to 512 channels
        size = ",".join(map(str, arguments.size))
        own = f"--width 32 --method trans-vw --weights 1,100,1 --rate 1e-3 --size {size}"
    else:
        own = f"--queue {arguments.queue} --size {arguments.size[0]}"
    config = dira_step.parse(f"{options} {own}".split())
    last = torch.channels_last_3d if rank == 3 else torch.channels_last
    memory = torch.contiguous_format if layout in ("nchw", "authors") else last
    model = dira_step.Model(config).to(arguments.device).to(memory_format=memory).train()
    follow = bench_networks.give_twin_a_decoder(model) if layout == "authors" else lambda _: None
    batch = dira_step.make_batches(config)[0]
    batch = {n: t.to(arguments.device) for n, t in batch.items()}
    images = {n: t for n, t in batch.items() if t.dim() == rank + 2}
    batch.update({n: t.contiguous(memory_format=memory) for n, t in images.items()})
    optimisers = dira_step.make_optimisers(model, config)
    for optimiser in optimisers.values():
        tune(optimiser, arguments)
    if arguments.compile:
        model.restore = torch.compile(model.restore)
        compile_parts(model)

    def step():
        with precision(layout, arguments.device):
            losses, _, _ = dira_step.train_step(model, optimisers, batch, config)
        follow(config.momentum)
        return losses["loss"].item()

    return step


def plain(arguments, layout):
    size = arguments.size * 2 if len(arguments.size) == 1 else arguments.size
    last = layout not in ("nchw", "authors")
    module, image = bench_networks.make(
        arguments.task, arguments.arch, size, arguments.batch, last, arguments.device
    )
    optimiser = torch.optim.Adam(module.parameters(), 2e-4, (0.5, 0.999), 1e-8)
    tune(optimiser, arguments)
    if arguments.compile:
        compile_parts(module)

    def step():
        optimiser.zero_grad(set_to_none=True)
        with precision(layout, arguments.device):
            loss = module.loss(image)
        loss.backward()
        optimiser.step()
        return loss.item()

    return step


def timed(step):
    start = time.perf_counter()
    step()  # reading the loss waits for the forward pass
    if torch.cuda.is_available():  # and for what comes after it
        torch.cuda.synchronize()
    return 1000 * (time.perf_counter() - start)


def peak_mib():
    """VmHWM: the most memory that this process has ever held."""
    with open("/proc/self/status") as status:
        return next(int(line.split()[1]) for line in status if line.startswith("VmHWM")) // 1024


def tensors_mib():
    """The most that tensors on the GPU took at once."""
    return torch.cuda.max_memory_allocated() // 2**20 if torch.cuda.is_available() else None


def work(step):
    """Multiplications and additions of a step's convolutions and matrix products."""
    from torch.utils.flop_counter import FlopCounterMode  # since 2.1

    with FlopCounterMode(display=False) as counter:
        step()
    return counter.get_total_flops()


def convolution_gflops():
    """Of a 3x3 convolution, 256 to 256 channels, [8, 56, 56, 256], forward: the best of five."""
    x = torch.rand(8, 256, 56, 56).contiguous(memory_format=torch.channels_last)
    weight = torch.rand(256, 256, 3, 3).contiguous(memory_format=torch.channels_last)
    work = 2 * 8 * 56 * 56 * 256 * 256 * 9
    with torch.no_grad():
        best = min(timed(lambda: F.conv2d(x, weight, padding=1)) for _ in range(6))
    return round(work / best / 1e6)


def serve(step, arguments):
    """One step a line; what it took, then at the end the peak of memory, each a JSON line."""

    def say(**facts):
        print(json.dumps(facts), flush=True)

    for _ in range(arguments.warm_up):
        step()
    say(version="PyTorch " + torch.__version__, threads=torch.get_num_threads())
    for line in sys.stdin:
        if line.strip() == "convolution":
            say(gflops=convolution_gflops())
        elif line.strip() == "memory":
            say(mib=peak_mib(), tensorsMib=tensors_mib())
        elif line.strip() == "work":
            say(flops=work(step))
        else:
            cpu = time.process_time()
            ms = timed(step)
            say(ms=ms, cpuMs=1000 * (time.process_time() - cpu))


def measure(step, layout, arguments):
    for _ in range(arguments.warm_up):
        step()
    times = [timed(step) for _ in range(arguments.steps)]
    return {
        "task": arguments.task,
        "arch": arguments.arch,
        "size": arguments.size,
        "batch": arguments.batch,
        "layout": layout,
        "device": arguments.device,
        "torch": torch.__version__,
        "threads": torch.get_num_threads(),
        "steps": arguments.steps,
        "median_ms": round(statistics.median(times), 2),
        "fastest_ms": round(min(times), 2),
        "images_per_second": round(1000 * arguments.batch / statistics.median(times), 2),
        "peak_mib": peak_mib(),
    }


def parser():
    options = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    add = options.add_argument
    add("--task", choices=("dira", "classify", "restore"), default="dira")
    add("--arch", default="resnet50")
    add("--size", type=int, nargs="+", default=[224], help="one number, or one for each axis")
    add("--batch", type=int, default=8)
    add("--queue", type=int, default=65536)
    add("--layout", choices=LAYOUTS, action="append", help="default: nchw and channels-last")
    add("--steps", type=int, default=10)
    add("--warm-up", type=int, default=3)
    add("--threads", type=int, help="default: torch's own choice")
    add("--device", default="cpu")
    add("--compile", action="store_true", help="networks by torch.compile")
    add("--serve", action="store_true", help="a step for each line of input (one layout)")
    return options


def make_step(arguments, layout):
    if arguments.threads:
        torch.set_num_threads(arguments.threads)
    torch.manual_seed(0)
    return (dira if arguments.task == "dira" else plain)(arguments, layout)


def main():
    arguments = parser().parse_args()
    for layout in arguments.layout or ["nchw", "channels-last"]:
        step = make_step(arguments, layout)
        if arguments.serve:
            serve(step, arguments)
            return 0
        print(json.dumps(measure(step, layout, arguments)), flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
