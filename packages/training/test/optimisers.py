"""PyTorch's optimisers on the cases of optimisers.json: prints the file.

Gradients are exact in float32, so only the optimiser's own arithmetic differs. LARS, which PyTorch
lacks, is a plain loop: Zbontar et al. 2021 (Barlow Twins), with the order and defaults of their code.
Run: python3 optimisers.py > optimisers.json
"""

import json

import torch

STEPS = 50
# A matrix and two vectors, as weight, bias and norm are.
SHAPES = {"weight": (4, 6), "bias": (5,), "norm": (8,)}
NO_DECAY = dict(parameters="vectors", weight_decay=0.0)
SLOW = dict(parameters=["norm"], lr_factor=0.25)
CASES = {
    "sgd": dict(kind="sgd", lr=0.03),
    "sgd weightDecay": dict(kind="sgd", lr=0.03, weight_decay=1e-2),
    "sgd momentum": dict(kind="sgd", lr=0.03, momentum=0.9),
    "sgd momentum weightDecay": dict(kind="sgd", lr=0.03, momentum=0.9, weight_decay=1e-2),
    "sgd dampening": dict(kind="sgd", lr=0.03, momentum=0.9, dampening=0.5),
    "sgd dampening weightDecay": dict(
        kind="sgd", lr=0.03, momentum=0.9, dampening=0.5, weight_decay=1e-2
    ),
    "sgd nesterov": dict(kind="sgd", lr=0.03, momentum=0.9, nesterov=True),
    "sgd nesterov weightDecay": dict(
        kind="sgd", lr=0.03, momentum=0.9, nesterov=True, weight_decay=1e-3
    ),
    "sgd groups": dict(
        kind="sgd", lr=0.03, momentum=0.9, weight_decay=1e-2, groups=[SLOW, NO_DECAY]
    ),
    "adam": dict(kind="adam", lr=1e-3),
    "adam gan": dict(kind="adam", lr=2e-4, betas=(0.5, 0.999)),
    "adam weightDecay epsilon": dict(kind="adam", lr=1e-2, weight_decay=1e-2, eps=1e-3),
    "adam groups": dict(kind="adam", lr=1e-3, weight_decay=1e-2, groups=[SLOW, NO_DECAY]),
    "adamW": dict(kind="adamW", lr=1e-3),
    "adamW weightDecay epsilon": dict(
        kind="adamW", lr=1e-2, weight_decay=0.1, betas=(0.8, 0.99), eps=1e-3
    ),
    "adamW groups": dict(kind="adamW", lr=1e-3, weight_decay=0.05, groups=[SLOW, NO_DECAY]),
    "lars": dict(kind="lars", lr=0.2),
    "lars strong": dict(kind="lars", lr=2.0, momentum=0.8, weight_decay=1e-2, eta=0.02),
    "lars groups": dict(kind="lars", lr=2.0, weight_decay=1e-2, eta=0.02, groups=[SLOW, NO_DECAY]),
}
BARLOW_TWINS = [dict(parameters="vectors", lr_factor=0.0048 / 0.2, weight_decay=0.0, adapt=False)]


class Lars:
    """Takes param_groups with lr, weight_decay and adapt."""

    def __init__(self, groups, momentum=0.9, eta=1e-3):
        self.groups, self.momentum, self.eta = groups, momentum, eta
        self.mu = {}

    @torch.no_grad()
    def step(self):
        for group in self.groups:
            for theta in group["params"]:
                g = theta.grad + group["weight_decay"] * theta
                if group["adapt"]:
                    own, its = torch.linalg.norm(theta), torch.linalg.norm(g)
                    g = g * (self.eta * own / its if own > 0 and its > 0 else 1.0)
                self.mu[theta] = self.momentum * self.mu.get(theta, 0) + g
                theta -= group["lr"] * self.mu[theta]


def values(formula, shape, dtype):
    size = torch.Size(shape).numel()
    return formula(torch.arange(size)).to(dtype).reshape(shape)


def gradient(step, index, shape, dtype):
    whole = values(lambda i: (step * 7919 + i * 104729 + index * 611) % 2003 - 1001, shape, dtype)
    return whole / 1024


def grouped(parameters, groups, lr, **defaults):
    """PyTorch's param_groups: the first that fits takes a parameter, the rest go into a last one."""
    left, result = dict(parameters), []
    for group in [*groups, {}]:
        chosen = group.get("parameters", list(left))
        names = [
            n for n, p in left.items() if (p.ndim == 1 if chosen == "vectors" else n in chosen)
        ]
        own = {k: v for k, v in group.items() if k not in ("parameters", "lr_factor")}
        params = [left.pop(n) for n in names]
        rate = lr * group.get("lr_factor", 1.0)
        if params:
            result.append({**defaults, **own, "params": params, "lr": rate})
    return result


def run(dtype, kind, lr, groups=(), **options):
    start = {n: values(lambda i: i - i.numel() / 2, s, dtype) / 8 for n, s in SHAPES.items()}
    parameters = {n: torch.nn.Parameter(x) for n, x in start.items()}
    if kind == "lars":
        defaults = dict(weight_decay=options.pop("weight_decay", 1e-6), adapt=True)
        optimiser = Lars(grouped(parameters, groups or BARLOW_TWINS, lr, **defaults), **options)
    else:
        make = {"sgd": torch.optim.SGD, "adam": torch.optim.Adam, "adamW": torch.optim.AdamW}[kind]
        optimiser = make(grouped(parameters, groups, lr), lr=lr, **options)
    for step in range(1, STEPS + 1):
        for index, theta in enumerate(parameters.values()):
            theta.grad = gradient(step, index, theta.shape, dtype)
        optimiser.step()
    return {n: p.detach().double().flatten().tolist() for n, p in parameters.items()}


cases = {
    name: {
        "options": options,
        "float64": run(torch.float64, **options),
        "float32": run(torch.float32, **options),
    }
    for name, options in CASES.items()
}
print(json.dumps({"shapes": SHAPES, "steps": STEPS, "cases": cases}, indent=1))
