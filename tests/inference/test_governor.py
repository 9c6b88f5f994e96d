from inference.governor import Governor
from inference.thermal import Heat, read_heat


def levels(governor, *celsius):
    return [governor.feel(Heat(each)) for each in celsius]


def test_the_rate_yields_to_heat_and_comes_back_with_cooling():
    governor = Governor(full_fps=24, hot_c=80)
    assert levels(governor, 60, 72.9, 73, 71, 69.9, 80, 78, 76.9, 69) == [0, 0, 1, 1, 0, 2, 2, 1, 0]


def test_rates_of_the_levels():
    governor = Governor(full_fps=24, hot_c=80)
    assert [(governor.feel(Heat(each)), governor.fps) for each in (50, 75, 85)] == [(0, 24), (1, 16), (2, 10)]
    slow = Governor(full_fps=8, hot_c=80)
    slow.feel(Heat(90))
    assert slow.fps == 8


def test_it_yields_to_the_firmware():
    governor = Governor(full_fps=30, hot_c=80)
    assert governor.feel(Heat(None, ("under_voltage",))) == 1
    assert governor.feel(Heat(50, ("frequency_capped", "throttled"))) == 2
    assert governor.feel(Heat(50)) == 0


def put(root, path, text):
    file = root / path
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text)


def test_the_warmest_zone_and_the_firmwares_flags_are_read(tmp_path):
    put(tmp_path, "class/thermal/thermal_zone0/temp", "61234\n")
    put(tmp_path, "class/thermal/thermal_zone1/temp", "58000\n")
    put(tmp_path, "class/thermal/thermal_zone2/temp", "-256000\n")
    put(tmp_path, "class/thermal/thermal_zone3/temp", "off")
    put(tmp_path, "devices/platform/soc/soc:firmware/get_throttled", "50006\n")
    put(tmp_path, "class/hwmon/hwmon1/name", "rpi_volt\n")
    put(tmp_path, "class/hwmon/hwmon1/in0_lcrit_alarm", "1\n")
    assert read_heat(tmp_path) == Heat(61.234, ("frequency_capped", "throttled", "under_voltage"))


def test_a_board_without_sensors_says_nothing(tmp_path):
    assert read_heat(tmp_path) == Heat()
