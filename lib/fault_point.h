/* SPDX-License-Identifier: AGPL-3.0-or-later */
#pragma once
/*
 * Named moments at which tests make a program die or lose something (tests/fault).
 *
 * They exist in builds with TEGATA_FAULT only (make FAULT=1); else nothing of
 * them is compiled.  One is armed by the environment of the program:
 *
 *   TEGATA_FAULT_POINT=NAME:N      the N-th time that NAME is passed
 *
 * FAULT_POINT(NAME) then ends the program as kill -9 does; FAULT_POINT_HIT(NAME)
 * is true that time, and whoever asks does the harm.
 *
 *   before-send   a batch that moves value is about to go to the database
 *   sent          it went there; charge and commit are under way
 *   answer-lost   its answer has come, and is lost with the connection
 *   committed     its answer was read, nobody was told
 *   told          the first of those who asked was told, as far as the stream's buffer
 *   written       octets of a stream were given to the kernel
 *   text-leased   a text of the outbox is ours, no link has it
 *   text-given    a link has it, as far as its own buffer
 *   text-answered its SMSC has answered, nothing of it is recorded
 *   text-recorded what became of it is in the database
 *   check-asked   (gateway) a manager was asked
 *   check-answered (gateway) it has answered, the shop was not told
 */
#include <stdbool.h>

#ifdef TEGATA_FAULT
#define FAULT_POINT(name) fault_point(name)
#define FAULT_POINT_HIT(name) fault_point_hit(name)
#else
#define FAULT_POINT(name) \
	do {              \
	} while (0)
#define FAULT_POINT_HIT(name) false
#endif

void fault_point(const char *name);
bool fault_point_hit(const char *name);

/* Whatever the peer sent to this socket and was not read is lost, and so is the connection. */
void fault_point_socket_lose(int fd);
