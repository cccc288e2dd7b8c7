import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { pathToFileURL } from "node:url";
import { beforeAll, describe, expect, it } from "vitest";
import { buildGroups } from "../../functions/build/build.ts";
import type { BundleSize } from "../../functions/build/bundle-sizes.ts";
import { bundleGroups } from "../../functions/build/targets.ts";
import { functionNames, optionalFunctionNames } from "../../shared/contract/env.ts";
import { repository } from "./repository.ts";

const plainHandler = "export async function handler(event: unknown) { return event; }\n";

/** A repository with just the entry files, so that the program is tested and not the product. */
function repositoryWith(files: Readonly<Record<string, string>>): string {
  const root = mkdtempSync(join(tmpdir(), "switchyard-build-"));
  symlinkSync(join(repository, "node_modules"), join(root, "node_modules"));
  cpSync(join(repository, "package.json"), join(root, "package.json"));
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text);
  }
  return root;
}

const lambdaNames = [...functionNames, ...optionalFunctionNames];
const handlers = Object.fromEntries(
  lambdaNames.map((name) => [`functions/${name}/handler.ts`, plainHandler]),
);
const everything = {
  ...handlers,
  "functions/api/handler.ts": `
    import { createHash } from "node:crypto";
    export async function handler() {
      const { SQSClient } = await import("@aws-sdk/client-sqs");
      return { digest: createHash("sha256").update("x").digest("hex"), client: typeof SQSClient };
    }`,
  // CommonJS that asks for a Node builtin at run time: works in ESM only with a real require.
  "functions/observe/legacy.cjs": `module.exports = () => require("node:os").EOL;`,
  "functions/observe/handler.ts": `
    import endOfLine from "./legacy.cjs";
    export async function handler() { return endOfLine(); }`,
  "functions/local/main.ts": `
    import { ClassicLevel } from "classic-level";
    export const store = ClassicLevel;`,
  "functions/local/canary-function.ts": "export const handler = () => ({});\n",
  "functions/runner/runner.ts": "export const started = true;\n",
  "functions/runner/container.ts": "export const started = true;\n",
  "functions/runner/worker/worker.ts": "export const runWorker = () => undefined;\n",
  "functions/runner/container/Dockerfile": "FROM scratch\n",
  "functions/runner/runtimes/python_client.py": "pass\n",
  "client/switchyard.ts": "export const openClient = () => undefined;\n",
  "client/cli/main.ts": '#!/usr/bin/env node\nprocess.stdout.write("yard\\n");\n',
  "examples/functions/hello.ts": plainHandler,
};

describe("the build program", () => {
  const root = repositoryWith(everything);
  const dist = join(root, "dist");
  let sizes: Readonly<Record<string, BundleSize>> = {};
  beforeAll(async () => {
    sizes = await buildGroups(root, dist, bundleGroups);
  });

  const load = (file: string) => import(pathToFileURL(join(dist, file)).href);

  it("makes every bundle of the product", () => {
    expect(Object.keys(sizes).sort()).toEqual(
      [
        ...lambdaNames.map((name) => `lambda/${name}`),
        ...["canary", "host", "runner"].map((name) => `local/${name}`),
        "runner/container",
        "runner/runner",
        "runner/switchyard",
        "runner/worker",
        "cli/switchyard",
        "client/switchyard",
        "examples/functions/hello",
      ].sort(),
    );
    expect(readFileSync(join(dist, "runner/Dockerfile"), "utf8")).toBe("FROM scratch\n");
  });

  it("makes functions that load and answer", async () => {
    const { handler } = await load("lambda/dispatch/index.mjs");
    expect(await handler({ a: 1 })).toEqual({ a: 1 });
  });

  it("keeps a client behind import() out of what a cold start reads", async () => {
    const size = sizes["lambda/api"];
    expect(size?.initialBytes).toBeLessThan(5_000);
    expect(size?.lazyBytes).toBeGreaterThan(100_000);
    const { handler } = await load("lambda/api/index.mjs");
    expect(await handler()).toMatchObject({ client: "function" });
  });

  it("gives a require only to bundles that need one", async () => {
    const { handler } = await load("lambda/observe/index.mjs");
    expect(await handler()).toBe("\n");
    const textOf = (name: string) => readFileSync(join(dist, `lambda/${name}/index.mjs`), "utf8");
    expect(textOf("observe")).toContain("createRequire");
    expect(textOf("dispatch")).not.toContain("createRequire");
  });

  it("puts source maps beside the functions without referring to them", () => {
    expect(readdirSync(join(dist, "lambda/api"))).toContain("index.mjs.map");
    expect(readFileSync(join(dist, "lambda/api/index.mjs"), "utf8")).not.toContain("sourceMapping");
  });

  it("leaves packages with compiled parts to be found at run time", () => {
    const host = readFileSync(join(dist, "local/host.mjs"), "utf8");
    expect(host).toContain('from "classic-level"');
  });

  it("keeps the first line of the command, by which a shell starts it", () => {
    expect(readFileSync(join(dist, "cli/switchyard.mjs"), "utf8")).toMatch(
      /^#!\/usr\/bin\/env node/,
    );
  });

  it("writes down what every bundle weighs and which package it is of", () => {
    const meta = JSON.parse(readFileSync(join(dist, "meta.json"), "utf8"));
    expect(meta).toEqual(sizes);
    expect(sizes["lambda/api"]?.packages["@smithy/core"]).toBeGreaterThan(10_000);
  });

  it("builds a group alone, removes its stale chunks and keeps what is known of the others", async () => {
    const chunks = join(dist, "lambda/api/chunks/index");
    writeFileSync(join(chunks, "stale-00000000.mjs"), "");
    await buildGroups(root, dist, ["lambda"]);
    expect(readdirSync(chunks)).not.toContain("stale-00000000.mjs");
    const meta = JSON.parse(readFileSync(join(dist, "meta.json"), "utf8"));
    expect(Object.keys(meta)).toContain("cli/switchyard");
  });

  it("builds nothing and names every entry file that is missing", async () => {
    const { "functions/observe/handler.ts": _, "functions/api/handler.ts": __, ...rest } = handlers;
    const bare = repositoryWith(rest);
    await expect(buildGroups(bare, join(bare, "dist"), ["lambda"])).rejects.toThrow(
      /functions\/api\/handler\.ts[\s\S]*functions\/observe\/handler\.ts/,
    );
    expect(readdirSync(bare)).not.toContain("dist");
  });

  it("does not take an empty folder of examples for success", async () => {
    const bare = repositoryWith({});
    await expect(buildGroups(bare, join(bare, "dist"), ["examples"])).rejects.toThrow(
      "examples/functions holds no .ts file",
    );
  });
});

describe("a runner's folder", () => {
  it("holds what runtimes other than Node need, beside the runner", async () => {
    const root = repositoryWith(everything);
    const dist = join(root, "dist");
    await buildGroups(root, dist, ["runner", "local"]);
    for (const folder of ["runner", "local"]) {
      expect(readFileSync(join(dist, folder, "python_client.py"), "utf8")).toBe("pass\n");
    }
  });
});
