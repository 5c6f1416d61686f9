"""PyTorch's optimisers on the cases of optimisers.json: prints the file.

Gradients are exact in float32, so only the optimiser's own arithmetic differs.
Run: python3 optimisers.py > optimisers.json
"""

import json

import torch

SIZE, STEPS = 24, 50
CASES = {
    "sgd": dict(kind="sgd", lr=0.03),
    "sgd momentum": dict(kind="sgd", lr=0.03, momentum=0.9),
    "sgd momentum weightDecay": dict(kind="sgd", lr=0.03, momentum=0.9, weight_decay=1e-2),
    "sgd dampening": dict(kind="sgd", lr=0.03, momentum=0.9, dampening=0.5),
    "sgd nesterov": dict(kind="sgd", lr=0.03, momentum=0.9, nesterov=True, weight_decay=1e-3),
    "adam": dict(kind="adam", lr=1e-3),
    "adam gan": dict(kind="adam", lr=2e-4, betas=(0.5, 0.999)),
    "adam weightDecay epsilon": dict(kind="adam", lr=1e-2, weight_decay=1e-2, eps=1e-3),
}


def gradient(step, dtype):
    i = torch.arange(SIZE)
    return (((step * 7919 + i * 104729) % 2003) - 1001).to(dtype) / 1024


def run(dtype, kind, **options):
    theta = torch.nn.Parameter((torch.arange(SIZE) - SIZE / 2).to(dtype) / 8)
    make = {"sgd": torch.optim.SGD, "adam": torch.optim.Adam}[kind]
    optimiser = make([theta], **options)
    for step in range(1, STEPS + 1):
        theta.grad = gradient(step, dtype)
        optimiser.step()
    return theta.detach().double().tolist()


cases = {
    name: {
        "options": options,
        "float64": run(torch.float64, **options),
        "float32": run(torch.float32, **options),
    }
    for name, options in CASES.items()
}
print(json.dumps({"size": SIZE, "steps": STEPS, "cases": cases}, indent=1))
