/* SPDX-License-Identifier: AGPL-3.0-or-later */
#pragma once
/*
 * Values of HTTP header fields.  Every function takes what the client sent, NUL
 * at its end, or NULL where the field is missing.
 */
#include <stdbool.h>

#define HTTP_REQUEST_ID_SIZE 65 /* 64 characters and NUL */
#define HTTP_TRACEPARENT_LEN 55

/* A field name as RFC 9110 section 5.1 has it (a token). */
bool http_field_name_valid(const char *name);
/* Visible ASCII, spaces, tabs and octets from 0x80: RFC 9110 section 5.5. */
bool http_field_value_valid(const char *value);
/* application/json, alone or with charset=utf-8 (RFC 9110 section 8.3). */
bool http_content_type_is_json(const char *value);
/* May the answer be application/json?  A missing field allows everything (section 12.5.1). */
bool http_accept_takes_json(const char *value);
/* 1 to 64 letters, digits, '.', '_', '-', ':' and '/', and not a key: what may stand in a log line.
 */
bool http_request_id_sane(const char *value);
/* W3C Trace Context, version 00: 55 lower case characters, ids not all zero. */
bool http_traceparent_valid(const char *value);
