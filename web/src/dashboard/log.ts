// SPDX-License-Identifier: GPL-3.0-or-later
// A part of the audit log as it is looked at: newest first, older ones fetched page by page, new ones
// added as they are told. Used by the place "Activity" and by the history of one session.

import { signal, type Signal } from "@preact/signals";
import { asApiError, call, type ApiError } from "../shared/api";
import type { AuditEntry } from "../shared/types";

const PAGE = 100;
/** What a filter leaves out is skipped over so many pages long; then the next scroll goes on. */
const PAGES_AT_ONCE = 5;

const open = new Set<Log>();

export interface Filter {
  /** The system looks for it in person, method and targets. */
  text: string;
  keep: (e: AuditEntry) => boolean;
  /** Whether a new entry holds the text; the system has looked already for the others. */
  holds: (e: AuditEntry) => boolean;
}

export function mergeEntries(a: readonly AuditEntry[], b: readonly AuditEntry[]): AuditEntry[] {
  const map = new Map<number, AuditEntry>();
  for (const e of [...a, ...b]) map.set(e.number, e);
  return [...map.values()].sort((x, y) => y.number - x.number);
}

export class Log {
  readonly entries: Signal<readonly AuditEntry[]> = signal([]);
  readonly loading = signal(false);
  readonly complete = signal(false);
  readonly error = signal<ApiError | null>(null);
  private before: number | null = null;
  private stopped = false;

  constructor(private readonly filter: Filter) {
    open.add(this);
    void this.more();
  }

  stop(): void {
    this.stopped = true;
    open.delete(this);
  }

  async more(): Promise<void> {
    if (this.loading.peek() || this.complete.peek() || this.stopped) return;
    this.loading.value = true;
    this.error.value = null;
    try {
      let found = 0;
      for (let i = 0; i < PAGES_AT_ONCE && found === 0 && !this.complete.peek(); i++) {
        const page = await this.fetch(this.before);
        if (this.stopped) return;
        const kept = page.filter(this.filter.keep);
        found = kept.length;
        this.entries.value = mergeEntries(this.entries.peek(), kept);
        this.before = page.at(-1)?.number ?? this.before;
        this.complete.value = page.length < PAGE;
      }
    } catch (e) {
      this.error.value = asApiError(e);
    } finally {
      this.loading.value = false;
    }
  }

  /** The connection was away: what happened meanwhile comes from the system. */
  async again(): Promise<void> {
    try {
      const page = await this.fetch(null);
      if (!this.stopped) this.entries.value = mergeEntries(this.entries.peek(), page.filter(this.filter.keep));
    } catch {
      // What is there stays; the next reconnection asks again.
    }
  }

  add(e: AuditEntry): void {
    if (this.filter.keep(e) && this.filter.holds(e)) this.entries.value = mergeEntries(this.entries.peek(), [e]);
  }

  private async fetch(before: number | null): Promise<AuditEntry[]> {
    const { text } = this.filter;
    const r = await call<{ entries: AuditEntry[] }>("Audit.List", {
      limit: PAGE,
      ...(before === null ? {} : { before }),
      ...(text ? { text } : {}),
    });
    return r.entries;
  }
}

export function auditEvent(e: AuditEntry): void {
  for (const log of open) log.add(e);
}

export function auditAgain(): void {
  for (const log of open) void log.again();
}
