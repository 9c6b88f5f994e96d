"""A double of picamera2: the signatures of the real one (a test holds them against it), and a sensor that counts."""

import threading
import time
from concurrent.futures import CancelledError, Future
from types import SimpleNamespace

import cv2
import numpy as np

libcamera = SimpleNamespace(Transform=lambda: "upright")
PADDING = 32
"""Bytes by which the rows of `lores` are longer than the picture: a real image processor aligns them."""


def pattern(width, height, number):
    """BGR: blue left, red right, brightness by the number; what swapped channels would show."""
    picture = np.zeros((height, width, 3), np.uint8)
    picture[:, : width // 2, 0] = 200
    picture[:, width // 2 :, 2] = 100 + number % 100
    return picture


class CompletedRequest:
    def __init__(self, camera, number):
        self.camera, self.number, self.released = camera, number, False
        camera.out += 1
        assert camera.out <= camera.config["buffer_count"], "buffers were not given back"

    def make_array(self, name):
        assert not self.released
        config = self.camera.config[name]
        width, height = config["size"]
        picture = pattern(width, height, self.number)
        if config["format"] == "RGB888":
            return picture
        yuv = cv2.cvtColor(picture, cv2.COLOR_BGR2YUV_I420)
        luma, chroma = yuv[:height], yuv[height:].reshape(height, width // 2)
        padded = np.zeros((height * 3 // 2, width + PADDING), np.uint8)
        padded[:height, :width] = luma
        half = np.zeros((height, (width + PADDING) // 2), np.uint8)
        half[:, : width // 2] = chroma
        padded[height:] = half.reshape(height // 2, width + PADDING)
        return padded

    def get_metadata(self):
        stamp = time.clock_gettime_ns(time.CLOCK_BOOTTIME) - 20_000_000 + self.camera.clock_error
        return {"SensorTimestamp": stamp, "ExposureTime": 8333, "AnalogueGain": 2.0}

    def release(self):
        assert not self.released
        self.released = True
        self.camera.out -= 1


class Picamera2:
    @staticmethod
    def global_camera_info():
        return [{"Model": "imx708", "Id": "/base/soc/i2c0mux/i2c@1/imx708@1a", "Num": 0, "Location": 2, "Rotation": 180}]

    def __init__(self, camera_num=0, verbose_console=None, tuning=None, allocator=None):
        self.number = camera_num
        self.config, self.set, self.out, self.count = {}, [], 0, 0
        self.running, self.closed = False, 0
        self.silent = threading.Event()
        self.clock_error = 0
        self.jobs = []

    @property
    def camera_controls(self):
        return {
            "ExposureValue": (-8.0, 8.0, 0.0),
            "AeMeteringMode": (0, 3, 0),
            "FrameDurationLimits": (33333, 120000, 33333),
            "AfMode": (0, 2, 0),
            "AfMetering": (0, 1, 0),
            "AfWindows": ((0, 0, 0, 0), (65535, 65535, 65535, 65535), (0, 0, 0, 0)),
        }

    @property
    def camera_properties(self):
        return {"Model": "imx708", "ScalerCropMaximum": (0, 0, 4608, 2592)}

    def create_video_configuration(
        self,
        main={},
        lores=None,
        raw={},
        transform=libcamera.Transform(),
        colour_space=None,
        buffer_count=6,
        controls={},
        display="main",
        encode="main",
        queue=True,
        sensor={},
        use_case="video",
    ):
        return {"main": main, "lores": lores, "buffer_count": buffer_count, "controls": controls, "colour_space": colour_space}

    def configure(self, camera_config=None):
        self.config = camera_config

    def camera_configuration(self):
        return self.config

    def start(self, config=None, show_preview=False):
        self.running = True

    def stop(self):
        self.running = False

    def close(self):
        self.closed += 1

    def capture_request(self, wait=None, signal_function=None, flush=None):
        assert wait is False
        job = Future()
        self.jobs.append(job)
        if not self.silent.is_set():
            self.count += 1
            time.sleep(0.005)
            job.set_result(CompletedRequest(self, self.count))
        return job

    def wait(self, job, timeout=None):
        return job.result(timeout)

    def cancel_all_and_flush(self):
        for job in self.jobs:
            if not job.done():
                job.set_exception(CancelledError())

    def set_controls(self, controls):
        assert not set(controls) - set(self.camera_controls)
        self.set.append(controls)


class FakeLibrary:
    """`Library` around the double; `camera` is the one that was opened last."""

    def __init__(self, error=None, found=None):
        self.error, self.found = error, found
        self.camera = None

    def cameras(self):
        return Picamera2.global_camera_info() if self.found is None else self.found

    def open(self, number):
        if self.error:
            raise self.error
        self.camera = Picamera2(number)
        return self.camera

    def colour_space(self):
        return "Smpte170m"
