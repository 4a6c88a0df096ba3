"""English words of the bundled tasks that wait on the shelf."""

TASKS = {
    "translate_de": "Into German",
    "translate_zh": "Into Chinese",
    "answer": "Answer",
    "headline": "Headline",
    "headline_topic": "Topic of news",
}
