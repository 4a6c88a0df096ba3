"""Rows of a tiny corpus, in few words, as the bundled sources have them."""

import random

WORDS = {
    "negative": ("awful", "broken", "slow"),
    "neutral": ("plain", "usual", "grey"),
    "positive": ("lovely", "bright", "superb"),
    "food": ("soup", "bread"),
    "travel": ("train", "harbour"),
    "person": ("who", "whom"),
    "place": ("where", "whereabouts"),
}
NAMES = (("Ada", "PER"), ("Ada Byron", "PER"), ("Acme", "ORG"), ("Lima", "LOC"), ("New Lima", "LOC"))


def text_row(rng: random.Random) -> dict:
    sentiment = rng.choice(("negative", "neutral", "positive"))
    topic = rng.choice(("food", "travel"))
    name, entity = rng.choice(NAMES)
    words = ["The", rng.choice(WORDS[topic]), "was", rng.choice(WORDS[sentiment])]
    words += [rng.choice(WORDS["neutral"])] * rng.randrange(6)
    tokens = [*words, "in", *name.split(), "."]
    tags = ["O"] * (len(words) + 1) + [f"{'I' if at else 'B'}-{entity}" for at in range(len(name.split()))] + ["O"]
    stars = {"negative": 1.0, "neutral": 3.0, "positive": 5.0}[sentiment]
    text = " ".join(tokens).replace(" .", ".")
    row = {"text": text, "tokens": tokens, "entities": tags, "sentiment": sentiment, "topic": topic, "stars": stars}
    forms = ["article", *["word"] * (len(tokens) - 2), "sign"]
    row |= {"forms": forms, "aspects": [topic, sentiment]}
    return row | {"headline": f"{name}: {sentiment} {words[1]} – 好 😀"}


def pair_row(rng: random.Random) -> dict:
    first, second = rng.choice(WORDS["food"]), rng.choice(WORDS["travel"])
    relation = rng.choice(("same meaning", "different"))
    other = first if relation == "same meaning" else second
    return {"text": f"The {first} was lovely", "text_pair": f"{other} was superb", "relation": relation}


def question_row(rng: random.Random) -> dict:
    kind = rng.choice(("person", "place"))
    return {"text": f"{rng.choice(WORDS[kind])} is {rng.choice(WORDS['travel'])}?", "question_type": kind}


def passage_row(rng: random.Random) -> dict:
    """A question about one of two sentences; of three questions one has no answer."""
    people = rng.sample(("Ada Byron", "Acme", "Grace"), 3)
    first, second, missing = rng.sample(("soup", "bread", "train", "harbour"), 3)
    context = f"{people[0]} is in the {first}. 你好, {people[1]} was in the {second}."
    asked, answer = rng.choice(((first, people[0]), (second, people[1]), (missing, None)))
    answers = {"text": [answer] if answer else [], "answer_start": [context.index(answer)] if answer else []}
    return {"question": f"who is in the {asked}?", "context": context, "answers": answers}


MAKERS = {"texts": text_row, "pairs": pair_row, "questions": question_row, "passages": passage_row}
