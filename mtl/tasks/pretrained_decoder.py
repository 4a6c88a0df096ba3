"""The decoder of an encoder-decoder checkpoint (T5, mT5, BART, Marian) as a head on the shared encoder.

B texts · L tokens read · T tokens written · V pieces of the vocabulary
"""

import copy

from torch import Tensor, nn
from transformers import GenerationConfig, PreTrainedModel
from transformers.modeling_outputs import BaseModelOutput

from mtl.tasks.classification import IGNORED
from mtl.tasks.features import Features
from mtl.tasks.task import Body


class Elsewhere(nn.Module):
    """Stands where the encoder was: ``generate`` asks what an encoder reads, even where it need not read any more."""

    main_input_name = "input_ids"


class PretrainedDecoder(nn.Module):
    """The checkpoint's own model without its encoder: decoder, output layer, and what it does to logits in between.

    The head has a copy of these weights, except of those that it shares with the encoder (tied embeddings): they stay
    the encoder's. Losses and texts are those of the whole model in ``transformers``.
    """

    def __init__(self, body: Body, writing: GenerationConfig) -> None:
        super().__init__()
        assert body.decoder is not None
        # In the copy the encoder is a stand-in, and its parameters are the ones that exist already.
        known = {id(parameter): parameter for parameter in body.encoder.parameters()}
        self.model: PreTrainedModel = copy.deepcopy(body.decoder, {id(body.encoder): Elsewhere(), **known})
        self.writing = writing

    def forward(self, features: Features, labels: Tensor | None = None) -> Tensor:
        """With labels ``[B, T]``, logits of the labelled positions, row by row, ``[number of them, V]``.

        Without labels what it writes itself, as ``generate`` gives it: pieces ``[B, t]``.
        """
        read = BaseModelOutput(last_hidden_state=features.hidden)
        if labels is None:
            return self.model.generate(
                encoder_outputs=read, attention_mask=features.mask, generation_config=self.writing
            )
        written = self.model.prepare_decoder_input_ids_from_labels(labels)
        found = self.model(
            encoder_outputs=read, attention_mask=features.mask, decoder_input_ids=written, use_cache=False
        )
        return found.logits[labels != IGNORED]


def writing_config(model: PreTrainedModel, limit: int, beams: int, length_penalty: float) -> GenerationConfig:
    """How the checkpoint writes (its start, its end, what it never says), with this search and so many new pieces."""
    config = copy.deepcopy(model.generation_config)
    config.update(
        do_sample=False, num_beams=beams, length_penalty=length_penalty, max_new_tokens=limit, max_length=None
    )
    return config
