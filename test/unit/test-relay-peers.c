/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Limits of connections, and addresses as their keys. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>

#include "base/str.h"
#include "io/address.h"
#include "io/peers.h"

static struct sockaddr_storage address(const char *host)
{
	struct sockaddr_storage ss;
	socklen_t len;

	assert_int_equal(address_parse(host, 1, &ss, &len), 0);
	return ss;
}

static struct peer_conn *dropped;

static void handle_drop(struct peer_conn *c)
{
	dropped = c;
}

static int add(struct peers *p, const char *host, struct peer_conn *c)
{
	struct sockaddr_storage ss = address(host);

	*c = (struct peer_conn){ .handle_drop = handle_drop };
	dropped = NULL;
	return peers_add(p, (struct sockaddr *)&ss, c);
}

static struct peers *make(unsigned total, unsigned per_address, unsigned half_open)
{
	struct peers_limits limits = { total, per_address, half_open };
	struct peers *p;

	assert_int_equal(peers_new(&limits, &p), 0);
	return p;
}

static void each_address_has_its_limit(void **state)
{
	struct peers *p = make(10, 2, 2);
	struct peer_conn a[3], b[1];

	assert_int_equal(add(p, "192.0.2.1", &a[0]), 0);
	assert_int_equal(add(p, "192.0.2.1", &a[1]), 0);
	assert_int_equal(add(p, "192.0.2.1", &a[2]), -EDQUOT);
	peers_remove(&a[2]); /* was not counted */
	assert_int_equal(add(p, "192.0.2.2", &b[0]), 0);
	peers_remove(&a[0]);
	assert_int_equal(add(p, "192.0.2.1", &a[2]), 0);
	peers_remove(&a[2]);
	peers_remove(&a[1]);
	peers_remove(&a[1]); /* twice is fine */
	peers_remove(&b[0]);
	assert_int_equal(peers_count(p), 0);
	peers_free(p);
}

static void all_together_have_one(void **state)
{
	struct peers *p = make(2, 2, 2);
	struct peer_conn a, b, c;

	assert_int_equal(add(p, "192.0.2.1", &a), 0);
	assert_int_equal(add(p, "192.0.2.2", &b), 0);
	assert_int_equal(add(p, "192.0.2.3", &c), -EMFILE);
	peers_remove(&a);
	peers_remove(&b);
	peers_free(p);
}

static void the_oldest_half_open_one_goes_for_a_new_one(void **state)
{
	struct peers *p = make(10, 10, 2);
	struct peer_conn a, b, c, d, other;

	assert_int_equal(add(p, "192.0.2.1", &a), 0);
	assert_int_equal(add(p, "192.0.2.1", &b), 0);
	peers_establish(&a); /* has shown what it is: not the one to go */
	assert_int_equal(add(p, "192.0.2.2", &other), 0);
	assert_null(dropped);
	assert_int_equal(add(p, "192.0.2.1", &c), 0);
	assert_null(dropped);
	assert_int_equal(add(p, "192.0.2.1", &d), 0);
	assert_ptr_equal(dropped, &b);
	peers_remove(&b);
	assert_int_equal(add(p, "192.0.2.1", &b), 0);
	assert_ptr_equal(dropped, &c);
	peers_remove(&a);
	peers_remove(&b);
	peers_remove(&c);
	peers_remove(&d);
	peers_remove(&other);
	assert_int_equal(peers_count(p), 0);
	peers_free(p);
}

static void addresses_are_counted_as_people_have_them(void **state)
{
	static const struct {
		const char *a, *b;
		bool same;
	} pairs[] = {
		{ "192.0.2.1", "192.0.2.1", true },
		{ "192.0.2.1", "192.0.2.2", false },
		{ "192.0.2.1", "::ffff:192.0.2.1", true },
		{ "2001:db8::1", "2001:db8::2", true }, /* one /64 */
		{ "2001:db8::1", "2001:db8:0:1::1", false },
	};

	for (size_t i = 0; i < ELEMENTSOF(pairs); i++) {
		struct sockaddr_storage a = address(pairs[i].a), b = address(pairs[i].b);

		assert_int_equal(address_key((struct sockaddr *)&a) ==
						 address_key((struct sockaddr *)&b),
				pairs[i].same);
	}
}

static void addresses_are_written_without_port(void **state)
{
	static const struct {
		const char *host, *text;
		bool loopback;
	} table[] = {
		{ "192.0.2.1", "192.0.2.1", false },
		{ "::ffff:192.0.2.1", "192.0.2.1", false },
		{ "2001:db8::1", "2001:db8::1", false },
		{ "127.0.0.1", "127.0.0.1", true },
		{ "127.9.9.9", "127.9.9.9", true },
		{ "::1", "::1", true },
		{ "::ffff:127.0.0.1", "127.0.0.1", true },
		{ "localhost", "127.0.0.1", true },
		{ "0.0.0.0", "0.0.0.0", false },
		{ "::", "::", false },
	};
	struct sockaddr_storage ss;
	socklen_t len;

	for (size_t i = 0; i < ELEMENTSOF(table); i++) {
		char text[ADDRESS_TEXT_MAX];

		ss = address(table[i].host);
		address_format((struct sockaddr *)&ss, text);
		assert_string_equal(text, table[i].text);
		assert_int_equal(address_is_loopback((struct sockaddr *)&ss), table[i].loopback);
	}
	assert_int_equal(address_parse("school.example", 1, &ss, &len), -EINVAL);
	assert_int_equal(address_parse("", 1, &ss, &len), -EINVAL);
	assert_int_equal(address_parse("1.2.3", 1, &ss, &len), -EINVAL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_address_has_its_limit),
		cmocka_unit_test(all_together_have_one),
		cmocka_unit_test(the_oldest_half_open_one_goes_for_a_new_one),
		cmocka_unit_test(addresses_are_counted_as_people_have_them),
		cmocka_unit_test(addresses_are_written_without_port),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
