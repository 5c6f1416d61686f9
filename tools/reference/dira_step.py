#!/usr/bin/env python3
"""DiRA's training step in plain PyTorch, 2D and 3D: the reference that other code is held to.

Writes initial weights, batches, losses, first gradients and final state as one safetensors file.
README.md beside this file says what every name in it means.
"""
import argparse
import json
import sys

import torch
import torch.nn.functional as F
from torch import nn

import moco
import safetensors_file
import trans_vw
import u_net
from kinks import take_margin
from networks import DEPTHS, Critic, Decoder, Encoder, restoration_head
from rounding import float32_errors
from start import jitter, lift, load, load_batches, make_batches

METHODS = {"moco": moco, "trans-vw": trans_vw}
NOT_THE_GENERATOR = ("twin", "critic")


def make_encoder(config):
    if config.arch == "u-net":
        return u_net.Encoder(config.width, config.levels, config.rank)
    return Encoder(config.arch, config.width, config.rank)


def make_restorer(config, channels):
    """Gives the parts by the names of their weights, and what makes an image of the encoder's maps."""
    if config.arch == "u-net":
        decoder = u_net.Decoder(channels, config.rank)
        return dict(decoder.named_children()), decoder.forward
    decoder = Decoder(channels, config.decoder, config.rank)
    head = restoration_head(config.decoder[-1], config.rank)
    return {"decoder": decoder, "segmentation_head": head}, lambda maps: head(decoder(maps))


class Model(nn.Module):
    """All that is trained or kept: its `state_dict` has the names of the file."""

    def __init__(self, config):
        super().__init__()
        self.encoder = make_encoder(config)
        self.method = METHODS[config.method]
        self.method.add(self, config)
        if "r" in config.stage:
            parts, self.restore = make_restorer(config, self.encoder.channels)
            for name, part in parts.items():
                self.add_module(name, part)
        if "a" in config.stage:
            self.critic = Critic(config.critic_width, config.rank)

    def group(self, *owners):
        """Parameters whose name starts with one of `owners`."""
        return {n: p for n, p in self.named_parameters() if n.split(".")[0] in owners}

    def generator(self):
        owners = {n.split(".")[0] for n, _ in self.named_parameters()}
        return self.group(*owners.difference(NOT_THE_GENERATOR))

    def state(self):
        """Copies of weights, batch-norm statistics, twin and queue."""
        entries = self.state_dict().items()
        return {n: t.clone() for n, t in entries if not n.endswith("num_batches_tracked")}


def generator_adversarial(form, fake):
    return F.softplus(-fake).mean() if form == "log" else ((fake - 1) ** 2).mean()


def critic_loss(form, real, fake):
    if form == "log":
        return F.softplus(-real).mean() + F.softplus(fake).mean()
    return 0.5 * (((real - 1) ** 2).mean() + (fake**2).mean())


def generator_losses(model, batch, targets, config):
    """Gives (losses by name, restored view 1 or None). View 1 is encoded once."""
    dis, res, adv = config.weights
    maps = model.encoder(batch["view1"])
    losses = {"loss_dis": model.method.loss(model, maps, targets, config)}
    total = dis * losses["loss_dis"]
    restored = None
    if "r" in config.stage:
        restored = model.restore(maps)
        losses["loss_res"] = F.mse_loss(restored, batch["target"])
        total = total + res * losses["loss_res"]
    if "a" in config.stage:
        losses["loss_adv"] = generator_adversarial(config.adversarial, model.critic(restored))
        total = total + adv * losses["loss_adv"]
    losses["loss"] = total
    return losses, restored


def update(optimiser, parameters, loss):
    """One update along the loss's gradient in `parameters` only. Gives the gradients by name."""
    gradients = torch.autograd.grad(loss, list(parameters.values()))
    for parameter, gradient in zip(parameters.values(), gradients):
        parameter.grad = gradient
    optimiser.step()
    return dict(zip(parameters, gradients))


