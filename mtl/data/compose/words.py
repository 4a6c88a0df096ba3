"""Words of the parallel grammar in English, German and Chinese, as the lines of its lexicon hold them."""

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

FORMS = {"1s": 0, "2s": 1, "3m": 2, "3f": 2, "1p": 3, "3p": 3}
"""Which of *ich, du, er, wir* a person shares its German verb form with."""
PRONOUNS = {"3m": ("he", "er", "他"), "3f": ("she", "sie", "她"), "3p": ("they", "sie", "他们")}


@dataclass(frozen=True)
class Person:
    """A subject or a recipient; slashes part the forms in the grammar file."""

    english: Sequence[str]
    german: Sequence[str]
    chinese: str
    person: str
    tags: frozenset[str]

    @classmethod
    def read(cls, row: Sequence[str]) -> "Person":
        """From a line of the grammar file."""
        person, *tags = row[3].split()
        return cls(row[0].split("/"), row[1].split("/"), row[2], person, frozenset(tags))

    @property
    def third(self) -> bool:
        """Whether the English verb takes an *s*."""
        return self.person in ("3m", "3f")

    @property
    def form(self) -> int:
        """Index of the German verb form."""
        return FORMS[self.person]

    def pronoun(self, language: int) -> str:
        """What stands for the person in a second clause: English 0, German 1, Chinese 2."""
        own = (self.english[0], self.german[0], self.chinese)
        return PRONOUNS.get(self.person, own)[language]


@dataclass(frozen=True)
class Adjective:
    """English, German and Chinese degrees of one adjective."""

    english: Sequence[str]
    german: Sequence[str]
    chinese: Sequence[str]
    tags: frozenset[str]

    @classmethod
    def read(cls, row: Sequence[str]) -> "Adjective":
        """From a line of the grammar file."""
        return cls(row[0].split("/"), row[1].split("/"), row[2].split("/"), frozenset(row[3].split()))


@dataclass(frozen=True)
class Noun:
    """A thing with German gender and plural and a Chinese measure word."""

    english: Sequence[str]
    gender: str
    german: Sequence[str]
    measure: str
    chinese: str
    tags: frozenset[str]

    @classmethod
    def read(cls, row: Sequence[str]) -> "Noun":
        """From a line of the grammar file."""
        gender, *german = row[1].split("/")
        measure, chinese = row[2].split("/")
        return cls(row[0].split("/"), gender, german, measure, chinese, frozenset(row[3].split()))

    @property
    def known(self) -> bool:
        """Whether *the* needs no demonstrative in Chinese: there is one kitchen, one bus to wait for."""
        return bool(self.tags & {"transport", "boat", "sight", "room", "open", "shut", "furniture", "container"})


@dataclass(frozen=True)
class Verb:
    """A verb with what it governs; see the grammar file for the order of forms."""

    kind: frozenset[str]
    english: Sequence[str]
    german: Sequence[str]
    chinese: str
    options: Mapping[str, Any]

    @classmethod
    def read(cls, row: Mapping[str, Any]) -> "Verb":
        """From a line of the grammar file."""
        return cls(frozenset(row["kind"].split()), row["en"].split("/"), row["de"].split("/"), row["zh"], row)

    def option(self, name: str) -> str:
        """One of the optional entries; empty where the verb has none."""
        return str(self.options.get(name, ""))

    def words(self, name: str) -> frozenset[str]:
        """Classes of objects (``obj``) or of places (``at``) that go with the verb."""
        return frozenset(self.option(name).split())

    def zu(self) -> str:
        """The infinitive with *zu*: "zu lesen", "aufzumachen"."""
        prefix = self.option("pre")
        return f"{prefix}zu{self.german[3]}" if prefix else f"zu {self.german[3]}"

    def said(self, aspect: str, thing: str, recipient: str) -> str:
        """The Chinese verb phrase: plain, completed (``le``), experienced (``guo``) or counted (``once``)."""
        words = self.chinese
        if aspect == "le" and "*" not in words:
            return words.replace("|", "") + "了"
        marks = {"le": "了", "guo": "过", "once": "一次"}
        mark = marks.get(aspect, "")
        words = words.replace("|", mark)
        return words.replace("*", thing).replace("^", recipient)


class Words:
    """The lexicon: all entries of ``translations_words.toml``."""

    def __init__(self, path: Path) -> None:
        tables = tomllib.loads(path.read_text(encoding="utf-8"))
        self.persons = {key: Person.read(row) for key, row in tables.pop("person").items()}
        self.nouns = {key: Noun.read(row) for key, row in tables.pop("noun").items()}
        self.adjectives = {key: Adjective.read(row) for key, row in tables.pop("adjective").items()}
        self.verbs = {key: Verb.read(row) for key, row in tables.pop("verb").items()}
        self.modals: dict[str, dict[str, str]] = tables.pop("modal")
        self.finite = {key: row.split("/") for key, row in tables.pop("finite").items()}
        self.places: dict[str, list[str]] = tables.pop("place")
        self.lists: dict[str, list[list[str]]] = {key: row["list"] for key, row in tables.items()}
