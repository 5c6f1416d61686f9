"""The 3D U-Net of Models Genesis and TransVW in PyTorch, small: its weights, a volume, what it makes of it and the
gradients of the mean squared error to the volume, as JSON. Float64 or, with --float32, float32."""
import json
import pathlib
import sys

import torch
from torch import nn

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[3] / "tools/reference"))
import u_net

torch.manual_seed(0)
WIDTH, LEVELS = 2, 3


class UNet(nn.Module):
    def __init__(self):
        super().__init__()
        encoder = u_net.Encoder(WIDTH, LEVELS, 3)
        decoder = u_net.Decoder(encoder.channels, 3)
        for name, child in (*encoder.named_children(), *decoder.named_children()):
            self.add_module(name, child)
        self.run = lambda image: decoder.forward(encoder.forward(image))

    def forward(self, image):
        return self.run(image)


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
