/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * RDP's first packets: lengths, what is read of each kind, what is refused, and that the Client
 * Info that xrdp gets is a good one that has nothing of the person's any more.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <string.h>

#include "proto/rdp.h"

static uint8_t packet[2048];
static size_t len;

static void add(const void *data, size_t n)
{
	memcpy(packet + len, data, n);
	len += n;
}

static void add_text(const char *s, size_t room)
{
	for (size_t i = 0; i < room; i++)
		add((uint8_t[]){ i < strlen(s) ? (uint8_t)s[i] : 0, 0 }, 2);
}

static void begin(void)
{
	len = 0;
	add("\3\0\0\0\2\xf0\x80", 7);
}

static void finish(void)
{
	packet[2] = (uint8_t)(len >> 8);
	packet[3] = (uint8_t)len;
}

/* As FreeRDP and mstsc build it; name: of the computer. */
static void build_client(const char *name)
{
	size_t outer, data, blocks, calls;

	begin();
	add("\x7f\x65\x82\0\0", 5);
	outer = len;
	add("\4\1\1\4\1\1\1\1\xff", 9);
	for (int i = 0; i < 3; i++)
		add("\x30\x06\2\1\x22\2\1\2", 8);
	add("\4\x82\0\0", 4);
	data = len;
	add("\0\5\0\x14\x7c\0\1\x80\0", 9);
	calls = len;
	add("\0\x08\0\x10\0\1\xc0\0Duca\x80\0", 14);
	blocks = len;
	add("\x04\xc0\x0c\0\x0d\0\0\0\0\0\0\0", 12); /* another block comes first */
	add("\x01\xc0\xd8\0\x0c\0\x08\0", 8);
	add("\xb0\x04\x20\x03\x01\xca\x03\xaa\x09\x04\0\0\x28\x0a\0\0", 16);
	add_text(name, 16);
	while (len < blocks + 12 + 0xd8)
		add("\0", 1);
	packet[outer - 2] = (uint8_t)((len - outer) >> 8);
	packet[outer - 1] = (uint8_t)(len - outer);
	packet[data - 2] = (uint8_t)((len - data) >> 8);
	packet[data - 1] = (uint8_t)(len - data);
	packet[calls - 2] = (uint8_t)(0x80 | (len - calls) >> 8);
	packet[calls - 1] = (uint8_t)(len - calls);
	packet[blocks - 2] = (uint8_t)(0x80 | (len - blocks) >> 8);
	packet[blocks - 1] = (uint8_t)(len - blocks);
	finish();
}

static void build_info(uint32_t flags, const char *user, const char *password)
{
	const char *const texts[] = { "SCHOOL", user, password, "shell.exe", "C:\\" };
	size_t at;

	begin();
	add("\x64\0\6\x03\xeb\x70\x80\0", 8);
	at = len;
	add("\x40\0\0\0\x07\x04\0\0", 8);
	add((uint8_t[]){ (uint8_t)flags, (uint8_t)(flags >> 8), 0, 0 }, 4);
	for (size_t i = 0; i < 5; i++)
		add((uint8_t[]){ (uint8_t)(2 * strlen(texts[i])), 0 }, 2);
	for (size_t i = 0; i < 5; i++)
		add_text(texts[i], strlen(texts[i]) + 1);
	add("the rest", 8);
	packet[at - 2] = (uint8_t)(0x80 | (len - at) >> 8);
	packet[at - 1] = (uint8_t)(len - at);
	finish();
}

enum { FLAGS = 0x33, AUTOLOGON = 0x08 };

