"""Picks among the events of a run."""


def of(said, kind, **values):
    """The events of a kind that have these values."""
    return [
        event
        for event in said
        if isinstance(event, kind) and all(getattr(event, name) == value for name, value in values.items())
    ]
