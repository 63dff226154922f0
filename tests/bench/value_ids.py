# SPDX-License-Identifier: AGPL-3.0-or-later
"""Adds the check digit (Luhn) to numbers of 19 digits, one a line."""
import sys

for line in sys.stdin:
    number = line.strip()
    total = sum(sum(divmod(2 * int(c), 10)) if i % 2 == 0 else int(c)
                for i, c in enumerate(reversed(number)))
    print(number + str(-total % 10))
