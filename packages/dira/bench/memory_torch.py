"""The generator's gradient of `resnet50-2d` in memory.mjs, in PyTorch: what it retains, the process' peak and time.

python packages/dira/bench/memory_torch.py [--checkpoint] [--batch 8] [--size 224]
Retained is counted by `saved_tensors_hooks`, each storage once, parameters and the queue left out; with
--checkpoint PyTorch's own hooks hide it."""
import argparse
import resource
import sys
import time
from pathlib import Path

import torch
import torch.nn.functional as F
from torch.utils.checkpoint import checkpoint

sys.path.insert(0, str(Path(__file__).parents[3] / "tools" / "reference"))
from networks import Critic, Decoder, DecoderBlock, Encoder, Projector, Residual, restoration_head

parser = argparse.ArgumentParser()
parser.add_argument("--checkpoint", action="store_true")
parser.add_argument("--batch", type=int, default=8)
parser.add_argument("--size", type=int, default=224)
options = parser.parse_args()
torch.set_num_threads(2)
torch.manual_seed(0)

if options.checkpoint:
    for kind in (Residual, DecoderBlock):
        plain = kind.forward
        kind.forward = lambda self, *inputs, plain=plain: checkpoint(plain, self, *inputs, use_reentrant=False)

encoder, critic = Encoder("resnet50"), Critic()
decoder, head = Decoder(encoder.channels, (256, 128, 64, 32, 16)), restoration_head(16)
projector = Projector(encoder.channels[-1])
queue = F.normalize(torch.randn(65536, 128), dim=1)
networks = torch.nn.ModuleList([encoder, decoder, head, projector])
optimiser = torch.optim.Adam(networks.parameters(), 2e-4, betas=(0.5, 0.999))
critic.requires_grad_(False)
view, target = (torch.rand(options.batch, 1, options.size, options.size) for _ in range(2))
key = F.normalize(torch.randn(options.batch, 128), dim=1)


def loss():
    maps = encoder(view)
    restored = head(decoder(maps))
    query = projector(maps)
    logits = torch.cat([(query * key).sum(1, keepdim=True), query @ queue.t()], 1) / 0.2
    discriminative = F.cross_entropy(logits, torch.zeros(options.batch, dtype=torch.long))
    adversarial = F.softplus(-critic(restored)).mean()
    return discriminative + 10 * F.mse_loss(restored, target) + 0.001 * adversarial


def step():
    optimiser.zero_grad()
    loss().backward()
    optimiser.step()


saved = {}
known = {t.data_ptr() for t in [*networks.parameters(), *critic.parameters(), queue]}


def pack(tensor):
    storage = tensor.storage()
    if storage.data_ptr() not in known:
        saved[storage.data_ptr()] = storage.nbytes()
    return tensor


step()
began = time.perf_counter()
step()
seconds = time.perf_counter() - began
with torch.autograd.graph.saved_tensors_hooks(pack, lambda tensor: tensor):
    value = loss()
mib = sum(saved.values()) / 2**20
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**10
retained = "not counted" if options.checkpoint else f"{mib:.0f} MiB"
print(f"PyTorch {torch.__version__}, checkpoint {options.checkpoint}: retained {retained},", end=" ")
print(f"process' peak {peak:.0f} MiB, {seconds:.2f} s a step of the generator")
