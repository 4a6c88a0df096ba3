"""“对比”页面，中文。"""

from demo.text import ErrorText
from demo.text.compare import CardText, CompareText

COMPARE = CompareText(
    tab="对比",
    from_lab="共享有帮助吗？",
    race="共享有帮助吗？",
    race_note="把一次运行中的每个任务再单独训练一遍（每一步的文本完全相同），然后比较得分。",
    run="多任务运行",
    seeds="种子数",
    one_seed="1 个：不能下结论",
    some_seeds="{n} 个：均值与 95 % 区间",
    go="单独训练各任务",
    go_on="训练缺少的 {n} 次运行",
    all_there="{n} 次运行都已存在。",
    nothing_to_race="请先在实验页训练一次至少包含两个任务的运行，然后即可与单独训练对比。",
    not_here="本机没有这次运行。",
    estimate="需训练 {n} 次，按本次运行所用时间估计约需 {time}",
    reused="{m} 次运行中已有 {n} 次，不会重新训练。",
    progress="已完成 {done} / {all} 次运行",
    started="已将 {n} 次运行加入队列。",
    pick="选择运行",
    pick_note="最多 {n} 个。只有种子不同的运行算作同一方。",
    no_runs="还没有运行。请先在实验页训练。",
    alone="{task}（单独）",
    together="共同训练",
    more_tasks="{tasks}等，另 {n} 个",
    seed="种子 {n}",
    steps="{n} 步",
    empty="让一次运行与其各任务的单独训练对比，或在左侧选择若干运行：它们的曲线会叠画在这里。",
    shown_seed="显示的种子",
    chart="曲线",
    chart_alt="折线图：每次运行中各任务的{what}，横轴为{axis}。下方表格给出得分数值。",
    what={"train": "训练损失（平滑）", "validation": "验证损失", "score": "验证得分"},
    no_points="运行开始训练后，曲线会立即出现。",
    waits="某个种子的全部运行完成后，这里会显示得分与差值。",
    exports="导出",
    curves="曲线（CSV）",
    scores="得分（CSV）",
    settings="设置（CSV）",
    report="报告（HTML）",
    missing="未开始",
)

CARD = CardText(
    heading="测试得分",
    so_far="目前 {m} 个种子中有 {n} 个已完成。",
    columns=("任务", "指标", "差值", "结论"),
    interval="{low} 至 {high}",
    verdicts={
        "one_seed": "只有一个种子：不能下结论",
        "no_difference": "不能断言有差异",
        "better": "共同训练更好",
        "worse": "共同训练更差",
    },
    pair_verdicts={
        "one_seed": "只有一个种子：不能下结论",
        "no_difference": "不能断言有差异",
        "better": "A 更好",
        "worse": "A 更差",
    },
    together="共同训练",
    alone="单独训练",
    first="A",
    second="B",
    delta="Δm = {value}",
    delta_verdicts={
        "one_seed": "只有一个种子，不能下结论：请用 3 或 5 个种子。",
        "no_difference": "不能断言有差异：区间包含 0。",
        "better": "就全部任务而言，共同训练更好。",
        "worse": "就全部任务而言，共同训练更差。",
    },
    pair_delta_verdicts={
        "one_seed": "只有一个种子，不能下结论：请为双方选择多个种子的运行。",
        "no_difference": "不能断言有差异：区间包含 0。",
        "better": "就全部任务而言，A 更好。",
        "worse": "就全部任务而言，A 更差。",
    },
    definition="Δm：每个任务共同训练的测试得分减去单独训练的得分，再除以单独训练的得分；对各任务取平均，以百分比表示。"
    "大于 0 表示共同训练更好。基准是单独训练（arXiv 1904.08918）。",
    pair_definition="Δm：每个任务 A 的测试得分减去 B 的得分，再除以 B 的得分；对各任务取平均，以百分比表示。"
    "大于 0 表示 A 更好。基准是 B（arXiv 1904.08918）。",
    no_base="无法给出 Δm：{tasks}的基准为 0 或更低，而 Δm 要除以它。",
    how_one="这只是单次运行之间的差值；仅换一个种子，得分也可能有同样大的变化。",
    how_many="{n} 个种子的均值及 95 % 区间：差值按种子配对，学生 t 分布，自由度 {m}。"
    "各区间独立成立：二十个中约有一个会因偶然而出错。",
    costs={
        "models": "用于回答的模型数",
        "parameters": "参数量",
        "training_s": "训练时间",
        "question_s": "向所有任务提一个问题",
        "peak_memory_bytes": "最大内存",
    },
    other_devices="这些运行在不同设备上训练，因此不比较时间。",
    runs_of="运行",
    test_scores="各次运行的测试得分",
    differences="不同的设置",
    settings="多任务运行的设置",
    field="设置项",
    no_differences="所有设置都相同。",
    report_title="运行对比",
    report_note="由 Multi-Task Lab 生成。得分为测试集得分，以百分比表示。",
    made="训练损失（平滑）随步数的曲线。{solid}：实线；{dashed}：虚线。",
)

COMPARE_ERRORS = {
    "ComparisonError": ErrorText("这些运行无法对比。", "{reason}"),
}

COMPARE_REASONS = {
    "ComparisonError.no_run": "对比所需的一次运行尚未开始：{task}，种子 {seed}。",
    "ComparisonError.deleted": "运行 {run} 已被删除，或从未存在：没有可读取的内容。",
    "ComparisonError.unfinished": "运行 {run} 尚未完成，没有测试得分。请等待其结束；若被提前终止，请重新训练。",
    "ComparisonError.nothing_shared": "它们没有共同的任务：一方为 {first}，另一方为 {second}。",
    "ComparisonError.seeds": "差值按种子配对，而{task}在双方的种子不同：{first} 与 {second}。"
    "请补训缺少的种子，或为双方选择同样的种子。",
    "ComparisonError.metric": "{task}的计分方式有两种：{found}。不同种类的得分无法相减。",
    "ComparisonError.base": "Δm 要除以基准，而{task}的基准为 {found}：它应大于 0。",
}

COMPARE_FIELDS = {"seeds": "种子数", "within": "所属运行的任务"}
