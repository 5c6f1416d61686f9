"""D by TransVW: which visual word is it? Softmax cross-entropy on each image's word."""
import torch
from torch import nn

from kinks import relu
from networks import LAYERS, conv


def add(model, config):
    """The head: convolution with bias, batch norm, ReLU, global average, linear layer."""
    model.conv = conv(model.encoder.channels[-1], config.hidden, bias=True, rank=config.rank)
    nn.init.kaiming_normal_(model.conv.weight, mode="fan_out", nonlinearity="relu")
    nn.init.zeros_(model.conv.bias)
    model.norm = LAYERS[config.rank].norm(config.hidden)
    model.classifier = nn.Linear(config.hidden, config.words)


def targets(_model, batch):
    return batch["words"].long()


def loss(model, maps, words, _config):
    hidden = relu(model.norm(model.conv(maps[-1])))
    logits = model.classifier(hidden.flatten(2).mean(2))
    own = logits.gather(1, words[:, None])[:, 0]
    return (torch.logsumexp(logits, 1) - own).mean()


def commit(_model, _words, _config):
    """There is no state."""
