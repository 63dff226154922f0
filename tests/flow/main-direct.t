#!/bin/bash
# SPDX-License-Identifier: AGPL-3.0-or-later
# The main job through handset-sim straight to the manager's GSUP port.
cd "$(dirname "$0")/../.." || exit 1
. tests/flow/main.sh
main_flow direct