def train_step(model, optimisers, batch, config):
    """One step of the generator, then one of the critic, then the method's state."""
    targets = model.method.targets(model, batch)
    losses, restored = generator_losses(model, batch, targets, config)
    gradients = update(optimisers["generator"], model.generator(), losses["loss"])
    if "a" in config.stage:
        real, fake = model.critic(batch["target"]), model.critic(restored.detach())
        losses["loss_critic"] = critic_loss(config.adversarial, real, fake)
        critic = model.group("critic")
        gradients.update(update(optimisers["critic"], critic, losses["loss_critic"]))
    model.method.commit(model, targets, config)
    return {name: loss.detach() for name, loss in losses.items()}, gradients, restored


def make_optimisers(model, config):
    parameters = list(model.generator().values())
    if config.optimiser == "adam":
        optimisers = {"generator": torch.optim.Adam(parameters, config.rate, config.betas, 1e-8)}
    else:
        sgd = torch.optim.SGD(parameters, 0.03, momentum=0.9, weight_decay=1e-4)
        optimisers = {"generator": sgd}
    if "a" in config.stage:
        critic = list(model.group("critic").values())
        optimisers["critic"] = torch.optim.Adam(critic, config.rate, config.betas, 1e-8)
    return optimisers


def laid_out(tensor, memory):
    return tensor.contiguous(memory_format=memory) if tensor.dim() > 3 else tensor


def run(config, given=None):
    """Trains `config.steps` steps. `given` may hold init/… and batch/…. Gives what the file holds."""
    torch.manual_seed(config.seed)
    model = Model(config)
    jitter(model, config.jitter)
    lift(model, config.lift)
    given = given or {}
    if given:
        load(model, given)
    batches = load_batches(given) or make_batches(config)
    results = {"init/" + name: tensor for name, tensor in model.state().items()}
    for i, batch in enumerate(batches):
        results.update({f"batch/{i}/{kind}": tensor for kind, tensor in batch.items()})
    dtype = getattr(torch, config.dtype)
    last = {2: torch.channels_last, 3: torch.channels_last_3d}[config.rank]
    memory = last if config.channels_last else torch.contiguous_format
    model.to(dtype).to(memory_format=memory).train()
    optimisers = make_optimisers(model, config)
    for step in range(config.steps):
        batch = batches[step % len(batches)].items()
        batch = {k: laid_out(t.to(dtype), memory) for k, t in batch}
        take_margin()
        losses, gradients, restored = train_step(model, optimisers, batch, config)
        if dtype == torch.float64:
            results[f"step{step}/margin"] = torch.tensor(take_margin(), dtype=dtype)
        results.update({f"step{step}/{name}": loss for name, loss in losses.items()})
        if step == 0:
            results.update({f"step0/grad/{name}": g for name, g in gradients.items()})
            statistics = {n: t for n, t in model.state().items() if ".running_" in n}
            results.update({f"step0/buffer/{name}": t for name, t in statistics.items()})
            if restored is not None:
                results["step0/restored"] = restored.detach()
    results.update({"final/" + name: tensor for name, tensor in model.state().items()})
    return results


def is_result(name):
    return not name.startswith(("init/", "batch/"))


