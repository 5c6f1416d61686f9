"""Checks of the reference itself: published sizes, closed forms, finite differences."""
import argparse
import math
import os
import tempfile

import torch
import torch.nn.functional as F

import dira_step
import moco
import safetensors_file
from networks import Critic, Decoder, Encoder, restoration_head

NARROW = "--size 32 --width 4 --decoder 8,8,4,4,4 --critic-width 4 --features 8 --queue 6"


def config(extra=""):
    return dira_step.parse((NARROW + " --dtype float64 --jitter 0.2 " + extra).split())


def count(module):
    return sum(parameter.numel() for parameter in module.parameters())


def sizes():
    """Parameters of the published networks."""
    encoder = Encoder("resnet50")
    decoder = Decoder(encoder.channels, [256, 128, 64, 32, 16])
    found = [count(m) for m in (encoder, decoder, restoration_head(16), Critic())]
    assert found == [23_508_032, 9_012_928, 145, 1_554_433], found
    assert [count(Encoder(a)) for a in ("resnet18", "resnet34")] == [11_176_512, 21_284_672]
    found = [count(Encoder(a, rank=3)) for a in ("resnet18", "resnet34", "resnet50")]
    assert found == [33_203_904, 63_513_536, 46_198_976], found
    assert count(Critic(rank=3)) == 4_661_377
    scores = Critic(8)(torch.zeros(1, 1, 224, 224))
    assert scores.shape == (1, 1, 28, 28), scores.shape


def info_nce_closed_form():
    """Own keys found, all negatives orthogonal: log(1 + K exp(-1/T)). All alike: log(1 + K)."""
    axes = torch.eye(6, dtype=torch.float64)
    loss = moco.info_nce(axes[:2], axes[:2], axes[2:], 0.2)
    assert math.isclose(loss.item(), math.log(1 + 4 * math.exp(-5)), rel_tol=1e-12), loss
    alike = moco.info_nce(axes[:1], axes[:1], axes[[0, 0, 0]], 0.2)
    assert math.isclose(alike.item(), math.log(4), rel_tol=1e-12), alike


def info_nce_cross_entropy():
    rows = F.normalize(torch.randn(12, 5, dtype=torch.float64), dim=1)
    queries, keys, negatives = rows[:3], rows[3:6], rows[6:]
    logits = torch.stack([torch.cat([(q * k).sum()[None], negatives @ q]) for q, k in zip(queries, keys)])
    expected = F.cross_entropy(logits / 0.2, torch.zeros(3, dtype=torch.long))
    assert torch.allclose(moco.info_nce(queries, keys, negatives, 0.2), expected)


def adversarial_forms():
    real, fake = torch.randn(2, 50, dtype=torch.float64)
    log = -torch.sigmoid(real).log().mean() - (1 - torch.sigmoid(fake)).log().mean()
    assert torch.allclose(dira_step.critic_loss("log", real, fake), log)
    form = dira_step.generator_adversarial("log", fake)
    assert torch.allclose(form, -torch.sigmoid(fake).log().mean())
    perfect = dira_step.critic_loss("least-squares", torch.ones(3), torch.zeros(3))
    assert perfect == 0 and dira_step.critic_loss("least-squares", torch.zeros(3), torch.ones(3)) == 1


def finite_differences():
    """Gradients of both players against central differences along random directions."""
    for form in ("log", "least-squares"):
        settings = config(f"--steps 1 --batches 1 --adversarial {form}")
        results = dira_step.run(settings)
        for owners, loss in ((("encoder", "projector", "decoder", "segmentation_head"), "loss"),
                             (("critic",), "loss_critic")):
            worst = max(_difference(settings, results, owner, loss) for owner in owners)
            assert worst < 1e-5, (form, loss, worst)


def _difference(settings, results, owner, loss, size=1e-7):
    names = [n for n in results if n.startswith(f"step0/grad/{owner}.")]
    exact, moved = 0.0, {-1: {}, 1: {}}
    for name in names:
        gradient = results[name]
        direction = gradient / gradient.norm() + 0.1 * torch.randn_like(gradient)
        exact += (gradient * direction).sum().item()
        key = "init/" + name[len("step0/grad/") :]
        for sign in moved:
            moved[sign][key] = results[key].double() + sign * size * direction
    values = {}
    for sign, changed in moved.items():
        values[sign] = _loss(settings, {**results, **changed}, loss, owner)
    return abs((values[1] - values[-1]) / (2 * size) - exact) / abs(exact)


