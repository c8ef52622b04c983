"""What holds for all tests."""

from __future__ import annotations

import sys

from hypothesis import HealthCheck, settings

from tests.programs import cache_folder

# How long an example takes says how busy the machine is: nothing here is judged by it.
settings.register_profile("tests", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("tests")

if sys.dont_write_bytecode:
    # Else every process of every run compiles all tests anew, which is a quarter of the quick
    # ones' time. What is compiled is kept away from the sources, as was asked.
    sys.pycache_prefix = str(cache_folder() / "pycache")
    sys.dont_write_bytecode = False
