import { describe, expect, it } from "vitest";
import { expectProblem, openYard } from "./yard.ts";

const hosts = ["localhost:8080", "127.0.0.1:8080", "[::1]:8080", "LOCALHOST", "127.0.0.1"];
const foreignHosts = [
  "evil.example",
  "evil.example:8080",
  "localhost.evil.example",
  "127.0.0.1.nip.io",
  "127.0.0.1@evil.example",
  "10.0.0.7:8080",
  "0.0.0.0:8080",
  "[::]:8080",
  "169.254.169.254",
  "localhost:8080:90",
  "",
];
const foreignOrigins = [
  "https://evil.example",
  "http://localhost:9999",
  "http://127.0.0.1:8080",
  "https://localhost:8080",
  "null",
  "http://localhost:8080.evil.example",
  "file://",
  "",
];

describe("a host without authentication", () => {
  const yard = openYard({ allowLoopbackOnly: true });

  it.each(hosts)("answers requests addressed to %s", async (host) => {
    expect((await yard.call("GET", "/v1/health", { headers: { host } })).status).toBe(200);
  });

  it.each(foreignHosts)(
    "refuses requests addressed to %s, also for paths that do not exist",
    async (host) => {
      for (const path of ["/v1/health", "/v1/tasks", "/v1/nope"]) {
        expectProblem(await yard.call("GET", path, { headers: { host } }), 403, "host_not_allowed");
      }
    },
  );

  it("answers its own pages", async () => {
    const headers = { host: "localhost:8080", origin: "http://localhost:8080" };
    expect((await yard.call("GET", "/v1/tasks", { headers })).status).toBe(200);
  });

  it.each(foreignOrigins)("refuses pages of the origin %s", async (origin) => {
    const headers = { host: "localhost:8080", origin };
    expectProblem(await yard.call("GET", "/v1/tasks", { headers }), 403, "host_not_allowed");
    const submission = { body: { task: "hello" }, headers };
    expectProblem(await yard.call("POST", "/v1/instances", submission), 403, "host_not_allowed");
    expectProblem(
      await yard.call("OPTIONS", "/v1/instances", { headers }),
      403,
      "host_not_allowed",
    );
  });

  it("is left to its own authentication elsewhere", async () => {
    const headers = { host: "api.example", origin: "https://console.example" };
    expect((await openYard().call("GET", "/v1/tasks", { headers })).status).toBe(200);
  });
});
