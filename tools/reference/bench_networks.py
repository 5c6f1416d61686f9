"""What `bench_step.py` times besides DiRA's own step: classification, restoration, volumes, the authors' twin."""
import copy

import torch
import torch.nn.functional as F
from torch import nn

import networks


class Classifier(nn.Module):
    def __init__(self, arch, rank):
        super().__init__()
        self.encoder = networks.Encoder(arch, rank=rank)
        self.head = nn.Linear(self.encoder.channels[-1], 10)

    def loss(self, image):
        classes = torch.arange(len(image), device=image.device) % 10
        pooled = self.encoder(image)[-1].flatten(2).mean(2)
        return F.cross_entropy(self.head(pooled), classes)


class Restorer(nn.Module):
    def __init__(self, arch, rank):
        super().__init__()
        channels = [256, 128, 64, 32, 16]
        self.encoder = networks.Encoder(arch, rank=rank)
        self.decoder = networks.Decoder(self.encoder.channels, channels, rank)
        self.head = networks.restoration_head(channels[-1], rank)

    def loss(self, image):
        return F.mse_loss(self.head(self.decoder(self.encoder(image))), image)


def make(task, arch, size, batch, channels_last, device):
    """Gives (module, image) of a task other than DiRA's."""
    module = {"classify": Classifier, "restore": Restorer}[task](arch, len(size))
    layout = {2: torch.channels_last, 3: torch.channels_last_3d}[len(size)]
    memory = layout if channels_last else torch.contiguous_format
    image = torch.rand(batch, 1, *size, device=device).contiguous(memory_format=memory)
    return module.to(device).to(memory_format=memory).train(), image


def give_twin_a_decoder(model):
    """The authors' momentum twin is a whole U-Net; its decoder runs, and nothing uses the result."""
    decoder, head = copy.deepcopy(model.decoder), copy.deepcopy(model.segmentation_head)
    encoder = model.twin["encoder"]
    forward = encoder.forward

    def with_decoder(image):
        maps = forward(image)
        head(decoder(maps))
        return maps

    encoder.forward = with_decoder
    own = [p for part in (model.decoder, model.segmentation_head) for p in part.parameters()]
    twin = [p for part in (decoder, head) for p in part.parameters()]

    def follow(momentum):
        with torch.no_grad():
            for parameter, source in zip(twin, own):
                parameter.mul_(momentum).add_(source, alpha=1 - momentum)

    return follow
