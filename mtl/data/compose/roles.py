"""Choosing words for the roles of a parallel frame: who (``s``), does (``v``) what (``o``), where and when.

A role is a slot's name; a digit tells a second one of its sort, and ``{o2}`` is what the subject ``{s2}`` does with
``{v2}``. A frame may narrow a role: ``v = "give"``, ``s = "pron"``, ``n = "clothes"``, ``o = "a"`` (the determiner).
"""

import re
from collections.abc import Mapping
from random import Random
from typing import Any

from mtl.data.compose.frames import pick
from mtl.data.compose.phrases import Phrase
from mtl.data.compose.words import Adjective, Noun, Person, Verb, Words
from mtl.errors import DataError

Frame = Mapping[str, str]
LANGUAGES = ("en", "de", "zh")
SLOT = re.compile(r"\{([a-z]+\d?)((?:\.[a-z]+)*)\}")
CARRIES = re.compile(r"\.(adj|sup|one)")
"""Features of a noun that write its adjective too."""
ORDER = ("s", "r", "m", "v", "n", "a", "o", "place")
"""Later roles depend on earlier ones; all others come last."""
DETERMINERS = "a a a the the own own this num"
ADJECTIVES = 0.35
"""Share of objects that carry an adjective."""
HABITS = {
    "kin": {"own"},
    "transport": {"the"},
    "boat": {"a", "the"},
    "dress": {"a", "the", "this", "num"},
    "sight": {"a", "the", "this"},
    "room": {"the", "own"},
    "shut": {"the"},
    "food": {"a", "the", "this", "num"},
    "drink": {"a", "the", "this", "num"},
}
"""Determiners as people use them: *my* uncle, *the* bus, *the* kitchen."""
NEAR = {"1s": {"1s", "1p"}, "1p": {"1s", "1p"}, "2s": {"2s"}}
"""Persons that exclude each other in one sentence: nobody gives us something when we are the giver."""


class Unfit(Exception):
    """These words do not go together; draw again."""


def slots(frame: Frame) -> set[str]:
    """All roles of a frame; ``{vo}`` is a verb with its object."""
    found = [slot for language in LANGUAGES for slot in SLOT.findall(frame[language])]
    used = {role for role, _ in found if base(role) != "vo"}
    used |= {"num" for _, features in found if ".num" in features}
    used |= {"s" for _, features in found if ".own" in features}
    used |= {role.replace("n", "a") for role, features in found if base(role) == "n" and CARRIES.search(features)}
    return used | {role.replace("v", "o") for role in used if base(role) == "v"}


def base(role: str) -> str:
    """The sort of a role, without its number."""
    return role.rstrip("123")


