"""Why an encoder could not be used, and what to do next, in English."""

ENCODER_REASONS = {
    "EncoderError.offline": (
        "The Hub cannot be reached from this machine, and {encoder} is not on it. Check the connection, or "
        "choose an encoder that is here."
    ),
    "EncoderError.busy": "The Hub answers, but does not give out {encoder} at the moment. Try again in some minutes.",
    "EncoderError.cut": "The download of {encoder} broke off again and again; nothing half of it was kept. Try again.",
    "EncoderError.repository": (
        "The Hub has no repository {encoder} that is open to this machine. Check the spelling: owner/name."
    ),
    "EncoderError.revision": "{encoder} has no revision {revision}. Leave the revision empty for the newest one.",
    "EncoderError.gated": (
        "{encoder} is open only to people its owner let in, and the lab uses nobody's token. Choose another encoder, "
        "or download it by hand into the Hub's cache of this machine."
    ),
    "EncoderError.not_here": (
        "{encoder} is not on this machine yet. Time and memory can be measured after a first run has downloaded it."
    ),
    "EncoderError.refused": (
        "A file of {encoder} is not the one it should be, and was not used. Try again; if it stays so, choose "
        "another encoder."
    ),
    "EncoderError.safetensors": (
        "{encoder} has no weights in safetensors, the only format read here: others can hold code. Choose "
        "another encoder, or a revision that has them."
    ),
    "EncoderError.tokenizer": "{encoder} has no tokenizer that can be used here. Choose another encoder.",
    "EncoderError.format": "The files of {encoder} do not fit together. Choose another encoder or revision.",
    "EncoderError.remote_code": (
        "{encoder} works only with Python code from its repository, which is never run here. Choose another encoder."
    ),
    "EncoderError.decoder_only": (
        "{encoder} can only write, not read a whole text. Choose an encoder, such as BERT, or an "
        "encoder-decoder, such as T5."
    ),
    "EncoderError.apart": (
        "Encoders like {encoder} cannot read two texts apart from each other. Choose another one, such as BERT, or "
        "untick it in the settings of the task."
    ),
    "EncoderError.architecture": (
        "{encoder} is of a kind ({found}) that the lab does not know. Choose one such as BERT, RoBERTa, "
        "ModernBERT or T5."
    ),
    "EncoderError.too_large": (
        "{encoder} needs {found} GB; this machine allows {limit} GB. Choose a smaller encoder, keep fewer layers "
        "or freeze more."
    ),
}
