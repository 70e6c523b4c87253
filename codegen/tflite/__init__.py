"""Import of TensorFlow Lite files: int8 models of one graph become networks. See docs/import.md."""

from codegen.tflite.errors import TfliteError
from codegen.tflite.importer import Answer, network_of, read_tflite

__all__ = ["Answer", "TfliteError", "network_of", "read_tflite"]
