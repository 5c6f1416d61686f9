#!/usr/bin/env python3
"""What an encoder makes of images: reads weights and a batch, writes every feature map in float64 and float32.

In: `init/encoder.<name>` and `batch/0/view1` (`[N, 1, (D,) H, W]`), as README.md names them. Out: `float64/<stage>` and
`float32/<stage>`, stages numbered from the finest.
"""
import argparse

import torch

import dira_step
import safetensors_file


def maps(config, given, train, dtype):
    encoder = dira_step.make_encoder(config)
    prefix = "init/encoder."
    state = {n[len(prefix) :]: t for n, t in given.items() if n.startswith(prefix)}
    left = encoder.load_state_dict(state, strict=False)
    assert not left.unexpected_keys and all("num_batches" in n for n in left.missing_keys), left
    encoder.to(dtype).train(train)
    with torch.no_grad():
        return encoder(given["batch/0/view1"].to(dtype))


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--train", action="store_true", help="normalise by the batch's statistics")
    parser.add_argument("--given", required=True)
    parser.add_argument("--out", required=True)
    options, rest = parser.parse_known_args()
    config = dira_step.parse(rest)
    given, _ = safetensors_file.read(options.given)
    results = {}
    for name in ("float64", "float32"):
        for stage, found in enumerate(maps(config, given, options.train, getattr(torch, name))):
            results[f"{name}/{stage}"] = found
    parameters = sum(p.numel() for p in dira_step.make_encoder(config).parameters())
    safetensors_file.write(options.out, results, {"parameters": str(parameters)})


if __name__ == "__main__":
    main()
