import type { ErrorCode } from "../../shared/core/error-codes.ts";
import { limits } from "../../shared/core/limits.ts";

/** A submission that must be refused: its body, and what the answer must say. */
export interface HostileSubmission {
  readonly name: string;
  /** JSON text, or bytes that may not even be text. */
  readonly body: string | Uint8Array;
  readonly headers?: Readonly<Record<string, string>>;
  readonly status: number;
  readonly code: ErrorCode;
  readonly pointer?: string;
}

const nested = (depth: number): string => `${"[".repeat(depth)}${"]".repeat(depth)}`;
const encoder = new TextEncoder();

function bytes(...parts: readonly (string | readonly number[])[]): Uint8Array {
  return Uint8Array.from(
    parts.flatMap((part) => (typeof part === "string" ? [...encoder.encode(part)] : part)),
  );
}

function malformed(name: string, body: string | Uint8Array, pointer?: string): HostileSubmission {
  const at = pointer === undefined ? {} : { pointer };
  return { name, body, status: 400, code: "malformed_json", ...at };
}

/** A field of an otherwise good submission. */
function field(name: string, fields: object, pointer: string): HostileSubmission {
  const body = JSON.stringify({ task: "hello", ...fields });
  return { name, body, status: 400, code: "invalid_field", pointer };
}

function unknown(name: string, fields: object, pointer: string): HostileSubmission {
  return { ...field(name, fields, pointer), code: "unknown_field" };
}

const notJson: readonly HostileSubmission[] = [
  malformed("an empty body", ""),
  malformed("a mebibyte of spaces", " ".repeat(limits.bodyBytesMax)),
  malformed("half an object", '{"task":"hello"'),
  malformed("two objects", '{"task":"hello"}{"task":"hello"}'),
  malformed("a trailing comma", '{"task":"hello",}'),
  malformed("a comment", '{"task":"hello"/* x */}'),
  malformed("single quotes", "{'task':'hello'}"),
  malformed("a byte order mark", "\ufeff{}"),
  malformed("NaN", '{"task":"hello","input":NaN}'),
  malformed("Infinity", '{"task":"hello","input":-Infinity}'),
  malformed("a hexadecimal number", '{"task":"hello","input":0x10}'),
  malformed("a leading zero", '{"task":"hello","input":01}'),
  malformed("a raw control character", '{"task":"hello","input":"a\nb"}'),
  malformed("a byte that is not UTF-8", bytes('{"task":"hello","input":"', [0xff], '"}')),
  malformed("an overlong encoding", bytes('{"task":"hello","input":"', [0xc0, 0xaf], '"}')),
  malformed("an encoded surrogate", bytes('{"task":"hello","input":"', [0xed, 0xa0, 0x80], '"}')),
  malformed("a cut character", bytes('{"task":"hello","input":"', [0xe2, 0x82], '"}')),
];

const notStorable: readonly HostileSubmission[] = [
  malformed("a key twice", '{"task":"a","task":"hello"}', "/task"),
  malformed("a tenant twice", '{"tenant":"a","tenant":"b","task":"hello"}', "/tenant"),
  malformed("a key twice in other spelling", '{"task":"a","t\\u0061sk":"hello"}', "/task"),
  malformed(
    "a key twice deep inside",
    '{"task":"hello","input":[0,{"a":1,"b":2,"a":3}]}',
    "/input/1/a",
  ),
  malformed(
    "__proto__",
    '{"task":"hello","input":{"__proto__":{"admin":true}}}',
    "/input/__proto__",
  ),
  malformed("__proto__ escaped", '{"task":"hello","\\u005f_proto__":{}}', "/__proto__"),
  malformed(
    "constructor.prototype",
    '{"task":"hello","config":{"constructor":{"prototype":{"admin":true}}}}',
    "/config/constructor",
  ),
  malformed("1e400", '{"task":"hello","input":{"x":1e400}}', "/input/x"),
  malformed("1e-400", '{"task":"hello","input":{"x":1e-400}}', "/input/x"),
  malformed("9007199254740993", '{"task":"hello","input":[9007199254740993]}', "/input/0"),
  malformed(
    "a priority beyond precision",
    '{"task":"hello","priority":5.00000000000000000001}',
    "/priority",
  ),
  malformed("a lone high surrogate", '{"task":"hello","input":"\\ud800"}', "/input"),
  malformed("a lone low surrogate in a key", '{"task":"hello","input":{"\\udc00":1}}', "/input"),
  malformed(
    "a surrogate pair the wrong way round",
    '{"task":"hello","input":"\\udc00\\ud800"}',
    "/input",
  ),
  malformed(
    "21 levels",
    `{"task":"hello","input":${nested(limits.jsonDepthMax)}}`,
    `/input${"/0".repeat(limits.jsonDepthMax - 1)}`,
  ),
  malformed(
    "100,000 levels",
    `{"task":"hello","input":${nested(100_000)}}`,
    `/input${"/0".repeat(19)}`,
  ),
  malformed(
    "10,001 keys",
    JSON.stringify({
      task: "hello",
      input: Object.fromEntries(
        Array.from({ length: limits.jsonKeysMax - 1 }, (_, i) => [`k${i}`, 0]),
      ),
    }),
    `/input/k${limits.jsonKeysMax - 2}`,
  ),
];

