import { createHash } from "node:crypto";
import type { RouteSpec } from "../../../shared/contract/http/route-spec.ts";
import { routes } from "../../../shared/contract/http/routes.ts";
import { type ErrorCode, errorCodes } from "../../../shared/core/error-codes.ts";
import { type Field, fieldOf, fieldsOf, typeOf } from "./fields.ts";
import { type Operation, openApi, problemsOf } from "./openapi.ts";
import { pageStyle } from "./page-style.ts";
import { componentOf, type JsonSchema } from "./schemas.ts";

export interface Page {
  readonly html: string;
  /** What a content security policy needs to allow the page's style sheet. */
  readonly styleHash: string;
}

const styleHash = `sha256-${createHash("sha256").update(pageStyle).digest("base64")}`;

let reference: Page | undefined;
let errors: Page | undefined;

/** The reference of the whole contract, made from the OpenAPI document. Built once. */
export function referencePage(): Page {
  reference ??= { html: referenceHtml(), styleHash };
  return reference;
}

/** What every error code means. */
export function errorsPage(): Page {
  errors ??= { html: errorsHtml(), styleHash };
  return errors;
}

function referenceHtml(): string {
  const { info, tags, paths, components } = openApi();
  const operations = Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({ path, method, operation })),
  );
  const inTag = (tag: string) => operations.filter(({ operation }) => operation.tags[0] === tag);
  const navigation = tags.map(
    ({ name }) =>
      `<h2>${escaped(name)}</h2><ul>${inTag(name)
        .map(
          ({ method, operation }) =>
            `<li><a href="#${operation.operationId}"><b class="${method}">${method}</b>${escaped(operation.summary)}</a></li>`,
        )
        .join("")}</ul>`,
  );
  const schemaNames = Object.keys(components.schemas).toSorted();
  const sections = tags.map(
    ({ name, description }) =>
      `<section><h2 id="tag-${name}">${escaped(name)}</h2><p>${escaped(description)}</p>${inTag(
        name,
      )
        .map(({ path, method, operation }) => operationHtml(path, method, operation))
        .join("")}</section>`,
  );
  return pageHtml(
    "Switchyard API",
    `${navigation.join("")}<h2>Forms</h2><ul>${schemaNames
      .map((name) => `<li><a href="#form-${name}">${escaped(name)}</a></li>`)
      .join("")}</ul>`,
    `<header><h1>Switchyard API <small>${escaped(info.version)}</small></h1><p>${escaped(info.description)}</p>
<p>For programs: <a href="/v1/openapi.json">openapi.json</a>. When something is refused: <a href="/v1/docs/errors">error codes</a>.</p></header>
${sections.join("")}<section><h2 id="forms">Forms</h2><p>What bodies and answers look like.</p>${schemaNames
      .map((name) => schemaHtml(name, components.schemas[name] ?? {}))
      .join("")}</section>`,
  );
}

function operationHtml(path: string, method: string, operation: Operation): string {
  const { operationId, summary, description, parameters, requestBody, responses } = operation;
  const route: RouteSpec = routes[operationId];
  const role = route.role === "anyone" ? "no credential needed" : `role ${route.role}`;
  const rows = parameters.map(({ name, in: place, required, description: of, schema }) => {
    const described = of === undefined ? schema : { ...schema, description: of };
    const field = fieldOf(name, described, required);
    return { ...field, type: `${field.type}, in the ${place}` };
  });
  const body = Object.values(requestBody?.content ?? {})[0];
  const good = Object.entries(responses).filter(([status]) => route.answers[Number(status)]);
  return `<article id="${operationId}"><h3><b class="${method}">${method}</b><code>${escaped(path)}</code></h3>
<p class="summary">${escaped(summary)} <span class="role">${role}</span></p>
${description === undefined ? "" : `<p>${escaped(description)}</p>`}
${rows.length === 0 ? "" : fieldsHtml("Parameters", rows)}
${
  body === undefined
    ? ""
    : `<h4>Body${requestBody?.required === false ? " (may be left out)" : ""}: ${linked(body.schema)}</h4><pre>${escaped(JSON.stringify(body.example, null, 2))}</pre>`
}
<h4>Answers</h4><dl>${good
    .map(([status, { description: of, content }]) => {
      const schema = Object.values(content ?? {})[0]?.schema;
      const form = schema?.$ref === undefined ? "" : ` ${linked(schema)}`;
      return `<dt class="good">${status}</dt><dd>${escaped(of)}${form}</dd>`;
    })
    .join("")}</dl>
<details><summary>What can go wrong</summary><dl>${problemsOf(route)
    .map((code) => `<dt>${errorCodes[code].status}</dt><dd>${errorLink(code)}</dd>`)
    .join("")}</dl></details></article>`;
}

