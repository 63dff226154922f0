# SPDX-License-Identifier: AGPL-3.0-or-later
"""wakeups.py FILE COMMAND...: runs it; how often it slept goes into FILE."""
import resource
import subprocess
import sys

code = subprocess.call(sys.argv[2:])
with open(sys.argv[1], "w") as f:
    print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_nvcsw, file=f)
sys.exit(code)
