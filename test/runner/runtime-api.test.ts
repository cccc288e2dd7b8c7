import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { GuardProcess } from "../../functions/adapters/local/executor/guard-process.ts";
import { runtimeApiRun } from "../../functions/runner/orders/runtime-api/runtime-api-run.ts";
import type { PackageOrder } from "../../shared/contract/http/work.ts";
import { limits } from "../../shared/core/limits.ts";
import { isRunning } from "../executor/process-state.ts";
import { type FileServer, openFileServer } from "./file-server.ts";
import { openPutServer } from "./put-server.ts";
import { type OrderFacts, openWorkYard, type WorkYard } from "./work-yard.ts";
import { packageOrder, zipOf } from "./zip-maker.ts";

let yard: WorkYard;
let server: FileServer;
let folder: string;
beforeAll(async () => {
  yard = await openWorkYard({});
  server = await openFileServer();
  folder = await mkdtemp(join(tmpdir(), "switchyard-runtime-"));
  await writeFile(join(folder, "runtime.mjs"), runtimeText);
});
afterAll(async () => {
  await yard.close();
  await server.close();
  await rm(folder, { recursive: true, force: true });
});

/** A runtime that fetches its invocation and then does what the test says. */
const runtimeText = `
const base = "http://" + process.env.AWS_LAMBDA_RUNTIME_API + "/2018-06-01/runtime/";
const post = (path, body, headers = {}) => fetch(base + path, { method: "POST", body, headers });
const next = async () => {
  const answer = await fetch(base + "invocation/next");
  return { headers: answer.headers, event: await answer.json() };
};
const invoked = async () => {
  const { headers, event } = await next();
  const id = headers.get("lambda-runtime-aws-request-id");
  return {
    headers, event,
    respond: (body) => post("invocation/" + id + "/response", body),
    fail: (body, more) => post("invocation/" + id + "/error", body, more),
  };
};
await (new (Object.getPrototypeOf(async () => {}).constructor)("post", "next", "invoked", process.argv[2]))(post, next, invoked);
`;

const silent = () => undefined;
const log = { debug: silent, info: silent, warn: silent, error: silent };
const run = { package: { function: "report" } };

function speak(script: string, facts: OrderFacts = {}, signal = new AbortController().signal) {
  const order = yard.order(run, facts);
  const runtime = { program: process.execPath, args: [join(folder, "runtime.mjs"), script] };
  const place = { folder, handler: "app.handler", environment: { MODE: "fast" }, runtime };
  const options = { env: process.env, guard: new GuardProcess(log), graceMs: 1_000, signal };
  const deadlineAtMs = Date.parse(order.deadlineAt);
  return { order, end: runtimeApiRun(order, place, { ...options, deadlineAtMs }) };
}

const logOf = (end: object): string => ("log" in end ? String(end.log) : "");

describe("a runtime that speaks Lambda's Runtime API", () => {
  it("gets the envelope, its request's facts and the function's environment", async () => {
    const { order, end } = speak(
      `const { headers, event, respond } = await invoked();
       console.log("to the log");
       const { MODE, _HANDLER, LAMBDA_TASK_ROOT, AWS_LAMBDA_FUNCTION_NAME } = process.env;
       const env = { MODE, _HANDLER, LAMBDA_TASK_ROOT, AWS_LAMBDA_FUNCTION_NAME };
       await respond(JSON.stringify({ event, env, headers: Object.fromEntries(headers) }));`,
      { input: ["é"] },
    );
    expect(await end).toMatchObject({
      outcome: "succeeded",
      log: "to the log\n",
      output: {
        event: order.envelope,
        env: {
          MODE: "fast",
          _HANDLER: "app.handler",
          LAMBDA_TASK_ROOT: folder,
          AWS_LAMBDA_FUNCTION_NAME: "report",
        },
        headers: {
          "lambda-runtime-aws-request-id": order.attemptId,
          "lambda-runtime-deadline-ms": expect.stringMatching(/^\d{13}$/),
          "lambda-runtime-invoked-function-arn": expect.stringMatching(/:function:report$/),
          "lambda-runtime-trace-id": expect.stringMatching(/^Root=1-.{8}-.{24};Parent=.{16};Samp/),
        },
      },
    });
  });

  it("is ended when it asks for another invocation after its answer", async () => {
    const { end } = speak(
      `console.log(process.pid); const { respond } = await invoked(); await respond("1"); await next();`,
    );
    const ended = await end;
    expect(ended).toMatchObject({ outcome: "succeeded", output: 1 });
    expect(isRunning(Number(logOf(ended)))).toBe(false);
  });

  it("is ended although it goes on with something else after its answer", async () => {
    const { end } = speak(
      `const { respond } = await invoked(); await respond("1"); setInterval(() => {}, 1000);`,
    );
    expect(await end).toMatchObject({ outcome: "succeeded", output: 1 });
  });

  it("answers once: a second answer is refused, and so is one to another invocation", async () => {
    const { end } = speak(
      `const { respond } = await invoked();
       const other = await post("invocation/another/response", "3");
       const first = await respond("1");
       const second = await respond("2");
       console.log(other.status, first.status, second.status);`,
    );
    const ended = await end;
    expect(ended).toMatchObject({ outcome: "succeeded", output: 1 });
    expect(logOf(ended)).toBe("404 202 403\n");
  });
});

