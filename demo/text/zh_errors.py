"""What went wrong, why, and what the button does about it, in Chinese."""

from demo.text import ErrorText, Reason
from demo.text.zh_data import DATA_REASONS
from demo.text.zh_encoders import ENCODER_REASONS

FIELDS = {
    "tasks": "任务",
    "tasks.name": "任务",
    "tasks.loss_scale": "损失倍率",
    "tasks.max_train_samples": "训练行数",
    "encoder": "编码器",
    "encoder.name": "编码器",
    "encoder.revision": "版本",
    "encoder.num_hidden_layers": "层数",
    "encoder.freeze_layers": "冻结层数",
    "encoder.max_length": "最大文本长度",
    "sharing": "共享方式",
    "balancer": "均衡方法",
    "balancer.weights": "权重",
    "sampling": "采样方式",
    "sampling.temperature": "采样温度",
    "sampling.end": "采样结束指数",
    "sampling.cap": "采样上限",
    "sampling.weights": "采样权重",
    "training.max_steps": "预算",
    "training.per_device_train_batch_size": "批大小",
    "training.per_device_eval_batch_size": "验证批大小",
    "training.learning_rate": "学习率",
    "training.head_learning_rate": "任务头学习率",
    "training.warmup_ratio": "预热比例",
    "training.weight_decay": "权重衰减",
    "training.max_grad_norm": "梯度裁剪阈值",
    "training.max_task_grad_norm": "各任务梯度裁剪阈值",
    "training.conflict_steps": "梯度冲突测量间隔步数",
    "training.affinity_steps": "亲和度探测间隔步数",
    "training.early_stopping_patience": "早停耐心（验证次数）",
    "training.model_selection": "评分所用权重",
    "training.eval_steps": "验证间隔步数",
    "training.max_eval_samples": "验证行数",
    "training.seed": "随机种子",
}

RULES = {
    "range": "“{field}”应在 {low} 与 {high} 之间，当前值：{found}。",
    "tasks": "一次运行至少需要一个任务，当前：没有勾选。",
    "freeze": "冻结的层数不能多于编码器保留的层数，当前值：{found}。",
    "other": "“{field}”的值不可用。当前值：{found}。（规则：{rule}）",
    "set": "把“{field}”设为 {value}",
    "tick": "勾选全部任务",
    "show": "定位到该项",
    "pick": "查看任务",
}

ERRORS = {
    "ConfigError": ErrorText("“{field}”不能这样设置。", "{reason}", "{act}"),
    "EncoderError": ErrorText("编码器无法使用。", "{reason}", "{act}"),
    "DataError": ErrorText("某个任务的数据无法读取。", "{reason}", "{act}"),
    "CheckpointError": ErrorText("这次运行的快照无法读取。", "{reason}", "重新训练"),
    "RunNotFound": ErrorText("没有这个地址对应的运行。", "它可能已被删除，或者地址没有复制完整。", "离开此地址"),
    "NotOwner": ErrorText("这是别人的运行。", "在共享的机器上，只有启动者可以停止运行。您可以训练自己的运行。"),
    "StorageError": ErrorText("运行无法写入磁盘。", "{reason}", "重新训练"),
    "LossNotFinite": ErrorText(
        "训练在第 {step} 步停止：“{task}”的损失连续 {times} 次不是数字。",
        "学习率 {learning_rate} 对这次运行过高（梯度范数 {grad_norm}）。",
        "把学习率设为 {value} 并重新训练",
    ),
    "OutOfMemory": ErrorText(
        "本机内存不足。",
        "每批 {per_device_train_batch_size} 条文本的一步所需内存超过了可用内存。",
        "把批大小设为 {value} 并重新训练",
    ),
    "WorkerLost": ErrorText("运行在第 {step} 步中断。", "{reason}", "用相同设置重新训练"),
    "QueueFull": ErrorText("排队的运行已经很多。", "本机暂时不再接收新的运行，请等其中一个开始。", "重试"),
    "Unknown": ErrorText("发生了意外错误。", "{name}：{message}", "重新训练"),
}

REASONS: dict[str, Reason] = {
    "full": "磁盘已满。请删除旧的运行或腾出空间。",
    "read_only": "运行目录不可写。",
    "other": "磁盘拒绝写入。",
    "killed": "训练进程突然消失：被强制结束，或内存耗尽。",
    "server_stopped": "训练期间服务器被关闭。",
    "not_started": "无法为它启动训练进程。",
    **ENCODER_REASONS,
    **DATA_REASONS,
}
