"""From bytes to text: which encoding a file is in, told by its bytes alone."""

import codecs
import re

from mtl.data.refusals import refusal

LOOKED_AT = 1 << 18
"""Bytes by which an encoding is told where trying is not enough."""
MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
UTF8_SEQUENCE = re.compile(rb"[\xc2-\xdf][\x80-\xbf]|[\xe0-\xef][\x80-\xbf]{2}|[\xf0-\xf4][\x80-\xbf]{3}")
HIGH = re.compile(rb"[\x80-\xff]")
OTHERS = ("cp1252", "cp1251", "big5", "shift_jis", "euc_kr")
"""What else is tried, of Western, Cyrillic, traditional Chinese, Japanese and Korean texts."""
USUAL = 0.9
"""Share of characters that must be usual ones before a guess is believed."""


def decode(data: bytes, file: str) -> tuple[str, str]:
    """The text and the name of its encoding.

    A byte order mark decides. Without one: UTF-16 if there are zero bytes, UTF-8 if it is valid, GB18030 if the
    characters it would give are usual Chinese ones, and last what charset-normalizer says.

    Raises:
        DataError: It is no text (``binary``), or in none of these encodings (``encoding``).
    """
    for mark, encoding in MARKS:
        if data.startswith(mark):
            return _decoded(data, encoding, file), "utf-16" if encoding == "utf-16" else "utf-8"
    if b"\0" in data[:LOOKED_AT]:
        order = _utf16(data[:LOOKED_AT])
        if order is None:
            raise refusal("binary", file=file)
        return _decoded(data, order, file), order
    try:
        return data.decode("utf-8"), "utf-8"
    except UnicodeDecodeError as error:
        other = _other(data, error.start)
        if other is None:
            raise refusal("encoding", file=file, found=error.start + 1) from error
        return _decoded(data, other, file), other


def _decoded(data: bytes, encoding: str, file: str) -> str:
    try:
        return data.decode(encoding)
    except UnicodeDecodeError as error:
        raise refusal("encoding", file=file, found=error.start + 1) from error


def _utf16(sample: bytes) -> str | None:
    """The byte order in which the sample reads as usual characters."""
    best = max(("utf-16-le", "utf-16-be"), key=lambda encoding: _usual(sample, encoding))
    return best if _usual(sample, best) >= USUAL else None


def _usual(sample: bytes, encoding: str) -> float:
    """The share of characters that everyday text is made of: printable Latin, Chinese, Japanese, Korean, line ends."""
    text = sample.decode(encoding, "replace")
    usual = sum(
        " " <= letter <= "\u052f" or letter in "\r\n\t" or "\u2000" <= letter <= "\u206f"
        or "\u3000" <= letter <= "\u9fff" or "\uac00" <= letter <= "\ud7a3" or "\uff00" <= letter <= "\uffef"
        for letter in text
    )  # fmt: skip
    return usual / max(len(text), 1)


def _other(data: bytes, first: int) -> str | None:
    """The encoding of what is not UTF-8, from around its first byte that says so; None if no guess can be believed."""
    sample = data[max(0, first - LOOKED_AT // 2) :][:LOOKED_AT]
    high = len(HIGH.findall(sample))
    if sum(map(len, UTF8_SEQUENCE.findall(sample))) >= USUAL * high > 0 and high > 8:
        return None  # UTF-8 with a damaged place: any other reading would turn all the rest into nonsense
    if _reads_as_chinese(data):
        return "gb18030"
    from charset_normalizer import from_bytes  # only for such files

    guess = from_bytes(sample, cp_isolation=list(OTHERS)).best()
    return guess.encoding if guess is not None else None


def _reads_as_chinese(data: bytes) -> bool:
    """Whether the bytes are valid GB18030 and give mostly characters of its small everyday part, GB 2312."""
    try:
        text = data.decode("gb18030")
    except UnicodeDecodeError:
        return False
    letters = [letter for letter in text[:LOOKED_AT] if letter > "\x7f"]
    everyday = sum(len(letter.encode("gb2312", "ignore")) == 2 for letter in letters)
    return everyday >= USUAL * len(letters)
