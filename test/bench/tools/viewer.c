/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * viewer: measuring RFB viewers. They show nothing.
 *
 *   viewer latency N ENDPOINT [USER PASSWORD | COOKIE]
 *     N key presses one after the other in a session that runs "paint key"; for each the ms until
 *     the update that covers pixel (100,100) has come, one a line
 *   viewer wall SECONDS HZ FILE
 *     takes and unpacks updates of all of them, at most HZ a second
 *   viewer watch SECONDS AREA STALLED MODE FILE [LEVEL]
 *     takes what comes of all; the last STALLED of them never read. MODE: "asked" (a request after
 *     each update) or "pushed" (continuous updates). Says "ready", "begin" and "end" round the
 *     seconds that count, then a line of JSON for each: frames (updates of at least half of AREA
 *     pixels), pixels, bytes, the longest gap between two frames in ms, and of the last JPEG the
 *     quality (of libjpeg's scale) and whether its colours have full resolution. LEVEL: of Tight's
 *     quality, 1 to 9, instead of 6
 *   viewer cover SOCKET ORDER UNDO ROUNDS COLOUR FILE
 *     all show one still COLOUR (rrggbb). Sends ORDER (a Varlink call) to SOCKET and waits until
 *     every one has a new picture of which no pixel has that colour, presses "x" at each, sends
 *     UNDO and waits until they show the colour again. A line of JSON a round: ms from the order to
 *     the last byte of each one's new picture, of both. At the end "y" is pressed at each.
 *
 * FILE (- is standard input): one endpoint a line, as rfb.h says.
 */
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "rfb.h"

enum {
	CONNS_MAX = 256,
	WARM_UP_MS = 2000,
	GRID = 16, /* pixels a side of what "covered" is counted in */
	CELLS_MAX = (8192 / GRID) * (8192 / GRID),
	PATIENCE_MS = 10000,
	QUIET_MS = 100,
};

struct conn {
	struct rfb rfb;
	double next;  /* when the next request may go */
	double last;  /* when the last frame came */
	double gap;   /* longest between two frames */
	double ready; /* when all of a new picture was there; 0: not yet */
	uint64_t before;
	unsigned long frames;
	bool hit;
	bool stalled;
	unsigned n_covered;
	uint8_t covered[CELLS_MAX];
};

static struct conn *conns[CONNS_MAX];
static int n_conns;

/* --- many at once --- */

static int level; /* of quality; 0: as usual */

static void read_endpoints(const char *path, enum rfb_decode decode, bool continuous)
{
	FILE *f = strcmp(path, "-") == 0 ? stdin : fopen(path, "re");
	char line[1024];

	if (!f)
		die(path);
	while (fgets(line, sizeof(line), f) && n_conns < CONNS_MAX) {
		struct endpoint e;
		struct conn *c = calloc(1, sizeof(*c));

		endpoint_parse(&e, line);
		if (!c)
			die("no memory");
		c->rfb.userdata = c;
		c->rfb.decode = decode;
		c->rfb.continuous = continuous;
		c->rfb.level = level;
		rfb_open(&c->rfb, &e);
		conns[n_conns++] = c;
	}
	if (n_conns == 0)
		die("no endpoints");
}

/* Waits for input of any, at the latest until end; handle is called for each update. */
static void take_any(double end, void (*handle)(struct conn *c))
{
	struct pollfd polls[CONNS_MAX];
	bool buffered = false;
	double wait;

	for (int i = 0; i < n_conns; i++) {
		bool skip = conns[i]->stalled;

		polls[i] = (struct pollfd){ .fd = skip ? -1 : conns[i]->rfb.fd, .events = POLLIN };
		buffered |= !skip && rfb_has_buffered(&conns[i]->rfb);
	}
	wait = end - now_ms();
	if (poll(polls, (nfds_t)n_conns, buffered || wait < 0 ? 0 : (int)wait + 1) < 0)
		die("poll");
	for (int i = 0; i < n_conns; i++) {
		struct conn *c = conns[i];

		if (c->stalled || (!polls[i].revents && !rfb_has_buffered(&c->rfb)))
			continue;
		do {
			if (rfb_read(&c->rfb))
				handle(c);
		} while (rfb_has_buffered(&c->rfb));
	}
}

static void say(const char *word)
{
	printf("%s\n", word);
	fflush(stdout);
}

static bool all_have_updates(void)
{
	for (int i = 0; i < n_conns; i++)
		if (!conns[i]->stalled && conns[i]->rfb.updates == 0)
			return false;
	return true;
}

static void ask_again(struct conn *c)
{
	rfb_request(&c->rfb, true);
}

static void take_first(void)
{
	double end = now_ms() + PATIENCE_MS;

	for (int i = 0; i < n_conns; i++)
		if (!conns[i]->stalled)
			rfb_request(&conns[i]->rfb, false);
	while (!all_have_updates()) {
		if (now_ms() > end)
			die("no first picture");
		take_any(end, ask_again);
	}
}

/* --- latency --- */

static void handle_hit(struct rfb *r, unsigned x, unsigned y, unsigned w, unsigned h)
{
	struct conn *c = r->userdata;

	c->hit |= x <= 100 && x + w > 100 && y <= 100 && y + h > 100;
}

static void take_until(struct conn *c, double end)
{
	while (now_ms() < end)
		if (rfb_has_input(&c->rfb, end - now_ms()) && rfb_read(&c->rfb))
			rfb_request(&c->rfb, true);
}

static int run_latency(int count, int argc, char **argv)
{
	struct conn *c = calloc(1, sizeof(*c));
	struct endpoint e;
	char line[1024];

	if (!c)
		die("no memory");
	snprintf(line, sizeof(line), "%s %s %s", argv[0], argc > 1 ? argv[1] : "",
			argc > 2 ? argv[2] : "");
	endpoint_parse(&e, line);
	c->rfb.decode = RFB_UNPACK;
	c->rfb.userdata = c;
	c->rfb.handle_rect = handle_hit;
	rfb_open(&c->rfb, &e);
	rfb_request(&c->rfb, false);
	for (int i = -10; i < count; i++) { /* ten to warm up */
		double began;

		take_until(c, now_ms() + 15 + rand() % 20);
		c->hit = false;
		began = now_ms();
		rfb_press(&c->rfb, 'a', true);
		while (!c->hit && now_ms() - began < 2000)
			if (rfb_has_input(&c->rfb, 100) && rfb_read(&c->rfb))
				rfb_request(&c->rfb, true);
		if (!c->hit)
			die("a key had no effect within 2 s: does the session run \"paint key\"?");
		if (i >= 0)
			printf("%.3f\n", now_ms() - began);
		rfb_press(&c->rfb, 'a', false);
	}
	return 0;
}

/* --- wall --- */

static void ask_later(struct conn *c)
{
	(void)c;
}

static int run_wall(double seconds, double hz, const char *file)
{
	double end;
	unsigned long updates = 0;

	read_endpoints(file, RFB_UNPACK, false);
	for (int i = 0; i < n_conns; i++) {
		rfb_request(&conns[i]->rfb, false);
		conns[i]->next = now_ms() +
				 1000 / hz * (i + 1) / n_conns; /* spread over the period */
	}
	say("ready");
	end = now_ms() + seconds * 1000;
	for (double now = now_ms(); now < end; now = now_ms()) {
		double soon = end;

		for (int i = 0; i < n_conns; i++) {
			struct conn *c = conns[i];

			if (!c->rfb.pending && now >= c->next) {
				rfb_request(&c->rfb, true);
				c->next = now + 1000 / hz;
			}
			if (!c->rfb.pending && c->next < soon)
				soon = c->next;
		}
		take_any(soon, ask_later);
	}
	for (int i = 0; i < n_conns; i++)
		updates += conns[i]->rfb.updates;
	printf("updates %lu\n", updates);
	return 0;
}

/* --- watch --- */

static uint64_t area;

static void count_frame(struct conn *c)
{
	double now = now_ms();

	rfb_request(&c->rfb, true);
	if (c->rfb.painted - c->before >= area / 2) {
		if (c->last > 0 && now - c->last > c->gap)
			c->gap = now - c->last;
		c->last = now;
		c->frames++;
	}
	c->before = c->rfb.painted;
}

/* As much as a station asks for whose person has closed the lid: requests, and then nothing is
 * read. */
static void stall(struct conn *c)
{
	int small = 4096;

	setsockopt(c->rfb.fd, SOL_SOCKET, SO_RCVBUF, &small, sizeof(small));
	rfb_request(&c->rfb, false);
	for (int i = 0; i < 200; i++)
		rfb_request(&c->rfb, true);
	c->stalled = true;
}

static void count_from_now(void)
{
	for (int i = 0; i < n_conns; i++) {
		struct conn *c = conns[i];

		c->gap = 0;
		c->frames = 0;
		c->rfb.painted = c->before = 0;
		c->rfb.bytes = 0;
		c->last = now_ms();
	}
}

static int run_watch(double seconds, int n_stalled, bool pushed, const char *file)
{
	double end;

	read_endpoints(file, RFB_SKIP, pushed);
	for (int i = n_conns - n_stalled; i >= 0 && i < n_conns; i++)
		stall(conns[i]);
	take_first();
	say("ready");
	end = now_ms() + WARM_UP_MS;
	while (now_ms() < end)
		take_any(end, count_frame);
	count_from_now();
	say("begin");
	end = now_ms() + seconds * 1000;
	while (now_ms() < end)
		take_any(end, count_frame);
	say("end");
	for (int i = 0; i < n_conns; i++)
		if (!conns[i]->stalled)
			printf("{\"frames\":%lu,\"pixels\":%lu,\"bytes\":%lu,\"gap\":%.2f,"
			       "\"quality\":%u,\"full_chroma\":%s}\n",
					conns[i]->frames, (unsigned long)conns[i]->rfb.painted,
					(unsigned long)conns[i]->rfb.bytes, conns[i]->gap,
					conns[i]->rfb.quality,
					conns[i]->rfb.is_full_chroma ? "true" : "false");
	return 0;
}

/* --- cover --- */

static int missing; /* of all */

static void handle_cover(struct rfb *r, unsigned x, unsigned y, unsigned w, unsigned h)
{
	struct conn *c = r->userdata;
	unsigned columns = (r->width + GRID - 1) / GRID;

	/* A cell counts when its middle is covered. */
	for (unsigned row = (y + GRID / 2 - 1) / GRID; row * GRID + GRID / 2 < y + h; row++)
		for (unsigned col = (x + GRID / 2 - 1) / GRID; col * GRID + GRID / 2 < x + w;
				col++) {
			uint8_t *cell = &c->covered[row * columns + col];

			c->n_covered += !*cell;
			*cell = 1;
		}
}

/* Cells whose middle is inside. */
static unsigned cells(const struct rfb *r)
{
	return (r->width + GRID / 2 - 1) / GRID * ((r->height + GRID / 2 - 1) / GRID);
}

static void look_whether_covered(struct conn *c)
{
	rfb_request(&c->rfb, true);
	if (c->ready > 0 || c->n_covered < cells(&c->rfb))
		return;
	c->ready = now_ms();
	missing--;
}

static void take_all_covered(const char *what)
{
	double end = now_ms() + PATIENCE_MS;

	while (missing > 0) {
		if (now_ms() > end) {
			for (int i = 0; i < n_conns; i++)
				if (conns[i]->ready == 0)
					fprintf(stderr, "station %d: %u of %u cells\n", i,
							conns[i]->n_covered, cells(&conns[i]->rfb));
			die(what);
		}
		take_any(end, look_whether_covered);
	}
}

static void arm(void)
{
	missing = n_conns;
	for (int i = 0; i < n_conns; i++) {
		memset(conns[i]->covered, 0, sizeof(conns[i]->covered));
		conns[i]->n_covered = 0;
		conns[i]->ready = 0;
	}
}

/* Whole pictures, unpacked: does each show the colour everywhere, or nowhere? -1, or one that does
 * not. */
static int find_wrong(uint32_t colour, bool everywhere)
{
	int wrong = -1;

	arm();
	for (int i = 0; i < n_conns; i++) {
		struct rfb *r = &conns[i]->rfb;

		r->decode = RFB_KEEP;
		free(r->pixels);
		r->pixels = calloc((size_t)r->width * r->height, 4);
		if (!r->pixels)
			die("no memory");
		rfb_request(r, false);
	}
	take_all_covered("no whole picture came");
	for (int i = 0; i < n_conns; i++) {
		struct rfb *r = &conns[i]->rfb;
		size_t n = (size_t)r->width * r->height, found = 0;

		for (size_t k = 0; k < n; k++)
			found += (r->pixels[k] & 0xffffff) == colour;
		free(r->pixels);
		r->pixels = NULL;
		r->decode = RFB_SKIP;
		if (everywhere ? found < n - n / 50 : found > 0)
			wrong = i;
	}
	return wrong;
}

static void check_colour(uint32_t colour, bool everywhere)
{
	int wrong = find_wrong(colour, everywhere);

	if (wrong < 0)
		return;
	fprintf(stderr, "viewer: station %d shows %s\n", wrong,
			everywhere ? "not the session" : "something of the session");
	exit(1);
}

static int connect_api(const char *path)
{
	struct sockaddr_un a = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	snprintf(a.sun_path, sizeof(a.sun_path), "%s", path);
	if (fd < 0 || connect(fd, (struct sockaddr *)&a, sizeof(a)) < 0)
		die(path);
	return fd;
}

/* Nothing of what was asked for before may count: until nothing has come for a while. */
static void drain(void)
{
	unsigned long before = 1, now = 0;

	while (now != before) {
		double end = now_ms() + QUIET_MS;

		before = now;
		while (now_ms() < end)
			take_any(end, ask_again);
		now = 0;
		for (int i = 0; i < n_conns; i++)
			now += conns[i]->rfb.updates;
	}
}

/* The reply is read after all stations have their picture, so that it delays none. */
static double order(int api, const char *call, const char *what)
{
	char reply[65536];
	double began;
	size_t n = 0;

	drain();
	arm();
	began = now_ms();
	if (write(api, call, strlen(call) + 1) < 0)
		die("the order cannot be sent");
	take_all_covered(what);
	do {
		ssize_t r = read(api, reply + n, sizeof(reply) - n);

		if (r <= 0)
			die("no reply to the order");
		n += (size_t)r;
	} while (reply[n - 1] != '\0');
	if (strstr(reply, "\"error\"")) {
		fprintf(stderr, "viewer: %s\n", reply);
		exit(1);
	}
	return began;
}

static void print_times(const char *name, double began)
{
	printf("\"%s\":[", name);
	for (int i = 0; i < n_conns; i++)
		printf("%s%.3f", i ? "," : "", conns[i]->ready - began);
	printf("]");
}

static int run_cover(
		const char *socket, char **orders, int rounds, uint32_t colour, const char *file)
{
	int api = connect_api(socket);

	read_endpoints(file, RFB_SKIP, true);
	for (int i = 0; i < n_conns; i++)
		conns[i]->rfb.handle_rect = handle_cover;
	take_first();
	for (double end = now_ms() + PATIENCE_MS; find_wrong(colour, true) >= 0;)
		if (now_ms() > end)
			check_colour(colour, true);
	say("ready");
	for (int round = 0; round < rounds; round++) {
		double began = order(api, orders[0], "not every station shows the order");

		printf("{");
		print_times("done", began);
		check_colour(colour, false);
		for (int i = 0; i < n_conns; i++) {
			rfb_press(&conns[i]->rfb, 'x', true);
			rfb_press(&conns[i]->rfb, 'x', false);
		}
		began = order(api, orders[1], "not every station is as before");
		printf(",");
		print_times("undone", began);
		say("}");
		check_colour(colour, true);
	}
	/* Keys pass again: a test of the test. */
	for (int i = 0; i < n_conns; i++) {
		rfb_press(&conns[i]->rfb, 'y', true);
		rfb_press(&conns[i]->rfb, 'y', false);
	}
	check_colour(colour, true);
	return 0;
}

int main(int argc, char **argv)
{
	const char *what = argc > 1 ? argv[1] : "";

	argc -= 2;
	argv += 2;
	if (strcmp(what, "latency") == 0 && argc >= 2)
		return run_latency(atoi(argv[0]), argc - 1, argv + 1);
	if (strcmp(what, "wall") == 0 && argc == 3)
		return run_wall(atof(argv[0]), atof(argv[1]), argv[2]);
	if (strcmp(what, "watch") == 0 && (argc == 5 || argc == 6)) {
		level = argc == 6 ? atoi(argv[5]) : 0;
		area = strtoul(argv[1], NULL, 10);
		return run_watch(atof(argv[0]), atoi(argv[2]), strcmp(argv[3], "pushed") == 0,
				argv[4]);
	}
	if (strcmp(what, "cover") == 0 && argc == 6)
		return run_cover(argv[0], argv + 1, atoi(argv[3]),
				(uint32_t)strtoul(argv[4], NULL, 16), argv[5]);
	fprintf(stderr, "viewer latency|wall|watch|cover ...; its source says more\n");
	return 2;
}
