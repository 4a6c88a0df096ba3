"""Copying: which pieces can be taken over, and that what is written is a mixture of both."""

import math

import pytest
import torch
from torch.nn import functional as F

from mtl.attribution import explain
from mtl.inference import answer
from mtl.model import MultiTaskModel
from mtl.tasks.copying import Copier, sources_of
from mtl.tasks.task import TextView
from mtl.tasks.vocabulary import TrainedVocabulary

CPU = torch.device("cpu")


def split(text):
    """A piece for every two letters."""
    return [(ord(text[at]), min(at + 1, len(text) - 1)) for at in range(0, len(text), 2)]


def test_a_piece_is_held_by_the_word_that_its_last_letter_stands_in() -> None:
    # ab| c|de| f|gh and a word that was cut off
    view = TextView("ab cde fgh ij", [(0, 2), (3, 6), (7, 10), (11, 13)], [1, 2, 5, -1])
    found = sources_of([view, TextView("x", [], [])], split, 9, CPU)
    assert [chr(piece) for piece in found.pieces[0].tolist()] == ["a", " ", "d", " ", "g"][:5]
    assert found.covers[0].tolist() == [1, 2, 2, 5, 5]
    assert found.before[0].tolist() == [9, *found.pieces[0, :-1].tolist()]
    assert found.known.tolist() == [[True] * 5, [False] * 5]


@pytest.fixture
def copier():
    torch.manual_seed(0)
    made = Copier(6, 4).double()
    made.start()
    return made


def test_what_is_written_is_a_mixture_of_both(copier) -> None:
    states, logits = torch.randn(3, 4).double(), torch.randn(3, 7).double()
    attention = torch.rand(3, 5)
    attention = attention / attention.sum(-1, keepdim=True)
    attention[2] = 0  # a text of which nothing can be copied
    pieces = torch.randint(0, 7, (3, 5))
    found = copier.mix(states, logits, attention, pieces).exp()
    assert found.sum(-1).tolist() == pytest.approx([1.0] * 3, abs=1e-6)
    gate = copier.gate(states).float().sigmoid()
    for row in range(2):
        wanted = (1 - gate[row]) * logits[row].float().softmax(-1)
        for place in range(5):
            wanted[pieces[row, place]] += gate[row, 0] * attention[row, place]
        assert found[row].tolist() == pytest.approx(wanted.tolist(), abs=1e-6)
    assert found[2].tolist() == pytest.approx(logits[2].softmax(-1).tolist(), abs=1e-6)


def test_log_probabilities_are_logits_of_themselves(copier) -> None:
    told = copier.mix(torch.randn(3, 4).double(), torch.randn(3, 7), torch.full((3, 2), 0.5), torch.ones(3, 2).long())
    assert told.log_softmax(-1).tolist() == [pytest.approx(row, abs=1e-5) for row in told.tolist()]
    F.cross_entropy(told, torch.tensor([1, 2, 3]), label_smoothing=0.1).backward()
    assert all(each.grad is not None for each in copier.gate.parameters())


def test_a_place_without_a_text_is_never_attended(copier) -> None:
    known = torch.tensor([[True, False], [False, False]])
    found = copier.attend(torch.randn(2, 3, 4).double(), torch.randn(2, 2, 4).double(), known)
    assert found.tolist() == [[[1.0, 0.0]] * 3, [[0.0, 0.0]] * 3]
    assert not math.isnan(found.sum().item())


def test_a_spaced_vocabulary_has_the_same_pieces_for_a_word_wherever_it_stands() -> None:
    texts = ["Meeting on Monday", "the Meeting was long", "Monday Meeting"] * 5
    spaced = TrainedVocabulary.train(texts, 400, spaced=True)
    assert spaced.encode("Meeting", 20)[:-1] == spaced.encode("the Meeting", 20)[len(spaced.encode("the", 20)) - 1 : -1]
    for text in (*texts, "Größe 你好 x"):
        assert spaced.decode(spaced.encode(text, 50)) == text
        assert [piece for piece, _ in spaced.split(text)] == spaced.encode(text, 50)[:-1]
    restored = TrainedVocabulary.restored(spaced.state())
    assert restored.decode(restored.encode("Meeting", 20)) == "Meeting"
    text = "Monday Meeting"
    ends = [end for _, end in spaced.split(text)]
    assert ends == sorted(ends) and ends[-1] == len(text) - 1


@pytest.mark.parametrize(
    "sharing", [{"name": "hard"}, {"name": "partial", "options": {"layers": 1}}], ids=["hard", "own"]
)
def test_a_task_that_copies_trains_is_saved_and_tells_its_words(sharing, make_trainer, never, tmp_path) -> None:
    tasks = [{"name": "headline", "options": {"copying": True}}, "headline_topic"]
    trainer = make_trainer(tasks, max_steps=2, parts={"sharing": sharing})
    before = {name: each.clone() for name, each in trainer.model.heads["headline"].copier.named_parameters()}
    trainer.run(lambda event: None, never, None)
    after = dict(trainer.model.heads["headline"].copier.named_parameters())
    assert all(not torch.equal(each, after[name]) for name, each in before.items())
    model = trainer.model.eval()
    model.save_pretrained(tmp_path / "saved")
    again = MultiTaskModel.from_pretrained(tmp_path / "saved").eval()
    text = "On Monday Maria Haas opened a bakery in Lisbon, and 300 people came."
    assert answer(again, text).to_dict() == answer(model, text).to_dict()
    found = explain(model, text).to_dict()
    assert "headline" in found["tasks"] or "headline" in found["silent"]
