"""Where a step of PyTorch's spends its time, by family of kernels: options as bench_step.py's, which it imports."""
import json
import os
import re
import sys

import torch
from torch.profiler import ProfilerActivity, profile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "reference"))
import bench_step  # noqa: E402

ROWS = 15
FAMILIES = {
    "convolutions and products": r"conv|gemm|cutlass|xmma|mkldnn|::mm|::bmm|addmm|wgrad|dgrad|fprop|implicit",
    "batch norm": r"batch_?norm|bn_(fw|bw)",
    "pooling and resizing": r"pool|upsample|interp",
    "copies and layouts": r"mem(cpy|set)|copy|nchw|nhwc|transpose|to_copy|cat",
    "optimisers": r"adam|multi_tensor|foreach",
    "reductions": r"reduce|sum|mean|norm|softmax",
    "pointwise": r"elementwise|pointwise|add|mul|relu|triton|fill",
}


def family(kernel):
    found = (name for name, pattern in FAMILIES.items() if re.search(pattern, kernel, re.I))
    return next(found, "other")


def main():
    arguments = bench_step.parser().parse_args()
    (layout,) = arguments.layout
    step = bench_step.make_step(arguments, layout)
    for _ in range(arguments.warm_up):
        step()
    on_gpu = arguments.device != "cpu"
    activities = [ProfilerActivity.CPU] + ([ProfilerActivity.CUDA] if on_gpu else [])
    with profile(activities=activities) as profiled:
        ms = bench_step.timed(step)
    kind = "self_device_time_total" if on_gpu else "self_cpu_time_total"
    events = [e for e in profiled.key_averages() if getattr(e, kind) > 0]
    if on_gpu:  # kernels alone: operators are given their kernels' time too
        events = [e for e in events if e.device_type == torch.autograd.DeviceType.CUDA]
    times = [(e.key, e.count, getattr(e, kind) / 1000) for e in events]
    total = sum(time for _, _, time in times)
    print(json.dumps({"PyTorch": layout, "step, ms": round(ms, 2), "kernels, ms": round(total, 2)}))
    sums = {}
    for key, count, time in times:
        calls, sofar = sums.get(family(key), (0, 0))
        sums[family(key)] = (calls + count, sofar + time)
    for name, (calls, time) in sorted(sums.items(), key=lambda item: -item[1][1]):
        print(json.dumps({"family": name, "calls": calls, "ms": round(time, 2), "%": round(100 * time / total, 1)}))
    for key, count, time in sorted(times, key=lambda item: -item[2])[:ROWS]:
        print(json.dumps({"PyTorch's kernel": key[:100], "calls": count, "ms": round(time, 2)}))


if __name__ == "__main__":
    main()
