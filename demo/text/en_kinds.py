"""What the kinds of tasks do, and how they are scored, in English."""

KINDS = {
    "classification": "{n} classes",
    "classification_open": "sorts texts",
    "pair": "pair · {n} classes",
    "pair_open": "sorts pairs",
    "regression": "number {low}–{high}",
    "tagging": "tags words",
    "multilabel": "several of {n}",
    "multilabel_open": "several labels",
    "question_answering": "answer in a passage",
    "generation": "writes text",
}
"""On a card. ``_open`` where the labels are known only when the data is read."""

METRICS = {
    "accuracy": "accuracy",
    "macro_f1": "macro F1",
    "f1": "F1",
    "mcc": "MCC",
    "pearson": "Pearson",
    "spearman": "Spearman",
    "entity_f1": "entity F1",
    "word_accuracy": "word accuracy",
    "precision": "precision",
    "recall": "recall",
    "closeness": "1 − mean error",
    "micro_f1": "micro F1",
    "average_precision": "average precision",
    "ranking_precision": "ranking precision",
    "exact_match": "exact match",
    "answered_f1": "F1, answerable",
    "no_answer_accuracy": "accuracy, unanswerable",
    "bleu": "BLEU",
    "chrf": "chrF",
    "rouge_1": "ROUGE-1",
    "rouge_2": "ROUGE-2",
    "rouge_l": "ROUGE-L",
}

KIND_OPTIONS = {
    "generation.metric": "Score",
    "generation.prefix": "Before every text",
    "generation.max_target_length": "Longest text it writes (pieces)",
    "generation.num_beams": "Beams",
    "generation.length_penalty": "Length penalty",
    "generation.label_smoothing": "Label smoothing",
    "generation.decoder_layers": "Layers of the decoder",
    "generation.decoder_width": "Width of the decoder",
    "generation.vocabulary_size": "Pieces it writes with",
    "generation.copying": "May copy from the text",
    "question_answering.doc_stride": "Overlap of windows (tokens)",
    "question_answering.max_answer_length": "Longest answer (tokens)",
    "question_answering.n_best": "Answers to rank",
    "regression.apart": "Read the two texts apart",
}
KIND_NOTES = {
    "tasks.generation.metric": "Chooses its best moment. BLEU and chrF are for translation, ROUGE-L for summaries.",
    "tasks.generation.prefix": "For checkpoints trained with one, as T5 with “translate English to German: ”.",
    "tasks.generation.max_target_length": "A word has one to three pieces. Longer targets are cut.",
    "tasks.generation.num_beams": "1 takes the likeliest piece each time; 4 follows four texts at once, more slowly.",
    "tasks.generation.length_penalty": "With several beams: above 1 favours long texts, below 1 short ones.",
    "tasks.generation.label_smoothing": "Probability that the right piece leaves to all others in training.",
    "tasks.generation.decoder_layers": "Of the small decoder trained here, not of one that comes with the encoder.",
    "tasks.generation.decoder_width": "The same; 0 is as wide as the encoder.",
    "tasks.generation.vocabulary_size": "The same; found in the training texts, in any language.",
    "tasks.generation.copying": "The small decoder may take over words that it reads, such as names.",
    "tasks.question_answering.doc_stride": "Long passages are read in windows; neighbours share so many tokens.",
    "tasks.question_answering.max_answer_length": "Longer ones are not considered.",
    "tasks.question_answering.n_best": "So many are shown with their probabilities.",
    "tasks.regression.apart": "Each as if it stood alone, compared by cosine: for how alike two texts are.",
}
"""By kind and option, as the wizard shows them."""
