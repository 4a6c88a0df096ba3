"""The sampling methods, in Chinese: names, options, and what each does."""

SAMPLING = {
    "proportional": "按规模",
    "temperature": "温度",
    "uniform": "均匀",
    "annealed": "由按规模渐变为均匀",
    "capped": "设上限",
    "weighted": "手动",
}

SAMPLING_OPTIONS = {
    "temperature.temperature": "温度",
    "annealed.end": "结束时的指数",
    "capped.cap": "上限（行数）",
    "weighted.weights": "各任务的权重",
    "weighted.temperature": "温度",
}

SAMPLING_NOTES = {
    "sampling.proportional": "每一行同样重要：大的数据来源提供大部分文本。",
    "sampling.temperature": "介于按规模（1）与均匀（很大）之间：小的来源出现得更多。",
    "sampling.uniform": "不论规模，每个来源提供同样多的文本；小的来源会重复出现。",
    "sampling.annealed": "开始时按规模，到最后一步逐渐变为均匀。",
    "sampling.capped": "按规模，但任何来源的规模都不超过上限。",
    "sampling.weighted": "由您决定每个任务的文本出现得多频繁。",
    "sampling.temperature.temperature": "1 即按规模；常用 2 到 5；100 几乎均匀。",
    "sampling.annealed.end": "0 结束时均匀，1 始终按规模；论文取 0.2。",
    "sampling.capped.cap": "每个来源最多按这么多行计算；它的所有行仍会用到。",
    "sampling.weighted.weights": "1 不变，2 使该任务的文本相对其他任务加倍出现。",
    "sampling.weighted.temperature": "1 按行数，越大各来源越均等。",
}
