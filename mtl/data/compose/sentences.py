"""The sentence that a frame becomes with its words, in English, in German and in Chinese."""

from collections.abc import Callable
from typing import Any

from mtl.data.compose.phrases import Phrase, tidy
from mtl.data.compose.roles import SLOT, Cast, base
from mtl.data.compose.words import Person, Verb

DEGREES = {"comp": 1, "sup": 2}
ENGLISH_VERB = ("base", "third", "past", "enpp", "ing")
DETERMINERS = ("a", "the", "this", "no", "own", "num", "my")


def english(frame: str, cast: Cast) -> str:
    """The English sentence."""

    def form(role: str, features: list[str]) -> str:
        value: Any = cast.values.get(role)
        feature = features[0] if features else ""
        if isinstance(value, Person):
            ready = {"": value.english[0], "obj": value.english[1], "poss": value.english[2], "pron": value.pronoun(0)}
            at = 1 if value.third else 2 if value.person != "1s" else 0
            return ready[feature] if feature in ready else cast.words.finite[feature][at]
        if base(role) == "v":
            if feature == "pres":
                feature = "third" if cast.subject(role).third else "base"
            return str(value.english[ENGLISH_VERB.index(feature)])
        if base(role) == "o":
            verb: Verb = cast.values[role.replace("o", "v")]
            return f"{verb.option('enprep')} {value.english()}" if value else verb.option("eno")
        if base(role) == "m":
            forms = cast.values[role]["en"].split("/")
            third = int(cast.subject("s").third)
            return forms[{"": third, "neg": 2 + third, "q": 4 + third, "rest": 6}[feature]]
        if base(role) == "n":
            return noun_phrase(role, features, cast).english()
        if base(role) == "a":
            return str(value.english[DEGREES.get(feature, 0)])
        return str(value[0])

    return tidy(filled(frame, form))


def german(frame: str, cast: Cast) -> str:
    """The German sentence."""

    def form(role: str, features: list[str]) -> str:
        value: Any = cast.values.get(role)
        feature = features[0] if features else ""
        if isinstance(value, Person):
            cases = {"": 0, "acc": 1, "dat": 2}
            if feature == "pron":
                return value.pronoun(1)
            return value.german[cases[feature]] if feature in cases else cast.words.finite[feature][value.form]
        if base(role) == "v":
            return _german_verb(value, feature, cast.subject(role), cast)
        if base(role) == "o":
            return _german_object(cast.values[role.replace("o", "v")], value, feature)
        if base(role) == "m":
            return str(value["de"].split("/")[cast.subject("s").form])
        if base(role) == "n":
            case = next((each for each in features if each in ("nom", "acc", "dat")), "nom")
            phrase = noun_phrase(role, features, cast)
            if "rel" in features:
                return phrase.relative(case)
            return phrase.german(case)
        if base(role) == "a":
            superlative = f"am {value.german[2]}en"
            return superlative if feature == "sup" else str(value.german[DEGREES.get(feature, 0)])
        return str(value[1])

    return tidy(filled(frame, form), german=True)


def _german_verb(verb: Verb, feature: str, subject: Person, cast: Cast) -> str:
    finite, prefix = verb.german[subject.form], verb.option("pre")
    auxiliary = cast.words.finite["sein" if verb.option("sein") else "haben"][subject.form]
    return {
        "pres": finite,
        "pre": prefix,
        "sub": prefix + finite,
        "inf": prefix + verb.german[3],
        "zu": verb.zu(),
        "pp": verb.german[4],
        "aux": auxiliary,
    }[feature]


def _german_object(verb: Verb, thing: Phrase | None, feature: str) -> str:
    particle = {"not": "nicht", "notyet": "noch nicht"}.get(feature, "")
    before = "noch " if feature == "notyet" else ""
    if thing is None:
        rest = verb.option("deo")
        return before + verb.option("kein") if particle and verb.option("kein") else f"{particle} {rest}"
    case = verb.option("case") or "acc"
    if particle and thing.determiner == "a":
        no = Phrase(thing.noun, "no", adjective=thing.adjective)
        return (
            before + no.german(case)
            if not verb.option("prep")
            else f"{particle} {verb.option('prep')} {thing.german(case)}"
        )
    words = thing.german(case)
    return f"{particle} {verb.option('prep')} {words}" if verb.option("prep") else f"{words} {particle}"


def chinese(frame: str, cast: Cast) -> str:
    """The Chinese sentence."""

    def form(role: str, features: list[str]) -> str:
        value: Any = cast.values.get(role)
        feature = features[0] if features else ""
        if isinstance(value, Person):
            return value.pronoun(2) if feature == "pron" else value.chinese
        if base(role) == "vo":
            verb: Verb = cast.values[role.replace("vo", "v")]
            thing, recipient = cast.values.get(role.replace("vo", "o")), cast.values.get("r")
            words = thing.chinese(bare=feature in ("bare", "once", "guo")) if thing else ""
            return verb.said(feature, words, recipient.chinese if recipient else "")
        if base(role) == "m":
            return str(value["zh"].split("/")[("", "neg", "q").index(feature)])
        if base(role) == "n":
            if "noun" in features:
                return str(value.chinese)
            phrase = noun_phrase(role, features, cast)
            return phrase.chinese(bare="bare" in features)
        if base(role) == "a":
            return str(value.chinese[0])
        return str(value[2])

    return tidy(filled(frame, form)).replace(" ", "")


def noun_phrase(role: str, features: list[str], cast: Cast) -> Phrase:
    """A standalone noun with the determiner that its slot names, and its adjective where the slot says so."""
    determiner = next((each for each in features if each in DETERMINERS), "no" if "bare" in features else "a")
    degree = next((DEGREES[each] for each in features if each in DEGREES), 0)
    with_adjective = {"adj", "sup", "one"} & set(features)
    adjective = cast.values.get(role.replace("n", "a")) if with_adjective else None
    owner = cast.subject("s") if determiner == "own" else None
    number = cast.values["num"] if determiner == "num" else ()
    alone = bool({"one", "alone"} & set(features))
    return Phrase(cast.values[role], determiner, owner, number, adjective, degree, alone)


def filled(frame: str, form: Callable[[str, list[str]], str]) -> str:
    """The frame with every slot replaced by what ``form`` makes of its role and features."""
    return SLOT.sub(lambda slot: form(slot[1], slot[2].split(".")[1:]), frame)
