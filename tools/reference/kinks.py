"""ReLU, leaky ReLU and max pooling that note how near they come to a kink.

At a kink the gradient jumps: where a float32 run lands on the other side of one, its gradients differ
by up to percents although every value agrees to 1e-6. A comparison means something only where the
margin is well above float32's rounding.
"""
import torch
import torch.nn.functional as F

TIED = 1e-12  # such values are equal but for rounding, and which of them gets the gradient is moot
_margins = []


def relu(x, slope=0.0):
    _note(x, x.abs().flatten())
    return F.leaky_relu(x, slope) if slope else F.relu(x)


def max_pool(x, size, stride, padding=0):
    """Of images or volumes, the same along each axis."""
    axes = range(2, x.dim())
    if x.dtype == torch.float64:
        windows = F.pad(x.detach(), [padding] * 2 * len(axes))  # zeros around: x comes from a ReLU
        for axis in axes:
            windows = windows.unfold(axis, size, stride)
        top = windows.flatten(x.dim()).topk(2).values
        _note(x, (top[..., 0] - top[..., 1]).flatten())
    return (F.max_pool2d if len(axes) == 2 else F.max_pool3d)(x, size, stride, padding)


def _note(x, distances):
    if x.dtype == torch.float64:
        relative = distances.detach() / x.detach().square().mean().sqrt()
        relative = relative[relative > TIED]
        _margins.extend([relative.min().item()] if len(relative) else [])


def take_margin():
    """The smallest distance from a kink since the last call, as a part of its tensor's RMS."""
    margin = min(_margins, default=float("nan"))
    _margins.clear()
    return margin
