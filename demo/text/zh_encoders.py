"""Why an encoder could not be used, and what to do next, in Chinese."""

ENCODER_REASONS = {
    "EncoderError.offline": "本机无法连接 Hub，本机上也没有 {encoder}。请检查网络，或选择本机已有的编码器。",
    "EncoderError.busy": "Hub 有响应，但暂时取不到 {encoder}。请过几分钟再试。",
    "EncoderError.cut": "下载 {encoder} 时反复中断，没有保留任何半份文件。请重试。",
    "EncoderError.repository": "Hub 上没有本机可以访问的仓库 {encoder}。请检查拼写：所有者/名称。",
    "EncoderError.revision": "{encoder} 没有版本 {revision}。版本留空即使用最新版本。",
    "EncoderError.gated": (
        "{encoder} 只对其所有者批准的人开放。实验室不使用任何人的令牌。"
        "请选择其他编码器，或自行把它下载到本机的 Hub 缓存。"
    ),
    "EncoderError.not_here": "{encoder} 还不在本机上。首次运行下载之后才能测量时间和内存。",
    "EncoderError.refused": "{encoder} 的一个文件与应有的不符，没有使用。请重试；若仍如此，请选择其他编码器。",
    "EncoderError.safetensors": "{encoder} 没有 safetensors 格式的权重。这里只读取这种格式，其他格式可能含有代码。"
    "请选择其他编码器或版本。",
    "EncoderError.tokenizer": "{encoder} 没有可在此使用的分词器。请选择其他编码器。",
    "EncoderError.format": "{encoder} 的文件互不匹配。请选择其他编码器或版本。",
    "EncoderError.remote_code": "{encoder} 必须运行其仓库中的 Python 代码，这里从不运行此类代码。请选择其他编码器。",
    "EncoderError.decoder_only": (
        "{encoder} 只能续写，不能完整阅读文本。请选择编码器（如 BERT）或编码器-解码器（如 T5）。"
    ),
    "EncoderError.apart": (
        "{encoder} 类编码器不能把两段文本分开读。请选择其他编码器（如 BERT），或在任务设置中取消此项。"
    ),
    "EncoderError.architecture": (
        "实验室不认识 {encoder} 的类型（{found}）。请选择 BERT、RoBERTa、ModernBERT 或 T5 等类型。"
    ),
    "EncoderError.too_large": (
        "{encoder} 需要 {found} GB，本机允许 {limit} GB。请选择更小的编码器、保留更少的层或冻结更多的层。"
    ),
}
