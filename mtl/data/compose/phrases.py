"""Noun phrases of the parallel grammar: English articles, German declension, Chinese measure words.

German adjectives follow three declensions: weak endings after *der* and *dieser*, mixed ones after *ein*, *kein* and
*mein*, strong ones where no article stands.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from mtl.data.compose.words import Adjective, Noun, Person

GENDERS = {"der": 0, "die": 1, "das": 2, "plural": 3}
CASES = ("nom", "acc", "dat")
ARTICLES = {
    "the": ("der die das die", "den die das die", "dem der dem den"),
    "this": ("dieser diese dieses diese", "diesen diese dieses diese", "diesem dieser diesem diesen"),
}
EIN = ("- e - e", "en e - e", "em er em en")
"""Endings of *ein*, *kein* and the possessives."""
ENDINGS = {
    "weak": ("e e e en", "en e e en", "en en en en"),
    "mixed": ("er e es en", "en e es en", "en en en en"),
    "strong": ("er e es e", "en e es e", "em er em en"),
}
STEMS = {"teuer": "teur", "dunkel": "dunkl", "hoch": "hoh"}
"""Adjectives whose stem changes before an ending."""
CONTRACTIONS = {"in dem": "im", "an dem": "am", "zu dem": "zum", "zu der": "zur", "von dem": "vom", "bei dem": "beim"}


@dataclass(frozen=True)
class Phrase:
    """A noun with its determiner and, perhaps, an adjective.

    ``determiner`` is *a, the, this, own, my, no* or *num*; ``owner`` says whose it is, ``number`` how many;
    ``alone`` leaves the noun out: "dieser", "ein neuer".
    """

    noun: Noun
    determiner: str
    owner: Person | None = None
    number: Sequence[str] = ()
    adjective: Adjective | None = None
    degree: int = 0
    alone: bool = False

    def english(self) -> str:
        """As an English noun phrase."""
        words = self.noun.english[self.determiner == "num"]
        if self.adjective:
            words = f"{self.adjective.english[self.degree]} {words}"
        owner = self.owner.english[2] if self.owner else ""
        article = "an" if words[0] in "aeiou" else "a"
        given = {"own": owner, "a": article, "no": article, "num": self.number[0] if self.number else ""}
        return f"{given.get(self.determiner, self.determiner)} {words}"

    def german(self, case: str) -> str:
        """As a German noun phrase in this case."""
        plural = self.determiner == "num"
        at, gender = CASES.index(case), GENDERS["plural" if plural else self.noun.gender]
        if self.determiner in ARTICLES:
            article, kind = ARTICLES[self.determiner][at].split()[gender], "weak"
        elif plural:
            article, kind = self.number[1], "strong"
        else:
            stems = {"a": "ein", "no": "kein", "my": "mein"}
            stem = self.owner.german[3] if self.owner and self.determiner == "own" else stems[self.determiner]
            article, kind = stem + EIN[at].split()[gender].replace("-", ""), "mixed"
        noun = "" if self.alone else self.noun.german[plural]
        if plural and case == "dat" and noun[-1] not in "ns":
            noun += "n"
        return " ".join(filter(None, (article, self._german_adjective(ENDINGS[kind][at].split()[gender]), noun)))

    def relative(self, case: str) -> str:
        """The pronoun that begins a relative clause about one of these: "der Zug, *den* …"."""
        return ARTICLES["the"][CASES.index(case)].split()[GENDERS[self.noun.gender]]

    def _german_adjective(self, ending: str) -> str:
        if not self.adjective:
            return ""
        stem = self.adjective.german[self.degree]
        return STEMS.get(stem, stem) + ending

    def chinese(self, bare: bool = False) -> str:
        """As a Chinese noun phrase; ``bare`` leaves *one* out."""
        measure = self.noun.measure
        attribute = self.adjective.chinese[1] if self.adjective else ""
        if attribute.endswith("色") and len(self.noun.chinese) == 1:
            attribute += "的"
        words = attribute + ("" if self.alone else self.noun.chinese)
        if self.determiner == "own" and self.owner:
            kin = "kin" in self.noun.tags and self.owner.person in ("1s", "2s")
            we = self.owner.person == "1p" and "kin" in self.noun.tags
            owner = self.owner.chinese if we or self.owner.person in ("1s", "2s") else "自己"
            return owner + ("" if kin or attribute.endswith("的") else "的") + words
        one = "" if bare else f"一{measure}"
        that = "" if self.noun.known else f"那{measure}"
        number = self.number[2] + measure if self.number else ""
        given = {"a": one, "no": "", "the": that, "this": f"这{measure}", "num": number, "my": "我的"}
        return given[self.determiner] + words


def tidy(sentence: str, german: bool = False) -> str:
    """Spaces, contractions and the capital at the start of a sentence put right."""
    if german:
        for long, short in CONTRACTIONS.items():
            sentence = re.sub(rf"\b{long}\b", short, re.sub(rf"\b{long.capitalize()}\b", short.capitalize(), sentence))
    sentence = re.sub(r" +([.,!?])", r"\1", re.sub(r" +", " ", sentence)).strip()
    return sentence[0].upper() + sentence[1:]
