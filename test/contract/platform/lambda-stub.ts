import { createHash, randomUUID } from "node:crypto";
import * as z from "zod";
import { checkSignature, StubRefusal } from "../../handlers/stub/stub-request.ts";
import type { WireAnswer, WireRequest } from "./stub-server.ts";

const account = "123456789012";
const region = "us-east-1";

const Settings = {
  Description: z.string().max(256).optional(),
  Runtime: z.enum(["nodejs24.x", "nodejs22.x", "python3.13", "python3.12"]),
  Handler: z.string().max(128),
  MemorySize: z.int().min(128).max(10_240),
  Timeout: z.int().min(1).max(900),
  Role: z.string().regex(/^arn:aws:iam::\d{12}:role\/.+$/),
  Environment: z.strictObject({ Variables: z.record(z.string(), z.string()) }),
  LoggingConfig: z.strictObject({ LogGroup: z.string(), LogFormat: z.literal("Text") }).optional(),
};

const Create = z.strictObject({
  ...Settings,
  FunctionName: z.string().regex(/^[A-Za-z0-9-_]{1,64}$/),
  Code: z.strictObject({ ZipFile: z.base64() }),
  PackageType: z.literal("Zip"),
  Architectures: z.tuple([z.literal("arm64")]),
  Tags: z.record(z.string(), z.string().max(256)),
});
const UpdateCode = z.strictObject({
  ZipFile: z.base64(),
  Architectures: z.tuple([z.literal("arm64")]),
  RevisionId: z.string(),
});
const UpdateConfiguration = z.strictObject({ ...Settings, RevisionId: z.string() });
const Publish = z.strictObject({ CodeSha256: z.string(), RevisionId: z.string() });
const CreateAlias = z.strictObject({
  Name: z.string().regex(/^(?!\d+$)[a-zA-Z0-9-_]{1,128}$/),
  FunctionVersion: z.string().regex(/^\d+$/),
  Description: z.string().max(256),
});
const Destination = z.strictObject({ Destination: z.string().startsWith("arn:aws:sqs:") });
const EventInvoke = z.strictObject({
  MaximumRetryAttempts: z.int().min(0).max(2),
  MaximumEventAgeInSeconds: z.int().min(60).max(21_600),
  DestinationConfig: z.strictObject({ OnSuccess: Destination, OnFailure: Destination }),
});

type SettingsValue = Omit<z.infer<typeof UpdateConfiguration>, "RevisionId">;

interface Content {
  settings: SettingsValue;
  codeSha256: string;
}

interface StubFunction {
  latest: Content;
  tags: Record<string, string>;
  revision: string;
  /** Reads until Lambda has done what it was asked to do. */
  busyReads: number;
  state: "Pending" | "Active" | "Failed";
  update: "Successful" | "InProgress" | "Failed";
  readonly versions: Content[];
  readonly aliases: Map<string, { readonly version: number; readonly description: string }>;
  readonly calls: Map<string, z.infer<typeof EventInvoke>>;
}

/** What a function says when it is called, by the hash of its code in base 64. */
export type StubBehaviour = (
  event: unknown,
) =>
  | { readonly returns: unknown; readonly log?: string }
  | { readonly throws: { readonly errorType: string; readonly errorMessage: string } };

/** Lambda's control plane as far as deploying needs it: it keeps state and checks as AWS does. */
export class StubLambdaControl {
  readonly functions = new Map<string, StubFunction>();
  readonly behaviours = new Map<string, StubBehaviour>();
  /** Refusals that only a bug of ours brings about. */
  readonly violations: string[] = [];
  /** How many reads see a function Pending or InProgress after each change. */
  busyReads = 0;
  /** How many times the role cannot be assumed yet. */
  unknownRoleTimes = 0;
  /** What becomes of functions made from now on. */
  makes: "Active" | "Failed" = "Active";

  answer(request: WireRequest): WireAnswer {
    try {
      checkSignature({ ...request, body: request.body.toString("utf8") }, "lambda");
      return this.#route(request);
    } catch (error) {
      const refusal =
        error instanceof z.ZodError
          ? new StubRefusal("ValidationException", z.prettifyError(error))
          : error;
      if (!(refusal instanceof StubRefusal)) throw error;
      if (refusal.code === "ValidationException" || refusal.status === 403) {
        this.violations.push(`${request.method} ${request.path}: ${refusal.message}`);
      }
      return {
        status: refusal.status,
        headers: { "x-amzn-errortype": refusal.code },
        body: { Type: "User", message: refusal.message, Message: refusal.message },
      };
    }
  }

