import assert from "node:assert/strict";
import { test } from "node:test";
import { connectionsIn } from "../../src/app/connections.ts";
import { networkCheck } from "../../src/app/network.ts";

const connection = (network: string) => {
  const settings = { S__kind: "adls-gen2", S__endpoint: "https://contoso.dfs.core.windows.net", S__network: network };
  return connectionsIn(settings).get("S") ?? assert.fail();
};

test("a private connection's names lead to private addresses, both of them, or the check fails", async () => {
  const judged = async (addresses: Readonly<Record<string, readonly string[]>>, network = "private") => {
    const check = await networkCheck("S", connection(network), async (host) => {
      const found = addresses[host];
      if (found === undefined) throw new Error("ENOTFOUND");
      return found;
    });
    return [check.status, check.detail];
  };
  const [dfs, blob] = ["contoso.dfs.core.windows.net", "contoso.blob.core.windows.net"] as const;
  assert.equal((await judged({ [dfs]: ["10.71.0.70"], [blob]: ["fd00::1", "192.168.1.1"] }))[0], "ok");
  const open = await judged({ [dfs]: ["10.71.0.70"], [blob]: ["20.60.1.4"] });
  assert.deepEqual(open, ["failed", `${blob} leads to 20.60.1.4, a public address`]);
  for (const address of ["172.32.0.1", "11.0.0.1", "2603:1030::1", "::ffff:20.60.1.4"]) {
    assert.equal((await judged({ [dfs]: [address], [blob]: [address] }))[0], "failed", address);
  }
  assert.equal((await judged({}))[0], "failed");
  assert.equal((await judged({}, "public"))[0], "skipped");
});
