"""What an operation of PyTorch's costs beside its arithmetic, on numbers: `overhead.py DEVICE`."""
import json
import sys
import time

import torch

device = sys.argv[1]
x = torch.ones(1, 1, device=device)
CASES = {
    "add": lambda: torch.add(x, x),
    "relu": lambda: torch.relu(x),
    "matMul": lambda: torch.matmul(x, x),
    "sum": lambda: torch.sum(x, 0),
}
ROUNDS, OPERATIONS = 60, 2000
with torch.no_grad():
    for name, run in CASES.items():
        best = float("inf")
        for _ in range(ROUNDS):
            start = time.perf_counter()
            for _ in range(OPERATIONS):
                run()
            best = min(best, (time.perf_counter() - start) / OPERATIONS)
        print(json.dumps({"PyTorch": name, "microseconds": round(best * 1e6, 2)}), flush=True)
