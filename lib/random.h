/* SPDX-License-Identifier: AGPL-3.0-or-later */
#pragma once
#include <stddef.h>

/* Fills buf from the kernel's CSPRNG through a buffer of 4 KiB, so that one system call
 * serves hundreds of ids.  -EIO where getrandom(2) failed.  Not for keys: use getrandom. */
int random_fill(void *buf, size_t len) __attribute__((warn_unused_result));
