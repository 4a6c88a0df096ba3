"""English words of the bundled tasks that wait on the shelf, and of the presets that use them."""

from demo.text import PresetText

TASKS = {
    "translate_de": "Into German",
    "translate_zh": "Into Chinese",
    "answer": "Answer",
    "headline": "Headline",
    "headline_topic": "Topic of news",
    "intent": "Intent",
    "slots": "Slots",
}
LABELS = {
    "play_music": "play music",
    "set_alarm": "set alarm",
    "set_timer": "set timer",
    "get_weather": "weather",
    "book_table": "book table",
    "add_to_list": "add to list",
    "send_message": "send message",
    "control_lights": "lights",
    "navigate": "navigate",
}
SLOTS: dict[str, str] = {}
PRESETS = {
    "translate_classify": PresetText(
        "Translate + classify",
        "Topic is learnt long before German is. Under Samples, watch the sentences take shape.",
    ),
    "answer_summarise": PresetText(
        "Answer + summarise",
        "One encoder finds answers and writes headlines. Under Samples, headlines get fluent before they get right.",
    ),
    "intent_slots": PresetText(
        "Intent + slots",
        "One text, two labels: what is wanted, and the words that say with what. The slots take longer to learn.",
    ),
    "translate_classify_hub": PresetText(
        "Translate + classify, Hub",
        "Multi30k and SST-2: captions into German, sentiment of reviews. Offline, the run says what it cannot reach.",
    ),
    "answer_summarise_hub": PresetText(
        "Answer + summarise, Hub",
        "SQuAD and AESLC: answers in Wikipedia, subjects of e-mails. Offline, the run says what it cannot reach.",
    ),
}
