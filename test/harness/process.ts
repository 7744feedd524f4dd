// SPDX-License-Identifier: GPL-3.0-or-later
// Running programs and reading what they say.
import { spawn, type ChildProcess, type SpawnOptions } from "node:child_process";

export interface Result {
  code: number;
  stdout: string;
  stderr: string;
}

export interface RunOptions {
  input?: string | Buffer;
  timeout?: number;
  cwd?: string;
  env?: NodeJS.ProcessEnv;
  /** Called with each piece of stderr, for progress. */
  onStderr?: (text: string) => void;
}

/** Runs a program to its end. Does not throw for an exit code; code is -1 if a signal ended it. */
export function run(command: readonly string[], options: RunOptions = {}): Promise<Result> {
  const [program, ...args] = command;
  return new Promise((resolve, reject) => {
    const child = spawn(program!, args, {
      cwd: options.cwd,
      env: options.env ?? process.env,
      stdio: ["pipe", "pipe", "pipe"],
    });
    let stdout = "";
    let stderr = "";
    let late = false;
    child.stdout.setEncoding("utf8").on("data", (text: string) => (stdout += text));
    child.stderr.setEncoding("utf8").on("data", (text: string) => {
      stderr += text;
      options.onStderr?.(text);
    });
    const timer = setTimeout(() => {
      late = true;
      child.kill("SIGKILL");
    }, options.timeout ?? 60_000);
    child.stdin.on("error", () => undefined);
    child.stdin.end(options.input ?? "");
    child.on("error", (error) => {
      clearTimeout(timer);
      reject(error);
    });
    child.on("close", (code) => {
      clearTimeout(timer);
      if (late) reject(new Error(`${command.join(" ")}: not done within ${options.timeout ?? 60_000} ms\n${stdout}${stderr}`));
      else resolve({ code: code ?? -1, stdout, stderr });
    });
  });
}

/** Like run, but an exit code other than 0 is an error. Gives stdout. */
export async function output(command: readonly string[], options: RunOptions = {}): Promise<string> {
  const result = await run(command, options);
  if (result.code !== 0) throw new Error(`${command.join(" ")}: exit code ${result.code}\n${result.stdout}${result.stderr}`);
  return result.stdout;
}

const children = new Set<ChildProcess>();
process.on("exit", () => {
  for (const child of children) child.kill("SIGKILL");
});

/** Starts a program that runs until it is ended; it never outlives the tests. */
export function start(command: readonly string[], options: SpawnOptions): ChildProcess {
  const [program, ...args] = command;
  const child = spawn(program!, args, options);
  children.add(child);
  child.on("exit", () => children.delete(child));
  child.on("error", () => children.delete(child));
  return child;
}

/** From now on it may outlive the tests. */
export function keep(child: ChildProcess): void {
  children.delete(child);
  child.unref();
}

/** Ends a program started by start() and waits until it is gone. */
export function end(child: ChildProcess, signal: NodeJS.Signals = "SIGTERM"): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null || child.pid === undefined) return Promise.resolve();
  return new Promise((resolve) => {
    const timer = setTimeout(() => child.kill("SIGKILL"), 3000);
    child.once("exit", () => {
      clearTimeout(timer);
      resolve();
    });
    child.kill(signal);
  });
}

export function quote(arg: string): string {
  return /^[A-Za-z0-9_\/:=.,@%+-]+$/.test(arg) ? arg : `'${arg.replaceAll("'", `'\\''`)}'`;
}
