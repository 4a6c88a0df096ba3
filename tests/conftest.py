"""A tiny random encoder where the real one is looked for, a tiny corpus where the real one lies, and fixed seeds.

torch is imported only by the fixtures that need it: many tests are about code that must do without.
"""

import json
import os
import random
import string
import sys
from pathlib import Path

import pytest

from tests.tiny_rows import MAKERS, WORDS

ROOT = Path(__file__).resolve().parents[1]
ENCODER = "sentence-transformers/all-MiniLM-L6-v2"
COMMIT = "0123456789abcdef0123456789abcdef01234567"


@pytest.fixture(autouse=True)
def _seeds():
    random.seed(0)
    if torch := sys.modules.get("torch"):
        torch.manual_seed(0)


def _vocabulary() -> list[str]:
    letters = [*string.ascii_lowercase, *string.digits]
    words = sorted({word for group in WORDS.values() for word in group} | {"the", "was", "in", "is", "acme", "lima"})
    signs = [*string.punctuation, "é", "你", "好", "世", "界", "😀", "ש", "ל"]
    return [
        "[PAD]",
        "[UNK]",
        "[CLS]",
        "[SEP]",
        "[MASK]",
        *letters,
        *(f"##{letter}" for letter in letters),
        *signs,
        *words,
    ]


def _tokenizer():
    from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors
    from transformers import PreTrainedTokenizerFast

    vocabulary = {token: index for index, token in enumerate(_vocabulary())}
    tokenizer = Tokenizer(models.WordPiece(vocabulary, unk_token="[UNK]"))
    tokenizer.normalizer = normalizers.BertNormalizer(lowercase=True, strip_accents=False)
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    tokenizer.post_processor = processors.BertProcessing(("[SEP]", 3), ("[CLS]", 2))
    return PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        unk_token="[UNK]",
        pad_token="[PAD]",
        cls_token="[CLS]",
        sep_token="[SEP]",
        mask_token="[MASK]",
        model_input_names=["input_ids", "token_type_ids", "attention_mask"],
    )


@pytest.fixture(scope="session")
def tiny_folder(tmp_path_factory):
    """The files of a random encoder of two layers, 32 wide, without dropout."""
    import torch
    from transformers import BertConfig, BertModel

    torch.set_num_threads(1)  # more only wait for each other on matrices this small
    folder = tmp_path_factory.mktemp("tiny")
    tokenizer = _tokenizer()
    config = BertConfig(
        vocab_size=len(tokenizer), hidden_size=32, num_hidden_layers=2, num_attention_heads=4, intermediate_size=64,
        max_position_embeddings=160, hidden_dropout_prob=0.0, attention_probs_dropout_prob=0.0, initializer_range=0.3,
    )  # fmt: skip
    with torch.random.fork_rng():
        torch.manual_seed(7)
        BertModel(config).save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder


@pytest.fixture(scope="session")
def hub_cache(tiny_folder, tmp_path_factory):
    """A cache of the Hub in which the tiny encoder has the default encoder's name."""
    cache = tmp_path_factory.mktemp("home") / "hub"
    repo = cache / f"models--{ENCODER.replace('/', '--')}"
    (repo / "refs").mkdir(parents=True)
    (repo / "refs" / "main").write_text(COMMIT)
    (repo / "snapshots").mkdir()
    (repo / "snapshots" / COMMIT).symlink_to(tiny_folder, target_is_directory=True)
    return cache


@pytest.fixture
def weights_cache():
    """`find_weights` with nothing remembered from other tests."""
    from mtl.encoders import find_weights, forget

    forget()
    yield find_weights
    forget()


@pytest.fixture
def tiny_encoder(hub_cache, weights_cache, monkeypatch):
    """Every run of this process finds the tiny encoder in the cache, and computes in fp32 on the CPU."""
    import torch
    from huggingface_hub import constants

    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(hub_cache))
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    monkeypatch.setattr("mtl.training.hardware.pick_device", lambda: torch.device("cpu"))
    monkeypatch.setattr("mtl.training.hardware.pick_precision", lambda device: "fp32")


