// SPDX-License-Identifier: GPL-3.0-or-later
// The internet of a test: a network of its own behind the second address of test/own-network, where every
// address of IPv4 and IPv6 answers. Its servers tell of every connection that reaches them, and its packet filter
// keeps where packets that begin something were meant to go, whether a server is there or not.
import { type ChildProcess } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { compiled } from "./paths.js";
import type { Demo } from "./demo.js";
import { end, output, start } from "./process.js";
import { until } from "./wait.js";

/** What a server was asked. */
export interface Hit {
  server: "http" | "tls" | "proxy" | "tcp" | "udp" | "dns" | "doh";
  /** Where it was meant to go: address and port. */
  to: string;
  /** Server name, host, or the name that a question was about. */
  name: string;
}

export const names = {
  /** A site that the tests open, and one below it. */
  open: "contoso.example", below: "www.contoso.example",
  /** Ends with the same letters, and is somebody else's. */
  alike: "notcontoso.example",
  closed: "fabrikam.example",
  /** Gives the addresses of other names over HTTPS; not known to anybody. */
  doh: "doh.example",
} as const;

/** Where the names lead. */
export const addresses = { open: "203.0.113.10", open6: "2001:db8:1::10", closed: "203.0.113.66", closed6: "2001:db8:1::66", dns: "192.0.2.53", doh: "203.0.113.53" } as const;

export class Internet {
  readonly hits: Hit[] = [];
  private constructor(private readonly keeper: ChildProcess, private readonly servers: ChildProcess[], private readonly folder: string) {}

  static async open(demo: Demo): Promise<Internet> {
    const keeper = start(["unshare", "--net", "--", process.execPath, "-e", "process.stdin.resume()"], { stdio: ["pipe", "ignore", "inherit"] });
    const inside = ["nsenter", "--net", "-t", String(keeper.pid), "--"];
    const outer = () => output(["readlink", "/proc/self/ns/net"]);
    await until("a network for the internet", async () => (await output(["readlink", `/proc/${keeper.pid}/ns/net`])) !== (await outer()));
    await output(["bash", "-ec", `
      ip link set right0 netns ${keeper.pid}
      ip -6 address add 2001:db8::1/64 dev left0 nodad
      ip route add default via 192.0.2.53
      ip -6 route add default via 2001:db8::53
      sysctl -qw net.ipv4.ping_group_range="0 2147483647"`]);
    await output([...inside, "bash", "-ec", `
      ip link set lo up
      ip link set right0 up
      ip address add ${addresses.dns}/24 dev right0
      ip -6 address add 2001:db8::53/64 dev right0 nodad
      ip route add local 0.0.0.0/0 dev lo table main
      ip -6 route add local ::/0 dev lo table main
      nft -f - <<'X'
      table inet seen {
        set four { typeof ip daddr . meta l4proto . th dport; flags dynamic; size 65535; }
        set six { typeof ip6 daddr . meta l4proto . th dport; flags dynamic; size 65535; }
        set pings { typeof meta l4proto; flags dynamic; size 256; }
        chain in {
          type filter hook prerouting priority -300; policy accept;
          iifname != "right0" return
          icmp type echo-request add @pings { meta l4proto }
          icmpv6 type echo-request add @pings { meta l4proto }
          meta l4proto != { icmp, ipv6-icmp, tcp, udp } add @pings { meta l4proto }
          meta l4proto tcp tcp flags & (syn | ack) != syn return comment "what ends a connection of before"
          meta l4proto { tcp, udp } ip version 4 add @four { ip daddr . meta l4proto . th dport }
          meta l4proto { tcp, udp } ip6 version 6 add @six { ip6 daddr . meta l4proto . th dport }
        }
      }
X`]);
    const folder = mkdtempSync(join(tmpdir(), "internet-"));
    await output(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "30", "-subj", "/CN=internet", "-keyout", join(folder, "key"), "-out", join(folder, "cert")]);
    const internet = new Internet(keeper, [], folder);
    demo.cleanups.push(() => internet.close());
    await internet.serve(inside);
    return internet;
  }

  private async serve(inside: readonly string[]): Promise<void> {
    const dns = start([...inside, "dnsmasq", "--keep-in-foreground", "--conf-file=/dev/null", "--pid-file=", "--log-facility=-", "--log-queries", "--user=root",
      "--no-resolv", "--no-hosts", `--listen-address=${addresses.dns}`, "--listen-address=8.8.8.8", "--listen-address=2001:db8::53", "--bind-interfaces", "--port=53",
      ...["open", "closed"].flatMap((kind) => [addresses[kind as "open"], addresses[`${kind}6` as "open6"]].map((a) => `--address=/${names[kind as "open"]}/${a}`)),
      `--address=/${names.alike}/${addresses.closed}`, `--address=/${names.doh}/${addresses.doh}`, `--address=/dns.google/${addresses.doh}`,
      "--txt-record=secret.tunnel.example,carried", `--address=/${"tunnel.example"}/${addresses.closed}`], { stdio: ["ignore", "ignore", "pipe"] });
    createInterface({ input: dns.stderr! }).on("line", (line) => {
      const asked = /query\[(\w+)\] (\S+) from/.exec(line);
      if (asked) this.hits.push({ server: "dns", to: asked[1]!, name: asked[2]! });
    });
    const servers = start([...inside, process.execPath, join(compiled, "harness", "internet-servers.js"), join(this.folder, "key"), join(this.folder, "cert")], { stdio: ["pipe", "pipe", "inherit"] });
    this.servers.push(dns, servers);
    let ready = false;
    createInterface({ input: servers.stdout! }).on("line", (line) => {
      if (line === "ready") ready = true;
      else this.hits.push(JSON.parse(line) as Hit);
    });
    await until("the servers of the internet", () => ready);
    await until("its DNS", async () => (await output(["dig", "+short", "+time=1", "+tries=1", `@${addresses.dns}`, names.open])).trim() === addresses.open);
  }

  /** Packets that have come for "address . protocol . port"; echo requests and other protocols by their name. */
  async packets(): Promise<string[]> {
    const sets = await Promise.all(["four", "six", "pings"].map((set) =>
      output(["nsenter", "--net", "-t", String(this.keeper.pid), "--", "nft", "-j", "list", "set", "inet", "seen", set])));
    return sets.flatMap((text) => {
      const { nftables } = JSON.parse(text) as { nftables: { set?: { elem?: unknown[] } }[] };
      return nftables.flatMap((o) => o.set?.elem ?? []).map((e) => {
        const element = (e as { elem?: { val: unknown } }).elem?.val ?? e;
        return (element as { concat?: unknown[] }).concat?.join(" . ") ?? String(element);
      });
    });
  }

  /** Nothing has reached it from here on. */
  async forget(): Promise<void> {
    for (const set of ["four", "six", "pings"]) await output(["nsenter", "--net", "-t", String(this.keeper.pid), "--", "nft", "flush", "set", "inet", "seen", set]);
    this.hits.length = 0;
  }

  async close(): Promise<void> {
    for (const server of this.servers) await end(server);
    await end(this.keeper, "SIGKILL");
    rmSync(this.folder, { recursive: true, force: true });
    // With the network the other end of the cable has gone; the next test file finds what own-network made.
    await output(["bash", "-c", `until ! ip link show left0 >/dev/null 2>&1; do :; done
      ip link add left0 type veth peer name right0 && ip address add 192.0.2.1/24 dev left0 && ip link set left0 up && ip link set right0 up`], { timeout: 20_000 });
  }
}