describe("a runtime whose function fails", () => {
  it("fails with the name, the message and the stack of its error document", async () => {
    const { end } = speak(
      `const { fail } = await invoked();
       await fail(JSON.stringify({ errorMessage: "no such row", errorType: "KeyError", stackTrace: ["one", "two"] }));`,
    );
    expect(await end).toMatchObject({
      outcome: "failed",
      error: { class: "error", message: "no such row", name: "KeyError", stack: "one\ntwo" },
    });
  });

  it("fails with the type in the header when the error document says nothing", async () => {
    const { end } = speak(
      `const { fail } = await invoked();
       await fail("", { "Lambda-Runtime-Function-Error-Type": "Runtime.HandlerNotFound" });`,
    );
    expect(await end).toMatchObject({
      error: { class: "missing_function", message: "no message" },
    });
  });

  it("that cannot begin says so instead of asking for its invocation", async () => {
    const { end } = speak(
      `const errorType = "Runtime.ImportModuleError";
       await post("init/error", JSON.stringify({ errorMessage: "no module app", errorType }));
       process.exit(1);`,
    );
    expect(await end).toMatchObject({
      error: { class: "missing_function", message: "no module app" },
    });
  });

  it("that ends before it answers has crashed, with its last words", async () => {
    const { end } = speak(`await invoked(); console.error("segment missing"); process.exit(3);`);
    expect(await end).toMatchObject({
      error: {
        class: "crash",
        message: "its process ended with code 3 before it answered; it last wrote: segment missing",
      },
    });
    const silently = speak("await invoked();");
    expect(await silently.end).toMatchObject({ error: { class: "crash" } });
  });
});

describe("a runtime at its limits", () => {
  it("that is killed by somebody else has run out of memory", async () => {
    const { end } = speak(`await invoked(); process.kill(process.pid, "SIGKILL");`);
    expect(await end).toMatchObject({ error: { class: "out_of_memory" } });
    const byShell = speak("await invoked(); process.exit(137);");
    expect(await byShell.end).toMatchObject({ error: { class: "out_of_memory" } });
  });

  it("that takes more memory than it may is ended for that", async () => {
    const { end } = speak(
      "await invoked(); const a = []; for (;;) a.push(new Array(1e6).fill(1.5));",
      { memoryMb: 160 },
    );
    expect(await end).toMatchObject({
      error: { class: "out_of_memory", message: expect.stringContaining("160 MB") },
    });
  });

  it("is ended when its time is up, even against its will, and its late answer is refused", async () => {
    const { end } = speak(
      `const { respond } = await invoked();
       console.log(process.pid);
       process.on("SIGTERM", async () => console.log((await respond("1")).status));
       setInterval(() => {}, 1000);`,
      { timeoutMs: 3_000 },
    );
    const ended = await end;
    expect(ended).toMatchObject({
      error: { class: "timeout", message: "no result within 3000 ms; it was ended" },
    });
    const [pid, status] = logOf(ended).trim().split("\n").map(Number);
    expect(status).toBe(403);
    expect(isRunning(pid ?? 0)).toBe(false);
  });

  it("is ended when nobody wants its answer any more", async () => {
    const stop = new AbortController();
    const asked = await openPutServer();
    const { end } = speak(
      `await invoked(); await fetch("${asked.url}", { method: "PUT", body: String(process.pid) });
       setInterval(() => {}, 1000);`,
      {},
      stop.signal,
    );
    const pid = Number(await asked.received);
    stop.abort();
    expect(await end).toEqual({ outcome: "aborted" });
    expect(isRunning(pid)).toBe(false);
    await asked.close();
  });
});

describe("a runtime", () => {
  it("whose answer is not JSON, or too large, has an invalid output", async () => {
    const noJson = speak(`const { respond } = await invoked(); await respond("{");`);
    expect(await noJson.end).toMatchObject({
      error: { class: "invalid_output", message: expect.stringContaining("not JSON") },
    });
    const large = speak(
      `const { respond } = await invoked(); await respond(JSON.stringify("x".repeat(200000)));`,
    );
    expect(await large.end).toMatchObject({
      error: {
        class: "invalid_output",
        message: expect.stringContaining(`at most ${limits.outputBytesMax} are kept`),
      },
    });
  });

  it("whose answer is large has it put where large ones go, when there is such a place", async () => {
    const place = await openPutServer();
    const { envelope } = yard.order(run);
    const outputs_url = { url: place.url, inline_bytes_max: limits.outputBytesMax };
    const { end } = speak(
      `const { respond } = await invoked(); await respond(JSON.stringify("x".repeat(200000)));`,
      { envelope: { ...envelope, outputs_url } },
    );
    const text = JSON.stringify("x".repeat(200_000));
    expect(await end).toMatchObject({
      outcome: "succeeded",
      outputRef: { bytes: 200_002, sha256: createHash("sha256").update(text).digest("hex") },
    });
    expect(await place.received).toBe(text);
    await place.close();
  });
});

