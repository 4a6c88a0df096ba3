"""Why rows or a snapshot could not be used, and what to do next, in English."""

from demo.text import ErrorText

DATA_REASONS = {
    # the Hub
    "DataError.not_found": ErrorText(
        "The data set cannot be found.",
        "The Hub has no data set {id}, or it is private.",
        "Check its name, or tick another task.",
    ),
    "DataError.gated": ErrorText(
        "The data set is open only to some.",
        "The owner of {id} lets only those read it who accepted its terms, and the lab uses nobody's token.",
        "Tick another task, or download the data set yourself and bring it as a file.",
    ),
    "DataError.revision": ErrorText(
        "The data set has no such revision.",
        "{id} has no revision {found}.",
        "Leave the revision empty for the newest one.",
    ),
    "DataError.config": ErrorText(
        "The data set has no such configuration.",
        "{id} has these: {known}. Asked for: {found}.",
        "Choose one of its configurations.",
    ),
    "DataError.split": ErrorText(
        "The data set has no such split.",
        "{id} has these: {known}. Asked for: {found}.",
        "Choose one of its splits.",
    ),
    "DataError.no_train": ErrorText(
        "The data set does not say what to train on.",
        "{id} has the splits {known}; none of them is called train.",
        "Say which of them is for training.",
    ),
    "DataError.script": ErrorText(
        "The data set is made by a script.",
        "{id} needs Python code from its repository ({found}), which is never run here.",
        "Look for a copy in Parquet on the Hub, or tick another task.",
    ),
    "DataError.no_data": ErrorText(
        "The data set holds no tables.",
        "{id} has no Parquet, JSON or CSV files.",
        "Tick another task.",
    ),
    "DataError.offline": ErrorText(
        "The Hub cannot be reached.",
        "The rows of {id} are on the Hub, which did not answer within {seconds} seconds.",
        "Check the connection of this machine and try again, or train on the tasks that come with the lab.",
    ),
    "DataError.unavailable": ErrorText(
        "The Hub is busy.",
        "It answers, but does not give out {id} at the moment (HTTP status {found}).",
        "Try again in some minutes.",
    ),
    "DataError.cut": ErrorText(
        "The download broke off.",
        "Not all of {id} has arrived ({found}).",
        "Try again.",
    ),
    "DataError.unreadable": ErrorText(
        "The files of the data set do not fit together.",
        "{id} cannot be read as one table ({found}).",
        "Choose another configuration, or tick another task.",
    ),
    # files
    "DataError.missing": ErrorText(
        "A file is gone.",
        "{file} is not on this machine any more.",
        "Bring the file again.",
    ),
    "DataError.suffix": ErrorText(
        "Files of this kind are not read.",
        "A file should be one of {known}. Found: {found}.",
        "Save the table as one of these, and bring it again.",
    ),
    "DataError.empty": ErrorText(
        "The file is empty.",
        "{file} holds no rows.",
        "See whether it was saved whole, and bring it again.",
    ),
    "DataError.too_large": ErrorText(
        "The file is too large.",
        "{file} has {found}; at most {limit} are read.",
        "Bring a part of it.",
    ),
    "DataError.compressed": ErrorText(
        "The file is packed.",
        "{file} is a {found} archive.",
        "Unpack it, and bring what is inside.",
    ),
    "DataError.binary": ErrorText(
        "The file is no table.",
        "{file} holds neither text nor Parquet.",
        "Save the table as CSV or Parquet, and bring it again.",
    ),
    "DataError.encoding": ErrorText(
        "The letters of the file cannot be read.",
        "{file} is not text in UTF-8, UTF-16 or GB18030: byte {found} belongs to none of them.",
        "Save it as UTF-8, and bring it again.",
    ),
    "DataError.damaged": ErrorText(
        "The file is damaged.",
        "{file} cannot be read ({found}).",
        "Save it anew from the program it comes from, and bring it again.",
    ),
    # tables
    "DataError.too_many_rows": ErrorText(
        "The file has too many rows.",
        "{file} has more than {limit} rows.",
        "Bring a part of it.",
    ),
    "DataError.too_many_columns": ErrorText(
        "The file has too many columns.",
        "{file} has {found} columns; at most {limit} are read.",
        "Keep only those that the tasks need.",
    ),
    "DataError.too_many_labels": ErrorText(
        "There are too many different labels.",
        "{column} has {found}; a task can tell apart at most {limit}.",
        "Choose another column, or read this one as a number or as text to write.",
    ),
    "DataError.one_label": ErrorText(
        "There is nothing to tell apart.",
        "{column} should have at least 2 different labels. Found: {found}.",
        "Choose another column for the label.",
    ),
    "DataError.column": ErrorText(
        "A column is missing.",
        "{source} has no column {found}. It has {known}.",
        "Choose one of these.",
    ),
    "DataError.no_rows": ErrorText(
        "No row can be used.",
        "Every row of {source} ({split}) has a problem: {problems}.",
        "Check which columns hold the texts and the labels.",
    ),
    "DataError.too_few_rows": ErrorText(
        "There are too few texts.",
        "{source} has {found} different ones; to be split into training, validation and test it needs {limit}.",
        "Bring more rows.",
    ),
    "DataError.bad_rows": ErrorText(
        "Some rows cannot be used.",
        "{rows} {rows:row|rows} of {source} ({split}) {rows:has|have} problems: {problems}.",
        "Mend them, or have them left out.",
    ),
    # labels
    "DataError.label": ErrorText(
        "A label is none of the task's.",
        "A row of {source} has a label that the task does not know: {found}.",
        "Check the column of the labels, and which labels the task has.",
    ),
    "DataError.tag_count": ErrorText(
        "Tags and words do not match.",
        "A row of {source} has {found} tags for another number of words.",
        "Check the columns of the words and of the tags.",
    ),
    "DataError.answer": ErrorText(
        "An answer is not in its passage.",
        "A row of {source} wants an answer that its passage does not hold: {found}.",
        "Check the columns of the passages and of the answers.",
    ),
    # snapshots
    "CheckpointError.missing": ErrorText(
        "The snapshot is not whole.",
        "The saved model lacks the file {file}.",
        "Train again with the same settings.",
    ),
    "CheckpointError.cut": ErrorText(
        "The snapshot is cut off.",
        "{file} is not as it was when it was saved.",
        "Train again with the same settings.",
    ),
    "CheckpointError.format": ErrorText(
        "The snapshot cannot be read.",
        "{file} is damaged, or was written by another version of the lab.",
        "Train again with the same settings.",
    ),
    "CheckpointError.recorded": ErrorText(
        "The recorded run answers its own text only.",
        "Its answers were written down when it was recorded.",
        "Train a run to ask about yours.",
    ),
}

DAMAGES = {
    "quote": "a quotation mark is never closed",
    "cells": "most lines have not {columns} cells, as the first line has",
    "json": "line {line}, column {column} is not JSON",
    "line": "line {line} is not a JSON object",
    "nested": "it is nested too deeply",
    "layout": "it is no list of rows, nor a table that holds one",
    "squad": "it looks like SQuAD's layout, but lacks {key}",
    "tag": "lines hold a word without a tag",
    "magic": "a Parquet file should begin with PAR1",
    "parquet": "it is cut short, or was not written as Parquet",
}

PROBLEMS = {
    "missing_text": "no text",
    "empty_text": "blank text",
    "missing_label": "no label",
    "unknown_label": "a label that the task does not have",
    "not_a_number": "a label that is no number",
    "out_of_range": "a number outside the task's range",
    "not_a_list": "words or tags that are no list",
    "tag_count": "not as many tags as words",
    "answer_outside": "an answer that is not in the passage",
    "not_an_answer": "an answer of another form",
    "empty_target": "blank text to write",
    "cell_count": "not as many cells as columns",
    "not_a_row": "a line that is no JSON object",
}

SPLITS = {"train": "training", "validation": "validation", "test": "test"}
