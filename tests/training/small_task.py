"""A training of a few hundred weights, for the tests of the trainer; as a program, it trains, is killed, and goes on.

python tests/training/small_task.py train RUN STEPS            # in as many processes as Accelerate started
python tests/training/small_task.py kill RUN STEPS KILLS SEED  # kills its training KILLS times, then lets it end
"""

import os
import random
import signal
import sys
import time
from pathlib import Path

import numpy as np
import torch
from accelerate import PartialState
from emotalk.inference.checkpoints.safetensors_file import write_safetensors
from emotalk.training.recipe import Recipe
from emotalk.training.run_folder import RunFolder
from emotalk.training.trainer import ParameterGroup, new_accelerator, train
from torch import nn
from torch.nn import functional

INPUTS, OUTPUTS = 6, 3
CHANGE = 7
"""Step at which the task's targets change, as a realignment does."""


def recipe(**changes):
    """A short recipe with all that a recipe may ask for."""
    settings = {
        "seed": 3,
        "steps": 40,
        "batch_size": 8,
        "learning_rate": 1e-2,
        "warmup_steps": 5,
        "decay_from": 30,
        "decay_to": 60,
        "ema_decay": 0.9,
        "log_every": 5,
        "save_every": 10,
        "validate_every": 10,
        "losses": {"position": 1.0, "motion": 0.5},
    }
    return Recipe(**(settings | changes))


class SmallTask:
    """Learns a fixed function of random numbers."""

    def __init__(self, recipe, dropout=0.0):
        torch.manual_seed(recipe.seed)
        learnt = nn.Linear(INPUTS, 16), nn.Tanh(), nn.Dropout(dropout), nn.Linear(16, OUTPUTS)
        self.network = nn.Sequential(*learnt, nn.Linear(OUTPUTS, OUTPUTS).requires_grad_(False))
        self.recipe = recipe
        self.scale = 1.0
        self.seconds = 0.0

    def parameter_groups(self):
        first, *others = [p for p in self.network.parameters() if p.requires_grad]
        return [ParameterGroup(others), ParameterGroup([first], "adam", rate=0.5)]

    def draw(self, step, rng):
        time.sleep(self.seconds)
        if step == CHANGE:
            self.scale = float(self.network[0].weight.detach().abs().mean()) * 10
        inputs = rng.normal(size=(self.recipe.batch_size, INPUTS)).astype(np.float32)
        return {
            "inputs": torch.from_numpy(inputs),
            "targets": torch.from_numpy(self.scale * np.sin(inputs[:, :OUTPUTS])),
        }

    def losses(self, batch):
        error = self.network(batch["inputs"]) - batch["targets"]
        return {"position": (error**2).mean(), "motion": (error.diff(dim=1) ** 2).mean()}

    def validate(self, network):
        inputs = torch.linspace(-2, 2, 10 * INPUTS).reshape(10, INPUTS)
        return {"score": functional.mse_loss(network(inputs), torch.sin(inputs[:, :OUTPUTS])).item()}

    def export(self, network, path, provenance):
        write_safetensors(path, {name: tensor.numpy() for name, tensor in network.state_dict().items()}, provenance)

    def state(self):
        return {"scale": self.scale}

    def restore(self, state):
        self.scale = state["scale"]


def run_in(folder, steps, seconds=0.0, **changes):
    """Train in a folder; returns the result."""
    folder.mkdir(parents=True, exist_ok=True)
    torch.set_num_threads(1)
    settings = recipe(steps=steps, **changes)
    task = SmallTask(settings)
    task.seconds = seconds
    return train(task, settings, RunFolder(folder), "small", new_accelerator(settings, cpu=True))


def be_killed(folder, steps, kills, seed):
    """Fork trainings and kill each at a random moment. Returns how many were alive when they were killed."""
    rng, alive = random.Random(seed), 0
    for _ in range(kills):
        child = os.fork()
        if not child:
            run_in(folder, steps, seconds=0.01, save_every=3, keep=2)
            os._exit(0)
        time.sleep(rng.uniform(0.05, 0.6))
        os.kill(child, signal.SIGKILL)
        _, status = os.waitpid(child, 0)
        alive += os.WIFSIGNALED(status)
    return alive


if __name__ == "__main__":
    verb, folder, *numbers = sys.argv[1:]
    if verb == "kill":
        steps, kills, seed = map(int, numbers)
        print("killed", be_killed(Path(folder), steps, kills, seed))
        run_in(Path(folder), steps, save_every=3, keep=2)
    else:
        run_in(Path(folder), int(numbers[0]))
        print("processes", PartialState().num_processes)
