"""The networks of DiRA: ResNet encoder, U-Net decoder, MoCo v2 projector, patch critic, of any rank.

Parameter names are those that PyTorch users know: torchvision's for the encoder,
segmentation_models_pytorch's for the decoder and its head.
"""
from types import SimpleNamespace

import torch
import torch.nn.functional as F
from torch import nn

from kinks import max_pool, relu

DEPTHS = {"resnet18": (2, 2, 2, 2), "resnet34": (3, 4, 6, 3), "resnet50": (3, 4, 6, 3)}


# By the number of spatial axes.
LAYERS = {
    2: SimpleNamespace(conv=nn.Conv2d, norm=nn.BatchNorm2d, up=nn.ConvTranspose2d),
    3: SimpleNamespace(conv=nn.Conv3d, norm=nn.BatchNorm3d, up=nn.ConvTranspose3d),
}


def conv(inputs, outputs, kernel=3, stride=1, bias=False, rank=2):
    return LAYERS[rank].conv(inputs, outputs, kernel, stride, kernel // 2, bias=bias)


class Residual(nn.Module):
    """relu(path(x) + shortcut(x)). `sizes` lists (kernel, stride, channels) along the path."""

    def __init__(self, inputs, sizes, rank):
        super().__init__()
        self.length = len(sizes)
        channels, stride = inputs, 1
        for i, (kernel, step, outputs) in enumerate(sizes, 1):
            setattr(self, f"conv{i}", conv(channels, outputs, kernel, step, rank=rank))
            setattr(self, f"bn{i}", LAYERS[rank].norm(outputs))
            channels, stride = outputs, stride * step
        self.downsample = None
        if stride != 1 or inputs != channels:
            shortcut = conv(inputs, channels, 1, stride, rank=rank)
            self.downsample = nn.Sequential(shortcut, LAYERS[rank].norm(channels))

    def forward(self, x):
        y = x
        for i in range(1, self.length + 1):
            y = getattr(self, f"bn{i}")(getattr(self, f"conv{i}")(y))
            if i < self.length:
                y = relu(y)
        return relu(y + (x if self.downsample is None else self.downsample(x)))


class Encoder(nn.Module):
    """A ResNet without pooling and classifier. Gives its five maps, from 1/2 to 1/32 of the size."""

    def __init__(self, arch, width=64, rank=2):
        super().__init__()
        self.conv1 = conv(3, width, 7, 2, rank=rank)
        self.bn1 = LAYERS[rank].norm(width)
        self.channels = [width]
        for stage, depth in enumerate(DEPTHS[arch]):
            blocks = []
            for block in range(depth):
                w, stride = width * 2**stage, 2 if stage and not block else 1
                sizes = [(3, stride, w), (3, 1, w)]
                if arch == "resnet50":  # the stride sits on the 3x3 convolution
                    sizes = [(1, 1, w), (3, stride, w), (1, 1, 4 * w)]
                inputs = self.channels[-1] if not block else sizes[-1][2]
                blocks.append(Residual(inputs, sizes, rank))
            setattr(self, f"layer{stage + 1}", nn.Sequential(*blocks))
            self.channels.append(sizes[-1][2])
        for module in self.modules():
            if isinstance(module, LAYERS[rank].conv):
                nn.init.kaiming_normal_(module.weight, mode="fan_out", nonlinearity="relu")

    def forward(self, image):
        """One channel is repeated to the three that the stem takes."""
        wide = image.expand(-1, 3, *image.shape[2:])
        maps = [relu(self.bn1(self.conv1(wide)))]
        y = max_pool(maps[0], 3, 2, 1)
        for stage in (1, 2, 3, 4):
            y = getattr(self, f"layer{stage}")(y)
            maps.append(y)
        return maps


class Rectifier(nn.Module):
    def forward(self, x):
        return relu(x)


class Projector(nn.Sequential):
    """Linear, ReLU, Linear on the pooled last map, PyTorch's default initialisation."""

    def __init__(self, inputs, features=128):
        super().__init__(nn.Linear(inputs, inputs), Rectifier(), nn.Linear(inputs, features))

    def forward(self, maps):
        """Rows of length one."""
        return F.normalize(super().forward(maps[-1].flatten(2).mean(2)), dim=1)


class DecoderBlock(nn.Module):
    def __init__(self, inputs, outputs, rank):
        super().__init__()
        for name, channels in (("conv1", inputs), ("conv2", outputs)):
            convolution = conv(channels, outputs, rank=rank)
            nn.init.kaiming_uniform_(convolution.weight, mode="fan_in", nonlinearity="relu")
            unit = nn.Sequential(convolution, LAYERS[rank].norm(outputs), Rectifier())
            setattr(self, name, unit)

    def forward(self, x, skip):
        x = F.interpolate(x, scale_factor=2, mode="nearest")
        return self.conv2(self.conv1(x if skip is None else torch.cat([x, skip], 1)))


class Decoder(nn.Module):
    """Five blocks; the last has no skip. The head is apart (see `restoration_head`)."""

    def __init__(self, encoder_channels, channels, rank=2):
        super().__init__()
        skips = encoder_channels[-2::-1] + [0]
        inputs = [encoder_channels[-1]] + list(channels[:-1])
        sizes = zip(inputs, skips, channels)
        self.blocks = nn.ModuleList(DecoderBlock(a + b, c, rank) for a, b, c in sizes)

    def forward(self, maps):
        y = maps[-1]
        for block, skip in zip(self.blocks, maps[-2::-1] + [None]):
            y = block(y, skip)
        return y


def restoration_head(channels, rank=2):
    """3x3 convolution to one channel with bias, then a sigmoid."""
    head = nn.Sequential(conv(channels, 1, bias=True, rank=rank), nn.Sigmoid())
    nn.init.xavier_uniform_(head[0].weight)
    nn.init.zeros_(head[0].bias)
    return head


class Critic(nn.Module):
    """Scores patches: a map of logits at 1/8 of the image's size."""

    def __init__(self, width=64, rank=2):
        super().__init__()
        channels = [1, width, 2 * width, 4 * width, 8 * width, 1]
        for i, stride in enumerate((2, 2, 2, 1, 1)):
            layer = conv(channels[i], channels[i + 1], 3, stride, bias=True, rank=rank)
            nn.init.normal_(layer.weight, 0, 0.02)
            nn.init.zeros_(layer.bias)
            setattr(self, f"conv{i + 1}", layer)

    def forward(self, x):
        x = relu(self.conv1(x), 0.2)
        for layer in (self.conv2, self.conv3, self.conv4):
            x = relu(F.instance_norm(layer(x), eps=1e-5), 0.2)
        return self.conv5(x)
