"""What an encoder says about texts, layer by layer: what its similarity to other encoders is measured on.

n texts · B texts of a batch · L tokens · H hidden size
"""

from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt
import torch

from mtl.analysis.relations import Relation
from mtl.analysis.similarity import layer_similarities
from mtl.errors import ConfigError
from mtl.model import MultiTaskModel
from mtl.sharing.hard import HardSharing
from mtl.sharing.parts import EMBEDDINGS

Array = npt.NDArray[np.floating]


@torch.inference_mode()
def layer_means(model: MultiTaskModel, texts: Sequence[str], batch_size: int = 32) -> dict[str, Array]:
    """The mean over the real tokens of every text after the embeddings and after each layer, ``[n, H]`` by level.

    Costs one forward pass of the encoder.

    Raises:
        ConfigError: Fewer than two texts, or a model whose tasks do not all read one encoder.
    """
    if len(texts) < 2:
        raise ConfigError("texts", "be two at least", len(texts))
    if not isinstance(model.sharing, HardSharing):
        raise ConfigError("sharing.name", "be hard, so that there is one encoder to look at", model.sharing_choice.name)
    was_training = model.training
    model.eval()
    starts = range(0, len(texts), batch_size)
    found = [_means(model, list(texts[start : start + batch_size])) for start in starts]
    model.train(was_training)
    levels = [EMBEDDINGS, *map(str, range(1, len(found[0])))]
    return {level: torch.cat([each[at] for each in found]).numpy() for at, level in enumerate(levels)}


def encoder_similarities(models: Mapping[str, MultiTaskModel], texts: Sequence[str]) -> dict[str, Relation]:
    """How alike the encoders of single-task runs have become: the linear CKA of every two, level by level.

    Costs one forward pass of each encoder over the texts. Encoders that started from the same weights are alike at
    first; where they are less so, their tasks have asked for other features. That is not yet conflict.

    Args:
        models: A trained model for each task.
        texts: Any texts, the same for all; a few hundred, as CKA is biased upwards where texts are few.

    Raises:
        ConfigError: As ``layer_means``.
    """
    return layer_similarities({task: layer_means(model, texts) for task, model in models.items()})


def _means(model: MultiTaskModel, texts: list[str]) -> list[torch.Tensor]:
    inputs = model.tokenizer(
        texts, padding=True, truncation=True, max_length=model.max_length, return_tensors="pt", verbose=False
    ).to(model.device)
    states = model.encoder(**inputs, output_hidden_states=True).hidden_states  # each [B, L, H]
    mask = inputs["attention_mask"].unsqueeze(-1)  # [B, L, 1]
    return [((state * mask).sum(1) / mask.sum(1)).float().cpu() for state in states]
