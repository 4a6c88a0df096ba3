"""The small decoder: what it writes with a memory is what it writes without, and beams never do worse than greed."""

import itertools
import math
from dataclasses import replace

import pytest
import torch

from mtl.tasks.classification import IGNORED
from mtl.tasks.decoder import BEGIN, END, PAD, Decoder, Shape, shifted, sinusoids
from mtl.tasks.decoding import Search, Step, Written, beam, greedy
from mtl.tasks.features import Features
from mtl.tasks.task import TextView

TEXTS, READ, HIDDEN = 5, 7, 16
GREEDY = Search(1, 1.0, END, PAD)


def letters(text):
    """A piece a letter."""
    return [(3 + ord(letter) % 37, place) for place, letter in enumerate(text)]


def shape_of(made):
    """How a test of this decoder is called."""
    width, layers, split = made
    return f"{width}-{layers}{'-copying' if split else ''}"


@pytest.fixture(
    params=[(16, 1, None), (16, 2, None), (128, 2, None), (16, 1, letters), (128, 2, letters)], ids=shape_of
)
def decoder(request):
    torch.manual_seed(request.param[1])
    width, layers, split = request.param
    made = Decoder(HIDDEN, Shape(width, layers, 40, 12), GREEDY, 0.1, split).double().eval()
    torch.nn.init.normal_(made.pieces.weight, std=0.4)  # opinions strong enough to differ from text to text
    return made


@pytest.fixture
def features():
    torch.manual_seed(3)
    mask = torch.ones(TEXTS, READ, dtype=torch.long)
    mask[1, 4:] = mask[3, 2:] = 0
    # Of the first text a word was cut off, of the last all of them.
    words, starts = [(0, 2), (3, 5), (6, 9)], [[1, 2, -1], [1, 2, 3], [1, 4, 5], [1, 1, 1], [-1, -1, -1]]
    views = [
        TextView(text, words, each)
        for text, each in zip(("ab cd efg", "ba dc gfe", "aa bb ccc", "a1 b2 c34", "xy zz top"), starts, strict=True)
    ]
    return Features(torch.randn(TEXTS, READ, HIDDEN).double(), mask, views)


def uncached(decoder, features, limit):
    """Greedy writing that reads everything anew for each piece."""
    written = torch.full((TEXTS, 1), BEGIN)
    ended = torch.zeros(TEXTS, dtype=torch.bool)
    for _ in range(limit):
        logits = decoder.logits(features, written)[:, -1]
        logits[:, [PAD, BEGIN]] = -math.inf
        best = logits.argmax(-1).masked_fill(ended, PAD)
        written = torch.cat((written, best[:, None]), 1)
        ended |= best == END
        if ended.all():
            break
    return written[:, 1:]


def search_with(decoder, features, search, limit=12):
    with torch.no_grad():
        if search.beams == 1:
            return greedy(decoder.start(features), TEXTS, limit, search)
        return beam(decoder.start(features, search.beams), TEXTS, limit, search)


def test_writing_with_a_memory_is_writing_without(decoder, features):
    assert torch.equal(decoder(features), uncached(decoder, features, 12))


def test_every_step_has_the_probabilities_of_the_whole(decoder, features):
    pieces = torch.randint(3, 40, (TEXTS, 9))
    logits = decoder.logits(features, torch.cat((torch.full((TEXTS, 1), BEGIN), pieces), 1))  # [B, 10, V]
    logits[:, :, [PAD, BEGIN]] = -math.inf
    step = decoder.start(features)
    before = step.begin(TEXTS)
    for at in range(10):
        torch.testing.assert_close(step.next(before), logits[:, at].float().log_softmax(-1), atol=1e-6, rtol=1e-6)
        before = pieces[:, at] if at < 9 else before


def test_what_is_learnt_is_what_would_be_written(decoder, features):
    """Teacher forcing gives at each position the logits of the piece after those before it."""
    labels = torch.randint(3, 40, (TEXTS, 6))
    labels[1, 4:] = IGNORED
    labels[3] = IGNORED
    known = labels != IGNORED
    wanted = decoder.logits(features, shifted(labels))[known]
    torch.testing.assert_close(decoder(features, labels), wanted)
    assert decoder(features, torch.full((TEXTS, 3), IGNORED)).shape == (0, 40)


def test_padding_and_company_change_nothing(decoder, features):
    together = decoder(features)
    for row in range(TEXTS):
        size = int(features.mask[row].sum())
        own = features.rows(row, row + 1)
        alone = decoder(Features(own.hidden[:, :size], own.mask[:, :size], own.views))[0]
        assert torch.equal(together[row][together[row] != PAD], alone)