/** Stands in for AWS's client: answers with its own arguments. */
const clientText = `import http.client, json, os, sys
def call(method, path, body=None):
    connection = http.client.HTTPConnection(os.environ["AWS_LAMBDA_RUNTIME_API"])
    connection.request(method, "/2018-06-01/runtime/invocation/" + path, body)
    answer = connection.getresponse()
    answer.read()
    return answer.headers["Lambda-Runtime-Aws-Request-Id"]
call("POST", call("GET", "next") + "/response", json.dumps(sys.argv[1:]))
call("GET", "next")
`;

const isPythonHere = spawnSync("python3", ["-c", ""]).status === 0;

describe.skipIf(!isPythonHere)("a Python package (skipped where there is no python3)", () => {
  async function python(text: string, facts: OrderFacts = {}, more: Partial<PackageOrder> = {}) {
    const zip = zipOf({ "app/main.py": text, "app/words.py": 'greeting = "grüß"' });
    server.serve(zip);
    const about = { runtime: "python3.13", handler: "app/main.handler", ...more } as const;
    const code = packageOrder(zip, server.url, about);
    return (await yard.run(yard.order(run, { ...facts, package: code }))).end;
  }

  it("runs with its event, its context, its environment and its own modules", async () => {
    const end = await python(
      `import os
from app.words import greeting
def handler(event, context):
    print("heard", event["inputs"])
    left = context.get_remaining_time_in_millis()
    return {"word": greeting, "in": event["inputs"], "mode": os.environ["MODE"],
            "same": context.aws_request_id == event["request_id"], "left": 0 < left <= 30000,
            "name": context.function_name, "memory": context.memory_limit_in_mb}
`,
      { input: "ключ 🔑", memoryMb: 256 },
      { environment: { MODE: "fast" } },
    );
    expect(end).toMatchObject({
      outcome: "succeeded",
      log: "heard ключ 🔑\n",
      output: {
        word: "grüß",
        in: "ключ 🔑",
        mode: "fast",
        same: true,
        left: true,
        name: "report",
        memory: "256",
      },
    });
  });

  it("that raises fails with the exception's name, message and place", async () => {
    const end = await python(`def handler(event, context):
    raise KeyError("spalte ä")
`);
    expect(end).toMatchObject({
      error: {
        class: "error",
        name: "KeyError",
        message: "'spalte ä'",
        stack: expect.stringMatching(/main\.py", line 2, in handler/),
      },
    });
  });

  it("that has no such handler, or cannot be imported, is missing", async () => {
    expect(await python("def other(event, context): pass")).toMatchObject({
      error: { class: "missing_function", name: "Runtime.HandlerNotFound" },
    });
    expect(await python("import no_such_module")).toMatchObject({
      error: { class: "missing_function", message: expect.stringContaining("no_such_module") },
    });
    expect(await python("", {}, { handler: "gone.handler" })).toMatchObject({
      error: { class: "missing_function", message: expect.stringContaining("gone.py") },
    });
  });

  it("whose result is no JSON has an invalid output", async () => {
    for (const result of ["{1, 2}", 'float("nan")']) {
      const end = await python(`def handler(event, context): return ${result}`);
      expect(end).toMatchObject({ error: { class: "invalid_output" } });
    }
  });

  it("is run by AWS's own client where that can be imported", async () => {
    const client = join(folder, "awslambdaric");
    await mkdir(client);
    await writeFile(join(client, "__init__.py"), "");
    await writeFile(join(client, "__main__.py"), clientText);
    const aws = await openWorkYard({}, { env: { ...process.env, LAMBDA_RUNTIME_DIR: folder } });
    const zip = zipOf({ "main.py": "" });
    server.serve(zip);
    const about = { runtime: "python3.12", handler: "main.handler" } as const;
    const code = packageOrder(zip, server.url, about);
    expect((await aws.run(aws.order(run, { package: code }))).end).toMatchObject({
      outcome: "succeeded",
      output: ["main.handler"],
    });
    await aws.close();
  });

  it("is ended when its time is up", async () => {
    const end = await python(
      `import time
def handler(event, context):
    time.sleep(600)
`,
      { timeoutMs: 1_000 },
    );
    expect(end).toMatchObject({ error: { class: "timeout" } });
  });

  it("that leaves its process has crashed", async () => {
    const end = await python("import os\ndef handler(event, context): os._exit(4)");
    expect(end).toMatchObject({
      error: { class: "crash", message: expect.stringContaining("code 4") },
    });
  });
});

describe("a machine without Python", () => {
  it("cannot run a Python package, and says why", async () => {
    const bare = await openWorkYard({}, { env: { PATH: folder } });
    const code = packageOrder(zipOf({}), server.url, { runtime: "python3.12" });
    const { end } = await bare.run(bare.order(run, { package: code }));
    expect(end).toMatchObject({
      error: {
        class: "missing_function",
        message: expect.stringContaining("neither python3.12 nor python3 can be started"),
      },
    });
    await bare.close();
  });
});