@pytest.fixture
def environment(hub_cache, tmp_path):
    """What a Python process of its own needs to find the library and the tiny encoder, and nothing of the Hub's."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("HF_", "MTL_", "TRANSFORMERS_"))}
    return kept | {
        "PYTHONPATH": str(ROOT),
        "HF_HOME": str(tmp_path / "hf"),
        "HF_HUB_CACHE": str(hub_cache),
        "HF_HUB_OFFLINE": "1",
        "CUDA_VISIBLE_DEVICES": "",
        "OMP_NUM_THREADS": "1",
    }


def _tasks():
    """The default tasks, and one of every other kind, on the same small rows; ``headline`` is not the bundled one."""
    from mtl.data.corpus import TASKS
    from mtl.data.sources import TaskSpec
    from mtl.runs.config import DEFAULT_TASKS

    extra = (
        TaskSpec("aspects", "multilabel", "texts", "aspects", ("food", "travel", "negative", "neutral", "positive")),
        # Also a name that modules have for themselves.
        TaskSpec("type", "tagging", "texts", "forms", ("article", "sign", "word"), tokens="tokens", scheme="plain"),
        TaskSpec(
            "answers",
            "question_answering",
            "passages",
            "answers",
            text="question",
            text_pair="context",
            options={"doc_stride": 8},
        ),
        TaskSpec(
            "headline", "generation", "texts", "headline", options={"vocabulary_size": 300, "label_smoothing": 0.0}
        ),
    )
    return {name: TASKS[name] for name in DEFAULT_TASKS} | {spec.name: spec for spec in extra}


@pytest.fixture(scope="session")
def every_task():
    """Specs of tasks of every kind, by name, for which `rows` makes rows."""
    return _tasks()


@pytest.fixture
def rows():
    """`rows("texts", 8)`: labelled rows of a source, always the same."""

    def make(source, count, seed=0):
        rng = random.Random(seed)
        return [MAKERS[source](rng) for _ in range(count)]

    return make


@pytest.fixture
def corpus(rows, tmp_path, monkeypatch):
    """A small corpus in place of the bundled one; `corpus("texts", "train", rows)` replaces a split."""
    from mtl.data import corpus as shipped
    from mtl.data.sources import SPLITS

    others = shipped.SOURCES - {"texts", "pairs", "questions", "passages"}
    parts = {(source, split): shipped.read_split(source, split)[:8] for source in others for split in SPLITS}
    folder = tmp_path / "bundled"
    folder.mkdir()
    monkeypatch.setattr(shipped, "BUNDLED", folder)

    def write(source, split, content):
        lines = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in content)
        (folder / f"{source}.{split}.jsonl").write_text(lines, encoding="utf-8")
        shipped.read_split.cache_clear()

    for source, train in (("texts", 40), ("pairs", 24), ("questions", 16), ("passages", 24)):
        for seed, (split, count) in enumerate((("train", train), ("validation", 10), ("test", 8))):
            write(source, split, rows(source, count, seed))
    for (source, split), content in parts.items():
        write(source, split, content)
    yield write
    shipped.read_split.cache_clear()


@pytest.fixture
def make_trainer(tiny_encoder, corpus, every_task, monkeypatch):
    """`make_trainer(["sentiment"], max_steps=3)`: a trainer on the small corpus; keywords are training fields."""
    from mtl.assembly import assemble
    from mtl.data import corpus as shipped
    from mtl.runs.config import RunConfig

    for name, spec in every_task.items():
        monkeypatch.setitem(shipped.TASKS, name, spec)
    monkeypatch.setattr(shipped, "SOURCES", shipped.SOURCES | {spec.source for spec in every_task.values()})

    def make(tasks=None, *, report=lambda event: None, parts=None, **training):
        defaults = {"max_steps": 4, "eval_steps": 2, "per_device_train_batch_size": 8, "warmup_ratio": 0.0}
        values = {"training": defaults | training, "encoder": {"freeze_layers": 0}, **(parts or {})}
        if tasks is not None:
            values["tasks"] = tasks
        return assemble(RunConfig.from_dict(values), report=report)

    return make


class Never:
    """A control that asks for nothing; `stop_at` counts questions, not steps."""

    def stop_requested(self):
        return None

    def attend(self, model, step):
        pass


@pytest.fixture
def never():
    return Never()


@pytest.fixture
def make_model(tiny_folder, every_task, rows):
    """`make_model(["sentiment"], freeze_layers=1)`: a tiny model of bundled tasks, in evaluation mode."""
    import torch

    from mtl.model import MultiTaskModel, build_task, make_body
    from mtl.pretrained import load_encoder
    from mtl.runs.config import DEFAULT_TASKS, Choice, EncoderConfig

    def make(tasks=None, seed=0, folder=tiny_folder, sharing=None, **encoder):
        torch.manual_seed(seed)
        config = EncoderConfig(**{"max_length": 64, "freeze_layers": 0} | encoder)
        built = [build_task(every_task[name]) for name in (DEFAULT_TASKS if tasks is None else tasks)]
        body, tokenizer = load_encoder(config, folder, decoder=any(task.writes for task in built))
        for task in built:
            task.prepare(rows(task.spec.source, 40), make_body(body, tokenizer))
        return MultiTaskModel(body, tokenizer, built, config, sharing or Choice("hard")).eval()

    return make


@pytest.fixture
def make_batch():
    """`make_batch(model, "texts", rows)`: one batch with the labels of the model's tasks of that source."""
    from mtl.data.batches import collate, encode_rows

    def make(model, source, content):
        tasks = [task for task in model.tasks.values() if task.spec.source == source]
        examples = encode_rows(model.tokenizer, content, tasks, model.max_length)
        return collate(source, examples, tasks, model.tokenizer.pad_token_id)

    return make