static void test_measure(void **state)
{
	assert_int_equal(rdp_packet_measure((uint8_t *)"\3\0\0\x13", 4), 0x13);
	assert_int_equal(rdp_packet_measure((uint8_t *)"\3\0\0", 3), 0);
	assert_int_equal(rdp_packet_measure((uint8_t *)"", 0), 0);
	assert_int_equal(rdp_packet_measure((uint8_t *)"\3\0\0\6", 4), -EPROTO);
	assert_int_equal(rdp_packet_measure((uint8_t *)"\3\0\x40\1", 4), -EPROTO);
	assert_int_equal(rdp_packet_measure((uint8_t *)"GET ", 4), -EPROTO);
}

static void test_request(void **state)
{
	static const uint8_t cookie[] = "\3\0\0\x2f\x2a\xe0\0\0\0\0\0Cookie: mstshash=anna.b\r\n"
					"\1\0\x08\0\x0b\0\0\0";
	static const uint8_t token[] = "\3\0\0\x2e\x29\xe0\0\0\0\0\0tsv://MS.1.Classroom.1.A\r\n"
				       "\1\0\x08\0\3\0\0\0";
	static const uint8_t nla[] = "\3\0\0\x13\x0e\xe0\0\0\0\0\0\1\0\x08\0\2\0\0\0";
	static const uint8_t old[] = "\3\0\0\x0b\x06\xe0\0\0\0\0\0";
	uint8_t own[RDP_NEGOTIATION_LEN];
	uint32_t protocols = 99;

	assert_int_equal(rdp_request_parse(cookie, sizeof(cookie) - 1, &protocols), 0);
	assert_int_equal(protocols, 0x0b);
	assert_int_equal(rdp_request_parse(old, sizeof(old) - 1, &protocols), 0);
	assert_int_equal(protocols, RDP_PROTOCOL_CLASSIC);
	/* "loadbalanceinfo" of an .rdp file; only CredSSP; a line without an end. */
	assert_int_equal(rdp_request_parse(token, sizeof(token) - 1, &protocols), 0);
	assert_int_equal(protocols, 3);
	assert_int_equal(rdp_request_parse(nla, sizeof(nla) - 1, &protocols), 0);
	assert_int_equal(protocols, 2);
	assert_int_equal(rdp_request_parse(cookie, 30, &protocols), 0);
	assert_int_equal(protocols, RDP_PROTOCOL_CLASSIC);
	len = 0;
	add("\3\0\0\0\xff\xe0\0\0\0\0\0Cookie: mstshash=", 28);
	while (len < sizeof(packet) - 10)
		add("a", 1);
	add("\r\n\1\0\x08\0\1\0\0\0", 10);
	finish();
	assert_int_equal(rdp_request_parse(packet, len, &protocols), 0);
	assert_int_equal(protocols, RDP_PROTOCOL_TLS);
	rdp_request_build(own, 3);
	assert_int_equal(rdp_packet_measure(own, sizeof(own)), sizeof(own));
	assert_int_equal(rdp_request_parse(own, sizeof(own), &protocols), 0);
	assert_int_equal(protocols, 3);
	assert_int_equal(rdp_request_parse(own, 10, &protocols), -EPROTO);
	assert_int_equal(rdp_request_parse(own, 15, &protocols), -EPROTO);
	assert_false(rdp_is_confirm(own, sizeof(own)));
	rdp_confirm_build(own, RDP_PROTOCOL_TLS);
	assert_true(rdp_is_confirm(own, sizeof(own)));
	assert_int_equal(rdp_request_parse(own, sizeof(own), &protocols), -EPROTO);
	rdp_refusal_build(own, RDP_FAILURE_TLS_REQUIRED);
	assert_memory_equal(own, "\3\0\0\x13\x0e\xd0\0\0\x12\x34\0\3\0\x08\0\1\0\0\0", 19);
}

