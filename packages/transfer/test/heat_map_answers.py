# Heat maps by PyTorch's autograd in float64, for heat-maps.test.ts. JSON in, JSON out.
#
# The network is a U-Net's contracting half (convolution, batch norm by running statistics, ReLU, twice a level; max pooling
# between levels), global average pooling and a linear layer. Grad-CAM and Grad-CAM++ as their papers have them,
# Grad-CAM++ with its factor exp(score) and its quotient of powers.
import json
import sys

import torch
import torch.nn.functional as F

torch.set_default_dtype(torch.float64)


def encode(q, x, weights):
    conv, pool = (F.conv2d, F.max_pool2d) if x.dim() == 4 else (F.conv3d, F.max_pool3d)
    maps = []
    for level, name in enumerate(q["stages"]):
        if level > 0:
            x = pool(x, q["pool"])
        for i in range(2):
            unit = {
                k: weights[f"encoder.{name}.ops.{i}.{k}"]
                for k in (
                    "conv1.weight",
                    "conv1.bias",
                    "bn1.weight",
                    "bn1.bias",
                    "bn1.running_mean",
                    "bn1.running_var",
                )
            }
            x = conv(x, unit["conv1.weight"], unit["conv1.bias"], padding=q["padding"])
            x = F.batch_norm(
                x,
                unit["bn1.running_mean"],
                unit["bn1.running_var"],
                unit["bn1.weight"],
                unit["bn1.bias"],
            )
            x = F.relu(x)
        maps.append(x)
    return maps


def classify(maps, weights):
    pooled = maps[-1].flatten(2).mean(2)
    return F.linear(pooled, weights["head.weight"], weights["head.bias"])


def resized(heat, size):
    mode = "bilinear" if len(size) == 2 else "trilinear"
    return F.interpolate(heat[:, None], size=size, mode=mode, align_corners=False)[:, 0]


def answers(q):
    weights = {
        name: torch.tensor(w["data"], dtype=torch.float64).reshape(w["shape"])
        for name, w in q["weights"].items()
    }
    images = torch.tensor(q["images"]["data"], dtype=torch.float64).reshape(q["images"]["shape"])
    images.requires_grad_(True)
    size = images.shape[2:]
    maps = encode(q, images, weights)
    score = classify(maps, weights)[torch.arange(len(images)), torch.tensor(q["output"])]
    out = {}
    for name, a in zip(q["stages"], maps):
        (g,) = torch.autograd.grad(score.sum(), a, retain_graph=True)
        space = tuple(range(2, a.dim()))
        cam = F.relu((g.mean(space, keepdim=True) * a).sum(1))
        power = a.sum(space, keepdim=True) * g**3 + 2 * g**2
        alpha = g**2 / torch.where(power == 0, torch.ones_like(power), power)
        scale = torch.exp(score).reshape([-1] + [1] * (a.dim() - 1))
        weight = (alpha * F.relu(scale * g)).sum(space, keepdim=True)
        plus = F.relu((weight * a).sum(1)) / scale[:, 0]
        out[name] = {
            "gradCam": resized(cam, size).flatten().tolist(),
            "gradCamPlusPlus": resized(plus, size).flatten().tolist(),
        }
    return {"maps": out, "occlusion": occlusion(q, images.detach(), score.detach(), weights)}


def occlusion(q, images, score, weights):
    size = images.shape[2:]
    starts = [
        sorted({min(s, n - w) for s in range(0, n - w + step, step)})
        for n, w, step in zip(size, q["window"], q["stride"])
    ]
    places = torch.cartesian_prod(*[torch.tensor(s) for s in starts]).tolist()
    total, count = torch.zeros(len(images), *size), torch.zeros(*size)
    for place in places:
        where = tuple(slice(s, s + w) for s, w in zip(place, q["window"]))
        covered = images.clone()
        covered[(slice(None), slice(None), *where)] = q["fill"]
        logits = classify(encode(q, covered, weights), weights)
        fallen = score - logits[torch.arange(len(images)), torch.tensor(q["output"])]
        total[(slice(None), *where)] += fallen.reshape([-1] + [1] * len(size))
        count[where] += 1
    return F.relu(total / count).flatten().tolist()


json.dump([answers(q) for q in json.load(sys.stdin)], sys.stdout)
