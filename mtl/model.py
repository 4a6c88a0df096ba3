"""A multi-task model: an encoder, a way to share it, and a head for each task.

B texts · L tokens · H hidden size
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path

import torch
from torch import Tensor, nn
from transformers import GenerationMixin, PreTrainedModel, PreTrainedTokenizerBase

from mtl import checkpoint
from mtl.architectures import first_position
from mtl.checkpoint import Parts
from mtl.data.batches import Batch
from mtl.data.sources import TaskSpec
from mtl.data.tokens import apart_inputs
from mtl.errors import CheckpointError, ConfigError, EncoderError
from mtl.pretrained import dropout_of, encoder_of, limits_of, new_encoder
from mtl.runs.config import Choice, EncoderConfig
from mtl.runs.options import find
from mtl.sharing import SHARING
from mtl.sharing.named import NamedModules
from mtl.sharing.parts import HEAD, Part
from mtl.tasks import TASK_KINDS
from mtl.tasks.features import Features
from mtl.tasks.task import Body, Task


class MultiTaskModel(nn.Module):
    """Encoder + sharing + heads.

    ``encode`` gives each task's hidden states, ``heads`` reads them. Tasks that are given the same hidden states
    share one encoder pass. Of an encoder-decoder the encoder alone is shared; its decoder is part of the heads that
    write, and of no other.
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
        self.architecture = encoder.config
        self._has_decoder = isinstance(encoder, GenerationMixin)
        self._first_position = first_position(encoder.config.to_dict())
        body = make_body(encoder, tokenizer)
        method = find(SHARING, "sharing", sharing)
        self.sharing = method.load()(body.encoder, list(self.tasks), **method.check("sharing", sharing))
        self.heads = NamedModules({task.name: task.head(body) for task in tasks})

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

    def parts(self) -> list[Part]:
        """All parameters, each once, from the bottom up; what a head has from the encoder is the encoder's."""
        found = self.sharing.parts()
        seen = {id(each) for part in found for each in part.parameters}
        for name, head in self.heads.items():
            fresh = {id(each): each for each in head.parameters() if id(each) not in seen}
            found.append(Part(HEAD, "head", (name,), tuple(fresh.values())))
            seen |= fresh.keys()
        return found

    def encode(self, batch: Batch, tasks: Sequence[str]) -> dict[str, Tensor]:
        """Hidden states for each task, ``[B, L, H]``."""
        return self.sharing(self.inputs(batch), tasks)

    def inputs(self, batch: Batch) -> dict[str, Tensor]:
        """What the encoder takes."""
        if batch.segments is None:
            return batch.inputs()
        return batch.inputs() | apart_inputs(batch.segments, self._first_position)

    def read(self, batch: Batch, tasks: Sequence[str]) -> dict[str, Features]:
        """What each task's head reads; tasks with the same hidden states have the same features."""
        hidden = self.encode(batch, tasks)
        shared: dict[int, Features] = {}
        return {name: shared.setdefault(id(hidden[name]), batch.features(hidden[name])) for name in tasks}

    def forward(self, batch: Batch, tasks: Sequence[str] | None = None) -> dict[str, Tensor]:
        """What each task's head gives, shown the batch's labels; ``tasks`` None asks all. Shapes are the heads'."""
        features = self.read(batch, list(self.tasks) if tasks is None else list(tasks))
        return {name: self.heads[name](each, batch.labels.get(name)) for name, each in features.items()}

    def save_pretrained(self, folder: str | Path, like: Path | None = None) -> None:
        """Writes weights (safetensors), configuration and tokenizer; the folder exists in full or not at all.

        ``like`` is an earlier snapshot of the same run: frozen weights are not written again, but shared with it.

        Raises:
            StorageError: The disk is full or cannot be written.
        """
        settings = {
            "encoder": asdict(self.encoder_config),
            "sharing": asdict(self.sharing_choice),
            "tasks": [asdict(task.spec) for task in self.tasks.values()],
            "decoder": self._has_decoder,
            "states": {name: task.state() for name, task in self.tasks.items()},
        }
        tied = self._tied()
        tensors = {name: tensor for name, tensor in self.state_dict().items() if name not in tied}
        # Buffers are no parameters: some change though nothing trains them.
        frozen = {name for name, each in self.named_parameters() if not each.requires_grad} & tensors.keys()
        checkpoint.save(Parts(tensors, self.architecture, self.tokenizer, settings, sorted(frozen)), Path(folder), like)

    def _tied(self) -> dict[str, str]:
        """Names under which a parameter appears again, and its first name: it is saved once."""
        first: dict[int, str] = {}
        named = [(name, id(each)) for name, each in self.named_parameters(remove_duplicate=False)]
        return {name: first[key] for name, key in named if first.setdefault(key, name) != name}

    @classmethod
    def from_pretrained(cls, folder: str | Path) -> "MultiTaskModel":
        """Reads what ``save_pretrained`` wrote, ready to answer: every head gives identical logits.

        Raises:
            CheckpointError: A file is missing, cut off, or of another kind.
        """
        parts = checkpoint.load(Path(folder))
        settings = parts.settings
        try:
            tasks = [build_task(TaskSpec.from_dict(spec)) for spec in settings["tasks"]]
            encoder_config, sharing = EncoderConfig(**settings["encoder"]), Choice(**settings["sharing"])
            encoder = new_encoder(parts.architecture, encoder_config.freeze_layers, decoder=bool(settings["decoder"]))
            body = make_body(encoder, parts.tokenizer)
            for task in tasks:
                task.restore(settings["states"][task.name], body)
            model = cls(encoder, parts.tokenizer, tasks, encoder_config, sharing)
            tensors = dict(parts.tensors)
            model.load_state_dict(tensors | {name: tensors[first] for name, first in model._tied().items()})
        except (KeyError, TypeError, ValueError, RuntimeError, AttributeError, ConfigError, EncoderError) as error:
            message = f"The snapshot does not fit together: {str(error).splitlines()[0]}"
            raise CheckpointError(message, reason="format", file=checkpoint.SETTINGS) from error
        return model.eval()


def build_task(spec: TaskSpec, loss_scale: float = 1.0) -> Task:
    """The task of a spec, of its kind's class.

    Raises:
        ConfigError: An unknown kind, or an option it has not.
    """
    choice = Choice(spec.kind, spec.options)
    method = find(TASK_KINDS, "tasks", choice)
    return method.load()(spec, loss_scale, method.check(f"tasks.{spec.name}", choice))


def make_body(model: PreTrainedModel, tokenizer: PreTrainedTokenizerBase) -> Body:
    """What heads are built on: of an encoder-decoder the encoder is shared, and the decoder may become a head."""
    config = model.config
    whole = model if isinstance(model, GenerationMixin) else None
    encoder = model if whole is None else encoder_of(whole)
    return Body(encoder, tokenizer, config.hidden_size, dropout_of(config), whole)


def parameter_counts(model: MultiTaskModel) -> Mapping[str, int]:
    """Numbers of parameters: ``total``, ``shared`` by several tasks, ``heads``, and ``trainable``."""
    parts = {"total": model.parameters(), "shared": model.sharing.common(), "heads": model.heads.parameters()}
    counts = {name: sum(parameter.numel() for parameter in part) for name, part in parts.items()}
    return counts | {"trainable": sum(each.numel() for each in model.parameters() if each.requires_grad)}