static void test_client(void **state)
{
	struct rdp_client c;

	build_client("lab-pc-07");
	assert_int_equal(rdp_packet_measure(packet, len), len);
	assert_int_equal(rdp_client_parse(packet, len, &c), 0);
	assert_string_equal(c.name, "lab-pc-07");
	assert_int_equal(c.width, 1200);
	assert_int_equal(c.height, 800);
	/* Sixteen characters without an end: the last has no place. */
	build_client("abcdefghijklmnop");
	assert_int_equal(rdp_client_parse(packet, len, &c), 0);
	assert_string_equal(c.name, "abcdefghijklmno");
	/* Every shorter one is refused, whatever its own length says. */
	for (size_t n = 7; n < 120; n++)
		assert_int_equal(rdp_client_parse(packet, n, &c), -EPROTO);
	build_info(FLAGS, "anna", "secret");
	assert_int_equal(rdp_client_parse(packet, len, &c), -EPROTO);
}

static void test_names(void **state)
{
	static const struct {
		uint8_t utf16[8];
		const char *utf8;
	} names[] = {
		{ { 0xfc, 0, 'x', 0 }, "\xc3\xbcx" },
		{ { 0xac, 0x20 }, "\xe2\x82\xac" },
		{ { 0x3d, 0xd8, 0x00, 0xde }, "\xf0\x9f\x98\x80" },
		{ { 0x3d, 0xd8, 'a', 0 }, "\xef\xbf\xbd"
					  "a" },
		{ { 0x00, 0xde }, "\xef\xbf\xbd" },
	};
	struct rdp_client c;

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		uint8_t *at;

		build_client("@@");
		at = memmem(packet, len, "@\0@\0", 4);
		assert_non_null(at);
		memcpy(at, names[i].utf16, 8);
		assert_int_equal(rdp_client_parse(packet, len, &c), 0);
		assert_string_equal(c.name, names[i].utf8);
	}
}

static void test_info(void **state)
{
	struct rdp_info info;

	build_info(FLAGS | AUTOLOGON, "anna", "secret");
	assert_int_equal(rdp_info_parse(packet, len, &info), 1);
	assert_true(info.wants_log_in);
	assert_string_equal(info.user, "anna");
	assert_string_equal(info.password, "secret");
	assert_memory_equal(packet + info.rest, "the rest", 8);
	for (size_t n = 7; n < info.rest; n++)
		assert_int_equal(rdp_info_parse(packet, n, &info), -EPROTO);
	build_info(FLAGS, "", "");
	assert_int_equal(rdp_info_parse(packet, len, &info), 1);
	assert_false(info.wants_log_in);
	/* Not UTF-16; encrypted; before it: Attach User. */
	build_info(FLAGS & ~0x10U, "anna", "secret");
	assert_int_equal(rdp_info_parse(packet, len, &info), -EPROTO);
	build_info(FLAGS, "anna", "secret");
	packet[15] |= 8;
	assert_int_equal(rdp_info_parse(packet, len, &info), -EPROTO);
	assert_int_equal(rdp_info_parse((uint8_t *)"\3\0\0\x08\2\xf0\x80\x28", 8, &info), 0);
}

static void test_info_for_xrdp(void **state)
{
	uint8_t changed[sizeof(packet) + 256];
	struct rdp_info info;
	size_t n;

	build_info(FLAGS, "anna", "secret");
	assert_int_equal(rdp_info_parse(packet, len, &info), 1);
	n = rdp_info_build(packet, len, &info, "12345678", changed);
	assert_int_equal(rdp_packet_measure(changed, n), n);
	assert_null(memmem(changed, n, "s\0e\0c\0r\0", 8));
	assert_null(memmem(changed, n, "a\0n\0n\0a\0", 8));
	assert_int_equal(rdp_info_parse(changed, n, &info), 1);
	assert_true(info.wants_log_in);
	assert_string_equal(info.user, "station");
	assert_string_equal(info.password, "12345678");
	assert_memory_equal(changed + info.rest, "the rest", 8);
	assert_int_equal(info.rest + 8, n);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_measure),
		cmocka_unit_test(test_request),
		cmocka_unit_test(test_client),
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_info),
		cmocka_unit_test(test_info_for_xrdp),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