def parser():
    options = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    add = options.add_argument
    add("--rank", type=int, choices=(2, 3), default=2, help="of images or volumes")
    add("--arch", choices=(*DEPTHS, "u-net"), default="resnet18", help="u-net: Models Genesis'")
    add("--width", type=int, default=64, help="channels of the first convolution")
    add("--levels", type=int, default=4, help="of the u-net")
    add("--decoder", default="256,128,64,32,16", help="channels of a ResNet's five blocks")
    add("--critic-width", type=int, default=64)
    add("--method", choices=METHODS, default="moco", help="what D is")
    add("--features", type=int, default=128, help="of MoCo's embedding")
    add("--words", type=int, default=44, help="that TransVW tells apart")
    add("--hidden", type=int, default=1024, help="channels of TransVW's head")
    add("--size", default="64", help="of the image, along all axes or each; multiples of 32 for a ResNet")
    add("--batch", type=int, default=4)
    add("--batches", type=int, default=3, help="step i takes batch i modulo this")
    add("--queue", type=int, default=64)
    add("--momentum", type=float, default=0.999, help="of the twin")
    add("--temperature", type=float, default=0.2)
    add("--stage", choices=("d", "dr", "dra"), default="dra")
    add("--adversarial", choices=("log", "least-squares"), default="log")
    add("--weights", default="1,10,0.001", help="of D, R and A")
    add("--rate", type=float, default=2e-4, help="Adam's learning rate")
    add("--betas", default="0.5,0.999", help="Adam's")
    add("--optimiser", choices=("adam", "sgd"), default="adam", help="the generator's")
    add("--steps", type=int, default=3)
    add("--dtype", choices=("float32", "float64"), default="float32", help="to compute in")
    add("--channels-last", action="store_true", help="in memory; changes no more than the rounding")
    add("--store", choices=("float32", "float64"), default="float32", help="to write results in")
    add("--errors", action="store_true", help="with --dtype float64: add float32_error/…")
    add("--jitter", type=float, default=0.0, help="adds U(0, this) to every vector at the start")
    add("--lift", type=float, default=0.0, help="adds this to every batch norm's offset at the start")
    add("--seed", type=int, default=0)
    add("--init", metavar="FILE", help="takes init/… and, where it has them, batch/… from it")
    add("--out", metavar="FILE")
    add("--self-test", action="store_true")
    return options


def parse(arguments):
    config = parser().parse_args(arguments)
    config.decoder = [int(part) for part in config.decoder.split(",")]
    sizes = [int(part) for part in config.size.split(",")]
    config.size = sizes * config.rank if len(sizes) == 1 else sizes
    config.weights = [float(part) for part in config.weights.split(",")]
    config.betas = [float(part) for part in config.betas.split(",")]
    for name, count in (("size", config.rank), ("weights", 3), ("betas", 2)):
        if len(getattr(config, name)) != count:
            raise SystemExit(f"--{name} needs {count} numbers, got {getattr(config, name)}.")
    if len(config.decoder) != 5:
        raise SystemExit(f"--decoder needs five numbers, got {config.decoder}.")
    if config.errors and config.dtype != "float64":
        raise SystemExit("--errors needs --dtype float64.")
    return config


def describe(config):
    """The metadata of a file: the version of torch and every option that shapes the numbers."""
    left_out = ("out", "init", "self_test", "errors", "store")
    options = {k: v for k, v in vars(config).items() if k not in left_out}
    return {"torch": torch.__version__, "config": json.dumps(options)}


def stored(results, config):
    """Results in the type to write; init and batches are float32 by birth."""
    dtype = getattr(torch, config.store)
    return {n: t.to(dtype) if is_result(n) else t.float() for n, t in results.items()}


def main():
    config = parse(sys.argv[1:])
    if config.self_test:
        import self_test

        return self_test.main()
    if not config.out:
        raise SystemExit("--out FILE is needed (or --self-test).")
    given = safetensors_file.read(config.init)[0] if config.init else None
    results = run(config, given)
    if config.errors:
        errors = float32_errors(run, config, results, given or results)
        results.update({"float32_error/" + name: error for name, error in errors.items()})
    safetensors_file.write(config.out, stored(results, config), describe(config))
    for step in range(config.steps):
        names = ("loss", "loss_dis", "loss_res", "loss_adv", "loss_critic", "margin")
        shown = {n: results.get(f"step{step}/{n}") for n in names}
        print(f"step {step}:", *(f"{n} {v.item():.6g}" for n, v in shown.items() if v is not None))
    return 0


if __name__ == "__main__":
    sys.exit(main())
