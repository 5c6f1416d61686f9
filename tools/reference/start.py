"""Where a run starts: its batches, and what is done to fresh weights or read from a file."""
import torch
import torch.nn.functional as F
from torch import nn


def make_batch(config, random):
    """Smooth random images, two distorted views of each, view 1's undistorted original."""
    shape = (config.batch, 1, *config.size)
    mode = {2: "bilinear", 3: "trilinear"}[config.rank]

    def smooth(cells):
        noise = torch.randn(config.batch, 1, *[cells] * config.rank, generator=random)
        return F.interpolate(noise, size=shape[2:], mode=mode, align_corners=False)

    def distorted(image):
        gain = 0.7 + 0.6 * torch.rand(config.batch, *[1] * (config.rank + 1), generator=random)
        view = image * gain + 0.05 * torch.randn(shape, generator=random)
        for i in range(config.batch):  # a box is cut out of each image
            at = [torch.randint(0, s - s // 4, (1,), generator=random).item() for s in config.size]
            box = [slice(begin, begin + s // 4) for begin, s in zip(at, config.size)]
            view[(i, slice(None), *box)] = 0
        return view.clamp(0, 1)

    image = torch.sigmoid(1.5 * smooth(4) + 0.8 * smooth(9))
    if config.method == "trans-vw":
        words = torch.randint(0, config.words, (config.batch,), generator=random).float()
        return {"view1": distorted(image), "target": image, "words": words}
    return {"view1": distorted(image), "view2": distorted(image.flip(-1)), "target": image}


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
            if isinstance(module, (nn.BatchNorm2d, nn.BatchNorm3d)):
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
    names = [name.split("/") for name in tensors if name.startswith("batch/")]
    count = len({i for _, i, _ in names})
    kinds = sorted({kind for _, _, kind in names})
    return [{kind: tensors[f"batch/{i}/{kind}"] for kind in kinds} for i in range(count)]
