"""How many steps a run has, and which parameters are trained how fast."""

import math
from typing import Any

import torch

from mtl.model import MultiTaskModel
from mtl.runs.config import TrainingConfig


def count_steps(config: TrainingConfig, rows: int) -> int:
    """``max_steps``, or as many as ``num_train_epochs`` passes over the rows take."""
    if config.max_steps != -1:
        return config.max_steps
    return max(1, math.ceil(config.num_train_epochs * rows / config.per_device_train_batch_size))


def parameter_groups(model: MultiTaskModel, config: TrainingConfig) -> list[dict[str, Any]]:
    """Encoder and heads, each with and without weight decay: biases and norms are not decayed.

    What a head shares with the encoder (tied embeddings) belongs to the encoder; what a sharing scheme adds at random
    learns as fast as the heads.
    """
    rates = (config.learning_rate, config.head_learning_rate)
    chosen: dict[tuple[float, bool], list[torch.Tensor]] = {}
    seen: set[int] = set()
    fresh = set(map(id, model.sharing.fresh()))
    parts = [(model.sharing, config.learning_rate)]
    parts += [(head, model.tasks[name].learning_rate(*rates)) for name, head in model.heads.items()]
    for part, usual in parts:
        for name, parameter in part.named_parameters():
            if parameter.requires_grad and id(parameter) not in seen:
                seen.add(id(parameter))
                rate = config.head_learning_rate if id(parameter) in fresh else usual
                chosen.setdefault((rate, _decays(name, parameter)), []).append(parameter)
    return [
        {"params": parameters, "lr": rate, "weight_decay": config.weight_decay if decay else 0.0}
        for (rate, decay), parameters in chosen.items()
    ]


def _decays(name: str, parameter: torch.Tensor) -> bool:
    return parameter.ndim > 1 and not name.endswith("bias")
