import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { SwitchyardClient } from "../../client/sdk/client.ts";
import { openClient } from "../../client/sdk/open-client.ts";
import { putFinding } from "../../functions/runtime/finding-records.ts";
import { buildSwitchyard, type Switchyard } from "./run-switchyard.ts";
import { openYardServer, type YardServer } from "./yard-server.ts";

const url = "https://hooks.example.com/in";
let yard: YardServer;
let tool: Switchyard;
let client: SwitchyardClient;
beforeAll(async () => {
  yard = await openYardServer();
  tool = await buildSwitchyard(yard.url);
  client = openClient({ url: yard.url });
});
afterAll(async () => {
  client.close();
  await tool.remove();
  await yard.close();
});

describe("webhooks in the SDK", () => {
  it("are defined, listed, shown, rotated and deleted", async () => {
    const made = await client.webhooks.define("sdk", { url, tasks: ["hello"] });
    expect(made).toMatchObject({ state: "active", spec: { url, tasks: ["hello"], active: true } });
    const names: string[] = [];
    for await (const { name } of client.webhooks.list()) names.push(name);
    expect(names).toContain("sdk");
    const { secret } = await client.webhooks.secret("sdk");
    expect((await client.webhooks.rotate("sdk")).keyNumber).toBe(2);
    expect((await client.webhooks.secret("sdk")).previous?.secret).toBe(secret);
    expect(await client.webhooks.test("sdk")).toMatchObject({ delivered: false, status: 503 });
    expect(await client.webhooks.delete("sdk")).toEqual({ deleted: true });
    await expect(client.webhooks.show("sdk")).rejects.toMatchObject({ code: "webhook_not_found" });
  });
});

describe("switchyard webhook", () => {
  it("sets one, lists it, shows it and its secret, and says what a test brought", async () => {
    const set = await tool.run(["webhook", "set", "cli", url, "--state", "failed,timed_out"]);
    expect(set.out).toBe("webhook cli is active\n");
    expect((await tool.run(["webhook", "list"])).out).toMatch(/cli +active +https:\/\/hooks/);
    expect((await tool.run(["webhook", "get", "cli"])).out).toMatch(/states +failed timed_out/);
    const secret = await tool.run(["webhook", "secret", "cli", "-q"]);
    expect(secret.out).toMatch(/^whsec_[A-Za-z0-9+/=]+\n$/);
    const tested = await tool.run(["webhook", "test", "cli"]);
    expect([tested.exitCode, tested.out]).toEqual([1, "not taken: answered 503 after 3 ms\n"]);
    expect((await tool.run(["webhook", "rotate", "cli"])).out).toContain("signs with key 2");
    expect((await tool.run(["webhook", "deliveries", "cli", "--json"])).out).toBe("");
    expect((await tool.run(["webhook", "delete", "cli"])).out).toBe("webhook cli is deleted\n");
  });

  it("says why an address is refused", async () => {
    const refused = await tool.run(["webhook", "set", "bad", "https://10.0.0.1/"]);
    expect(refused.exitCode).not.toBe(0);
    expect(refused.err).toContain("not an address of the public internet");
  });
});

describe("switchyard findings", () => {
  it("lists what is open, with an exit code for scripts, and who takes care of it", async () => {
    const none = await tool.run(["findings"]);
    expect([none.exitCode, none.out]).toEqual([0, ""]);
    const finding = {
      tenant: "default",
      id: "fnd_01m7w2y7m0_slot_missed_nightly",
      kind: "slot_missed",
      subject: "nightly",
      state: "open",
      message: "nothing has become of a slot whose time is over",
      openedAtMs: Date.parse("2026-11-20T09:00:00Z"),
    } as const;
    await yard.store.write([putFinding(finding, "absent")]);
    const open = await tool.run(["findings"]);
    expect(open.exitCode).toBe(1);
    expect(open.out).toMatch(/slot_missed +nightly +open/);
    await tool.run(["finding", "acknowledge", finding.id, "--note", "looking"]);
    const [line = ""] = (await tool.run(["findings", "--json"])).out.split("\n");
    expect(JSON.parse(line)).toMatchObject({ id: finding.id, acknowledged: { note: "looking" } });
  });
});
