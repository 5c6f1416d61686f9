"""What info-nce.mjs measures, in PyTorch: python3 info_nce.py [batch]"""

import resource
import sys
import time

import torch
import torch.nn.functional as F

batch = int(sys.argv[1]) if len(sys.argv) > 1 else 256
torch.manual_seed(0)
queries = torch.randn(batch, 128, requires_grad=True)
keys = F.normalize(torch.randn(batch, 128), dim=1)
queue = F.normalize(torch.randn(65536, 128), dim=1).T.contiguous()
labels = torch.zeros(batch, dtype=torch.long)


def peak():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e3


before, times = peak(), []
for _ in range(12):
    start = time.perf_counter()
    q = F.normalize(queries, dim=1)
    positive = (q * keys).sum(1, keepdim=True)
    loss = F.cross_entropy(torch.cat([positive, q @ queue], 1) / 0.2, labels)
    loss.backward()
    times.append(1e3 * (time.perf_counter() - start))
times.sort()
print(f"PyTorch {torch.__version__}, {torch.get_num_threads()} threads, batch {batch}")
print(f"best {times[0]:.1f} ms, median {times[6]:.1f} ms, {peak() - before:.0f} MB at most")
