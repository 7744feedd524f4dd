// SPDX-License-Identifier: GPL-3.0-or-later
// POST /api/<Interface>.<Method>: parameters in, the reply's parameters or an ApiError out.
// The token is an HttpOnly cookie, so no script ever sees it.

import { noteServerDate } from "./clock";

const PREFIX = "org.stationmaster.";
const TIMEOUT_MS = 130_000; // a PAM conversation may take that long

export class ApiError extends Error {
  /** Without the prefix: "Login.Denied", "Unavailable"; "Network" when nothing answered. */
  readonly code: string;
  readonly status: number;
  readonly parameters: Record<string, unknown>;

  constructor(code: string, status: number, parameters: Record<string, unknown>) {
    super(code);
    this.code = code;
    this.status = status;
    this.parameters = parameters;
  }

  /** The part after the last dot: "Denied". */
  get kind(): string {
    return this.code.slice(this.code.lastIndexOf(".") + 1);
  }

  get reason(): string {
    const r = this.parameters["reason"];
    return typeof r === "string" ? r : "";
  }
}

function isRecord(v: unknown): v is Record<string, unknown> {
  return typeof v === "object" && v !== null && !Array.isArray(v);
}

/** Reads an error body; anything that is not one of ours becomes "Unavailable" or "Http<status>". */
export function parseError(status: number, body: unknown): ApiError {
  if (isRecord(body) && typeof body["error"] === "string") {
    const name = body["error"];
    const code = name.startsWith(PREFIX) ? name.slice(PREFIX.length) : name;
    return new ApiError(code, status, isRecord(body["parameters"]) ? body["parameters"] : {});
  }
  return new ApiError(status === 502 || status === 503 ? "Unavailable" : `Http${status}`, status, {});
}

/** Called when the system says that the person is no longer signed in. */
let onExpired: () => void = () => undefined;

export function setOnExpired(f: () => void): void {
  onExpired = f;
}

export async function call<T>(method: string, params: Record<string, unknown> = {}): Promise<T> {
  let response: Response;
  try {
    response = await fetch(`/api/${PREFIX}${method}`, {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      credentials: "same-origin",
      cache: "no-store",
      body: JSON.stringify(params),
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
  } catch {
    throw new ApiError("Network", 0, {});
  }
  noteServerDate(response.headers.get("date"));
  let body: unknown = null;
  try {
    body = await response.json();
  } catch {
    if (response.ok) throw new ApiError("Network", response.status, {});
  }
  if (!response.ok || (isRecord(body) && typeof body["error"] === "string")) {
    if (response.status === 401 && !method.startsWith("Login.")) onExpired();
    throw parseError(response.status, body);
  }
  return body as T;
}

/** Does anything answer at all? Asks the relay for a page's head only. */
export async function reachable(timeout_ms: number): Promise<boolean> {
  try {
    const init: RequestInit = { method: "HEAD", cache: "no-store", signal: AbortSignal.timeout(timeout_ms) };
    await fetch(location.pathname, init);
    return true;
  } catch {
    return false;
  }
}

export function asApiError(e: unknown): ApiError {
  return e instanceof ApiError ? e : new ApiError("Network", 0, { reason: String(e) });
}
