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

KIND_OPTIONS = {
    "generation.metric": "评分",
    "generation.prefix": "每段文本前的前缀",
    "generation.max_target_length": "生成文本的最大长度（子词）",
    "generation.num_beams": "束宽",
    "generation.length_penalty": "长度惩罚",
    "generation.label_smoothing": "标签平滑",
    "generation.decoder_layers": "解码器层数",
    "generation.decoder_width": "解码器宽度",
    "generation.vocabulary_size": "输出词表大小",
    "generation.copying": "可从原文复制",
    "question_answering.doc_stride": "窗口重叠（词元）",
    "question_answering.max_answer_length": "答案最大长度（词元）",
    "question_answering.n_best": "候选答案数",
    "regression.apart": "两段文本分开读",
}
KIND_NOTES = {
    "tasks.generation.metric": "用来选出最佳时刻。翻译常用 BLEU、chrF，摘要常用 ROUGE-L。",
    "tasks.generation.prefix": "用于训练时带前缀的检查点，例如 T5 的 “translate English to German: ”。",
    "tasks.generation.max_target_length": "一个词约有一到三个子词；更长的目标文本会被截断。",
    "tasks.generation.num_beams": "1 表示每次取最可能的子词；4 表示同时保留四个候选，用时更长。",
    "tasks.generation.length_penalty": "束宽大于 1 时有效：大于 1 偏向长文本，小于 1 偏向短文本。",
    "tasks.generation.label_smoothing": "训练时正确子词让给其余子词的概率。",
    "tasks.generation.decoder_layers": "指在这里训练的小解码器，不是编码器自带的解码器。",
    "tasks.generation.decoder_width": "同上；0 表示与编码器同宽。",
    "tasks.generation.vocabulary_size": "同上；从训练文本中学得，适用于任何语言。",
    "tasks.generation.copying": "小解码器可以照抄读到的词，例如人名。",
    "tasks.question_answering.doc_stride": "长短文按窗口读取，相邻窗口共有这么多词元。",
    "tasks.question_answering.max_answer_length": "更长的答案不予考虑。",
    "tasks.question_answering.n_best": "显示这么多个答案及其概率。",
    "tasks.regression.apart": "各自像单独出现时那样读，再用余弦比较：适合衡量两段文本有多相似。",
}
"""By kind and option, as the wizard shows them."""
