"""The network: a chip of 80x80 in, the probability that each region is covered out. Needs TensorFlow."""

import tensorflow as tf

from covering.draw import CHIP
from covering.regions import REGIONS

MEAN = STD = 127.5
"""The network gets (pixel - MEAN) / STD."""
_PLAN = ((16, 2), (24, 2), (32, 2), (32, 1), (48, 2), (48, 1))
"""Width and stride of each 3x3 convolution."""


def build() -> tf.keras.Model:
    """Six plain convolutions down to 5x5, where places are told apart, then one layer: 57,000 parameters."""
    layers = tf.keras.layers
    chips = value = layers.Input((CHIP, CHIP, 3), batch_size=None)
    for width, stride in _PLAN:
        value = layers.Conv2D(width, 3, stride, padding="same", use_bias=False)(value)
        value = layers.ReLU()(layers.BatchNormalization(momentum=0.97)(value))
    value = layers.ReLU()(layers.Conv2D(24, 1)(value))
    value = layers.Dropout(0.3)(layers.Flatten()(value))
    return tf.keras.Model(chips, layers.Dense(len(REGIONS), activation="sigmoid")(value))
