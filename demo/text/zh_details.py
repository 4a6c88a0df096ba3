"""图表下方的详情，中文。"""

from demo.text.details import ConflictText, ModelText

CONFLICT = ConflictText(
    tab="冲突",
    help="互助",
    conflict="冲突",
    neither="几乎互不影响",
    pair="{a}与{b}",
    course="{a}与{b}：{n} % 的测量中有冲突",
    strongest_help="互助最强",
    strongest_conflict="冲突最强",
    share="{m} 次测量中有 {n} 次出现冲突（{p} %）。",
    none="无",
    note="各任务在共享参数处的梯度余弦，{every}测量一次，共 {m} 次：数字是最近 {r} 次的平均，曲线是整个过程。",
    each_step="每步",
    every="每 {k} 步",
    nothing_yet="训练第一步后显示各任务的梯度是否一致。",
    one_task="只有一个任务，谈不上互助或冲突。",
    nothing_shared="没有共享的参数，梯度不会相遇。",
    off="测量已关闭：可在“更多设置”中设定测量间隔。",
    never="这次运行没有比较过梯度。",
)

MODEL = ModelText(
    tab="模型",
    run="本次运行",
    plan="当前设置",
    sizes="{n} 参数：{shared} 共享，{own} 独有",
    sizes_own="{n} 参数",
    level="层级",
    levels={
        "embeddings": "词嵌入",
        "end": "末层之后",
        "experts": "专家",
        "stitches": "十字绣连接",
        "head": "任务头",
    },
    layer="第 {n} 层",
    layers="第 {a}–{b} 层",
    made_of="组成",
    shared="共享",
    own="各任务独有",
    frozen="冻结",
    stitched="十字绣相连",
    kinds={"adapter": "每个任务一个适配器", "gate": "每个任务一个门控"},
    norm="范数，第 {s} 步",
    bar="梯度范数（条形）",
    norm_note="横条：裁剪前的梯度范数（对数刻度）；黑色竖线：首次测量时的值。"
    "越靠近词嵌入越短，说明梯度在消失；越长，说明梯度在爆炸。",
    nothing_yet="运行加载完成或估计测得之后，这里会画出模型。",
    not_noted="这次运行没有记录模型的组成。",
)
