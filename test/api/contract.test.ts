import { readFileSync, writeFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import {
  errorsMarkdown,
  limitsMarkdown,
  routesMarkdown,
} from "../../functions/api/reference/markdown.ts";
import type { OpenApiDocument } from "../../functions/api/reference/openapi.ts";
import { problemsOf } from "../../functions/api/reference/openapi.ts";
import type { RouteSpec } from "../../shared/contract/http/route-spec.ts";
import { operationIds, routes } from "../../shared/contract/http/routes.ts";
import { switchyardVersion } from "../../shared/contract/http/version.ts";
import { errorCodes } from "../../shared/core/error-codes.ts";
import { goodRequest } from "./good-requests.ts";
import { define, openYard } from "./yard.ts";

/** Set UPDATE_DOCS=1 to rewrite the generated parts of docs/ instead of checking them. */
const update = process.env.UPDATE_DOCS === "1";

async function documentOf(): Promise<OpenApiDocument> {
  const reply = await openYard().call("GET", "/v1/openapi.json");
  expect([reply.status, reply.headers.get("content-type")]).toEqual([200, "application/json"]);
  return reply.body;
}

/** Every object of a document, with the path to it. */
function* objectsOf(value: unknown, path = ""): Generator<[string, Record<string, unknown>]> {
  if (typeof value !== "object" || value === null) return;
  if (!Array.isArray(value)) yield [path, value as Record<string, unknown>];
  for (const [key, inner] of Object.entries(value)) yield* objectsOf(inner, `${path}/${key}`);
}

describe("the OpenAPI document", () => {
  it("has every route exactly once, and nothing else", async () => {
    const { openapi, paths } = await documentOf();
    expect(openapi).toBe("3.1.0");
    const found = Object.entries(paths).flatMap(([path, methods]) =>
      Object.entries(methods).map(
        ([method, operation]) => `${operation.operationId} ${method} ${path}`,
      ),
    );
    const expected = operationIds.map((id) => `${id} ${routes[id].method} ${routes[id].path}`);
    expect(found.toSorted()).toEqual(expected.toSorted());
  });

  it("refers only to what it has, and has only what it refers to", async () => {
    const document = await documentOf();
    const known = new Set(
      Object.keys(document.components.schemas).map((name) => `#/components/schemas/${name}`),
    );
    const used = new Set<unknown>();
    for (const [, object] of objectsOf(document)) if ("$ref" in object) used.add(object.$ref);
    expect([...used].filter((ref) => !known.has(String(ref)))).toEqual([]);
    expect([...known].filter((ref) => !used.has(ref))).toEqual([]);
  });

  it("is made of well-formed schemas", async () => {
    const types = ["object", "array", "string", "number", "integer", "boolean", "null"];
    const { components, paths } = await documentOf();
    for (const [path, schema] of objectsOf([components.schemas, paths])) {
      if (
        typeof schema.type === "string" &&
        !path.endsWith("/properties") &&
        !path.includes("/example")
      ) {
        expect(types, path).toContain(schema.type);
      }
      if (typeof schema.pattern === "string")
        expect(() => new RegExp(String(schema.pattern))).not.toThrow();
      if (Array.isArray(schema.required) && schema.properties !== undefined) {
        const names = Object.keys(schema.properties ?? {});
        expect(
          schema.required.filter((name) => !names.includes(name)),
          path,
        ).toEqual([]);
      }
      expect(schema).not.toHaveProperty("$schema");
    }
  });

  it("declares every parameter of every path, an answer, and the problems", async () => {
    const { paths } = await documentOf();
    for (const [path, methods] of Object.entries(paths)) {
      for (const { parameters, responses, operationId } of Object.values(methods)) {
        const inPath = parameters
          .filter((parameter) => parameter.in === "path")
          .map(({ name }) => name);
        expect([...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name)).toEqual(inPath);
        const good = Object.keys(responses).filter((status) => status < "400");
        expect(good.length, operationId).toBeGreaterThan(0);
        for (const code of problemsOf(routes[operationId])) {
          expect(Object.keys(responses), operationId).toContain(String(errorCodes[code].status));
        }
      }
    }
  });

  it("gives examples that its own schemas take", async () => {
    const { paths } = await documentOf();
    let examples = 0;
    for (const { requestBody, operationId } of Object.values(paths).flatMap((of) =>
      Object.values(of),
    )) {
      const route: RouteSpec = routes[operationId];
      if (requestBody === undefined) continue;
      const { example } = requestBody.content["application/json"] ?? {};
      expect(route.body?.schema.safeParse(example).error, operationId).toBeUndefined();
      examples += 1;
    }
    expect(examples).toBe(operationIds.filter((id) => "body" in routes[id]).length);
  });

  it("has the version of the package", () => {
    const { version } = JSON.parse(readFileSync("package.json", "utf8"));
    expect(switchyardVersion).toBe(version);
  });
});

describe("what the API answers", () => {
  it.each(operationIds)("is what the contract says: %s", async (id) => {
    const yard = openYard();
    await define(yard, "hello");
    const { method, path, ...options } = await goodRequest(yard, id);
    const reply = await yard.call(method, path, options);
    const route: RouteSpec = routes[id];
    const answer = route.answers[reply.status];
    expect(answer, reply.text.slice(0, 300)).toBeDefined();
    expect(reply.headers.get("content-type")).toContain(answer?.contentType ?? "application/json");
    expect(answer?.schema?.safeParse(reply.body).error).toBeUndefined();
  });
});

describe("the reference pages", () => {
  it.each(["/v1/docs", "/v1/docs/errors"])(
    "are whole, inert and lead nowhere missing: %s",
    async (path) => {
      const reply = await openYard().call("GET", path);
      expect([reply.status, reply.headers.get("content-type")]).toEqual([
        200,
        "text/html; charset=utf-8",
      ]);
      const html = reply.text;
      expect(html).not.toMatch(
        /<script|javascript:|\son\w+=|https?:\/\/|url\(|undefined|\[object/i,
      );
      const ids = new Set([...html.matchAll(/\sid="([^"]+)"/g)].map(([, id]) => id));
      const inside = [...html.matchAll(/href="#([^"]+)"/g)].map(([, id]) => id);
      expect(inside.filter((id) => !ids.has(id))).toEqual([]);
      const outside = new Set([...html.matchAll(/href="(\/[^"#]+)/g)].map(([, of]) => of));
      for (const of of outside) expect((await openYard().call("GET", of ?? "")).status).toBe(200);
    },
  );

  it("describe every operation and every error code", async () => {
    const docs = (await openYard().call("GET", "/v1/docs")).text;
    for (const id of operationIds) expect(docs).toContain(`<article id="${id}">`);
    const errors = (await openYard().call("GET", "/v1/docs/errors")).text;
    for (const code of Object.keys(errorCodes)) expect(errors).toContain(`<article id="${code}">`);
  });

  it("allow exactly their own style sheet", async () => {
    const { headers, text } = await openYard().call("GET", "/v1/docs");
    const style = /<style>([\s\S]*?)<\/style>/.exec(text)?.[1] ?? "";
    const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(style));
    const hash = Buffer.from(digest).toString("base64");
    expect(headers.get("content-security-policy")).toContain(`style-src 'sha256-${hash}';`);
  });
});

describe("the written documentation", () => {
  it("lists in docs/errors.md every code as the table has it", () => {
    if (update) writeFileSync("docs/errors.md", errorsMarkdown());
    expect(readFileSync("docs/errors.md", "utf8")).toBe(errorsMarkdown());
  });

  it("lists in docs/api.md the routes and limits there are", () => {
    const text = readFileSync("docs/api.md", "utf8");
    const expected = text
      .replace(
        /<!-- routes -->[\s\S]*<!-- \/routes -->/,
        `<!-- routes -->\n${routesMarkdown()}\n<!-- /routes -->`,
      )
      .replace(
        /<!-- limits -->[\s\S]*<!-- \/limits -->/,
        `<!-- limits -->\n${limitsMarkdown()}\n<!-- /limits -->`,
      );
    if (update) writeFileSync("docs/api.md", expected);
    expect(readFileSync("docs/api.md", "utf8")).toBe(expected);
  });
});