const json = { "content-type": "application/json" };

function typed(name: string, contentType: string): HostileSubmission {
  return {
    name,
    body: '{"task":"hello"}',
    headers: { ...json, "content-type": contentType },
    status: 415,
    code: "unsupported_media_type",
  };
}

const wrongTransport: readonly HostileSubmission[] = [
  {
    name: "a body one byte over the limit",
    body: `${JSON.stringify({ task: "hello" })}${" ".repeat(limits.bodyBytesMax + 1 - 16)}`,
    status: 413,
    code: "payload_too_large",
  },
  {
    name: "a body announced as too long",
    body: '{"task":"hello"}',
    headers: { "content-length": String(limits.bodyBytesMax + 1) },
    status: 413,
    code: "payload_too_large",
  },
  typed("text/plain", "text/plain"),
  typed("a form", "application/x-www-form-urlencoded"),
  typed("a multipart form", "multipart/form-data; boundary=x"),
  typed("UTF-16", "application/json; charset=utf-16"),
  typed("another JSON type", "application/jsonx"),
  typed("two types", "application/json, text/plain"),
];

const notObjects: readonly HostileSubmission[] = ["null", "[]", "3", '"hello"', "true"].map(
  (body) => ({ name: body, body, status: 400, code: "invalid_field", pointer: "" }),
);

const badNames: readonly HostileSubmission[] = [
  ["nothing", ""],
  ["a key delimiter", "a#b"],
  ["a slash", "a/b"],
  ["dots", ".."],
  ["a star", "*"],
  ["a NUL", "a\u0000b"],
  ["U+FFFE", "a\ufffe"],
  ["a Cyrillic letter", "\u0430cme"],
  ["a combining accent", "cafe\u0301"],
  ["a composed accent", "caf\u00e9"],
  ["a zero-width joiner", "he\u200dllo"],
  ["a right-to-left override", "\u202ehello"],
  ["a line feed at its end", "hello\n"],
  ["CRLF", "hello\r\nX-Admin: 1"],
  ["a blank", "he llo"],
  ["64 characters", "a".repeat(64)],
  ["a number", 7],
  ["null", null],
  ["a list", ["hello"]],
  ["an object", { name: "hello" }],
].map(([what, task]) => field(`a task named by ${what}`, { task }, "/task"));

const badFields: readonly HostileSubmission[] = [
  ...[0, -1, 2 ** 31, "60", null, [60], true].map((value) =>
    field(`timeoutSeconds ${JSON.stringify(value)}`, { timeoutSeconds: value }, "/timeoutSeconds"),
  ),
  ...[-1, 10, 1.5, "5", null].map((value) =>
    field(`priority ${JSON.stringify(value)}`, { priority: value }, "/priority"),
  ),
  ...[0, -1, 1.5, 100_000_000, "1"].map((value) =>
    field(`version ${JSON.stringify(value)}`, { version: value }, "/version"),
  ),
  ...[-1, 31_536_001, "5", null].map((value) =>
    field(`delaySeconds ${JSON.stringify(value)}`, { delaySeconds: value }, "/delaySeconds"),
  ),
  ...[
    "yesterday",
    "2026-02-30T00:00:00Z",
    "2026-11-20T24:00:00Z",
    "2026-11-20T23:59:60Z",
    "2026-11-20T09:00:00",
    "2026-11-20",
    "9999-12-31T00:00:00Z",
    "20261120T090000Z",
    "+012026-11-20T09:00:00Z",
    1_763_629_200_000,
  ].map((value) => field(`startAt ${value}`, { startAt: value }, "/startAt")),
  field("startBy in the past", { startBy: "2026-11-20T08:59:59Z" }, "/startBy"),
  field("startBy now", { startBy: "2026-11-20T09:00:00Z" }, "/startBy"),
  field(
    "startBy before startAt",
    { startAt: "2026-11-21T00:00:00Z", startBy: "2026-11-20T23:00:00Z" },
    "/startBy",
  ),
  field("two start times", { startAt: "2026-11-21T00:00:00Z", delaySeconds: 1 }, "/startAt"),
  field("an empty key", { idempotencyKey: "" }, "/idempotencyKey"),
  field("a key of 1,025 characters", { idempotencyKey: "k".repeat(1_025) }, "/idempotencyKey"),
  field("a key of 257 characters", { idempotencyKey: "k".repeat(257) }, "/idempotencyKey"),
  field("a key with a line feed", { idempotencyKey: "a\nb" }, "/idempotencyKey"),
  field("a key with a blank", { idempotencyKey: "a b" }, "/idempotencyKey"),
  field("a composed key", { idempotencyKey: "caf\u00e9" }, "/idempotencyKey"),
  field("a decomposed key", { idempotencyKey: "cafe\u0301" }, "/idempotencyKey"),
  field("a group with a delimiter", { group: "a#b" }, "/group"),
  field("a backend with a delimiter", { backend: "a#b" }, "/backend"),
  field("dryRun as text", { dryRun: "yes" }, "/dryRun"),
  field("a config that is a list", { config: [] }, "/config"),
  field("a config that is a text", { config: "x" }, "/config"),
  field("a long config key", { config: { ["k".repeat(129)]: 1 } }, `/config/${"k".repeat(129)}`),
];

