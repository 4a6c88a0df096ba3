"""What the optimizer is given, and for how many steps."""

import pytest

from mtl.runs.config import TrainingConfig
from mtl.training.optimizing import count_steps, parameter_groups


def test_heads_have_a_rate_of_their_own_and_biases_and_norms_do_not_decay(make_model):
    model = make_model(("topic", "entities"))
    config = TrainingConfig(learning_rate=1e-4, head_learning_rate=5e-3, weight_decay=0.3)
    names = {id(parameter): name for name, parameter in model.named_parameters()}
    placed = {}
    for group in parameter_groups(model, config):
        placed |= {names[id(parameter)]: (group["lr"], group["weight_decay"]) for parameter in group["params"]}
    assert placed.keys() == set(names.values())
    for name, (rate, decay) in placed.items():
        assert rate == (5e-3 if name.startswith("heads.") else 1e-4), name
        assert decay == (0.0 if name.endswith("bias") or "LayerNorm" in name else 0.3), name


def test_frozen_parameters_are_not_given_to_the_optimizer(make_model):
    model = make_model(("topic",), freeze_layers=2)
    groups = parameter_groups(model, TrainingConfig())
    assert sum(len(group["params"]) for group in groups) == 2


@pytest.mark.parametrize(
    ("steps", "epochs", "rows", "wanted"), [(7, 3.0, 100, 7), (-1, 1.0, 100, 4), (-1, 0.5, 100, 2), (-1, 0.001, 3, 1)]
)
def test_epochs_are_counted_in_rows(steps, epochs, rows, wanted):
    config = TrainingConfig(max_steps=steps, num_train_epochs=epochs, per_device_train_batch_size=32)
    assert count_steps(config, rows) == wanted
