import { afterEach, describe, expect, it } from "vitest";
import { type ClientOptions, openClient } from "../../client/sdk/open-client.ts";
import { openYardServer, plainTask, type YardOptions, type YardServer } from "./yard-server.ts";

const large = "x".repeat(200_000);
const quick = { retry: { delayMsBase: 1, delayMsMax: 2 } } as const;

let yard: YardServer | undefined;
let close = (): void => undefined;
afterEach(async () => {
  close();
  await yard?.close();
});

async function open(options: YardOptions = {}, more: ClientOptions = {}) {
  yard = await openYardServer(options);
  const client = openClient({ url: yard.url, ...quick, ...more });
  close = () => client.close();
  await client.define("resize", plainTask);
  return { yard, client };
}

const isUpload = (request: Request): boolean => request.method === "PUT" && isPayload(request);
const isPayload = ({ url }: Request): boolean => new URL(url).pathname.startsWith("/v1/payloads/");

describe("a large input", () => {
  it("is uploaded again when the connection breaks, also after it got through", async () => {
    let uploads = 0;
    const { yard, client } = await open({
      async intercept(request, pass) {
        if (!isUpload(request)) return pass();
        uploads += 1;
        if (uploads === 1) return new Response(null, { status: 503 });
        const answer = await pass();
        return uploads === 2 ? new Response(null, { status: 502 }) : answer;
      },
    });
    const { id } = await client.submit({ task: "resize", input: large });
    expect(uploads).toBe(3);
    expect(await client.input(id)).toBe(large);
    expect(yard.requestsTo("/v1/instances")).toHaveLength(1);
  });

  it("is not submitted when it cannot be uploaded", async () => {
    const { yard, client } = await open({
      intercept: (request, pass) =>
        isUpload(request) ? new Response("no", { status: 403 }) : pass(),
    });
    const submitted = client.submit({ task: "resize", input: large });
    await expect(submitted).rejects.toMatchObject({ code: "forbidden" });
    expect(yard.requestsTo("/v1/instances")).toHaveLength(0);
  });

  it("is sent where it goes without the credential of the API", async () => {
    const seen: (string | null)[] = [];
    const { client } = await open(
      {
        intercept(request, pass) {
          if (isPayload(request)) seen.push(request.headers.get("authorization"));
          return pass();
        },
      },
      { headers: { authorization: "Bearer secret" } },
    );
    const { id } = await client.submit({ task: "resize", input: large });
    await client.input(id);
    expect(seen).toEqual([null, null]);
  });

  it("does not hold up small ones, and no more than four are uploaded at once", async () => {
    let underway = 0;
    let most = 0;
    const { client } = await open({
      async intercept(request, pass) {
        if (!isUpload(request)) return pass();
        underway += 1;
        most = Math.max(most, underway);
        const answer = await pass();
        underway -= 1;
        return answer;
      },
    });
    const inputs = Array.from({ length: 12 }, (_, place) => (place % 2 === 0 ? large : place));
    const outcomes = await client.submitMany(inputs.map((input) => ({ task: "resize", input })));
    expect(outcomes.every(({ ok }) => ok)).toBe(true);
    expect(most).toBeGreaterThan(0);
    expect(most).toBeLessThanOrEqual(4);
  });
});

describe("a large output", () => {
  it("is refused when it is not what was put there", async () => {
    const { client } = await open({
      behaviour: () => ({ putAway: JSON.stringify(large) }),
      intercept: (request, pass) =>
        request.method === "GET" && isPayload(request)
          ? new Response(JSON.stringify(large.replace("x", "y")))
          : pass(),
    });
    const { id } = await client.submit({ task: "resize", input: 1 });
    await expect(client.wait(id)).rejects.toMatchObject({ code: "bad_answer" });
    const left = await client.wait(id, { largeOutputs: "leave" });
    expect(left).toMatchObject({ state: "succeeded", outputRef: { bytes: 200_002 } });
  });
});
