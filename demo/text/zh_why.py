"""任务头为什么这样回答，中文。"""

from demo.text.why import MatteredText, MistakesText

MISTAKES = MistakesText(
    tab="错误",
    pick="任务",
    matrix="行是正确标签，列是模型的回答",
    corner="正确 ↓ 回答 →",
    cell="“{gold}”答成“{said}”：{n}",
    others="其余全部",
    outside="无",
    no_matrix="没有混淆矩阵：这个任务不是从几个标签中选一个。",
    slice="部分",
    by_length="按长度",
    by_label="按标签",
    rows="行数",
    loss="损失",
    lengths={
        "short": "短，{low}–{high} 个词元",
        "middle": "中，{low}–{high} 个词元",
        "long": "长，{low}–{high} 个词元",
    },
    groups={"answer": "有答案", "no answer": "无答案", "O": "无"},
    hardest="最难：损失最高的例子",
    right="“{gold}”，回答正确",
    taken="“{gold}”，被当作“{said}”",
    shown="{m} 个中的 {n} 个",
    no_example="没有保留这一格的例子。",
    became="损失 {loss}",
    nothing="空",
    note="{n} 行验证数据，第 {s} 步的权重。点击数字可查看对应的文本。",
    later="运行结束时会说明各任务头错在哪里。",
    none="这次运行没有记录任务头错在哪里。",
)

MATTERED = MatteredText(
    switch="哪些词起了作用",
    title="哪些词对哪个任务头起了作用",
    asking="正在计算……",
    against="反对",
    for_it="支持",
    part="{word}：{p} %",
    unread="未读取",
    silent="对这段文本没有回答",
    none_of="无",
    note="梯度 × 输入，针对每个任务头的回答；同一任务头各词的大小合计为 100 %。"
    "它提示任务头看重什么，但不能证明因果，也只适用于微小的变化。",
    past="只能分析保留下来的权重：请把滑块移回最右端。",
    recorded="录制的运行无法分析。训练一次，任务头就能说明。",
)
