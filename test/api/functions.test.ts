import { beforeEach, describe, expect, it } from "vitest";
import { limits } from "../../shared/core/limits.ts";
import { deploy, functionBody } from "./good-function-requests.ts";
import { admin, define, expectProblem, openYard, stranger, type Yard } from "./yard.ts";

let yard: Yard;
beforeEach(() => {
  yard = openYard();
});
const thumbs = { run: { package: { function: "thumbs" } } };

describe("PUT /v1/functions/{name}", () => {
  it("asks for a deployment, and answers with what is there now", async () => {
    const reply = await deploy(yard, "thumbs", "one", {
      memoryMb: 256,
      environment: { KEY: "s3cret" },
    });
    expect(reply.status).toBe(202);
    expect(reply.headers.get("location")).toBe("/v1/functions/thumbs");
    expect(reply.body).toMatchObject({ state: "active", memoryMb: 256, variables: ["KEY"] });
    expect(reply.body.activeDigest).toBe(reply.body.digest);
    expect(reply.text).not.toContain("s3cret");
  });

  it("deploys the same content once, whatever it was uploaded as", async () => {
    const first = await deploy(yard, "thumbs", "one");
    const second = await deploy(yard, "thumbs", "one");
    expect([first.status, second.status]).toEqual([202, 200]);
    expect(second.body.digest).toBe(first.body.digest);
    expect(yard.platform.deployments).toHaveLength(1);
  });

  it("makes another version of other settings, and puts an older one back in force", async () => {
    const one = await deploy(yard, "thumbs", "one");
    const two = await deploy(yard, "thumbs", "one", { timeoutSeconds: 60 });
    expect(two.body.digest).not.toBe(one.body.digest);
    const back = await deploy(yard, "thumbs", "one");
    expect(back.status).toBe(200);
    expect(back.body).toMatchObject({ digest: one.body.digest, activeDigest: one.body.digest });
    expect(yard.platform.deployments).toHaveLength(2);
  });

  it("shows why a deployment failed, and asks again when it is repeated", async () => {
    yard.platform.next = () => ({ outcome: "refused", reason: "the role is missing" });
    const failed = await deploy(yard, "thumbs", "one");
    expect(failed.body).toMatchObject({ state: "failed", failure: "the role is missing" });
    expect(failed.body.activeDigest).toBeUndefined();
    yard.platform.next = undefined;
    const again = await deploy(yard, "thumbs", "one");
    expect(again.status).toBe(202);
    expect(again.body).toMatchObject({ state: "active" });
    expect(again.body.failure).toBeUndefined();
  });

  it("says so when a deployment has had no outcome for long", async () => {
    yard.platform.next = () => Promise.reject(new Error("cut off"));
    const reply = await deploy(yard, "thumbs", "one");
    expect(reply.body).toMatchObject({ state: "deploying" });
    expect(reply.body.note).toBeUndefined();
    yard.now += limits.deployAgainMs;
    const later = await yard.call("GET", "/v1/functions/thumbs");
    expect(later.body.note).toContain("10 minutes ago");
  });

  it("refuses a package that was not uploaded, or not this one", async () => {
    const body = functionBody(yard, "one");
    const missing = { ...body, package: { ...body.package, id: "up_00000000000000000000000000" } };
    const reply = await yard.call("PUT", "/v1/functions/thumbs", { body: missing });
    expect(expectProblem(reply, 404, "payload_not_found").pointer).toBe("/package/id");
    const shorter = { ...body, package: { ...body.package, bytes: 2 } };
    const wrong = await yard.call("PUT", "/v1/functions/thumbs", { body: shorter });
    expect(expectProblem(wrong, 400, "invalid_field").pointer).toBe("/package/bytes");
    const sha256 = "0".repeat(64);
    const damaged = { ...body, package: { ...body.package, sha256 } };
    yard.payloads.find = async () => ({ bytes: 3, sha256: body.package.sha256 });
    const other = await yard.call("PUT", "/v1/functions/thumbs", { body: damaged });
    expect(expectProblem(other, 400, "invalid_field").pointer).toBe("/package/sha256");
    yard = openYard();
    const elsewhere = await yard.call("PUT", "/v1/functions/thumbs", { body, as: stranger });
    expectProblem(elsewhere, 404, "payload_not_found");
  });

  it.each([
    [{ runtime: "python3.9" }, "/runtime"],
    [{ handler: "index" }, "/handler"],
    [{ memoryMb: 64 }, "/memoryMb"],
    [{ timeoutSeconds: 901 }, "/timeoutSeconds"],
    [{ environment: { BIG: "x".repeat(4_096) } }, "/environment"],
    [{ environment: { AWS_REGION: "eu-west-1" } }, "/environment"],
  ])("refuses %o", async (settings, pointer) => {
    const reply = await deploy(yard, "thumbs", "one", settings);
    expect(expectProblem(reply, 400, "invalid_field").pointer).toBe(pointer);
  });

  it("is not possible on a host where nobody may deploy", async () => {
    const bare = openYard({ deployer: undefined } as object);
    expectProblem(await deploy(bare, "thumbs", "one"), 503, "unavailable");
  });
});

