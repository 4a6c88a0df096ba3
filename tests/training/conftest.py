"""Runs a trainer and keeps what it said and saved."""

import pytest


@pytest.fixture
def train(never):
    """`train(trainer)`: runs it and returns its events and the steps that were saved."""

    def run(trainer, control=None):
        said, saved = [], []

        class Steps:
            """Keeps only which steps were saved."""

            def save(self, model, step, selected):
                saved.append(step)
                return f"step-{step:08d}"

            def disk_bytes(self):
                return 0

        outcome = trainer.run(said.append, control or never, Steps())
        return said, saved, outcome

    return run
