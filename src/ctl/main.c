/* SPDX-License-Identifier: GPL-3.0-or-later */
/* stationctl: everything is in the core library; see command.c. */
#include "ctl/command.h"

int main(int argc, char **argv)
{
	return command_main(argc, argv);
}
