"""What the runs on real data read: their tables, brought in as a visitor brings files, and a tiny Chinese encoder."""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from copy import deepcopy
from pathlib import Path
from typing import Any

import pyarrow.parquet as parquet

from mtl import cache, encoders
from mtl.data.sources import SPLITS
from mtl.data.uploads import Uploads
from tests.bench.real_runs import TINY_CHINESE, Run

SPECIAL = ("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]")
CHARACTERS = 4000
COMMIT = "0" * 40


def configure(run: Run, data: Path, folder: Path, *, validation: bool) -> tuple[dict[str, Any], Uploads]:
    """The run's configuration, and the files it names, which lie in ``folder``.

    With ``validation`` the files of test rows are not opened: validation rows take their place.
    """
    uploads, sources = Uploads(folder / "uploads"), []
    for name in run.tables:
        stored = {}
        for split in SPLITS:
            file = data / name / f"{'validation' if validation and split == 'test' else split}.parquet"
            if split in run.rows:
                file = head(file, folder / f"{name}.{split}.parquet", run.rows[split])
            stored[split] = uploads.save(file, file.name)
        sources.append({"name": name, "kind": "file", "splits": stored})
    return deepcopy({**run.more, "tasks": list(run.tasks), "training": run.training, "sources": sources}), uploads


def head(file: Path, shorter: Path, rows: int) -> Path:
    """A file with the first rows of another; what the columns mean stays said in it."""
    parquet.write_table(parquet.read_table(file).slice(0, rows), shorter)
    return shorter


@contextmanager
def tiny_chinese(texts: list[str], root: Path) -> Iterator[None]:
    """Within it the cache of the Hub is one that holds an encoder with random weights and Chinese characters."""
    from huggingface_hub import constants

    before = constants.HF_HUB_CACHE
    constants.HF_HUB_CACHE = str(root)
    encoders.forget()
    try:
        repository = cache.repository(TINY_CHINESE)
        (repository / "refs").mkdir(parents=True)
        (repository / "refs" / "main").write_text(COMMIT)
        _save_encoder(texts, repository / "snapshots" / COMMIT)
        yield
    finally:
        constants.HF_HUB_CACHE = before
        encoders.forget()


def _save_encoder(texts: list[str], folder: Path) -> None:
    """Two layers, 128 wide; a token is a character, the commonest of the texts."""
    import torch
    from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors
    from transformers import BertConfig, BertModel, PreTrainedTokenizerFast

    common = [sign for sign, _ in Counter("".join(texts).lower()).most_common(CHARACTERS) if not sign.isspace()]
    vocabulary = {token: index for index, token in enumerate([*SPECIAL, *common])}
    tokenizer = Tokenizer(models.WordPiece(vocabulary, unk_token="[UNK]"))
    tokenizer.normalizer = normalizers.BertNormalizer(lowercase=True, strip_accents=False)
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    tokenizer.post_processor = processors.BertProcessing(("[SEP]", 3), ("[CLS]", 2))
    names = dict(zip(("pad_token", "unk_token", "cls_token", "sep_token", "mask_token"), SPECIAL, strict=True))
    fast = PreTrainedTokenizerFast(tokenizer_object=tokenizer, **names)
    fast.save_pretrained(folder)
    config = BertConfig(
        vocab_size=len(vocabulary), hidden_size=128, num_hidden_layers=2, num_attention_heads=2, intermediate_size=512,
    )  # fmt: skip
    torch.manual_seed(0)
    BertModel(config).save_pretrained(folder)


def passages(data: Path) -> list[str]:
    """The training passages of CMRC 2018."""
    return list(parquet.read_table(data / "cmrc2018" / "train.parquet")["context"].to_pylist())
