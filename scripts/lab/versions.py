"""Which products are installed, and installing them."""

from __future__ import annotations

import os
import subprocess

from scripts.lab.caches import PACKAGES, PROGRAMS, VERSION_ARGUMENTS, program


def product_versions() -> dict[str, str | None]:
    """The first line of each product's own version output, None where it is not installed."""
    found: dict[str, str | None] = {}
    for product in PROGRAMS:
        path = program(product)
        if path is None:
            found[product] = None
            continue
        order = [path, VERSION_ARGUMENTS.get(product, "-v")]
        printed = subprocess.run(order, capture_output=True, text=True, check=False)
        found[product] = (printed.stdout + printed.stderr).strip().splitlines()[0]
    return found


def install() -> int:
    """Install the Debian packages of all caches (as root); apt's exit status.

    The packages' services are not started: ``RUNLEVEL=1`` has invoke-rc.d refuse to.
    """
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive", "RUNLEVEL": "1"}
    updated = subprocess.run(["apt-get", "update", "-q"], check=False, env=environment)
    order = ["apt-get", "install", "-qy", "--no-install-recommends", *PACKAGES]
    installed = subprocess.run(order, check=False, env=environment)
    return installed.returncode or updated.returncode
