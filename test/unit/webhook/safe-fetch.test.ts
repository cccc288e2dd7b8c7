import { afterEach, describe, expect, it } from "vitest";
import type { Resolve } from "../../../functions/webhook/resolve-receiver.ts";
import { openSafeSender, type SafeFetchOptions } from "../../../functions/webhook/safe-fetch.ts";
import type { TryOutcome } from "../../../shared/webhook/decide-delivery.ts";
import { receiverCertificate } from "../../fixtures/receiver-certificate.ts";
import { openReceiver, type Receiver } from "./receiver.ts";

let receivers: Receiver[] = [];
afterEach(async () => {
  await Promise.all(receivers.map((receiver) => receiver.close()));
  receivers = [];
});

async function receiverThat(...args: Parameters<typeof openReceiver>): Promise<Receiver> {
  const receiver = await openReceiver(...args);
  receivers.push(receiver);
  return receiver;
}

const here: Resolve = async () => [{ address: "127.0.0.1", family: 4 }];

function send(url: string, options: Partial<SafeFetchOptions> = {}): Promise<TryOutcome> {
  const sender = openSafeSender({
    reach: { loopback: true },
    now: () => Date.now(),
    resolve: here,
    timeoutMs: 5_000,
    ca: receiverCertificate,
    ...options,
  });
  return sender.send({ url, headers: { "webhook-id": "msg_1" }, body: '{"grüße":1}' });
}

describe("sending a message", () => {
  it("posts it whole, under the receiver's name, over TLS with the name's certificate", async () => {
    const receiver = await receiverThat((_, response) => response.writeHead(204).end(), {
      secure: true,
    });
    const outcome = await send(`https://hooks.localhost:${receiver.port}/in?of=1`);
    expect(outcome).toEqual({ status: 204, durationMs: expect.any(Number) });
    expect(receiver.received).toMatchObject([
      {
        method: "POST",
        path: "/in?of=1",
        body: '{"grüße":1}',
        serverName: "hooks.localhost",
        headers: { host: `hooks.localhost:${receiver.port}`, "webhook-id": "msg_1" },
      },
    ]);
  });

  it("is refused by a certificate of another name, or of nobody", async () => {
    const receiver = await receiverThat((_, response) => response.end(), { secure: true });
    const other = await send(`https://other.localhost:${receiver.port}/`);
    expect(other.error).toContain("ERR_TLS_CERT_ALTNAME_INVALID");
    const sender = openSafeSender({ reach: { loopback: true }, now: () => 0, resolve: here });
    const url = `https://hooks.localhost:${receiver.port}/`;
    const unknown = await sender.send({ url, headers: {}, body: "{}" });
    expect(unknown.status).toBeUndefined();
    expect(unknown.error).toMatch(/self.signed|DEPTH_ZERO|UNABLE_TO_VERIFY/i);
    expect(receiver.received).toEqual([]);
  });

  it("asks for the name once, and connects to what was checked: a second answer changes nothing", async () => {
    const receiver = await receiverThat((_, response) => response.end(), { secure: true });
    const answers = ["127.0.0.1", "10.0.0.1", "169.254.169.254"];
    let asked = 0;
    const rebinding: Resolve = async () => [{ address: answers[asked++] ?? "", family: 4 }];
    const url = `https://hooks.localhost:${receiver.port}/`;
    expect((await send(url, { resolve: rebinding })).status).toBe(200);
    expect(asked).toBe(1);
    expect((await send(url, { resolve: rebinding })).error).toContain("10.0.0.1");
    expect(receiver.received).toHaveLength(1);
  });

  it.each([
    ["private", ["10.0.0.1"]],
    ["metadata", ["169.254.169.254"]],
    ["loopback", ["127.0.0.1"]],
    ["IPv4-mapped", ["::ffff:10.0.0.1"]],
    ["ULA", ["fd00:ec2::254"]],
    ["public and private", ["93.184.216.34", "10.0.0.1"]],
    ["no", []],
  ])("connects nowhere when the name has %s addresses", async (_, addresses) => {
    const resolve: Resolve = async () =>
      addresses.map((address) => ({ address, family: address.includes(":") ? 6 : 4 }));
    const outcome = await send("https://hooks.example.com/", {
      reach: { loopback: false },
      resolve,
    });
    expect(outcome.status).toBeUndefined();
    expect(outcome.error).toMatch(/^hooks\.example\.com/);
  });

  it("does not take an address that the definition would have refused", async () => {
    let asked = 0;
    const resolve: Resolve = async () => {
      asked += 1;
      return [];
    };
    const outcome = await send("http://hooks.example.com/", { resolve });
    expect(outcome.error).toContain("https://");
    expect(asked).toBe(0);
  });
});

