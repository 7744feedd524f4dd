// SPDX-License-Identifier: GPL-3.0-or-later
// Reads Varlink interface files (https://varlink.org/Interface-Definition) and checks values against them.
// Strict on purpose: a member that the interface does not name, or an enum value it does not list, is an
// error, so that neither a fake nor a daemon can drift away from docs/api unseen.
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

/** @typedef {{kind: "bool"|"int"|"float"|"string"|"object"} | {kind: "enum", values: string[]} | {kind: "struct", members: Map<string, Type>} | {kind: "array"|"map"|"maybe", of: Type} | {kind: "name", name: string}} Type */

class Reader {
  constructor(text) {
    this.tokens = text.replace(/#[^\n]*/g, "").match(/->|\[\]|\[string\]|[A-Za-z][A-Za-z0-9_.-]*|[?(),:]|\S/g) ?? [];
    this.at = 0;
  }
  get next() {
    return this.tokens[this.at];
  }
  take(wanted) {
    const token = this.tokens[this.at++];
    if (token === undefined) throw new Error("the interface ends too early");
    if (wanted !== undefined && token !== wanted) throw new Error(`"${wanted}" expected, not "${token}" (after ${this.tokens.slice(Math.max(0, this.at - 6), this.at - 1).join(" ")})`);
    return token;
  }
  /** @returns {Type} */
  type() {
    const token = this.take();
    if (token === "?") return { kind: "maybe", of: this.type() };
    if (token === "[]") return { kind: "array", of: this.type() };
    if (token === "[string]") return { kind: "map", of: this.type() };
    if (token === "(") return this.structOrEnum();
    if (["bool", "int", "float", "string", "object"].includes(token)) return /** @type {Type} */ ({ kind: token });
    if (!/^[A-Z][A-Za-z0-9]*$/.test(token)) throw new Error(`"${token}" is not a type`);
    return { kind: "name", name: token };
  }
  /** After "(". @returns {Type} */
  structOrEnum() {
    const members = new Map();
    const values = [];
    while (this.next !== ")") {
      const name = this.take();
      if (!/^[a-z][a-z0-9_]*$/.test(name)) throw new Error(`"${name}" is not a member name`);
      if (members.has(name) || values.includes(name)) throw new Error(`${name} is there twice`);
      if (this.next === ":") {
        this.take(":");
        members.set(name, this.type());
      } else {
        values.push(name);
      }
      if (this.next === ",") this.take(",");
      else break;
    }
    this.take(")");
    if (values.length > 0 && members.size > 0) throw new Error("an enum must not have types");
    return values.length > 0 ? { kind: "enum", values } : { kind: "struct", members };
  }
}

export class Interface {
  /** @param {string} text */
  constructor(text) {
    this.text = text;
    const reader = new Reader(text);
    reader.take("interface");
    this.name = reader.take();
    /** @type {Map<string, {input: Type, output: Type}>} */
    this.methods = new Map();
    /** @type {Map<string, Type>} */
    this.types = new Map();
    /** @type {Map<string, Type>} */
    this.errors = new Map();
    while (reader.next !== undefined) {
      const word = reader.take();
      const name = reader.take();
      reader.take("(");
      const first = reader.structOrEnum();
      if (word === "type") this.types.set(name, first);
      else if (word === "error") this.errors.set(name, first);
      else if (word === "method") {
        reader.take("->");
        reader.take("(");
        this.methods.set(name, { input: first, output: reader.structOrEnum() });
      } else throw new Error(`"${word}" expected to be type, method or error`);
    }
  }

  /** What is wrong with the value, or "". @param {unknown} value @param {Type} type @returns {string} */
  problem(value, type, path = "") {
    const where = path || "the object";
    switch (type.kind) {
      case "maybe":
        return value === null || value === undefined ? "" : this.problem(value, type.of, path);
      case "name": {
        const named = this.types.get(type.name);
        return named ? this.problem(value, named, path) : `${where}: there is no type ${type.name}`;
      }
      case "bool":
        return typeof value === "boolean" ? "" : `${where} is not a bool`;
      case "int":
        return Number.isInteger(value) ? "" : `${where} is not an int`;
      case "float":
        return typeof value === "number" ? "" : `${where} is not a number`;
      case "string":
        return typeof value === "string" ? "" : `${where} is not a string`;
      case "object":
        return value !== null && typeof value === "object" && !Array.isArray(value) ? "" : `${where} is not an object`;
      case "enum":
        return type.values.includes(/** @type {string} */ (value)) ? "" : `${where} is "${value}", not one of ${type.values.join(", ")}`;
      case "array":
        if (!Array.isArray(value)) return `${where} is not an array`;
        return value.map((item, i) => this.problem(item, type.of, `${path}[${i}]`)).find(Boolean) ?? "";
      case "map":
        if (value === null || typeof value !== "object") return `${where} is not a map`;
        return Object.entries(value).map(([key, item]) => this.problem(item, type.of, `${path}.${key}`)).find(Boolean) ?? "";
      case "struct": {
        if (value === null || typeof value !== "object" || Array.isArray(value)) return `${where} is not an object`;
        for (const key of Object.keys(value)) if (!type.members.has(key)) return `${path}.${key} is not in the interface`;
        for (const [key, member] of type.members) {
          const bad = this.problem(value[key], member, `${path}.${key}`);
          if (bad) return bad;
        }
        return "";
      }
    }
  }
}

/** Every interface of docs/api, by name. @param {string} folder @returns {Map<string, Interface>} */
export function readInterfaces(folder) {
  const all = new Map();
  for (const file of readdirSync(folder).filter((name) => name.endsWith(".varlink")).sort()) {
    try {
      const one = new Interface(readFileSync(join(folder, file), "utf8"));
      if (`${one.name}.varlink` !== file) throw new Error(`the interface is called ${one.name}`);
      all.set(one.name, one);
    } catch (error) {
      throw new Error(`${file}: ${/** @type {Error} */ (error).message}`);
    }
  }
  return all;
}

/** Interfaces that anybody may call on api.sock. */
export const publicInterfaces = ["Audit", "Blocks", "Chat", "Events", "Jobs", "Lessons", "Limits", "Programs", "Projections", "Rights", "Sessions", "Stations", "System", "Tokens", "Views"].map((name) => `org.stationmaster.${name}`);
/** Only between the relay and stationd; Login is offered over HTTPS too. */
export const relayInterfaces = ["Login", "Relay"].map((name) => `org.stationmaster.${name}`);
/** Only between stationd and its helpers, station-session and station-limits. */
export const workerInterfaces = ["org.stationmaster.Limiter", "org.stationmaster.Storage", "org.stationmaster.Worker"];
/** Only between station-seat and stationd. */
export const seatInterfaces = ["org.stationmaster.Seat"];
