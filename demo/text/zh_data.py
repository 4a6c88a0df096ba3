"""Why rows or a snapshot could not be used, and what to do next, in Chinese."""

from demo.text import ErrorText

DATA_REASONS = {
    # the Hub
    "DataError.not_found": ErrorText(
        "找不到这个数据集。", "Hub 上没有数据集 {id}，或者它没有公开。", "请检查名称，或勾选其他任务。"
    ),
    "DataError.gated": ErrorText(
        "这个数据集需要授权。",
        "{id} 的所有者只允许接受其条款的人读取，而实验室不使用任何人的令牌。",
        "请勾选其他任务，或自行下载后作为文件上传。",
    ),
    "DataError.revision": ErrorText("数据集没有这个版本。", "{id} 没有版本 {found}。", "版本留空即使用最新版本。"),
    "DataError.config": ErrorText(
        "数据集没有这个配置。", "{id} 的配置有：{known}。当前指定：{found}。", "请从中选择一个。"
    ),
    "DataError.split": ErrorText(
        "数据集没有这个划分。", "{id} 的划分有：{known}。当前指定：{found}。", "请从中选择一个。"
    ),
    "DataError.no_train": ErrorText(
        "看不出该用哪个划分训练。", "{id} 的划分有：{known}，没有一个叫 train。", "请指明用于训练的划分。"
    ),
    "DataError.script": ErrorText(
        "这个数据集由脚本生成。",
        "{id} 必须运行其仓库中的 Python 代码（{found}），这里从不运行此类代码。",
        "请在 Hub 上找 Parquet 格式的副本，或勾选其他任务。",
    ),
    "DataError.no_data": ErrorText("数据集里没有表格。", "{id} 不含 Parquet、JSON 或 CSV 文件。", "请勾选其他任务。"),
    "DataError.offline": ErrorText(
        "无法连接 Hub。",
        "{id} 的数据在 Hub 上，而 Hub 在 {seconds} 秒内没有响应。",
        "请检查本机网络后重试，或改用实验室自带的任务。",
    ),
    "DataError.unavailable": ErrorText(
        "Hub 正忙。", "Hub 有响应，但暂时取不到 {id}（HTTP 状态码 {found}）。", "请过几分钟再试。"
    ),
    "DataError.cut": ErrorText("下载中断。", "{id} 没有下载完整（{found}）。", "请重试。"),
    "DataError.unreadable": ErrorText(
        "数据集的文件互不匹配。", "{id} 无法读成一张表（{found}）。", "请换一个配置，或勾选其他任务。"
    ),
    # files
    "DataError.missing": ErrorText("文件已不存在。", "本机上已没有 {file}。", "请重新上传。"),
    "DataError.suffix": ErrorText(
        "不支持这种文件。", "支持的格式：{known}。当前：{found}。", "请另存为其中一种格式，再上传。"
    ),
    "DataError.empty": ErrorText("文件是空的。", "{file} 没有任何数据行。", "请确认文件保存完整，再上传一次。"),
    "DataError.too_large": ErrorText("文件过大。", "{file} 有 {found}，上限为 {limit}。", "请只上传其中一部分。"),
    "DataError.compressed": ErrorText("文件是压缩包。", "{file} 是 {found} 压缩包。", "请先解压，再上传里面的文件。"),
    "DataError.binary": ErrorText(
        "文件不是表格。", "{file} 的内容既不是文本，也不是 Parquet。", "请把表格另存为 CSV 或 Parquet，再上传。"
    ),
    "DataError.encoding": ErrorText(
        "无法识别文件的编码。",
        "{file} 不是 UTF-8、UTF-16 或 GB18030 编码的文本：第 {found} 个字节在这些编码中都不合法。",
        "请另存为 UTF-8，再上传。",
    ),
    "DataError.damaged": ErrorText("文件已损坏。", "{file} 无法读取（{found}）。", "请用原来的程序重新保存，再上传。"),
    # tables
    "DataError.too_many_rows": ErrorText("文件的行数过多。", "{file} 超过 {limit} 行。", "请只上传其中一部分。"),
    "DataError.too_many_columns": ErrorText(
        "文件的列数过多。", "{file} 有 {found} 列，上限为 {limit} 列。", "请只保留任务需要的列。"
    ),
    "DataError.too_many_labels": ErrorText(
        "标签种类过多。",
        "列 {column} 有 {found} 种标签，一个任务最多 {limit} 种。",
        "请换一列作标签，或把这一列当作数值或要生成的文本。",
    ),
    "DataError.one_label": ErrorText(
        "标签种类不足，无从区分。", "列 {column} 至少要有 2 种标签，当前：{found}。", "请换一列作标签。"
    ),
    "DataError.column": ErrorText("缺少一列。", "{source} 没有列 {found}，现有的列：{known}。", "请从现有的列中选择。"),
    "DataError.no_rows": ErrorText(
        "没有一行可用。", "{source}（{split}）的每一行都有问题：{problems}。", "请检查哪些列是文本、哪一列是标签。"
    ),
    "DataError.too_few_rows": ErrorText(
        "文本太少。",
        "{source} 有 {found} 条不同的文本；要划分出训练集、验证集和测试集，至少需要 {limit} 条。",
        "请补充数据。",
    ),
    "DataError.bad_rows": ErrorText(
        "有些行不能用。", "{source}（{split}）有 {rows} 行存在问题：{problems}。", "请修正这些行，或选择跳过它们。"
    ),
    # labels
    "DataError.label": ErrorText(
        "有的标签不属于这个任务。",
        "{source} 中有一行的标签不在任务的标签集中：{found}。",
        "请检查标签列和任务的标签集。",
    ),
    "DataError.tag_count": ErrorText(
        "标签数与词数不一致。", "{source} 中有一行有 {found} 个标签，与词数不同。", "请检查词语列和标签列。"
    ),
    "DataError.answer": ErrorText(
        "答案不在短文中。", "{source} 中有一行的答案在短文里找不到：{found}。", "请检查短文列和答案列。"
    ),
    # snapshots
    "CheckpointError.missing": ErrorText("快照不完整。", "保存的模型缺少文件 {file}。", "请用相同设置重新训练。"),
    "CheckpointError.cut": ErrorText("快照被截断。", "{file} 与保存时的大小不符。", "请用相同设置重新训练。"),
    "CheckpointError.format": ErrorText(
        "快照无法读取。", "{file} 已损坏，或由实验室的其他版本写成。", "请用相同设置重新训练。"
    ),
    "CheckpointError.recorded": ErrorText(
        "录制的运行只能回答它自带的文本。", "它的回答是录制时记下的。", "训练一次，就能问您自己的文本。"
    ),
}

