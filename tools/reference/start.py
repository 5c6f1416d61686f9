"""Where a run starts: its batches, and what is done to fresh weights or read from a file."""
import torch
import torch.nn.functional as F
from torch import nn


def make_batch(config, random):
    """Smooth random images, two distorted views of each, view 1's undistorted original."""
    shape = (config.batch, 1, config.size, config.size)

    def smooth(cells):
        noise = torch.randn(config.batch, 1, cells, cells, generator=random)
        return F.interpolate(noise, size=shape[2:], mode="bilinear", align_corners=False)

    def distorted(image):
        gain = 0.7 + 0.6 * torch.rand(config.batch, 1, 1, 1, generator=random)
        view = image * gain + 0.05 * torch.randn(shape, generator=random)
        for i in range(config.batch):  # a rectangle is cut out of each image
            side = config.size // 4
            y, x = torch.randint(0, config.size - side, (2,), generator=random).tolist()
            view[i, :, y : y + side, x : x + side] = 0
        return view.clamp(0, 1)

    image = torch.sigmoid(1.5 * smooth(4) + 0.8 * smooth(9))
    return {"view1": distorted(image), "view2": distorted(image.flip(3)), "target": image}


def make_batches(config):
    random = torch.Generator().manual_seed(config.seed + 1)
    return [make_batch(config, random) for _ in range(config.batches)]


def jitter(model, amount):
    """Moves vectors (norms' weights, biases, statistics) off 0 and 1, so that no mix-up stays hidden."""
    with torch.no_grad():
        for name, tensor in model.state_dict().items():
            if tensor.dim() == 1:
                tensor.add_(amount * torch.rand_like(tensor))


def lift(model, amount):
    """Raises the offsets of batch norms, so that few of the ReLUs behind them are near their kink."""
    with torch.no_grad():
        for module in model.modules():
            if isinstance(module, nn.BatchNorm2d):
                module.bias.add_(amount)


def load(model, tensors):
    """Takes `init/<name>` for every name of the model; other entries may be there too."""
    for name, tensor in model.state_dict().items():
        if name.endswith("num_batches_tracked"):
            continue
        given = tensors.get("init/" + name)
        if given is None or given.shape != tensor.shape:
            got = "nothing" if given is None else list(given.shape)
            raise SystemExit(f"--init: init/{name} must be {list(tensor.shape)}, got {got}.")
        tensor.copy_(given)


def load_batches(tensors):
    count = len({name.split("/")[1] for name in tensors if name.startswith("batch/")})
    kinds = ("view1", "view2", "target")
    return [{kind: tensors[f"batch/{i}/{kind}"] for kind in kinds} for i in range(count)]