def test_one_beam_is_greedy(decoder, features):
    first = search_with(decoder, features, GREEDY)
    with torch.no_grad():
        second = beam(decoder.start(features), TEXTS, 12, GREEDY)
    longest = first.pieces.shape[1]
    assert torch.equal(first.pieces, second.pieces[:, :longest])
    assert (second.pieces[:, longest:] == PAD).all()
    torch.testing.assert_close(first.scores, second.scores)


@pytest.mark.parametrize("penalty", [0.0, 0.6, 1.0, 2.0])
@pytest.mark.parametrize("beams", [2, 4, 7])
def test_beams_never_score_worse_than_greed(beams, penalty, decoder, features):
    search = Search(beams, penalty, END, PAD)
    alone = search_with(decoder, features, replace(search, beams=1))
    found = search_with(decoder, features, search).better(alone)
    assert (found.scores >= alone.scores).all()
    decoder.search = search
    written = decoder(features)
    assert torch.equal(written, found.pieces[:, : written.shape[1]])
    for row, pieces in enumerate(found.pieces):
        assert score_of(decoder, features, row, pieces, penalty) == pytest.approx(float(found.scores[row]), abs=1e-5)


def score_of(decoder, features, row, pieces, penalty):
    """The score of a text, from the probabilities of the whole."""
    kept = pieces[pieces != PAD]
    one = features.rows(row, row + 1)
    logits = decoder.logits(one, torch.cat((torch.tensor([BEGIN]), kept[:-1]))[None])[0]
    logits[:, [PAD, BEGIN]] = -math.inf
    chosen = logits.log_softmax(-1)[torch.arange(len(kept)), kept]
    return float(chosen.detach().sum()) / len(kept) ** penalty


class Table(Step):
    """A writer whose probabilities depend on the piece before alone: every text can be tried."""

    def __init__(self, table):
        self.table = table

    def begin(self, rows):
        return torch.full((rows,), BEGIN)

    def next(self, pieces):
        return self.table[pieces].log_softmax(-1)

    def reorder(self, rows):
        pass

    def select(self, rows):
        pass


@pytest.mark.parametrize("penalty", [0.0, 1.0])
def test_many_beams_find_the_best_text_of_all(penalty):
    for seed in range(20):
        torch.manual_seed(seed)
        table = torch.randn(6, 6) * 2
        table[:, [PAD, BEGIN]] = -math.inf
        logs, limit = table.log_softmax(-1), 4
        texts = [
            (*inner, END) if len(inner) < limit else inner
            for length in range(limit + 1)
            for inner in itertools.product((3, 4, 5), repeat=length)
        ]
        scores = {
            text: sum(float(logs[a, b]) for a, b in itertools.pairwise((BEGIN, *text))) / len(text) ** penalty
            for text in texts
        }
        # Wide enough that no hypothesis is ever dropped; the vocabulary is widened likewise, by what is never said.
        wide = torch.full((400, 400), -math.inf)
        wide[:6, :6] = table
        wide[6:, END] = 0
        found = beam(Table(wide), 1, limit, Search(200, penalty, END, PAD))
        text = tuple(found.pieces[0][found.pieces[0] != PAD].tolist())
        assert float(found.scores[0]) == pytest.approx(max(scores.values()), abs=1e-5)
        assert scores[text] == pytest.approx(float(found.scores[0]), abs=1e-5)


def test_the_better_text_is_taken_row_by_row():
    first = Written(torch.tensor([[3, END], [4, END]]), torch.tensor([-1.0, -2.0]))
    second = Written(torch.tensor([[5, 6, END], [7, 8, END]]), torch.tensor([-1.5, -0.5]))
    assert first.better(second).pieces.tolist() == [[3, END, PAD], [7, 8, END]]
    assert first.better(second).scores.tolist() == [-1.0, -0.5]


def test_the_end_is_learnt_and_nothing_is_written_after_it(decoder, features):
    for row in decoder(features).tolist():
        assert END not in row[:-1] or set(row[row.index(END) + 1 :]) <= {PAD}


def test_positions_differ_and_are_bounded():
    table = sinusoids(50, 15)
    assert table.shape == (50, 15)
    assert table.abs().max() <= 1
    assert len({tuple(row) for row in table.tolist()}) == 50


@pytest.mark.parametrize("width", [64, 384])
def test_a_new_decoder_has_no_opinion(width):
    """It begins near log V: a matrix that reads and writes would else have it repeat what it wrote before."""
    torch.manual_seed(0)
    pieces = 2000
    made = Decoder(HIDDEN, Shape(width, 2, pieces, 12), GREEDY, 0.0).eval()
    features = Features(torch.randn(TEXTS, READ, HIDDEN), torch.ones(TEXTS, READ, dtype=torch.long))
    labels = torch.randint(END + 1, pieces, (TEXTS, 12))
    loss = torch.nn.functional.cross_entropy(made(features, labels), labels.flatten())
    assert abs(loss.item() - math.log(pieces)) < 0.5
