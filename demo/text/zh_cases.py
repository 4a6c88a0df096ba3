"""架上自带任务及其预设的中文词语。Chinese words of the bundled tasks that wait on the shelf, and of their presets."""

from demo.text import PresetText

TASKS = {
    "translate_de": "译成德语",
    "translate_zh": "译成中文",
    "answer": "找答案",
    "headline": "标题",
    "headline_topic": "新闻主题",
    "intent": "意图",
    "slots": "槽位",
}
LABELS = {
    "play_music": "播放音乐",
    "set_alarm": "设闹钟",
    "set_timer": "设计时器",
    "get_weather": "查天气",
    "book_table": "订座",
    "add_to_list": "加入清单",
    "send_message": "发消息",
    "control_lights": "开关灯",
    "navigate": "导航",
}
SLOTS = {
    "song": "歌名",
    "artist": "歌手",
    "genre": "曲风",
    "time": "时间",
    "date": "日期",
    "duration": "时长",
    "city": "城市",
    "condition": "天气状况",
    "restaurant": "餐馆",
    "cuisine": "菜系",
    "people": "人数",
    "item": "物品",
    "list": "清单",
    "person": "人",
    "message": "消息",
    "room": "房间",
    "color": "颜色",
    "level": "亮度",
    "destination": "目的地",
    "transport": "交通工具",
}
PRESETS = {
    "translate_classify": PresetText("翻译＋分类", "“主题”远比德语学得快。在“样例”中看译文逐渐成形。"),
    "answer_summarise": PresetText(
        "问答＋摘要", "同一个编码器既找答案又写标题。“样例”里的标题先变得通顺，再逐渐写对。"
    ),
    "intent_slots": PresetText("意图＋槽位", "一段文本两种标签：想做什么，以及说明细节的词。槽位学得更慢。"),
    "translate_classify_hub": PresetText(
        "翻译＋分类（Hub）", "Multi30k 与 SST-2：图片说明译成德语，影评情感。离线时，运行会说明哪里连不上。"
    ),
    "answer_summarise_hub": PresetText(
        "问答＋摘要（Hub）", "SQuAD 与 AESLC：在维基百科中找答案，为邮件写主题。离线时，运行会说明哪里连不上。"
    ),
}
