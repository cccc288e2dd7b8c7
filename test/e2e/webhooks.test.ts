import { mkdtemp, rm } from "node:fs/promises";
import http from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { SwitchyardClient } from "../../client/sdk/client.ts";
import { openClient } from "../../client/sdk/open-client.ts";
import { type VerifiedWebhook, verifyWebhook } from "../../client/sdk/verify-webhook.ts";
import { type HostProcess, startHost } from "./host-process.ts";

/** A receiver as one would write it: it verifies, and says 204. */
class Receiver {
  readonly messages: VerifiedWebhook[] = [];
  readonly refused: string[] = [];
  secret = "";
  #status = 204;
  #waiting: (() => void)[] = [];
  readonly #server = http.createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      void verifyWebhook(this.secret, request.headers, Buffer.concat(chunks))
        .then(
          (verified) => this.messages.push(verified),
          (error: unknown) => this.refused.push(String(error)),
        )
        .then(() => {
          response.writeHead(this.#status).end();
          for (const wake of this.#waiting.splice(0)) wake();
        });
    });
  });

  async open(): Promise<string> {
    await new Promise<void>((settle) => this.#server.listen(0, "127.0.0.1", settle));
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/in`;
  }

  answerFromNowOn(status: number): void {
    this.#status = status;
  }

  /** Resolves once so many messages have come, good or bad. */
  async hasGot(count: number): Promise<void> {
    while (this.messages.length + this.refused.length < count) {
      await new Promise<void>((wake) => this.#waiting.push(wake));
    }
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((settle) => this.#server.close(settle));
  }
}

const receiver = new Receiver();
let directory: string;
let host: HostProcess;
let client: SwitchyardClient;
let url: string;

async function start(): Promise<void> {
  host = await startHost(["--data", directory, "--port", "0", "--webhooks-to-loopback"]);
  client = openClient({ url: host.url });
}

beforeAll(async () => {
  url = await receiver.open();
  directory = await mkdtemp(join(tmpdir(), "switchyard-webhooks-"));
  await start();
});
afterAll(async () => {
  client.close();
  await host.end("SIGTERM");
  await receiver.close();
  await rm(directory, { recursive: true, force: true });
});

describe("a receiver on this machine", () => {
  it("is told of an end by a message that it can verify", async () => {
    await client.webhooks.define("ends", { url, tasks: ["hello"] });
    receiver.secret = (await client.webhooks.secret("ends")).secret;
    const tested = await client.webhooks.test("ends");
    expect(tested).toMatchObject({ delivered: true, status: 204 });
    const { id } = await client.submitAndWait({ task: "hello", input: { name: "Ada" } });
    await receiver.hasGot(2);
    expect(receiver.refused).toEqual([]);
    expect(receiver.messages.map(({ message }) => message)).toMatchObject([
      { type: "webhook.test", data: { webhook: "ends" } },
      { type: "instance.state_changed", data: { instanceId: id, task: "hello", to: "succeeded" } },
    ]);
  });

  it("is told after a crash of the host what it was not told before, with the same key", async () => {
    receiver.answerFromNowOn(503);
    const { id } = await client.submitAndWait({ task: "hello", input: { name: "Bea" } });
    await receiver.hasGot(3);
    await host.end("SIGKILL");
    receiver.answerFromNowOn(204);
    client.close();
    await start();
    await receiver.hasGot(4);
    const [first, second] = receiver.messages.slice(2);
    expect(first?.message).toMatchObject({ data: { instanceId: id } });
    expect(second?.id).toBe(first?.id);
    expect(receiver.refused).toEqual([]);
  });

  it("is the only place inside that webhooks may lead to", async () => {
    for (const hostile of ["https://10.0.0.1/", "http://169.254.169.254/latest/meta-data/"]) {
      await expect(client.webhooks.define("inside", { url: hostile })).rejects.toMatchObject({
        code: "unsafe_address",
      });
    }
  });
});

describe("the canary of a host", () => {
  it("succeeds by itself, is told of in the health, and is in nobody's list", async () => {
    const health = async () => (await client.health()).components.watch;
    await expect.poll(health, { timeout: 50_000 }).toHaveProperty("canaryAgeSeconds");
    expect(await health()).toMatchObject({ state: "ok", openFindings: 0 });
    const tasks = [];
    for await (const { name } of client.tasks()) tasks.push(name);
    expect(tasks).not.toContain("canary");
  }, 60_000);
});
