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
