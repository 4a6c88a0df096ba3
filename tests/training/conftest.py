"""Runs a trainer and keeps what it said and saved."""

import pytest


@pytest.fixture
def train(never):
    """`train(trainer)`: runs it and returns its events and the steps that were saved."""

    def run(trainer, control=None):
        said, saved = [], []

        def save(model, step):
            saved.append(step)
            return f"step-{step:08d}"

        outcome = trainer.run(said.append, control or never, save)
        return said, saved, outcome

    return run