DAMAGES = {
    "quote": "有一个引号没有闭合",
    "cells": "大多数行不像首行那样有 {columns} 个单元格",
    "json": "第 {line} 行第 {column} 列不是 JSON",
    "line": "第 {line} 行不是 JSON 对象",
    "nested": "嵌套过深",
    "layout": "既不是行的列表，也不是包含这样一个列表的表",
    "squad": "看起来是 SQuAD 的格式，但缺少 {key}",
    "tag": "有的行只有词，没有标签",
    "magic": "Parquet 文件应以 PAR1 开头",
    "parquet": "文件不完整，或不是以 Parquet 格式写成的",
}

PROBLEMS = {
    "missing_text": "没有文本",
    "empty_text": "文本为空白",
    "missing_label": "没有标签",
    "unknown_label": "标签不在任务的标签集中",
    "not_a_number": "标签不是数字",
    "out_of_range": "数值超出任务的范围",
    "not_a_list": "词语或标签不是列表",
    "tag_count": "标签数与词数不一致",
    "answer_outside": "答案不在短文中",
    "not_an_answer": "答案的格式不对",
    "empty_target": "要生成的文本为空白",
    "cell_count": "单元格数与列数不一致",
    "not_a_row": "该行不是 JSON 对象",
}

SPLITS = {"train": "训练集", "validation": "验证集", "test": "测试集"}
