"""架上自带任务的中文词语。Chinese words of the bundled tasks that wait on the shelf."""

TASKS = {
    "translate_de": "译成德语",
    "translate_zh": "译成中文",
    "answer": "找答案",
    "headline": "标题",
    "headline_topic": "新闻主题",
}
