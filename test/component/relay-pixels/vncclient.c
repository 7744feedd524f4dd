/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A client made of libvncclient, as many small programs are: vncclient PORT ENCODINGS FILE connects
 * to this computer, waits for a whole screen, types "w", and goes on until it is told on standard
 * input ("look": writes the screen to FILE as PPM and says "looked"; end of input: ends). What the
 * library says about the encoding comes on standard error.
 */
#include <poll.h>
#include <rfb/rfbclient.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static void write_ppm(rfbClient *c, const char *path)
{
	FILE *f = fopen(path, "w");

	if (!f) {
		perror(path);
		exit(1);
	}
	fprintf(f, "P6 %d %d 255\n", c->width, c->height);
	for (int i = 0; i < c->width * c->height; i++) {
		uint32_t v;

		memcpy(&v, c->frameBuffer + (size_t)i * 4, 4);
		fputc((int)(v >> c->format.redShift & 255), f);
		fputc((int)(v >> c->format.greenShift & 255), f);
		fputc((int)(v >> c->format.blueShift & 255), f);
	}
	fclose(f);
}

int main(int argc, char **argv)
{
	rfbClient *c = rfbGetClient(8, 3, 4);
	struct pollfd fds[2] = { { .events = POLLIN }, { .fd = STDIN_FILENO, .events = POLLIN } };
	char order[64];
	ssize_t n;

	if (!c || argc != 4)
		return 2;
	c->serverHost = strdup("127.0.0.1");
	c->serverPort = atoi(argv[1]);
	c->appData.encodingsString = argv[2];
	c->appData.useRemoteCursor = FALSE;
	c->canHandleNewFBSize = TRUE;
	if (!rfbInitClient(c, NULL, NULL))
		return 1;
	fds[0].fd = c->sock;
	setvbuf(stdout, NULL, _IOLBF, 0);
	for (;;) {
		if (c->buffered == 0 && poll(fds, 2, -1) < 0)
			return 1;
		if ((c->buffered > 0 || fds[0].revents) && !HandleRFBServerMessage(c)) {
			printf("ended\n");
			return 1;
		}
		if (c->buffered > 0 || !fds[1].revents)
			continue;
		n = read(STDIN_FILENO, order, sizeof(order) - 1);
		if (n <= 0)
			break;
		write_ppm(c, argv[3]);
		printf("looked\n");
	}
	rfbClientCleanup(c);
	return 0;
}
