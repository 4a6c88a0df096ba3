"""The sampling methods, in English: names, options, and what each does."""

SAMPLING = {
    "proportional": "In proportion to size",
    "temperature": "Temperature",
    "uniform": "All the same",
    "annealed": "From proportional to the same",
    "capped": "Capped",
    "weighted": "By hand",
}

SAMPLING_OPTIONS = {
    "temperature.temperature": "Temperature",
    "annealed.end": "Exponent at the end",
    "capped.cap": "Cap (rows)",
    "weighted.weights": "Weight of each task",
    "weighted.temperature": "Temperature",
}

SAMPLING_NOTES = {
    "sampling.proportional": "Every row counts the same: large sources give most of the texts.",
    "sampling.temperature": "Between proportional (1) and all the same (large): small sources come more often.",
    "sampling.uniform": "Every source gives as many texts, whatever its size; small ones are repeated.",
    "sampling.annealed": "Starts in proportion to size and moves towards all the same until the last step.",
    "sampling.capped": "In proportion to size, but no source counts as larger than the cap.",
    "sampling.weighted": "You say how often the texts of each task come.",
    "sampling.temperature.temperature": "1 is proportional; 2 to 5 are usual; 100 is almost all the same.",
    "sampling.annealed.end": "0 ends with all the same, 1 stays proportional; the paper ends at 0.2.",
    "sampling.capped.cap": "Rows that a source counts at most. All its rows are still used.",
    "sampling.weighted.weights": "1 leaves a task as it is, 2 has its texts come twice as often beside the others.",
    "sampling.weighted.temperature": "1 weighs by rows, larger values weigh sources alike.",
}