describe("a receiver that does what it should not", () => {
  it("redirects, which is an answer, and is followed nowhere", async () => {
    const inside = await receiverThat((_, response) => response.end());
    const receiver = await receiverThat((_, response) =>
      response.writeHead(302, { location: `http://localhost:${inside.port}/` }).end(),
    );
    expect((await send(`http://localhost:${receiver.port}/`)).status).toBe(302);
    expect(inside.connections()).toBe(0);
  });

  it("resets after its status, which was its answer", async () => {
    const receiver = await receiverThat((_, response, socket) => {
      response.writeHead(200, { "content-length": "1000" });
      response.write("begun", () => socket.resetAndDestroy());
    });
    expect((await send(`http://localhost:${receiver.port}/`)).status).toBe(200);
  });

  it("breaks off before it answers, which is told in words", async () => {
    const receiver = await receiverThat((_, __, socket) => socket.resetAndDestroy());
    const outcome = await send(`http://localhost:${receiver.port}/`);
    expect(outcome.status).toBeUndefined();
    expect(outcome.error).toMatch(/ECONNRESET|hang up/);
  });

  it("drips its headers, and has no more time than any other", async () => {
    let drip: NodeJS.Timeout | undefined;
    const receiver = await receiverThat((_, __, socket) => {
      socket.write("HTTP/1.1 200 OK\r\n");
      drip = setInterval(() => socket.write("x-slow: 1\r\n"), 20);
      socket.on("close", () => clearInterval(drip));
    });
    const outcome = await send(`http://localhost:${receiver.port}/`, { timeoutMs: 200 });
    clearInterval(drip);
    expect(outcome).toMatchObject({ error: "no answer within 200 ms" });
  });

  it("has a name that is never resolved, and no more time than any other", async () => {
    const never: Resolve = () => new Promise(() => undefined);
    const outcome = await send("https://hooks.example.com/", { resolve: never, timeoutMs: 50 });
    expect(outcome.error).toBe("no answer within 50 ms");
  });

  it("answers without an end, and is cut off", async () => {
    let closed: (written: number) => void = () => undefined;
    const writtenAtClose = new Promise<number>((settle) => {
      closed = settle;
    });
    const receiver = await receiverThat((_, response, socket) => {
      const chunk = Buffer.alloc(16 * 1024);
      response.writeHead(200);
      const more = (): void => {
        while (!socket.destroyed && response.write(chunk));
        if (!socket.destroyed) response.once("drain", more);
      };
      socket.on("close", () => closed(socket.bytesWritten));
      more();
    });
    const outcome = await send(`http://localhost:${receiver.port}/`, { answerBytesMax: 64 * 1024 });
    expect(outcome.status).toBe(200);
    // What the operating system holds on the way comes on top.
    expect(await writtenAtClose).toBeLessThan(32 * 1024 * 1024);
  });

  it("says for how long it wants to be left alone", async () => {
    const receiver = await receiverThat((_, response) =>
      response.writeHead(429, { "retry-after": "120" }).end(),
    );
    const outcome = await send(`http://localhost:${receiver.port}/`);
    expect(outcome).toMatchObject({ status: 429, retryAfterMs: 120_000 });
  });

  it("says things that are not kept", async () => {
    const receiver = await receiverThat((_, response) => {
      response.writeHead(500).end("<img onerror=alert(1)> secret of the inside");
    });
    const outcome = await send(`http://localhost:${receiver.port}/`);
    expect(JSON.stringify(outcome)).not.toContain("secret");
  });
});
