"""A multi-task model: an encoder, a way to share it, and a head for each task.

B texts · L tokens · H hidden size
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path

import torch
from torch import Tensor, nn
from transformers import PreTrainedModel, PreTrainedTokenizerBase

from mtl import checkpoint
from mtl.checkpoint import Parts
from mtl.data.batches import Batch
from mtl.data.sources import TaskSpec
from mtl.errors import CheckpointError, ConfigError, EncoderError
from mtl.pretrained import dropout_of, limits_of, new_encoder
from mtl.runs.config import Choice, EncoderConfig
from mtl.runs.options import find
from mtl.sharing import SHARING
from mtl.tasks import TASK_KINDS
from mtl.tasks.features import Features
from mtl.tasks.task import Task


class MultiTaskModel(nn.Module):
    """Encoder + sharing + heads.

    ``encode`` gives each task's hidden states, ``heads`` reads them. Tasks that are given the same hidden states
    share one encoder pass.
    """

    def __init__(
        self,
        encoder: PreTrainedModel,
        tokenizer: PreTrainedTokenizerBase,
        tasks: Sequence[Task],
        encoder_config: EncoderConfig,
        sharing: Choice,
    ) -> None:
        super().__init__()
        self.tokenizer = tokenizer
        self.tasks = {task.name: task for task in tasks}
        self.encoder_config = encoder_config
        self.sharing_choice = sharing
        method = find(SHARING, "sharing", sharing)
        self.sharing = method.load()(encoder, **method.check("sharing", sharing))
        config = encoder.config
        dropout = dropout_of(config)
        self.heads = nn.ModuleDict({task.name: task.head(config.hidden_size, dropout) for task in tasks})

    @property
    def encoder(self) -> PreTrainedModel:
        """The pretrained encoder."""
        return self.sharing.encoder

    @property
    def device(self) -> torch.device:
        """Where the parameters are."""
        return next(self.parameters()).device

    @property
    def max_length(self) -> int:
        """Tokens a text is cut to: what the config asks for, at most what the encoder has positions for."""
        limit = limits_of(self.encoder.config).max_positions or self.encoder_config.max_length
        return min(self.encoder_config.max_length, limit)

    def encode(self, batch: Batch, tasks: Sequence[str]) -> dict[str, Tensor]:
        """Hidden states for each task, ``[B, L, H]``."""
        return self.sharing(batch.inputs(), tasks)

    def forward(self, batch: Batch, tasks: Sequence[str] | None = None) -> dict[str, Tensor]:
        """Logits of each task's head; ``tasks`` None asks all. Shapes are the heads'."""
        names = list(self.tasks) if tasks is None else list(tasks)
        hidden = self.encode(batch, names)
        shared: dict[int, Features] = {}
        logits = {}
        for name in names:
            features = shared.setdefault(id(hidden[name]), Features(hidden[name], batch.attention_mask))
            logits[name] = self.heads[name](features)
        return logits

    def save_pretrained(self, folder: str | Path) -> None:
        """Writes weights (safetensors), configuration and tokenizer; the folder exists in full or not at all.

        Raises:
            StorageError: The disk is full or cannot be written.
        """
        settings = {
            "encoder": asdict(self.encoder_config),
            "sharing": asdict(self.sharing_choice),
            "tasks": [asdict(task.spec) for task in self.tasks.values()],
        }
        checkpoint.save(Parts(self.state_dict(), self.encoder.config, self.tokenizer, settings), Path(folder))

    @classmethod
    def from_pretrained(cls, folder: str | Path) -> "MultiTaskModel":
        """Reads what ``save_pretrained`` wrote, ready to answer: every head gives identical logits.

        Raises:
            CheckpointError: A file is missing, cut off, or of another kind.
        """
        parts = checkpoint.load(Path(folder))
        try:
            specs = [TaskSpec(**{**spec, "labels": tuple(spec["labels"])}) for spec in parts.settings["tasks"]]
            encoder_config, sharing = EncoderConfig(**parts.settings["encoder"]), Choice(**parts.settings["sharing"])
            encoder = new_encoder(parts.architecture, encoder_config.freeze_layers)
            model = cls(encoder, parts.tokenizer, [build_task(spec) for spec in specs], encoder_config, sharing)
            model.load_state_dict(dict(parts.tensors))
        except (KeyError, TypeError, ValueError, RuntimeError, ConfigError, EncoderError) as error:
            message = f"The snapshot does not fit together: {str(error).splitlines()[0]}"
            raise CheckpointError(message, reason="format", file=checkpoint.SETTINGS) from error
        return model.eval()


def build_task(spec: TaskSpec, loss_scale: float = 1.0) -> Task:
    """The task of a spec, of its kind's class."""
    return find(TASK_KINDS, "tasks", Choice(spec.kind)).load()(spec, loss_scale)


def parameter_counts(model: MultiTaskModel) -> Mapping[str, int]:
    """Numbers of parameters: ``total``, ``shared`` by all tasks, ``heads``, and ``trainable``."""
    total = sum(parameter.numel() for parameter in model.parameters())
    heads = sum(parameter.numel() for parameter in model.heads.parameters())
    trainable = sum(parameter.numel() for parameter in model.parameters() if parameter.requires_grad)
    return {"total": total, "shared": total - heads, "heads": heads, "trainable": trainable}
