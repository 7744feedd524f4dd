/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * limits: what this computer can do at most, one thread, as "name value" lines; median of several.
 *
 *   copy_ms      one 1280x720 picture copied, source and target not in a cache
 *   film_ms      640x360 of a photograph-like picture as JPEG 4:2:0, quality 76
 *   film_full_ms the same as 4:4:4, quality 79
 *   tile_ms      1280x720 scaled to 320x180 and that as JPEG, quality 60
 *   write_us     15 kB written to a TCP connection on this computer whose reader sleeps: the
 *                writer's CPU time, waking the reader included
 *   seal_us      15 kB encrypted with AES-128-GCM
 *   hop_us       from a write to a Unix socket until its sleeping reader runs
 */
#include <arpa/inet.h>
#include <errno.h>
#include <libyuv.h>
#include <math.h>
#include <netinet/in.h>
#include <openssl/evp.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <turbojpeg.h>
#include <unistd.h>

enum { W = 1280, H = 720, RUNS = 41, FRAME = 15000, COPIES = 16 };

static double clock_us(clockid_t id)
{
	struct timespec t;

	clock_gettime(id, &t);
	return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

static int compare(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return x < y ? -1 : x > y;
}

/* Median of what measure says. */
static double median(double (*measure)(void *), void *userdata)
{
	double values[RUNS];

	for (int i = 0; i < RUNS; i++)
		values[i] = measure(userdata);
	qsort(values, RUNS, sizeof(values[0]), compare);
	return values[RUNS / 2];
}

static void fail(const char *what)
{
	fprintf(stderr, "limits: %s (%s)\n", what, strerror(errno));
	exit(1);
}

/* --- pixels --- */

static uint8_t *pictures[COPIES + 1];

static double copy(void *userdata)
{
	static int i;
	double began = clock_us(CLOCK_MONOTONIC);

	(void)userdata;
	i = (i + 1) % COPIES;
	memcpy(pictures[i], pictures[i + 1], W * H * 4);
	return (clock_us(CLOCK_MONOTONIC) - began) / 1e3;
}

struct jpeg {
	int w, h, subsampling, quality;
	const uint8_t *pixels;
};

static double compress(void *userdata)
{
	static tjhandle tj;
	static unsigned char *out;
	struct jpeg *j = userdata;
	unsigned long n = 0;
	double began;

	if (!tj)
		tj = tjInitCompress();
	if (!out)
		out = malloc(tjBufSize(W, H, TJSAMP_444));
	began = clock_us(CLOCK_MONOTONIC);
	if (tjCompress2(tj, j->pixels, j->w, W * 4, j->h, TJPF_BGRX, &out, &n, j->subsampling,
			    j->quality, TJFLAG_NOREALLOC) < 0)
		fail("JPEG");
	return (clock_us(CLOCK_MONOTONIC) - began) / 1e3;
}

static double tile(void *userdata)
{
	static uint8_t small[W * 180 * 4];
	struct jpeg j = { 320, 180, TJSAMP_420, 60, small };
	double began = clock_us(CLOCK_MONOTONIC);

	(void)userdata;
	ARGBScale(pictures[0], W * 4, W, H, small, W * 4, 320, 180, kFilterBox);
	compress(&j);
	return (clock_us(CLOCK_MONOTONIC) - began) / 1e3;
}

/* --- bytes --- */

static double seal(void *userdata)
{
	static uint8_t key[16], out[FRAME + 64];
	EVP_CIPHER_CTX *c = userdata;
	double began = clock_us(CLOCK_MONOTONIC);
	int n;

	if (EVP_EncryptInit_ex(c, EVP_aes_128_gcm(), NULL, key, key) != 1 ||
			EVP_EncryptUpdate(c, out, &n, pictures[0], FRAME) != 1 ||
			EVP_EncryptFinal_ex(c, out, &n) != 1)
		fail("AES");
	return clock_us(CLOCK_MONOTONIC) - began;
}

static void *read_all(void *userdata)
{
	static char to[1 << 16];
	int fd = *(int *)userdata;

	while (read(fd, to, sizeof(to)) > 0)
		;
	return NULL;
}

static void rest(void)
{
	nanosleep(&(struct timespec){ .tv_nsec = 2000000 }, NULL); /* the reader sleeps again */
}

static double write_frame(void *userdata)
{
	double began;

	rest();
	began = clock_us(CLOCK_THREAD_CPUTIME_ID);
	if (write(*(int *)userdata, pictures[0], FRAME) != FRAME)
		fail("write");
	return clock_us(CLOCK_THREAD_CPUTIME_ID) - began;
}

static void *echo(void *userdata)
{
	int fd = *(int *)userdata;
	char b;

	while (read(fd, &b, 1) == 1 && write(fd, &b, 1) == 1)
		;
	return NULL;
}

static double hop(void *userdata)
{
	int fd = *(int *)userdata;
	double began;
	char b = 0;

	rest();
	began = clock_us(CLOCK_MONOTONIC);
	if (write(fd, &b, 1) != 1 || read(fd, &b, 1) != 1)
		fail("echo");
	return (clock_us(CLOCK_MONOTONIC) - began) / 2;
}

static void connect_tcp(int fds[2])
{
	struct sockaddr_in a = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t size = sizeof(a);
	int listener = socket(AF_INET, SOCK_STREAM, 0);

	fds[0] = socket(AF_INET, SOCK_STREAM, 0);
	if (bind(listener, (struct sockaddr *)&a, sizeof(a)) < 0 || listen(listener, 1) < 0 ||
			getsockname(listener, (struct sockaddr *)&a, &size) < 0 ||
			connect(fds[0], (struct sockaddr *)&a, sizeof(a)) < 0)
		fail("connect");
	fds[1] = accept(listener, NULL, NULL);
	close(listener);
}

/* Smooth, with some grain: about as hard for JPEG as a photograph. */
static void draw(uint8_t *bgrx)
{
	uint32_t seed = 1;

	for (int y = 0; y < H; y++)
		for (int x = 0; x < W; x++)
			for (int c = 0; c < 4; c++) {
				seed = seed * 1664525 + 1013904223;
				bgrx[4 * ((size_t)y * W + (size_t)x) + (size_t)c] =
						(uint8_t)(128 +
								60 * sin(x * .021 + c) *
										cos(y * .017) +
								20 * sin(x * .31 + y * .23 + c) +
								(seed >> 29));
			}
}

int main(void)
{
	struct jpeg film = { 640, 360, TJSAMP_420, 76, NULL },
		    full = { 640, 360, TJSAMP_444, 79, NULL };
	EVP_CIPHER_CTX *cipher = EVP_CIPHER_CTX_new();
	int tcp[2], local[2];
	pthread_t thread;

	for (int i = 0; i <= COPIES; i++) {
		pictures[i] = malloc(W * H * 4);
		if (!pictures[i])
			fail("memory");
		memset(pictures[i], i, W * H * 4);
	}
	draw(pictures[0]);
	film.pixels = full.pixels = pictures[0];
	connect_tcp(tcp);
	if (!cipher || socketpair(AF_UNIX, SOCK_STREAM, 0, local) < 0 ||
			pthread_create(&thread, NULL, read_all, &tcp[1]) != 0 ||
			pthread_create(&thread, NULL, echo, &local[1]) != 0)
		fail("start");
	printf("film_ms %.4f\n", median(compress, &film));
	printf("film_full_ms %.4f\n", median(compress, &full));
	printf("tile_ms %.4f\n", median(tile, NULL));
	printf("write_us %.3f\n", median(write_frame, &tcp[0]));
	printf("seal_us %.3f\n", median(seal, cipher));
	printf("hop_us %.3f\n", median(hop, &local[0]));
	printf("copy_ms %.4f\n", median(copy, NULL));
	return 0;
}
