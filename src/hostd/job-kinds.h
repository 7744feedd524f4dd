/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a job does, and why. */
#pragma once

enum job_act { JOB_LOGOFF, JOB_SUSPEND, JOB_LOCK };
/* A person ordered it; or a time-out (timeout.h), which ends when the session is used. */
enum job_cause { JOB_ORDER, JOB_IDLE, JOB_SUSPENDED };
