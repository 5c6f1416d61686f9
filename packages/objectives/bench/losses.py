"""The losses of losses.mjs in PyTorch. Each line read is a loss; each line written the milliseconds of
one forward and backward pass. The first line written is PyTorch's version and threads."""

import sys
import time

import torch
import torch.nn.functional as F

torch.manual_seed(0)


def rows(n, c):
    return torch.randn(n, c)


def nt_xent(z1, z2):
    z = F.normalize(torch.cat([z1, z2]), dim=1)
    n = len(z)
    logits = (z @ z.T / 0.1).masked_fill(torch.eye(n, dtype=torch.bool), float("-inf"))
    return F.cross_entropy(logits, torch.arange(n).roll(n // 2))


def barlow(z1, z2):
    a, b = (F.batch_norm(z, None, None, training=True, eps=1e-5) for z in (z1, z2))
    c = a.T @ b / len(z1)
    on = torch.diagonal(c)
    off = c.flatten()[:-1].view(len(c) - 1, len(c) + 1)[:, 1:]
    return (on - 1).square().sum() + 0.0051 * off.square().sum()


def vicreg(z1, z2):
    def off_diagonal(z):
        z = z - z.mean(0)
        c = z.T @ z / (len(z) - 1)
        off = c.flatten()[:-1].view(len(c) - 1, len(c) + 1)[:, 1:]
        return off.square().sum() / z.shape[1]

    def hinge(z):
        return F.relu(1 - torch.sqrt(z.var(0) + 1e-4)).mean()

    return (
        25 * F.mse_loss(z1, z2)
        + 12.5 * (hinge(z1) + hinge(z2))
        + off_diagonal(z1)
        + off_diagonal(z2)
    )


queue = F.normalize(rows(65536, 128), dim=1).T.contiguous()


def info_nce(q, k):
    q, k = F.normalize(q, dim=1), F.normalize(k.detach(), dim=1)
    logits = torch.cat([(q * k).sum(1, keepdim=True), q @ queue], dim=1) / 0.2
    return F.cross_entropy(logits, torch.zeros(len(q), dtype=torch.long))


losses = {
    "ntXent": (nt_xent, 128),
    "barlowTwinsLoss": (barlow, 2048),
    "vicRegLoss": (vicreg, 2048),
    "infoNce": (info_nce, 128),
}
inputs = {width: [rows(256, width).requires_grad_() for _ in range(2)] for width in (128, 2048)}

print(f"PyTorch {torch.__version__}, {torch.get_num_threads()} threads", flush=True)
for line in sys.stdin:
    loss, width = losses[line.strip()]
    views = inputs[width]
    for z in views:
        z.grad = None
    start = time.perf_counter()
    loss(*views).backward()
    print(1e3 * (time.perf_counter() - start), flush=True)