describe("the package of a version", () => {
  const packages = () => [...yard.payloads.kept.keys()].filter((key) => key.includes("/pk_"));
  const put = (name: string, body: object) => yard.call("PUT", `/v1/functions/${name}`, { body });

  it("is its own, made of the upload once", async () => {
    const body = functionBody(yard, "one");
    const first = await put("thumbs", body);
    expect(first.body.package.id).toMatch(/^pk_/);
    yard.payloads.kept.delete(`acme/${body.package.id}`);
    const again = await put("thumbs", body);
    expect([again.status, again.body.package.id]).toEqual([200, first.body.package.id]);
    await deploy(yard, "thumbs", "one");
    expect(packages()).toEqual([`acme/${first.body.package.id}`]);
  });

  it("goes with its function, and takes nothing away from another of the same upload", async () => {
    const body = functionBody(yard, "one");
    await put("thumbs", body);
    await put("thumbs", { ...body, memoryMb: 256 });
    const other = await put("other", body);
    expect(packages()).toHaveLength(3);
    await yard.call("DELETE", "/v1/functions/thumbs");
    expect(packages()).toEqual([`acme/${other.body.package.id}`]);
  });

  it("can be what a version with other settings is made of", async () => {
    const body = functionBody(yard, "one");
    const first = await put("thumbs", body);
    const second = await put("thumbs", { memoryMb: 256, package: first.body.package });
    expect(second.body).toMatchObject({ state: "active", memoryMb: 256 });
    expect(new Set(packages()).size).toBe(2);
    await yard.call("DELETE", "/v1/functions/thumbs");
    const gone = await put("thumbs", { package: first.body.package });
    expectProblem(gone, 404, "payload_not_found");
  });

  it("is replaced when its deployment failed, and only then", async () => {
    yard.platform.next = () => ({ outcome: "refused", reason: "the role is missing" });
    const failed = await deploy(yard, "thumbs", "one");
    yard.platform.next = () => Promise.reject(new Error("cut off"));
    const asked = await deploy(yard, "thumbs", "one");
    expect(asked.body).toMatchObject({ state: "deploying" });
    expect(asked.body.package.id).not.toBe(failed.body.package.id);
    const again = await deploy(yard, "thumbs", "one");
    expect(again.body.package.id).toBe(asked.body.package.id);
    expect(packages()).toEqual([`acme/${asked.body.package.id}`]);
  });

  it("is not left behind when two ask for one version at the same moment", async () => {
    yard.platform.next = () => Promise.reject(new Error("cut off"));
    const replies = await Promise.all(["one", "one"].map((content) => deploy(yard, "t", content)));
    expect(replies.map(({ status }) => status)).toEqual([202, 202]);
    const { body } = await yard.call("GET", "/v1/functions/t");
    expect(packages()).toEqual([`acme/${body.package.id}`]);
  });

  it("is never made of an input, nor is an input ever taken for it", async () => {
    const id = yard.payloads.put("acme", Buffer.from("one"));
    const body = functionBody(yard, "one");
    const reply = await put("thumbs", { ...body, package: { ...body.package, id } });
    const problem = expectProblem(reply, 400, "invalid_field");
    expect(problem.pointer).toBe("/package/id");
    expect(problem.detail).toContain("must be the id of a package");
    expect(packages()).toEqual([]);
  });
});

