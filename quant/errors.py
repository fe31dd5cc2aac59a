"""What goes wrong with model files, each with one sentence for the person."""


class ModelFileError(Exception):
    """A model or checkpoint is missing, unreadable, malformed or not supported.

    Its text is one sentence: what failed, on what file, what to do next.
    """


class ConversionError(Exception):
    """A sound model could not be written: the output exists, the disk is full, a library is missing.

    Its text is one sentence: what failed, on what file, what to do next.
    """
