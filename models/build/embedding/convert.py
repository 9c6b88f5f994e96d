"""A Keras graph to TFLite bytes: float32, or int8 weights with float activations (dynamic range). Needs TensorFlow."""

import tensorflow as tf

PRECISIONS = ("float32", "int8")


def to_tflite(model: tf.keras.Model, precision: str) -> bytes:
    """TFLite bytes of a model.

    `int8` is dynamic-range quantisation: weights alone, so there is no calibration set to be wrong about (full int8,
    calibrated on a narrow set of faces, lost .005 of cosine on others).
    """
    if precision not in PRECISIONS:
        raise ValueError(f"precision {precision!r}; known are {', '.join(PRECISIONS)}")
    converter = tf.lite.TFLiteConverter.from_keras_model(model)
    if precision == "int8":
        converter.optimizations = [tf.lite.Optimize.DEFAULT]
    content: bytes = converter.convert()
    return content
