"""The plain U-Net of Models Genesis and TransVW, for images and volumes, with the names of its weights."""
import torch
from torch import nn

from kinks import max_pool, relu
from networks import LAYERS, conv


class Unit(nn.Module):
    """Convolution with bias, batch norm, ReLU."""

    def __init__(self, inputs, outputs, rank):
        super().__init__()
        self.conv1 = conv(inputs, outputs, bias=True, rank=rank)
        self.bn1 = LAYERS[rank].norm(outputs)

    def forward(self, x):
        return relu(self.bn1(self.conv1(x)))


def units(inputs, between, outputs, rank):
    return nn.Sequential(Unit(inputs, between, rank), Unit(between, outputs, rank))


class Level(nn.Module):
    def __init__(self, inputs, outputs, rank):
        super().__init__()
        self.ops = units(inputs, outputs // 2, outputs, rank)

    def forward(self, x):
        return self.ops(x)


class Encoder(nn.Module):
    """Levels of 2 · width, 4 · width, … channels, with 2 × 2 (× 2) pooling between. Gives all their maps."""

    def __init__(self, width, levels, rank):
        super().__init__()
        self.channels = [2 * width * 2**level for level in range(levels)]
        for inputs, outputs in zip([1, *self.channels], self.channels):
            setattr(self, f"down_tr{outputs}", Level(inputs, outputs, rank))

    def forward(self, image):
        maps, y = [], image
        for channels in self.channels:
            y = getattr(self, f"down_tr{channels}")(y if not maps else max_pool(y, 2, 2))
            maps.append(y)
        return maps


class Up(nn.Module):
    """A transposed convolution to twice the size, beside it the encoder's map, two units."""

    def __init__(self, below, beside, rank):
        super().__init__()
        self.up_conv = LAYERS[rank].up(below, below, 2, 2)
        self.ops = units(below + beside, beside, beside, rank)

    def forward(self, x, skip):
        return self.ops(torch.cat([self.up_conv(x), skip], 1))


class Head(nn.Module):
    def __init__(self, channels, rank):
        super().__init__()
        self.final_conv = conv(channels, 1, 1, bias=True, rank=rank)

    def forward(self, x):
        return torch.sigmoid(self.final_conv(x))


class Decoder(nn.Module):
    """From the coarsest map up, each enlargement named by the channels of the map beside it."""

    def __init__(self, encoder_channels, rank):
        super().__init__()
        self.beside = encoder_channels[-2::-1]
        for below, beside in zip(encoder_channels[:0:-1], self.beside):
            setattr(self, f"up_tr{beside}", Up(below, beside, rank))
        self.out_tr = Head(encoder_channels[0], rank)

    def forward(self, maps):
        y = maps[-1]
        for channels, skip in zip(self.beside, maps[-2::-1]):
            y = getattr(self, f"up_tr{channels}")(y, skip)
        return self.out_tr(y)
