/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Failed log-ins, counted per account and per address, with a delay that grows. No clock of its
 * own: times are CLOCK_MONOTONIC ms given by the caller.
 */
#pragma once

#include <stdint.h>

enum {
	ATTEMPTS_MAX = 2048,         /* accounts and addresses remembered */
	ATTEMPTS_FREE_ACCOUNT = 5,   /* failures without a delay */
	ATTEMPTS_FREE_ADDRESS = 30,  /* a class behind one address mistypes a lot */
	ATTEMPTS_DELAY_MAX = 60000,  /* ms */
	ATTEMPTS_FORGET = 15 * 60000 /* ms without a failure until it is forgotten */
};

struct attempt {
	char key[72]; /* "u:anna", "a:192.0.2.7"; long names by their hash */
	unsigned failures;
	int64_t last_ms;
};

struct attempts {
	struct attempt list[ATTEMPTS_MAX];
	unsigned n;
};

/* How long this person at this address has to wait; 0: go on. */
int64_t attempts_get_delay(struct attempts *a, const char *user, const char *address, int64_t now);
void attempts_failed(struct attempts *a, const char *user, const char *address, int64_t now);
/* The right password clears the account's count, not the address's. */
void attempts_succeeded(struct attempts *a, const char *user);
