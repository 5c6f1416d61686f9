"""The losses in PyTorch, float64: cases as JSON on standard input, losses and gradients on standard output.

Each case has `loss`, `options`, `inputs` (tables of numbers) and `constants` (the numbers of the inputs
that are held constant).
"""

import json
import sys

import torch
import torch.nn.functional as F

torch.set_num_threads(1)


def nt_xent(z1, z2, temperature):
    z = F.normalize(torch.cat([z1, z2]), dim=1)
    logits = z @ z.T / temperature
    logits = logits.masked_fill(torch.eye(len(z), dtype=torch.bool), float("-inf"))
    return F.cross_entropy(logits, torch.arange(len(z)).roll(len(z1)))


def in_batch_info_nce(q, k, temperature):
    logits = F.normalize(q, dim=1) @ F.normalize(k, dim=1).T / temperature
    return F.cross_entropy(logits, torch.arange(len(q)))


def info_nce(q, k, queue, temperature):
    q, k = F.normalize(q, dim=1), F.normalize(k, dim=1)
    logits = torch.cat([(q * k).sum(1, keepdim=True), q @ queue.T], dim=1) / temperature
    return F.cross_entropy(logits, torch.zeros(len(q), dtype=torch.long))


def barlow_twins(z1, z2, **options):
    if options["standardize"] == "batch-norm":
        a, b = (F.batch_norm(z, None, None, training=True, eps=1e-5) for z in (z1, z2))
    else:
        a, b = ((z - z.mean(0)) / (z.std(0) + 1e-6) for z in (z1, z2))
    c = a.T @ b / len(z1)
    off = c - torch.diag(torch.diagonal(c))
    return (torch.diagonal(c) - 1).square().sum() + options["lambda"] * off.square().sum()


def vicreg(z1, z2, invariance, variance, covariance, views):
    def hinge(z):
        return F.relu(1 - torch.sqrt(z.var(0) + 1e-4)).mean()

    def redundancy(z):
        c = torch.cov(z.T)
        return (c - torch.diag(torch.diagonal(c))).square().sum() / z.shape[1]

    share = 0.5 if views == "mean" else 1
    return (
        invariance * F.mse_loss(z1, z2)
        + variance * share * (hinge(z1) + hinge(z2))
        + covariance * (redundancy(z1) + redundancy(z2))
    )


def negative_cosine(p, z):
    return -F.cosine_similarity(p, z, dim=1).mean()


def byol(p, z):
    return (F.normalize(p, dim=1) - F.normalize(z, dim=1)).square().sum(1).mean()


def swapped(scores, codes, temperature):
    return -(codes * F.log_softmax(scores / temperature, dim=1)).sum(1).mean()


def swav(scores, other, epsilon, temperature):
    """A view's prediction of the other's code, by the published doubly normalised iterations."""
    q = torch.exp(other / epsilon).T
    q = q / q.sum()
    K, B = q.shape
    for _ in range(3):
        q = q / q.sum(1, keepdim=True) / K
        q = q / q.sum(0, keepdim=True) / B
    return swapped(scores, (q * B).T.detach(), temperature)


def dino(student, teacher, center, student_temperature, teacher_temperature):
    wanted = F.softmax((teacher - center) / teacher_temperature, dim=1)
    return -(wanted * F.log_softmax(student / student_temperature, dim=1)).sum(1).mean()


answers = []
for case in json.load(sys.stdin):
    inputs = [torch.tensor(table, dtype=torch.float64) for table in case["inputs"]]
    free = [x for i, x in enumerate(inputs) if i not in case["constants"]]
    for x in free:
        x.requires_grad_()
    loss = globals()[case["loss"]](*inputs, **case["options"])
    gradients = torch.autograd.grad(loss, free)
    answers.append({"loss": loss.item(), "gradients": [g.flatten().tolist() for g in gradients]})
json.dump(answers, sys.stdout)
