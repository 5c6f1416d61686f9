"""Measures what the card reaches: large matrix products and convolutions in each precision, copies.

`peak.py DEVICE [quick]` prints a JSON object a line; `tflops` of the matrix product is what steps are a share of.
"""
import json
import sys
import time

import torch
import torch.nn.functional as F

device, quick = sys.argv[1], "quick" in sys.argv
PRECISIONS = {"float32": torch.float32, "tf32": torch.float32, "bfloat16": torch.bfloat16}


def wait():
    if device != "cpu":
        torch.cuda.synchronize()


def seconds(run, repeats):
    """Of one, the best of three rounds."""
    run()
    best = float("inf")
    for _ in range(3):
        wait()
        start = time.perf_counter()
        for _ in range(repeats):
            run()
        wait()
        best = min(best, (time.perf_counter() - start) / repeats)
    return best


def say(precision, what, tflops):
    print(json.dumps({"precision": precision, "peak of": what, "tflops": round(tflops, 3)}), flush=True)


side, images, repeats = (512, 2, 2) if quick else (8192, 128, 10)
for name, dtype in PRECISIONS.items():
    torch.backends.cuda.matmul.allow_tf32 = torch.backends.cudnn.allow_tf32 = name == "tf32"
    a, b = (torch.randn(side, side, device=device, dtype=dtype) for _ in range(2))
    say(name, "matrix product", 2 * side**3 / seconds(lambda: a @ b, repeats) / 1e12)
    last = {"memory_format": torch.channels_last}
    x = torch.randn(images, 256, 56, 56, device=device, dtype=dtype).contiguous(**last)
    w = torch.randn(256, 256, 3, 3, device=device, dtype=dtype).contiguous(**last)
    work = 2 * images * 56 * 56 * 256 * 256 * 9
    say(name, "convolution 3x3, 256 channels", work / seconds(lambda: F.conv2d(x, w, padding=1), repeats) / 1e12)
source = torch.empty((2**24 if quick else 2**31), dtype=torch.uint8, device=device)
target = torch.empty_like(source)
took = seconds(lambda: target.copy_(source), repeats)
print(json.dumps({"copy, GB/s read and written": round(2 * source.numel() / took / 1e9)}), flush=True)
