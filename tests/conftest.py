"""Patched like the server itself: gevent first, then everything else. And on ground of its own: the settings
of whoever runs the tests (`IVR_HOME`, `IVR_DATABASE__URL` …) would lead them into a real installation."""

from gevent import monkey

monkey.patch_all()

import os  # noqa: E402 - patching comes first

SHARED = {"IVR_MODELS"}
"""Where models are kept: read, and expensive to fetch again."""

for variable in [name for name in os.environ if name.startswith("IVR_") and name not in SHARED]:
    del os.environ[variable]