class Cast:
    """One choice of words for all roles of a frame.

    Raises:
        DataError: A role has no words at all.
        Unfit: The words drawn first leave none for a later role.
    """

    def __init__(self, frame: Frame, words: Words, rng: Random) -> None:
        self.words = words
        self.keys: dict[str, str] = {}
        self.values: dict[str, Any] = {}
        self._frame, self._rng = frame, rng
        self._predicative = any(re.search(r"\{a\d?\}|\.comp|\.sup", frame[language]) for language in LANGUAGES)
        for role in sorted(
            slots(frame), key=lambda role: (ORDER.index(base(role)) if base(role) in ORDER else 9, role)
        ):
            if base(role) == "o":
                self._draw_object(role)
            else:
                self._draw(role)

    def subject(self, role: str) -> Person:
        """Who does what the verb of the same number says; the first subject where there is only one."""
        number = role[len(base(role)) :]
        return self.values.get(f"s{number}") or self.values.get("s") or self.words.persons["who"]

    def pairs(self) -> list[tuple[str, str]]:
        """The pairs that decide which split may say this: verb and object (or subject), else noun and next word."""
        keys = self.keys
        verbs = sorted(role for role in keys if base(role) == "v")
        if verbs:
            return [(keys[role], keys.get(role.replace("v", "o")) or keys.get("s", "")) for role in verbs]
        order = [role for role in ("n", "a", "n2", *self.words.lists, "s", "s2") if role in keys]
        return [(keys[order[0]], keys[order[1]])]

    def _draw(self, role: str) -> None:
        kind, words = base(role), self.words
        tables: dict[str, Any] = {
            "s": self._persons,
            "r": self._persons,
            "v": self._verbs,
            "n": self._nouns,
            "a": self._adjectives,
        }
        if kind in tables:
            choices = tables[kind](role)
        elif kind == "place":
            choices = self._places()
        elif kind == "m":
            wanted = self._frame.get(role, " ".join(words.modals)).split()
            choices = {key: each for key, each in words.modals.items() if key in wanted}
        elif kind in words.lists:
            taken = {self.keys.get(other) for other in self.keys if base(other) == kind}
            choices = {row[0]: row for row in words.lists[kind] if row[0] not in taken}
        else:
            raise DataError(f"A frame should use known roles. Found `{{{role}}}` in {self._frame['en']!r}.", slot=role)
        if not choices:
            raise Unfit(role)
        self.keys[role] = pick(sorted(choices), self._rng)
        self.values[role] = choices[self.keys[role]]

    def _persons(self, role: str) -> Mapping[str, Person]:
        wanted = set(self._frame.get(role, "pron third").split())
        closed: set[str] = set()
        for other in self.values.values():
            closed |= NEAR.get(other.person, set())
        return {
            key: each
            for key, each in self.words.persons.items()
            if (each.tags & wanted or key in wanted) and key not in self.keys.values() and each.person not in closed
        }

    def _verbs(self, role: str) -> Mapping[str, Verb]:
        kinds, at = set(self._frame.get(role, "act trans").split()), set(self._frame.get("at", "").split())
        somewhere = "{place}" in self._frame["en"]
        return {
            key: verb
            for key, verb in self.words.verbs.items()
            if (verb.kind & kinds or key in kinds)
            and key not in self.keys.values()
            and (not somewhere or verb.words("at"))
            and (not at or verb.words("at") & at)
            and key not in self._frame.get("without", "").split()
        }

    def _nouns(self, role: str) -> Mapping[str, Noun]:
        tags = set(self._frame.get(role, self._frame["n"]).split())
        if role == "n2" and "n2" not in self._frame:
            tags &= self.values["n"].tags
        return {
            key: each for key, each in self.words.nouns.items() if each.tags & tags and key not in self.keys.values()
        }

    def _adjectives(self, role: str) -> Mapping[str, Adjective]:
        noun, wanted = role.replace("a", "n"), self._frame.get(role, "").split()
        tags = self.values[noun if noun in self.values else "n"].tags
        if "n2" in self.values and "n2" not in self._frame:
            tags &= self.values["n2"].tags
        return {
            key: each
            for key, each in self.words.adjectives.items()
            if each.tags & tags
            and (key in wanted or not wanted)
            and key not in self.keys.values()
            # Colours have no degrees, and no predicate in this grammar.
            and (each.english[1] or not self._predicative)
        }

    def _places(self) -> Mapping[str, list[str]]:
        verb = self.values.get("v")
        wanted = verb.words("at") if verb else {"city"}
        wanted &= set(self._frame["at"].split()) if "at" in self._frame else wanted
        return {key: row for key, row in self.words.places.items() if wanted & set(row[3].split())}

    def _draw_object(self, role: str) -> None:
        verb: Verb = self.values[role.replace("o", "v")]
        if not verb.words("obj"):
            return
        subject, taken = self.subject(role), self.keys.values()
        nouns = [key for key, each in self.words.nouns.items() if each.tags & verb.words("obj")]
        # "My brother calls his brother" is a riddle, not an example.
        key = pick([key for key in nouns if key not in taken and key.rstrip("_") not in taken], self._rng)
        noun = self.words.nouns[key]
        allowed = [each for each in self._frame.get(role, DETERMINERS).split() if self._said(each, noun, subject)]
        allowed = [each for each in allowed if each not in verb.words("never")]
        if not allowed:
            raise Unfit(role)
        determiner = pick(allowed, self._rng)
        adjectives = [each for each in self.words.adjectives.values() if each.tags & noun.tags]
        adjective = pick(adjectives, self._rng) if adjectives and self._rng.random() < ADJECTIVES else None
        number = pick(self.words.lists["num"][:2], self._rng) if determiner == "num" else ()
        self.keys[role] = key
        self.values[role] = Phrase(noun, determiner, subject if determiner == "own" else None, number, adjective)

    def _said(self, determiner: str, noun: Noun, subject: Person) -> bool:
        if determiner == "own" and ("who" in subject.tags or ("mine" in subject.tags and "kin" in noun.tags)):
            return False
        return all(determiner in allowed for tag, allowed in HABITS.items() if tag in noun.tags)
