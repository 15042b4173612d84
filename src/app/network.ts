import { lookup } from "node:dns/promises";
import { BlockList, isIPv6 } from "node:net";
import { messageOf } from "../core/error.ts";
import type { Check } from "../ferry/preflight.ts";
import type { Connection } from "./connections.ts";

const inside = new BlockList();
for (const [net, bits] of [
  ["10.0.0.0", 8],
  ["172.16.0.0", 12],
  ["192.168.0.0", 16],
  ["100.64.0.0", 10],
  ["127.0.0.0", 8],
] as const) {
  inside.addSubnet(net, bits, "ipv4");
}
inside.addSubnet("fc00::", 7, "ipv6");
inside.addAddress("::1", "ipv6");

/** Whether the names of a connection lead where its setting `network` says: to private addresses, when it says so. */
export async function networkCheck(
  name: string,
  { network, endpoint, blobEndpoint }: Connection,
  resolve: (host: string) => Promise<readonly string[]> = resolved,
): Promise<Check> {
  const check = `${name}.network`;
  if (network !== "private")
    return { name: check, status: "skipped", detail: "the connection isn't said to be private" };
  const blob = blobEndpoint ?? endpoint.replace(".dfs.", ".blob.");
  const fix = `link the private DNS zones to the network of the app, or set ${name}__network to public`;
  for (const host of new Set([endpoint, blob].map((address) => new URL(address).hostname))) {
    try {
      const addresses = await resolve(host);
      const open = addresses.find((address) => !inside.check(address, isIPv6(address) ? "ipv6" : "ipv4"));
      if (open !== undefined)
        return { name: check, status: "failed", detail: `${host} leads to ${open}, a public address`, fix };
    } catch (error) {
      return { name: check, status: "failed", detail: `${host} can't be resolved: ${messageOf(error)}`, fix };
    }
  }
  return { name: check, status: "ok", detail: "its names lead to private addresses" };
}

async function resolved(host: string): Promise<readonly string[]> {
  return (await lookup(host, { all: true })).map(({ address }) => address);
}
