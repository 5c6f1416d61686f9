"""The 3D U-Net of Models Genesis and TransVW in PyTorch, small: its weights, a volume, what it makes of it and the
gradients of the mean squared error to the volume, as JSON. Float64 or, with --float32, float32."""
import json
import sys

import torch
from torch import nn

torch.manual_seed(0)
WIDTH, LEVELS = 2, 3


class Unit(nn.Module):
    def __init__(self, inputs, outputs):
        super().__init__()
        self.conv1 = nn.Conv3d(inputs, outputs, 3, padding=1)
        self.bn1 = nn.BatchNorm3d(outputs)

    def forward(self, x):
        return torch.relu(self.bn1(self.conv1(x)))


class Up(nn.Module):
    def __init__(self, below, beside):
        super().__init__()
        self.up_conv = nn.ConvTranspose3d(below, below, 2, 2)
        self.ops = nn.Sequential(Unit(below + beside, beside), Unit(beside, beside))

    def forward(self, below, beside):
        return self.ops(torch.cat([self.up_conv(below), beside], 1))


class Down(nn.Module):
    def __init__(self, inputs, outputs):
        super().__init__()
        self.ops = nn.Sequential(Unit(inputs, outputs // 2), Unit(outputs // 2, outputs))

    def forward(self, x):
        return self.ops(x)


class Head(nn.Module):
    def __init__(self, inputs):
        super().__init__()
        self.final_conv = nn.Conv3d(inputs, 1, 1)

    def forward(self, x):
        return torch.sigmoid(self.final_conv(x))


class UNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.channels = [2 * WIDTH * 2**level for level in range(LEVELS)]
        for before, channels in zip([1, *self.channels], self.channels):
            self.add_module(f"down_tr{channels}", Down(before, channels))
        for channels in reversed(self.channels[:-1]):
            self.add_module(f"up_tr{channels}", Up(2 * channels, channels))
        self.out_tr = Head(self.channels[0])

    def forward(self, x):
        maps = []
        for channels in self.channels:
            x = getattr(self, f"down_tr{channels}")(x if not maps else nn.functional.max_pool3d(x, 2))
            maps.append(x)
        for channels, beside in zip(reversed(self.channels[:-1]), reversed(maps[:-1])):
            x = getattr(self, f"up_tr{channels}")(x, beside)
        return self.out_tr(x)


net = UNet()
with torch.no_grad():  # off 0 and 1, and few values near the ReLUs' kink
    for name, parameter in net.named_parameters():
        if parameter.dim() == 1:
            parameter.add_(0.2 * torch.rand_like(parameter))
        if "bn1.bias" in name:
            parameter.add_(1.5)
image = torch.rand(2, 1, 4, 8, 8)
if "--float32" not in sys.argv:
    net, image = net.double(), image.double()
start = {name: value.clone() for name, value in net.state_dict().items() if value.dim() > 0}
restored = net(image)
nn.functional.mse_loss(restored, image).backward()
lists = lambda values: {n: {"shape": list(v.shape), "data": v.flatten().tolist()} for n, v in values}
print(
    json.dumps(
        {
            "image": image.permute(0, 2, 3, 4, 1).flatten().tolist(),
            "restored": restored.permute(0, 2, 3, 4, 1).flatten().tolist(),
            "weights": lists(start.items()),
            "statistics": lists((n, v) for n, v in net.state_dict().items() if "running" in n),
            "gradients": lists((n, p.grad) for n, p in net.named_parameters()),
        }
    )
)