def _loss(settings, given, name, owner):
    """A loss at other weights. The critic's is that of the given restoration."""
    model = dira_step.Model(settings).double().train()
    dira_step.load(model, given)
    batch = {k[8:]: t.double() for k, t in given.items() if k.startswith("batch/0/")}
    with torch.no_grad():
        if name == "loss_critic":
            real, fake = model.critic(batch["target"]), model.critic(given["step0/restored"])
            return dira_step.critic_loss(settings.adversarial, real, fake).item()
        keys = moco.targets(model, batch)
        return dira_step.generator_losses(model, batch, keys, settings)[0][name].item()


def twin_and_queue():
    """After one step: twin = m * old + (1 - m) * new, queue = own keys before the old rows."""
    results = dira_step.run(config("--steps 1 --momentum 0.9"))
    for name in ("encoder.layer2.0.conv1.weight", "projector.2.bias"):
        old, new = results[f"init/twin.{name}"].double(), results[f"final/{name}"]
        assert torch.allclose(results[f"final/twin.{name}"], 0.9 * old + 0.1 * new)
    first, second = results["init/projector.2.bias"], results["init/twin.projector.2.bias"]
    assert not torch.equal(first, second), "the jitter must tell the twin from its source"
    queue = results["final/queue"]
    assert torch.allclose(queue[4:], results["init/queue"].double()[:2])
    assert torch.allclose(queue.norm(dim=1), torch.ones(6, dtype=torch.float64), atol=1e-6)


def statistics():
    """View 1 enters the encoder's statistics once: 0.9 * old + 0.1 * (mean, unbiased variance)."""
    results = dira_step.run(config("--steps 1"))
    for prefix, view in (("encoder", "view1"), ("twin.encoder", "view2")):
        image = results[f"batch/0/{view}"].double().repeat(1, 3, 1, 1)
        y = F.conv2d(image, results[f"init/{prefix}.conv1.weight"].double(), stride=2, padding=3)
        y = y.transpose(0, 1).flatten(1)
        for kind, new in (("mean", y.mean(1)), ("var", y.var(1, unbiased=True))):
            old = results[f"init/{prefix}.bn1.running_{kind}"].double()
            found = results[f"step0/buffer/{prefix}.bn1.running_{kind}"]
            assert torch.allclose(found, 0.9 * old + 0.1 * new), (prefix, kind)


def first_updates():
    """Adam's first step is lr * sign of the gradient; SGD's is lr * (gradient + decay * weight)."""
    name = "encoder.layer1.0.conv1.weight"
    for optimiser in ("adam", "sgd"):
        results = dira_step.run(config(f"--steps 1 --optimiser {optimiser}"))
        old, g = results[f"init/{name}"].double(), results[f"step0/grad/{name}"]
        move = 2e-4 * g / (g.abs() + 1e-8) if optimiser == "adam" else 0.03 * (g + 1e-4 * old)
        assert torch.allclose(results[f"final/{name}"], old - move, atol=1e-12), optimiser


def stages():
    """A stage has the parts and losses of its letters, and leaves the rest out."""
    for stage, parts in (("d", ["dis"]), ("dr", ["dis", "res"]), ("dra", ["adv", "critic", "dis", "res"])):
        results = dira_step.run(config(f"--steps 1 --stage {stage}"))
        losses = sorted(n[11:] for n in results if n.startswith("step0/loss_"))
        assert losses == parts, (stage, losses)
        assert any(n.startswith("init/decoder") for n in results) == ("r" in stage)
        weights = {"dis": 1, "res": 10, "adv": 0.001}
        total = sum(weights.get(p, 0) * results[f"step0/loss_{p}"] for p in parts)
        assert torch.allclose(results["step0/loss"], total)


def file_round_trip():
    """A file gives back what was written, and starts the same run again."""
    settings = config("--steps 2 --batches 2")
    results = dira_step.run(settings)
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "x.safetensors")
        safetensors_file.write(path, results, dira_step.describe(settings))
        again, metadata = safetensors_file.read(path)
    assert set(again) == set(results) and "torch" in metadata
    assert all(torch.equal(again[name], results[name]) for name in results)
    other = argparse.Namespace(**{**vars(settings), "seed": 5})
    assert torch.allclose(dira_step.run(other, again)["step1/loss"], results["step1/loss"])


def main():
    torch.manual_seed(0)
    checks = [sizes, info_nce_closed_form, info_nce_cross_entropy, adversarial_forms, finite_differences,
              twin_and_queue, statistics, first_updates, stages, file_round_trip]
    for check in checks:
        check()
        print("passed:", check.__name__.replace("_", " "))
    print(f"{len(checks)} passed, 0 failed")
    return 0