const badTags: readonly HostileSubmission[] = [
  field(
    "1,000 tags",
    { tags: Object.fromEntries(Array.from({ length: 1_000 }, (_, i) => [`t${i}`, ""])) },
    "/tags",
  ),
  field("a tag of AWS", { tags: { "aws:x": "1" } }, "/tags/aws:x"),
  field("a tag of AWS in capitals", { tags: { "AWS:x": "1" } }, "/tags/AWS:x"),
  field("an empty tag name", { tags: { "": "1" } }, "/tags/"),
  field("a tag name with =", { tags: { "a=b": "1" } }, "/tags/a=b"),
  field("a tag that is a number", { tags: { a: 1 } }, "/tags/a"),
  field("a tag with a control character", { tags: { a: "x\u0007" } }, "/tags/a"),
  field("a tag with an escape sequence", { tags: { a: "\u001b[2J" } }, "/tags/a"),
  field("a tag with a line separator", { tags: { a: "x\u2028" } }, "/tags/a"),
  field(
    "a tag of 257 bytes in 129 characters",
    { tags: { a: `${"\u00e9".repeat(128)}x` } },
    "/tags/a",
  ),
  field("tags as a list", { tags: ["a"] }, "/tags"),
];

const foreignFields: readonly HostileSubmission[] = [
  unknown("an id of its own", { id: "ins_00000000000000000000000000" }, "/id"),
  unknown("a tenant", { tenant: "other" }, "/tenant"),
  unknown("a state", { state: "succeeded" }, "/state"),
  unknown("a token", { token: "x" }, "/token"),
  unknown("an executor", { executor: "fargate" }, "/executor"),
  unknown(
    "overrides with a role",
    { overrides: { taskRoleArn: "arn:aws:iam::1:role/x" } },
    "/overrides",
  ),
  unknown(
    "credentials in env",
    { env: { AWS_ACCESS_KEY_ID: "x", NODE_OPTIONS: "--require x" } },
    "/env",
  ),
  unknown("run", { run: { function: { module: "evil.mjs" } } }, "/run"),
  unknown("a callback address", { callbackUrl: "http://169.254.169.254/" }, "/callbackUrl"),
  unknown("a field of an awkward name", { "a/b~c": 1 }, "/a~1b~0c"),
  unknown("hasOwnProperty", { hasOwnProperty: 1 }, "/hasOwnProperty"),
  unknown("toString", { toString: 1 }, "/toString"),
];

const tooLarge: readonly HostileSubmission[] = [
  {
    ...field(
      "an input one byte too long",
      { input: "x".repeat(limits.inputBytesMax - 1) },
      "/input",
    ),
    status: 413,
    code: "payload_too_large",
  },
  {
    ...field("an input too long in UTF-8 only", { input: "\u20ac".repeat(50_000) }, "/input"),
    status: 413,
    code: "payload_too_large",
  },
  {
    ...field(
      "a config one byte too long",
      { config: { a: "x".repeat(limits.configBytesMax - 7) } },
      "/config",
    ),
    status: 413,
    code: "payload_too_large",
  },
];

const impossible: readonly HostileSubmission[] = [
  { ...field("no such task", { task: "helo" }, "/task"), status: 404, code: "task_not_found" },
  {
    ...field("no such version", { version: 99 }, "/version"),
    status: 404,
    code: "task_version_not_found",
  },
  {
    name: "no such backend",
    body: JSON.stringify({ task: "hello", backend: "mainframe" }),
    status: 409,
    code: "no_feasible_backend",
  },
  {
    name: "more time than any backend has",
    body: JSON.stringify({ task: "hello", timeoutSeconds: 901 }),
    status: 409,
    code: "no_feasible_backend",
  },
  {
    ...field("a key in the header that differs", { idempotencyKey: "a" }, "/idempotencyKey"),
    headers: { "idempotency-key": "b" },
  },
  {
    ...field("a header key with a blank", {}, "Idempotency-Key"),
    headers: { "idempotency-key": "a b" },
  },
  {
    ...field("a header key too long", {}, "Idempotency-Key"),
    headers: { "idempotency-key": "k".repeat(257) },
  },
  { ...field("an empty header key", {}, "Idempotency-Key"), headers: { "idempotency-key": "" } },
];

export const hostileSubmissions: readonly HostileSubmission[] = [
  ...notJson,
  ...notStorable,
  ...wrongTransport,
  ...notObjects,
  ...badNames,
  ...badFields,
  ...badTags,
  ...foreignFields,
  ...tooLarge,
  ...impossible,
];
