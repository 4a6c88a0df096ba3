"""``python -m mtl.data.compose`` writes the bundled corpus beside its dataset card, the same bytes every time."""

from mtl.data.compose.splits import composed
from mtl.data.corpus import BUNDLED


def main() -> None:
    """Writes every file of the corpus."""
    for name, content in list(composed()):
        (BUNDLED / name).write_bytes(content)


if __name__ == "__main__":
    main()
