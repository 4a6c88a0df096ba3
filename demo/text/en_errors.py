"""What went wrong, why, and what the button does about it, in English."""

from demo.text import ErrorText, Reason
from demo.text.en_data import DATA_REASONS
from demo.text.en_encoders import ENCODER_REASONS

FIELDS = {
    "tasks": "Tasks",
    "tasks.name": "Task",
    "tasks.loss_scale": "Loss scale",
    "tasks.max_train_samples": "Training rows",
    "encoder": "Encoder",
    "encoder.name": "Encoder",
    "encoder.revision": "Revision",
    "encoder.num_hidden_layers": "Depth",
    "encoder.freeze_layers": "Frozen layers",
    "encoder.max_length": "Longest text",
    "sharing": "Sharing",
    "balancer": "Balancer",
    "balancer.weights": "Weight",
    "sampling": "Sampling",
    "sampling.temperature": "Sampling: temperature",
    "sampling.end": "Sampling: exponent at the end",
    "sampling.cap": "Sampling: cap",
    "sampling.weights": "Sampling: weight",
    "training.max_steps": "Budget",
    "training.per_device_train_batch_size": "Batch size",
    "training.per_device_eval_batch_size": "Batch size of validation",
    "training.learning_rate": "Learning rate",
    "training.head_learning_rate": "Head learning rate",
    "training.warmup_ratio": "Warm-up",
    "training.weight_decay": "Weight decay",
    "training.max_grad_norm": "Clip gradients at",
    "training.max_task_grad_norm": "Clip each task's gradient at",
    "training.conflict_steps": "Steps between measurements of conflict",
    "training.affinity_steps": "Steps between probes of affinity",
    "training.early_stopping_patience": "Patience (validations)",
    "training.model_selection": "Weights that are scored",
    "training.eval_steps": "Steps between validations",
    "training.max_eval_samples": "Validation rows",
    "training.seed": "Seed",
}

RULES = {
    "range": "{field} should lie between {low} and {high}. Found: {found}.",
    "tasks": "A run needs at least one task. Found: none.",
    "freeze": "No more layers can be frozen than the encoder keeps. Found: {found}.",
    "other": "{field} should {rule}. Found: {found}.",
    "set": "Set {field} to {value}",
    "tick": "Tick all tasks",
    "show": "Show the field",
    "pick": "Show the tasks",
}

ERRORS = {
    "ConfigError": ErrorText("{field} cannot be used like this.", "{reason}", "{act}"),
    "EncoderError": ErrorText("The encoder could not be used.", "{reason}", "{act}"),
    "DataError": ErrorText("The rows of a task could not be read.", "{reason}", "{act}"),
    "CheckpointError": ErrorText("A snapshot of this run cannot be read.", "{reason}", "Train again"),
    "RunNotFound": ErrorText(
        "There is no run with this address.",
        "It may have been deleted, or the address was copied only in part.",
        "Leave this address",
    ),
    "NotOwner": ErrorText(
        "This run is somebody else's.",
        "On a shared machine only who started a run can stop it. You can train your own.",
    ),
    "StorageError": ErrorText("The run could not be written to the disk.", "{reason}", "Train again"),
    "LossNotFinite": ErrorText(
        "Training stopped at step {step}: {times} times in a row the loss of {task} was not a number.",
        "The learning rate {learning_rate} is too high for this run (gradient norm {grad_norm}).",
        "Set learning rate to {value} and train again",
    ),
    "OutOfMemory": ErrorText(
        "The memory of this machine was not enough.",
        "A step with batches of {per_device_train_batch_size} texts needs more than there is.",
        "Set batch size to {value} and train again",
    ),
    "WorkerLost": ErrorText(
        "The run was interrupted at step {step}.", "{reason}", "Train again with the same settings"
    ),
    "QueueFull": ErrorText(
        "Many runs wait already.", "This machine takes no more now. Wait until one of them has begun.", "Try again"
    ),
    "Unknown": ErrorText("Something unexpected stopped this.", "{name}: {message}", "Train again"),
}

REASONS: dict[str, Reason] = {
    "full": "The disk is full. Delete old runs or free some space.",
    "read_only": "The folder of the runs may not be written to.",
    "other": "The disk refused a write.",
    "killed": "Its process ended without a word: it was ended by force or ran out of memory.",
    "server_stopped": "The server was stopped while it trained.",
    "not_started": "No process could be started for it.",
    **ENCODER_REASONS,
    **DATA_REASONS,
}
