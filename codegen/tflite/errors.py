"""The one error of the import."""


class TfliteError(ValueError):
    """A file is no TensorFlow Lite model, is damaged, or holds what silkscreen does not take.

    The text names the place inside the file.
    """
