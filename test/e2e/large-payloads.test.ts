import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdir, mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openNodeTransport } from "../../client/sdk/node-transport.ts";
import { openClient } from "../../client/sdk/open-client.ts";
import { limits } from "../../shared/core/limits.ts";
import { type HostProcess, startHost } from "./host-process.ts";

const run = promisify(execFile);

const modules = {
  "echo.mjs": `export const handler = (event) => ({ given: event.inputs });`,
  "keys.mjs": `export const handler = (event) => Object.keys(event).sort();`,
  "measure.mjs": `
    import { createHash } from "node:crypto";
    export const handler = ({ inputs }) => {
      const text = JSON.stringify(inputs);
      const sha256 = createHash("sha256").update(text).digest("hex");
      return { bytes: Buffer.byteLength(text), sha256 };
    };`,
};

/** A JSON text of exactly so many bytes, quotes included. */
const textOf = (bytes: number): string => "x".repeat(bytes - 2);

let directory: string;
let host: HostProcess;
let client: ReturnType<typeof openClient>;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "switchyard-large-"));
  const functions = join(directory, "functions");
  await mkdir(functions);
  for (const [name, code] of Object.entries(modules)) await writeFile(join(functions, name), code);
  const data = join(directory, "data");
  host = await startHost([
    "--data",
    data,
    "--functions",
    functions,
    "--port",
    "0",
    "--no-examples",
  ]);
  client = openClient({ url: host.url, transport: openNodeTransport() });
  for (const name of ["echo", "keys", "measure"]) {
    const module = `${name}.mjs`;
    await client.define(name, { run: { function: { module, export: "handler" } } });
  }
});
afterAll(async () => {
  client.close();
  await host.end("SIGTERM");
  await rm(directory, { recursive: true, force: true });
});

describe("inputs and outputs of any size", () => {
  it.each([
    ["one byte below the limit", limits.inputBytesMax - 1, false],
    ["exactly at the limit", limits.inputBytesMax, false],
    ["one byte above the limit", limits.inputBytesMax + 1, true],
  ])("are what they were, %s", async (_, bytes, byReference) => {
    const input = textOf(bytes);
    const sha256 = createHash("sha256").update(JSON.stringify(input)).digest("hex");
    const finished = await client.submitAndWait({ task: "measure", input });
    expect(finished.output).toEqual({ bytes, sha256 });
    const { inputRef, input: inline } = await client.status(finished.id);
    expect({ byReference: inputRef !== undefined, bytes: inputRef?.bytes ?? bytes }).toEqual({
      byReference,
      bytes,
    });
    expect(inline === undefined).toBe(byReference);
    expect(await client.input(finished.id)).toBe(input);
  });

  it("go there and back with 20 MB", async () => {
    const input = {
      rows: Array.from({ length: 200_000 }, (_, row) => ({ row, name: "ä".repeat(40) })),
    };
    const bytes = Buffer.byteLength(JSON.stringify(input));
    expect(bytes).toBeGreaterThan(20_000_000);
    const submitted = await client.submit({ task: "echo", input });
    const finished = await client.wait(submitted.id);
    expect(finished.state).toBe("succeeded");
    expect(finished.outputRef?.bytes).toBeGreaterThan(bytes);
    expect(finished.output).toEqual({ given: input });
    expect(finished.attempts).toHaveLength(1);
  });

  it("stay where they are for who asks only for the reference, and for who takes less", async () => {
    const input = textOf(300_000);
    const { id } = await client.submitAndWait({ task: "echo", input });
    const left = await client.status(id, { largeOutputs: "leave" });
    expect(left.output).toBeUndefined();
    expect(left.outputRef).toMatchObject({ href: `/v1/instances/${id}/output` });
    expect(await client.output(id)).toEqual({ given: input });
    const modest = openClient({ url: host.url, fetchBytesMax: 1_000 });
    await expect(modest.status(id)).rejects.toMatchObject({ code: "payload_too_large" });
    modest.close();
  });
});

describe("large inputs and outputs", () => {
  it("are the same instance again when they are submitted again with the same key", async () => {
    const request = { task: "measure", input: textOf(200_000), idempotencyKey: "large-once" };
    const [first, second] = [await client.submit(request), await client.submit(request)];
    expect(second.id).toBe(first.id);
    const other = { ...request, input: `${textOf(199_999)}y` };
    await expect(client.submit(other)).rejects.toMatchObject({ code: "idempotency_conflict" });
  });

  it("travel among small ones in one batch", async () => {
    const inputs = [1, textOf(400_000), { small: true }, textOf(131_073)];
    const outcomes = await client.submitMany(inputs.map((input) => ({ task: "echo", input })));
    const ended = await Promise.all(
      outcomes.map(async (outcome) => {
        if (!outcome.ok) throw outcome.error;
        return (await client.wait(outcome.instance.id)).output;
      }),
    );
    expect(ended).toEqual(inputs.map((given) => ({ given })));
  });

  it("can be planned for without being uploaded", async () => {
    const before = await readdir(join(directory, "data", "payloads", "default"));
    const { instance } = await client.plan({ task: "echo", input: textOf(300_000) });
    expect(instance.inputRef?.bytes).toBe(300_000);
    expect(await readdir(join(directory, "data", "payloads", "default"))).toEqual(before);
  });

  it("work from the command line", async () => {
    const file = join(directory, "input.json");
    await writeFile(file, JSON.stringify(textOf(500_000)));
    const args = ["client/bin/switchyard.mjs", "submit", "echo", "--input", `@${file}`, "--wait"];
    const { stdout } = await run(process.execPath, [...args, "--json", "--server", host.url], {
      maxBuffer: 16 * 1_048_576,
    });
    expect(JSON.parse(stdout)).toMatchObject({
      state: "succeeded",
      output: { given: textOf(500_000) },
    });
  });

  it("are deleted with their instances, and nothing of an unfinished upload stays", async () => {
    const { id, inputRef, outputRef } = await client.submitAndWait({
      task: "echo",
      input: textOf(250_000),
    });
    const folder = join(directory, "data", "payloads", "default");
    expect(await readdir(folder)).toEqual(
      expect.arrayContaining([inputRef?.id, outputRef?.id] as string[]),
    );
    for await (const page of client.purge({ before: new Date(Date.now() + 60_000) })) {
      expect(page.instancesDeleted).toBeGreaterThan(0);
    }
    await expect(client.status(id)).rejects.toMatchObject({ code: "instance_not_found" });
    const left = await readdir(folder);
    expect(left).not.toContain(inputRef?.id);
    expect(left).not.toContain(outputRef?.id);
    expect(left.filter((name) => name.endsWith(".part"))).toEqual([]);
  });

  it("are told to a function without our SDK as the envelope says", async () => {
    const { output } = await client.submitAndWait({ task: "keys", input: textOf(200_000) });
    expect(output).toEqual([
      "attempt",
      "deadline",
      "execution_time",
      "inputs",
      "instance",
      "outputs_url",
      "request_id",
      "resource_limits",
      "task_id",
      "trace",
      "version",
    ]);
  });
});
