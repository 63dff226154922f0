# SPDX-License-Identifier: AGPL-3.0-or-later
# Everything at once, at random: what sessions were told is what is stored.
# SEED=n gives the sessions the same choices again, RANDOM_OPS_S=n more time.
python3 "$(dirname "$0")/../lib/random_ops.py" "$1" "${SEED:-$RANDOM}" "${RANDOM_OPS_S:-7}"
