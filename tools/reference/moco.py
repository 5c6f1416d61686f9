"""D by MoCo v2: projector, momentum twin, queue of keys, InfoNCE."""
import copy

import torch
import torch.nn.functional as F
from torch import nn

from networks import Projector


def add(model, config):
    """What it has of its own, as parts of the model."""
    model.projector = Projector(model.encoder.channels[-1], config.features)
    model.twin = nn.ModuleDict(
        {"encoder": copy.deepcopy(model.encoder), "projector": copy.deepcopy(model.projector)}
    )
    model.register_buffer("queue", F.normalize(torch.randn(config.queue, config.features)))


def targets(model, batch):
    """Keys: the normalised projection of view 2 by the twin, without a gradient."""
    with torch.no_grad():
        return model.twin["projector"](model.twin["encoder"](batch["view2"]))


def loss(model, maps, keys, config):
    return info_nce(model.projector(maps), keys, model.queue, config.temperature)


def commit(model, keys, config):
    follow(model, config.momentum)
    model.queue.copy_(enqueue(model.queue, keys))


def info_nce(queries, keys, negatives, temperature):
    """(1+K)-way cross-entropy whose right answer is column 0; all rows have length one."""
    positive = (queries * keys).sum(1, keepdim=True)
    logits = torch.cat([positive, queries @ negatives.T], 1) / temperature
    return (torch.logsumexp(logits, 1) - logits[:, 0]).mean()


def follow(model, momentum):
    """Moves the twin's parameters; its batch-norm statistics come from its own passes."""
    sources = dict(model.named_parameters())
    with torch.no_grad():
        for name, parameter in model.group("twin").items():
            source = sources[name[len("twin.") :]]
            parameter.copy_(momentum * parameter + (1 - momentum) * source)


def enqueue(queue, keys):
    """Newest first; the oldest rows leave."""
    return torch.cat([keys, queue])[: len(queue)]
