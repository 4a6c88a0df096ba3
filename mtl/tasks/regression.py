"""A number for a text or a pair of texts.

B texts · H hidden size
"""

import math
import warnings
from collections.abc import Mapping, Sequence
from typing import Any

import torch
from scipy.stats import DegenerateDataWarning, pearsonr, spearmanr
from torch import Tensor, nn
from torch.nn import functional as F

from mtl.architectures import ARCHITECTURES
from mtl.data.sources import Row, TaskSpec
from mtl.errors import ConfigError, DataError, EncoderError, shown
from mtl.tasks.answers import Score
from mtl.tasks.classification import PooledHead
from mtl.tasks.features import Features
from mtl.tasks.task import Body, Claim, Scores, Task, TextView

QUARTERS = 4
"""Units of a head's output in the whole range."""
THIRDS = 3
"""Slices of the range."""


class CosineHead(nn.Module):
    """The cosine of the two texts' mean hidden states, on a line: at first 0 is the range's low end and 1 its high."""

    def __init__(self) -> None:
        super().__init__()
        self.line = nn.Linear(1, 1)
        nn.init.constant_(self.line.weight, QUARTERS)
        nn.init.constant_(self.line.bias, -QUARTERS / 2)

    def forward(self, features: Features, labels: Tensor | None = None) -> Tensor:
        """One number a pair, ``[B, 1]``; labels do not matter."""
        cosines = F.cosine_similarity(*features.pooled_apart)  # [B]
        return self.line(cosines.unsqueeze(-1))


class Regression(Task):
    """One number in [low, high], trained with the mean squared error.

    Labels are kept on the unit scale (value − low) / (high − low). The head's output z means 1/2 + z/4 there: it runs
    from −2 to 2, so that the loss of an untrained head is about as large as a cross-entropy, whatever the range.
    Loss: (z − z*)², in quarters of the range squared: 1 is an error of a quarter of the range.
    Scores: Pearson's and Spearman's correlation (SciPy; 0 where a side is constant), and ``closeness``, which is 1
    minus the mean absolute error on the unit scale.

    With ``apart`` the two texts of a pair are read in one pass as if each stood alone, and their number is the cosine
    of their mean hidden states, on a line that is trained: as in `Sentence-BERT <https://arxiv.org/abs/1908.10084>`_
    (EMNLP 2019). For how alike texts are, with an encoder that was made to be compared so.
    """

    metric = "pearson"

    def __init__(self, spec: TaskSpec, loss_scale: float = 1.0, options: Mapping[str, Any] | None = None) -> None:
        """
        Raises:
            ConfigError: There is no second text that could be read apart from the first.
        """
        super().__init__(spec, loss_scale, options)
        self.apart = bool(self.options.get("apart"))
        if self.apart and not spec.pair:
            raise ConfigError(f"tasks.{self.name}.options.apart", "be off for a task that reads one text", True)

    @property
    def _range(self) -> float:
        return self.spec.high - self.spec.low

    def encode(self, row: Row) -> float | None:
        """The row's number, on the unit scale."""
        value = row.get(self.spec.label)
        if value is None:
            return None
        valid = isinstance(value, int | float) and not isinstance(value, bool)
        if not valid or not self.spec.low <= value <= self.spec.high:
            message = f"`{self.name}` should lie in [{self.spec.low:g}, {self.spec.high:g}]. Found {shown(value)}."
            raise DataError(message, source=self.spec.source, reason="label", found=value)
        return (float(value) - self.spec.low) / self._range

    def decode_label(self, encoded: float) -> float:
        """The number of a value on the unit scale."""
        return self.spec.low + encoded * self._range

    def collate(self, targets: Sequence[float | None], views: Sequence[TextView], length: int) -> Tensor:
        """Numbers on the unit scale, ``[B]``; NaN where the label is missing."""
        return torch.tensor([math.nan if label is None else label for label in targets], dtype=torch.float32)

    def head(self, body: Body) -> nn.Module:
        """Features -> one number a text, ``[B, 1]``.

        Raises:
            EncoderError: It cannot read two texts apart in one pass (``apart``).
        """
        if not self.apart:
            return PooledHead(body, 1)
        family = body.encoder.config.model_type
        if not ARCHITECTURES[family].apart:
            message = f"Encoders of the kind {family} cannot read two texts apart, as `{self.name}` should."
            raise EncoderError(message, encoder=family, reason="apart", found=family)
        return CosineHead()

    def loss(self, logits: Tensor, labels: Tensor) -> Tensor:
        """Mean squared error over labelled texts, in quarters of the range squared."""
        known = ~labels.isnan()
        # Where, not a product: NaN times 0 is NaN.
        errors = torch.where(known, logits.float().squeeze(-1) - (labels.nan_to_num() - 0.5) * QUARTERS, 0.0)  # [B]
        return errors.square().sum() / known.sum().clamp_min(1)

    def count(self, labels: Tensor) -> int:
        """Labelled texts."""
        return int((~labels.isnan()).sum())

    def predict(self, said: Tensor, views: Sequence[TextView]) -> list[float]:
        """The number of each text, on the unit scale."""
        return (0.5 + said.float().squeeze(-1) / QUARTERS).tolist()

    def score(self, predictions: Sequence[float], labels: Sequence[float]) -> Scores:
        """Pearson's and Spearman's correlation, and 1 − mean absolute error on the unit scale."""
        # Cut to the range, as answers are.
        errors = [abs(min(max(a, 0.0), 1.0) - b) for a, b in zip(predictions, labels, strict=True)]
        scores = {"pearson": 0.0, "spearman": 0.0, "closeness": 1 - sum(errors) / len(errors)}
        if len(labels) > 1:
            with warnings.catch_warnings():
                # A constant side has no correlation: 0, as for a head that says (nearly) the same about every text.
                warnings.simplefilter("ignore", DegenerateDataWarning)
                pearson, spearman = pearsonr(predictions, labels).statistic, spearmanr(predictions, labels).statistic
            scores["pearson"] = 0.0 if math.isnan(pearson) else float(pearson)
            scores["spearman"] = 0.0 if math.isnan(spearman) else float(spearman)
        return scores

    def baseline(self, train_labels: Sequence[float], labels: Sequence[float]) -> list[float]:
        """The mean."""
        return [sum(train_labels) / len(train_labels) if train_labels else 0.5] * len(labels)

    def answer(self, said: Tensor, view: TextView) -> Score:
        """The number, cut to the range, from logits ``[1]``."""
        value = min(max(self.decode_label(0.5 + float(said) / QUARTERS), self.spec.low), self.spec.high)
        return Score(value, self.spec.low, self.spec.high)

    # Why

    @property
    def slice_metric(self) -> str:
        """A part of the rows has hardly any spread, and without spread there is no correlation."""
        return "closeness"

    def groups(self, label: float) -> list[str]:
        """The third of the range that it lies in."""
        third = min(int(label * THIRDS), THIRDS - 1)
        low, high = (self.decode_label(edge / THIRDS) for edge in (third, third + 1))
        return [f"{low:.3g}–{high:.3g}"]

    def told(self, prediction: float, view: TextView) -> str:
        """The number, cut to the range."""
        return f"{self.decode_label(min(max(prediction, 0.0), 1.0)):.3g}"

    def claim(self, head: nn.Module, features: Features, views: Sequence[TextView]) -> Claim:
        """The number, not cut to the range."""
        said = 0.5 + head(features)[0, 0] / QUARTERS
        return Claim(self.told(float(said.detach()), views[0]), self.spec.low + said * self._range)