  #route({ method, path, headers, body }: WireRequest): WireAnswer {
    const [pathname = "", query = ""] = path.split("?");
    const qualifier = new URLSearchParams(query).get("Qualifier") ?? undefined;
    const [, , , name = "", part = "", item = ""] = pathname.split("/").map(decodeURIComponent);
    const json = (): unknown => JSON.parse(body.toString("utf8"));
    const what = `${method} ${part}`;
    if (pathname === "/2015-03-31/functions" && method === "POST") {
      return this.#create(Create.parse(json()));
    }
    const fn = this.#named(name);
    switch (what) {
      case "GET ":
        return ok({ Configuration: this.#read(name, fn), Tags: fn.tags, Code: {} });
      case "GET configuration":
        return ok(this.#read(name, fn, qualifier));
      case "PUT code":
        return this.#updateCode(name, fn, UpdateCode.parse(json()));
      case "PUT configuration":
        return this.#updateSettings(name, fn, UpdateConfiguration.parse(json()));
      case "POST versions":
        return this.#publish(name, fn, Publish.parse(json()));
      case "POST aliases":
        return this.#createAlias(name, fn, CreateAlias.parse(json()));
      case "GET aliases":
        return ok(aliasView(name, item, aliasOf(fn, item)));
      case "PUT event-invoke-config":
        aliasOf(fn, qualifier ?? "");
        fn.calls.set(qualifier ?? "", EventInvoke.parse(json()));
        return ok({});
      case "DELETE ":
        this.functions.delete(name);
        return { status: 204 };
      case "POST invocations":
        return this.#invoke(fn, qualifier ?? "", headers, json());
      default:
        throw new StubRefusal("ValidationException", `no ${what} here`);
    }
  }

  #named(name: string): StubFunction {
    const fn = this.functions.get(name);
    if (fn !== undefined) return fn;
    throw new StubRefusal("ResourceNotFoundException", `Function not found: ${name}`, 404);
  }

  #create({ FunctionName, Code, Tags, ...rest }: z.infer<typeof Create>): WireAnswer {
    if (this.functions.has(FunctionName)) {
      throw new StubRefusal(
        "ResourceConflictException",
        `Function already exist: ${FunctionName}`,
        409,
      );
    }
    if (this.unknownRoleTimes > 0) {
      this.unknownRoleTimes -= 1;
      const message = "The role defined for the function cannot be assumed by Lambda.";
      throw new StubRefusal("InvalidParameterValueException", message);
    }
    const { PackageType: _, Architectures: __, ...settings } = rest;
    const fn: StubFunction = {
      latest: { settings, codeSha256: sha256(Code.ZipFile) },
      tags: Tags,
      revision: randomUUID(),
      busyReads: this.busyReads,
      state: "Pending",
      update: "Successful",
      versions: [],
      aliases: new Map(),
      calls: new Map(),
    };
    this.functions.set(FunctionName, fn);
    return { status: 201, body: configurationView(FunctionName, fn, fn.latest, "$LATEST") };
  }

