"""What the kinds of tasks do, and how they are scored, in Chinese."""

KINDS = {
    "classification": "{n} 类",
    "classification_open": "分类",
    "pair": "句对 · {n} 类",
    "pair_open": "句对分类",
    "regression": "数值 {low}–{high}",
    "tagging": "逐词标注",
    "multilabel": "{n} 个标签中的若干个",
    "multilabel_open": "多标签",
    "question_answering": "从短文中找答案",
    "generation": "生成文本",
}
"""On a card. ``_open`` where the labels are known only when the data is read."""

METRICS = {
    "accuracy": "准确率",
    "macro_f1": "宏平均 F1",
    "f1": "F1",
    "mcc": "MCC",
    "pearson": "皮尔逊",
    "spearman": "斯皮尔曼",
    "entity_f1": "实体 F1",
    "word_accuracy": "逐词准确率",
    "precision": "精确率",
    "recall": "召回率",
    "closeness": "1 − 平均绝对误差",
    "micro_f1": "微平均 F1",
    "average_precision": "平均精度",
    "ranking_precision": "标签排名平均精度",
    "exact_match": "完全匹配",
    "answered_f1": "F1（有答案）",
    "no_answer_accuracy": "准确率（无答案）",
    "bleu": "BLEU",
    "chrf": "chrF",
    "rouge_1": "ROUGE-1",
    "rouge_2": "ROUGE-2",
    "rouge_l": "ROUGE-L",
}
