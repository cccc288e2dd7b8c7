import { spawn } from "node:child_process";
import { once } from "node:events";
import { connect } from "node:net";
import { createInterface } from "node:readline";
import { expect, it } from "vitest";
import { dynoxideAvailable, startDynoxide } from "../../../functions/runtime/dynoxide.ts";
import { describeOverTheWire } from "./local-dynamo.ts";

/** A connection to the server: it ends when the server does. */
async function connectTo(endpoint: string) {
  const { hostname, port } = new URL(endpoint);
  const socket = connect(Number(port), hostname);
  await once(socket, "connect");
  // A killed server resets its connections; what counts is that they close.
  socket.on("error", () => undefined);
  return socket;
}

describeOverTheWire("the local server", () => {
  it("listens on loopback until it is stopped", async () => {
    expect(dynoxideAvailable()).toBe(true);
    const server = await startDynoxide();
    expect(server.endpoint).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/);
    const socket = await connectTo(server.endpoint);
    const closed = once(socket, "close");
    await server.stop();
    await closed;
    await expect(connectTo(server.endpoint)).rejects.toMatchObject({ code: "ECONNREFUSED" });
    await expect(server.stop()).resolves.toBeUndefined();
  });

  it("runs several times side by side", async () => {
    const servers = await Promise.all([startDynoxide(), startDynoxide()]);
    expect(new Set(servers.map(({ endpoint }) => endpoint)).size).toBe(2);
    await Promise.all(servers.map((server) => server.stop()));
  });

  it("says why when it cannot start", async () => {
    const start = startDynoxide({ databasePath: "/nowhere/at/all/dynamodb.db" });
    await expect(start).rejects.toThrow(/did not start: it ended with code/);
  });

  it("ends with the process that started it, even when that is killed", async () => {
    const module = new URL("../../../functions/runtime/dynoxide.ts", import.meta.url).href;
    const script = `import(${JSON.stringify(module)}).then(async ({ startDynoxide }) => {
      console.log((await startDynoxide()).endpoint);
    });`;
    const parent = spawn(process.execPath, ["--import", "tsx", "--eval", script], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    const [endpoint] = await once(createInterface({ input: parent.stdout }), "line");
    const socket = await connectTo(String(endpoint));
    const closed = once(socket, "close");
    parent.kill("SIGKILL");
    await closed;
    await expect(connectTo(String(endpoint))).rejects.toMatchObject({ code: "ECONNREFUSED" });
  });
});