describe("a task that runs a deployed function", () => {
  it("is fixed to the version in force, until it is defined again", async () => {
    const one = await deploy(yard, "thumbs", "one");
    const first = await define(yard, "resize", thumbs);
    expect(first.body.spec.run.package.digest).toBe(one.body.digest);
    const two = await deploy(yard, "thumbs", "two");
    expect((await yard.call("GET", "/v1/tasks/resize")).body.version).toBe(1);
    const second = await define(yard, "resize", thumbs);
    expect(second.body).toMatchObject({ version: 2 });
    expect(second.body.spec.run.package.digest).toBe(two.body.digest);
  });

  it("goes back to an older version by its digest", async () => {
    const one = await deploy(yard, "thumbs", "one");
    await deploy(yard, "thumbs", "two");
    const { digest } = one.body;
    const old = await define(yard, "resize", { run: { package: { function: "thumbs", digest } } });
    expect(old.body.spec.run.package.digest).toBe(digest);
  });

  it("is refused without such a function, such a version, or before it is deployed", async () => {
    const put = (run: object) => yard.call("PUT", "/v1/tasks/resize", { body: { run } });
    const unknown = expectProblem(await put(thumbs.run), 404, "function_not_found");
    expect(unknown.pointer).toBe("/run/package/function");
    yard.platform.next = () => ({ outcome: "refused", reason: "no such role" });
    await deploy(yard, "thumbs", "one");
    const failed = expectProblem(await put(thumbs.run), 409, "function_not_ready");
    expect(failed.detail).toContain("no such role");
    yard.platform.next = undefined;
    await deploy(yard, "thumbs", "two");
    const digest = "ab".repeat(32);
    const version = await put({ package: { function: "thumbs", digest } });
    expect(expectProblem(version, 404, "function_not_found").pointer).toBe("/run/package/digest");
    const near = await put({ package: { function: "thumb" } });
    expect(expectProblem(near, 404, "function_not_found").suggestion).toContain('"thumbs"');
  });

  it("keeps its function from being removed, unless that is forced", async () => {
    await deploy(yard, "thumbs", "one");
    await define(yard, "resize", thumbs);
    const refused = await yard.call("DELETE", "/v1/functions/thumbs");
    expect(expectProblem(refused, 409, "function_in_use").detail).toContain('"resize"');
    expect(yard.platform.removals).toEqual([]);
    const forced = await yard.call("DELETE", "/v1/functions/thumbs?force=true");
    expect(forced.body).toEqual({ name: "thumbs", removed: true });
    expect(yard.platform.removals).toEqual(["acme/thumbs"]);
    expectProblem(await yard.call("GET", "/v1/functions/thumbs"), 404, "function_not_found");
  });
});

describe("looking at deployed functions", () => {
  it("lists them by name and their versions, page by page, of one's own tenant only", async () => {
    for (const name of ["a", "b", "c"]) await deploy(yard, name, "one");
    await deploy(yard, "a", "two");
    const first = await yard.call("GET", "/v1/functions?limit=2");
    const second = await yard.call("GET", `/v1/functions?cursor=${first.body.nextCursor}`);
    const names = [...first.body.items, ...second.body.items].map(({ name }) => name);
    expect(names).toEqual(["a", "b", "c"]);
    const versions = await yard.call("GET", "/v1/functions/a/versions");
    expect(versions.body.items).toHaveLength(2);
    expect((await yard.call("GET", "/v1/functions", { as: stranger })).body.items).toEqual([]);
    const foreign = await yard.call("GET", "/v1/functions/a", { as: stranger });
    expectProblem(foreign, 404, "function_not_found");
  });

  it("tries one out with the envelope of a task, and leaves no instance behind", async () => {
    const deployed = await deploy(yard, "thumbs", "one");
    const reply = await yard.call("POST", "/v1/functions/thumbs/invoke", {
      body: { input: { n: 1 } },
    });
    expect(reply.body).toMatchObject({
      outcome: "returned",
      digest: deployed.body.digest,
      log: "called\n",
    });
    expect(reply.body.output.event).toMatchObject({
      version: 1,
      inputs: { n: 1 },
      instance: { tenant: admin.tenant, task: "thumbs" },
    });
    expect((await yard.call("GET", "/v1/instances")).body.items).toEqual([]);
    yard.platform.next = () => ({ outcome: "refused", reason: "no" });
    await deploy(yard, "other", "one");
    const early = await yard.call("POST", "/v1/functions/other/invoke", { body: {} });
    expectProblem(early, 409, "function_not_ready");
  });
});
