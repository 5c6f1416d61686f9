"""Prints what the machine is, a JSON object a line."""
import json
import os
import platform
import shutil
import subprocess

import torch


def say(fact, value):
    print(json.dumps({"fact": fact, "value": str(value)}), flush=True)


def first_line(*command):
    if shutil.which(command[0]) is None:
        return "not there"
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return (done.stdout or done.stderr).strip().split("\n")[0]


def cpu_name():
    with open("/proc/cpuinfo") as info:
        names = [line.split(":")[1].strip() for line in info if line.startswith("model name")]
    return names[0] if names else platform.machine()


say("processor", f"{os.cpu_count()} x {cpu_name()}")
query = "--query-gpu=name,driver_version,memory.total,clocks.max.sm"
say("GPU, driver, memory, clock", first_line("nvidia-smi", query, "--format=csv,noheader"))
say("torch", torch.__version__)
say("CUDA of torch", torch.version.cuda)
say("cuDNN", torch.backends.cudnn.version())
say("torch sees a GPU", torch.cuda.is_available())
say("threads of torch", torch.get_num_threads())
say("C++ compiler", first_line(os.environ.get("CXX", "g++"), "--version"))