function schemaHtml(name: string, schema: JsonSchema): string {
  const fields = fieldsOf(schema);
  const body =
    fields.length > 0
      ? fieldsHtml(undefined, fields)
      : `<p>${(schema.anyOf ?? [schema]).map(linked).join(" or ")}</p>`;
  return `<article id="form-${name}"><h3>${escaped(name)}</h3>${
    schema.description === undefined ? "" : `<p>${escaped(schema.description)}</p>`
  }${body}</article>`;
}

function fieldsHtml(title: string | undefined, fields: readonly Field[]): string {
  return `${title === undefined ? "" : `<h4>${title}</h4>`}<table>${fields
    .map(
      ({ name, type, refs, required, description }) =>
        `<tr><th><code>${escaped(name)}</code>${required ? '<i title="required">*</i>' : ""}</th><td><span class="type">${withLinks(type, refs)}</span> ${escaped(description)}</td></tr>`,
    )
    .join("")}</table>`;
}

function linked(schema: JsonSchema): string {
  if (schema.$ref === undefined) return escaped(typeOf(schema));
  const name = componentOf(schema.$ref);
  return `<a href="#form-${name}">${escaped(name)}</a>`;
}

function withLinks(type: string, refs: readonly string[]): string {
  return [...new Set(refs)].reduce(
    (text, name) =>
      text.replace(new RegExp(`\\b${name}\\b`), `<a href="#form-${name}">${name}</a>`),
    escaped(type),
  );
}

function errorLink(code: ErrorCode): string {
  return `<a href="/v1/docs/errors#${code}"><code>${code}</code></a> ${escaped(errorCodes[code].meaning)}`;
}

function errorsHtml(): string {
  const codes = Object.keys(errorCodes) as ErrorCode[];
  const articles = codes.map((code) => {
    const { status, retryable, meaning } = errorCodes[code];
    return `<article id="${code}"><h3><b class="status">${status}</b><code>${code}</code></h3><p>${escaped(meaning)}</p><p class="type">${
      retryable
        ? "The same request may succeed later without change."
        : "The same request will be refused again; change it first."
    }</p></article>`;
  });
  return pageHtml(
    "Switchyard error codes",
    `<ul>${codes.map((code) => `<li><a href="#${code}">${code}</a></li>`).join("")}</ul>`,
    `<header><h1>Error codes</h1><p>Every refusal is application/problem+json with one of these codes. Codes are stable: decide by them, not by texts. <a href="/v1/docs">Back to the API</a>.</p></header><section>${articles.join("")}</section>`,
  );
}

function pageHtml(title: string, navigation: string, main: string): string {
  return `<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><meta name="color-scheme" content="light dark"><title>${escaped(title)}</title><style>${pageStyle}</style></head><body><nav aria-label="Contents"><a class="home" href="/v1/docs">Switchyard</a>${navigation}</nav><main>${main}</main></body></html>`;
}

function escaped(text: string): string {
  return (
    text
      .replaceAll("&", "&amp;")
      .replaceAll("<", "&lt;")
      .replaceAll(">", "&gt;")
      .replaceAll('"', "&quot;")
      // An address in an example is text: nothing on the page may look like something to fetch.
      .replaceAll("://", ":&#47;&#47;")
  );
}
