"""Every kind learns: sixteen examples by heart, in a few hundred small steps, and what was learnt is what is said."""

from contextlib import nullcontext

import pytest
import torch

from mtl.data.batches import encode_rows
from mtl.training.evaluation import EncodedSource, evaluate

LEARNT = {
    "topic": 0.99, "relation": 0.99, "stars": 0.98, "entities": 0.98, "aspects": 0.99, "answers": 0.95,
    "headline": 0.95,
}  # fmt: skip


def learn(model, make_batch, content, steps, rate=3e-3):
    """Trains all heads of one source on these rows."""
    source = next(iter(model.tasks.values())).spec.source
    batch = make_batch(model, source, content)
    optimizer = torch.optim.AdamW(model.parameters(), lr=rate)
    schedule = torch.optim.lr_scheduler.LinearLR(optimizer, 1.0, 0.05, steps)
    model.train()
    for _ in range(steps):
        optimizer.zero_grad()
        logits = model(batch)
        sum(task.loss(logits[name], batch.labels[name]) for name, task in model.tasks.items()).backward()
        optimizer.step()
        schedule.step()
    model.eval()
    tasks = list(model.tasks.values())
    examples = encode_rows(model.tokenizer, content, tasks, model.max_length)
    return evaluate(model, EncodedSource(source, tasks, {"validation": examples}), "validation", 8, nullcontext)


@pytest.mark.parametrize("name", LEARNT)
def test_sixteen_examples_are_learnt_by_heart(name, make_model, make_batch, rows, every_task):
    model = make_model([name])
    result = learn(model, make_batch, rows(every_task[name].source, 16), 150)[name]
    assert result.scores[model.tasks[name].metric] >= LEARNT[name]


def test_a_text_with_a_headline_to_write_and_a_topic_to_tell_is_read_once(make_model, make_batch, rows):
    from mtl.inference import answer

    model = make_model(["topic", "headline", "aspects"])
    content = rows("texts", 8)
    results = learn(model, make_batch, content, 150)
    assert results["headline"].scores["bleu"] > 0.95
    assert results["topic"].scores["accuracy"] == 1
    passes = []
    model.encoder.register_forward_hook(lambda *_: passes.append(1))
    found = answer(model, content[0]["text"]).answers
    assert len(passes) == 1
    assert found["headline"].text == content[0]["headline"]
    assert found["topic"].label == content[0]["topic"]
    assert found["aspects"].labels == tuple(
        label for label in model.tasks["aspects"].spec.labels if label in content[0]["aspects"]
    )


def test_samples_show_the_first_rows_as_they_are_written(make_model, make_batch, rows):
    model, content = make_model(["headline", "topic"]), rows("texts", 8)
    content[0]["headline"] = None
    results = learn(model, make_batch, content, 150)
    assert [sample["text"] for sample in results["headline"].samples] == [row["text"] for row in content[1:5]]
    for sample, row in zip(results["headline"].samples, content[1:5], strict=True):
        assert sample["target"] == sample["output"] == row["headline"]
    assert results["topic"].samples == []