  /** Reading is also what lets time pass here. */
  #read(name: string, fn: StubFunction, qualifier = "$LATEST") {
    if (fn.busyReads > 0) fn.busyReads -= 1;
    else {
      if (fn.state === "Pending") fn.state = this.makes;
      if (fn.update === "InProgress") fn.update = "Successful";
    }
    if (qualifier === "$LATEST") return configurationView(name, fn, fn.latest, "$LATEST");
    const number = /^\d+$/.test(qualifier) ? Number(qualifier) : aliasOf(fn, qualifier).version;
    const content = fn.versions[number - 1];
    if (content === undefined) throw new StubRefusal("ResourceNotFoundException", qualifier, 404);
    return configurationView(name, fn, content, String(number));
  }

  #change(fn: StubFunction, revision: string): void {
    if (fn.state === "Pending" || fn.update === "InProgress") {
      const message = "The operation cannot be performed at this time. An update is in progress.";
      throw new StubRefusal("ResourceConflictException", message, 409);
    }
    checkRevision(fn, revision);
    fn.revision = randomUUID();
    fn.busyReads = this.busyReads;
    fn.update = "InProgress";
  }

  #updateCode(name: string, fn: StubFunction, body: z.infer<typeof UpdateCode>): WireAnswer {
    this.#change(fn, body.RevisionId);
    fn.latest = { ...fn.latest, codeSha256: sha256(body.ZipFile) };
    return ok(configurationView(name, fn, fn.latest, "$LATEST"));
  }

  #updateSettings(
    name: string,
    fn: StubFunction,
    { RevisionId, ...settings }: z.infer<typeof UpdateConfiguration>,
  ): WireAnswer {
    this.#change(fn, RevisionId);
    fn.latest = { ...fn.latest, settings };
    return ok(configurationView(name, fn, fn.latest, "$LATEST"));
  }

  #publish(name: string, fn: StubFunction, body: z.infer<typeof Publish>): WireAnswer {
    if (fn.state === "Pending" || fn.update === "InProgress") {
      throw new StubRefusal("ResourceConflictException", "An update is in progress.", 409);
    }
    checkRevision(fn, body.RevisionId);
    if (body.CodeSha256 !== fn.latest.codeSha256) {
      throw new StubRefusal("InvalidParameterValueException", "CodeSHA256 is different");
    }
    // Without a change since the last version, there is no new one.
    if (JSON.stringify(fn.versions.at(-1)) !== JSON.stringify(fn.latest)) {
      fn.versions.push(fn.latest);
      fn.revision = randomUUID();
    }
    return {
      status: 201,
      body: configurationView(name, fn, fn.latest, String(fn.versions.length)),
    };
  }

  #createAlias(name: string, fn: StubFunction, body: z.infer<typeof CreateAlias>): WireAnswer {
    if (fn.aliases.has(body.Name)) {
      throw new StubRefusal("ResourceConflictException", "Alias already exists", 409);
    }
    const version = Number(body.FunctionVersion);
    if (fn.versions[version - 1] === undefined) {
      throw new StubRefusal("ResourceNotFoundException", "no such version", 404);
    }
    const alias = { version, description: body.Description };
    fn.aliases.set(body.Name, alias);
    return { status: 201, body: aliasView(name, body.Name, alias) };
  }

  #invoke(
    fn: StubFunction,
    qualifier: string,
    headers: Readonly<Record<string, string>>,
    event: unknown,
  ): WireAnswer {
    if (headers["x-amz-invocation-type"] !== "RequestResponse") {
      throw new StubRefusal("ValidationException", "trying out is a call that waits");
    }
    const content = fn.versions[aliasOf(fn, qualifier).version - 1];
    const behaviour = this.behaviours.get(content?.codeSha256 ?? "");
    if (behaviour === undefined) throw new StubRefusal("ValidationException", "unknown code");
    const said = behaviour(event);
    const tail = headers["x-amz-log-type"] === "Tail";
    const log = "log" in said && tail ? Buffer.from(said.log ?? "").toString("base64") : undefined;
    return {
      status: 200,
      headers: {
        ...(log === undefined ? {} : { "x-amz-log-result": log }),
        ...("throws" in said ? { "x-amz-function-error": "Unhandled" } : {}),
      },
      body: "throws" in said ? said.throws : said.returns,
    };
  }
}

function ok(body: unknown): WireAnswer {
  return { status: 200, body };
}

function sha256(zipFile: string): string {
  return createHash("sha256").update(Buffer.from(zipFile, "base64")).digest("base64");
}

function checkRevision(fn: StubFunction, revision: string): void {
  if (revision === fn.revision) return;
  const message = "The RevisionId provided does not match the latest RevisionId.";
  throw new StubRefusal("PreconditionFailedException", message, 412);
}

function aliasOf(fn: StubFunction, name: string) {
  const alias = fn.aliases.get(name);
  if (alias !== undefined) return alias;
  throw new StubRefusal("ResourceNotFoundException", `Alias not found: ${name}`, 404);
}

function aliasView(
  name: string,
  alias: string,
  { version, description }: { readonly version: number; readonly description: string },
) {
  return {
    AliasArn: `arn:aws:lambda:${region}:${account}:function:${name}:${alias}`,
    Name: alias,
    FunctionVersion: String(version),
    Description: description,
  };
}

function configurationView(name: string, fn: StubFunction, content: Content, version: string) {
  const { Environment, ...settings } = content.settings;
  return {
    ...settings,
    // Lambda leaves an empty environment out.
    ...(Object.keys(Environment.Variables).length === 0 ? {} : { Environment }),
    FunctionName: name,
    FunctionArn: `arn:aws:lambda:${region}:${account}:function:${name}`,
    CodeSha256: content.codeSha256,
    RevisionId: fn.revision,
    Version: version,
    State: fn.state,
    ...(fn.state === "Failed" ? { StateReason: "the stub was told so" } : {}),
    LastUpdateStatus: fn.update,
    LastModified: "2026-11-20T09:00:00.000+0000",
  };
}
