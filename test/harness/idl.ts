// SPDX-License-Identifier: GPL-3.0-or-later
// Reads the interface descriptions in docs/api and checks values against them, so that every reply that a
// test sees is also a test of the contract.
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { top } from "./paths.js";

export type Type =
  | { kind: "bool" | "int" | "float" | "string" | "object" }
  | { kind: "array" | "maybe"; of: Type }
  | { kind: "enum"; values: string[] }
  | { kind: "struct"; fields: Map<string, Type> }
  | { kind: "named"; name: string };

export interface Method {
  input: Type;
  output: Type;
}

export interface Interface {
  name: string;
  types: Map<string, Type>;
  methods: Map<string, Method>;
  errors: Map<string, Type>;
}

class Parser {
  private at = 0;
  private readonly tokens: string[];

  constructor(text: string, private readonly file: string) {
    this.tokens = text.replace(/#[^\n]*/g, "").match(/->|\[\]|[A-Za-z_][A-Za-z0-9_.]*|[():,?]/g) ?? [];
  }

  private peek(ahead = 0): string {
    return this.tokens[this.at + ahead] ?? "";
  }

  private take(expected?: string): string {
    const token = this.tokens[this.at++] ?? "";
    if (expected !== undefined && token !== expected) throw new Error(`${this.file}: ${expected} expected, ${token} found`);
    return token;
  }

  interface(): Interface {
    this.take("interface");
    const found: Interface = { name: this.take(), types: new Map(), methods: new Map(), errors: new Map() };
    while (this.peek()) {
      const what = this.take();
      const name = this.take();
      if (what === "type") found.types.set(name, this.type());
      else if (what === "error") found.errors.set(name, this.type());
      else if (what === "method") {
        const input = this.type();
        this.take("->");
        found.methods.set(name, { input, output: this.type() });
      } else throw new Error(`${this.file}: ${what} is not a declaration`);
    }
    return found;
  }

  private type(): Type {
    const token = this.take();
    if (token === "?") return { kind: "maybe", of: this.type() };
    if (token === "[]") return { kind: "array", of: this.type() };
    if (token !== "(") {
      if (["bool", "int", "float", "string", "object"].includes(token)) return { kind: token as "bool" };
      return { kind: "named", name: token };
    }
    if (this.peek() !== ")" && this.peek(1) !== ":") {
      const values = [this.take()];
      while (this.take() === ",") values.push(this.take());
      return { kind: "enum", values };
    }
    const fields = new Map<string, Type>();
    while (this.peek() !== ")") {
      const name = this.take();
      this.take(":");
      fields.set(name, this.type());
      if (this.peek() === ",") this.take();
    }
    this.take(")");
    return { kind: "struct", fields };
  }
}

const folder = join(top, "docs", "api");

export const interfaces = new Map<string, Interface>(
  readdirSync(folder)
    .filter((name) => name.endsWith(".varlink"))
    .map((name) => {
      const found = new Parser(readFileSync(join(folder, name), "utf8"), name).interface();
      return [found.name, found] as const;
    }),
);

/** What is wrong with a value, in words with the place; empty: nothing. */
export function faults(value: unknown, type: Type, home: Interface, place = "reply"): string[] {
  const is = value === null ? "null" : Array.isArray(value) ? "array" : typeof value;
  const wrong = (wanted: string) => [`${place}: ${wanted} expected, ${JSON.stringify(value)?.slice(0, 80)} found`];
  switch (type.kind) {
    case "bool":
      return is === "boolean" ? [] : wrong("bool");
    case "int":
      return Number.isSafeInteger(value) ? [] : wrong("int");
    case "float":
      return is === "number" ? [] : wrong("float");
    case "string":
      return is === "string" ? [] : wrong("string");
    case "object":
      return is === "object" ? [] : wrong("object");
    case "maybe":
      return value === null || value === undefined ? [] : faults(value, type.of, home, place);
    case "enum":
      return type.values.includes(value as string) ? [] : wrong(type.values.join("|"));
    case "named": {
      const named = home.types.get(type.name);
      return named ? faults(value, named, home, place) : [`${place}: type ${type.name} is not described`];
    }
    case "array":
      return is === "array" ? (value as unknown[]).flatMap((v, i) => faults(v, type.of, home, `${place}[${i}]`)) : wrong("array");
    case "struct": {
      if (is !== "object") return wrong("object");
      const object = value as Record<string, unknown>;
      const unknown = Object.keys(object).filter((key) => !type.fields.has(key)).map((key) => `${place}.${key}: not described`);
      return [...type.fields].flatMap(([name, field]) => faults(object[name], field, home, `${place}.${name}`)).concat(unknown);
    }
  }
}

/** "org.stationmaster.Sessions.List" → its interface and method. */
export function findMethod(full: string): { home: Interface; method: Method } {
  const at = full.lastIndexOf(".");
  const home = interfaces.get(full.slice(0, at));
  const method = home?.methods.get(full.slice(at + 1));
  if (!home || !method) throw new Error(`${full} is not described in docs/api`);
  return { home, method };
}

export function checkReply(full: string, parameters: unknown): void {
  const { home, method } = findMethod(full);
  const found = faults(parameters, method.output, home);
  if (found.length) throw new Error(`${full} answers otherwise than docs/api says:\n  ${found.join("\n  ")}`);
}

/** Errors of Varlink itself and those of an interface, with their parameters. */
export function checkError(full: string, error: string, parameters: unknown): void {
  // The second: a call on the relay's socket whose token is none, or no longer.
  if (error.startsWith("org.varlink.service.") || error === "org.stationmaster.Unauthenticated") return;
  const at = error.lastIndexOf(".");
  const { home } = findMethod(full);
  const described = home.name === error.slice(0, at) ? home.errors.get(error.slice(at + 1)) : undefined;
  if (!described) throw new Error(`${full} answers with ${error}, which ${home.name} does not describe`);
  const found = faults(parameters ?? {}, described, home, error);
  if (found.length) throw new Error(`${full} answers otherwise than docs/api says:\n  ${found.join("\n  ")}`);
}
