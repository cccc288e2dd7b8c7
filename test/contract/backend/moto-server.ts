import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:net";
import { createInterface } from "node:readline";

/** Whether Python's moto, an independent imitation of AWS, is installed here. */
export function motoAvailable(): boolean {
  return spawnSync("moto_server", ["--help"], { stdio: "ignore" }).status === 0;
}

export interface MotoServer {
  readonly endpoint: string;
  stop(): Promise<void>;
}

export async function startMotoServer(): Promise<MotoServer> {
  const port = await freePort();
  const server = spawn("moto_server", ["-H", "127.0.0.1", "-p", String(port)], {
    stdio: ["ignore", "ignore", "pipe"],
    // It is started through a shell script; the group ends with all that it has started.
    detached: true,
  });
  await listening(server);
  return {
    endpoint: `http://127.0.0.1:${port}`,
    async stop() {
      const ended = once(server, "exit");
      if (server.pid !== undefined) process.kill(-server.pid, "SIGKILL");
      await ended;
    },
  };
}

async function listening(server: ChildProcess): Promise<void> {
  if (server.stderr === null) throw new TypeError("its standard error is not read");
  for await (const line of createInterface(server.stderr)) {
    if (line.includes("Running on")) {
      server.stderr.resume();
      return;
    }
  }
  throw new Error("moto_server ended before it listened");
}

async function freePort(): Promise<number> {
  const probe = createServer().listen(0, "127.0.0.1");
  await once(probe, "listening");
  const address = probe.address();
  probe.close();
  await once(probe, "close");
  if (address === null || typeof address === "string") throw new TypeError("no port");
  return address.port;
}
