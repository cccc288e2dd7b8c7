import { readFile, stat } from "node:fs/promises";
import type {
  FunctionVersionView,
  FunctionView,
} from "../../../shared/contract/http/function-views.ts";
import { limits } from "../../../shared/core/limits.ts";
import { type FunctionSpec, functionRuntimes } from "../../../shared/function/function.ts";
import type { FunctionSettings } from "../../sdk/function-calls.ts";
import type { Command, CommandCall } from "../command.ts";
import { relativeText } from "../durations.ts";
import { type ExitCode, exitCodes } from "../exit-codes.ts";
import type { OptionValues } from "../option-values.ts";
import type { Output } from "../output.ts";
import { packageFolder } from "../package-folder.ts";
import { plainText, type Style } from "../styles.ts";
import { UsageError } from "../usage-error.ts";

const styleOfFunctionState: Readonly<Record<FunctionView["state"], Style>> = {
  deploying: "yellow",
  active: "green",
  failed: "red",
};

/** `switchyard deploy`. */
export const deployCommand: Command = {
  name: "deploy",
  takes: "DIR|FILE.zip",
  positionalsMin: 1,
  positionalsMax: 1,
  group: "Functions",
  summary: "Deploy a function from a folder or a zip file",
  details: [
    "A folder is packed so that the same content always makes the same package; .git and node_modules/.cache stay out. Settings and package together are a version: deploying the same again changes nothing, and deploying an older one again puts it back in force.",
    'A task runs it with {"run": {"package": {"function": NAME}}}, and keeps running the version that was in force when the task was defined.',
  ],
  options: {
    name: { value: "NAME", about: "The function's name." },
    runtime: { value: "NAME", about: `One of ${functionRuntimes.join(", ")}.` },
    handler: { value: "FILE.EXPORT", about: "What is called. Default: index.handler." },
    memory: { value: "MB", about: "Its memory. Default: 512." },
    timeout: { value: "DURATION", about: "The longest a call may take. Default: 5m." },
    env: { value: "K=V", multiple: true, about: "A variable in its environment." },
    description: { value: "TEXT", about: "Shown with the function." },
    wait: { about: "Wait until it is deployed." },
  },
  examples: [
    "switchyard deploy ./thumbs --name thumbs --wait",
    "switchyard deploy build/thumbs.zip --name thumbs --memory 1024 --timeout 60s --env MODE=fast",
  ],
  async run({ client, positionals, options, output }) {
    const name = options.text("name");
    if (name === undefined) throw new UsageError("switchyard deploy needs --name NAME");
    const settings = settingsOf(options);
    const zip = await packageAt(positionals[0] ?? "");
    const wait = options.flag("wait");
    const deployed = await client.deployFunction(name, zip, settings, { wait });
    writeFunction(output, deployed);
    return deployed.state === "failed" ? exitCodes.failed : exitCodes.ok;
  },
};

/** `switchyard functions`. */
export const functionsCommand: Command = {
  name: "functions",
  takes: "",
  positionalsMin: 0,
  positionalsMax: 0,
  group: "Functions",
  summary: "List the deployed functions",
  options: {},
  examples: ["switchyard functions"],
  async run({ client, output }) {
    const found: FunctionView[] = [];
    for await (const one of client.functions()) found.push(one);
    if (output.mode === "json") for (const one of found) output.item(one);
    else if (output.mode === "quiet") for (const { name } of found) output.line(name);
    else if (found.length === 0) {
      output.remark("no function is deployed; see switchyard help deploy");
    } else {
      output.table<FunctionView>(
        [
          { title: "FUNCTION", text: ({ name }) => name, widthMin: 16 },
          { title: "STATE", text: ({ state }) => state, style: stateStyle },
          { title: "VERSION", text: ({ digest }) => digest.slice(0, 12) },
          { title: "IN FORCE", text: ({ activeDigest }) => activeDigest?.slice(0, 12) ?? "none" },
          { title: "RUNTIME", text: ({ runtime }) => runtime, dropOrder: 1 },
          { title: "UPDATED", text: ({ updatedAt }) => relativeText(updatedAt, output.nowMs) },
        ],
        found,
      );
    }
    return exitCodes.ok;
  },
};

/** `switchyard function`. */
export const functionCommand: Command = {
  name: "function",
  takes: "NAME",
  positionalsMin: 1,
  positionalsMax: 1,
  group: "Functions",
  summary: "Show a deployed function, or its versions",
  options: { versions: { about: "List its versions." } },
  examples: ["switchyard function thumbs", "switchyard function thumbs --versions"],
  async run(call) {
    if (call.options.flag("versions")) return listVersions(call);
    writeFunction(call.output, await call.client.function(call.positionals[0] ?? ""));
    return exitCodes.ok;
  },
};

/** `switchyard function delete`. */
export const functionDeleteCommand: Command = {
  name: "function delete",
  takes: "NAME",
  positionalsMin: 1,
  positionalsMax: 1,
  group: "Functions",
  summary: "Remove a deployed function with all its versions",
  details: ["Refused while the newest version of a task runs it."],
  options: { force: { about: "Remove it all the same: those tasks will fail." } },
  examples: ["switchyard function delete thumbs"],
  async run({ client, positionals, options, output }) {
    const name = positionals[0] ?? "";
    const removed = await client.removeFunction(name, { force: options.flag("force") });
    if (output.mode === "json") output.document(removed);
    else if (output.mode === "quiet") output.line(name);
    else output.line(`function ${name} is removed`);
    return exitCodes.ok;
  },
};

async function packageAt(path: string): Promise<Uint8Array<ArrayBuffer>> {
  const facts = await stat(path).catch(() => undefined);
  if (facts === undefined) throw new UsageError(`there is no folder or file ${path}`);
  const zip = facts.isDirectory()
    ? await packageFolder(path)
    : new Uint8Array(await readFile(path));
  if (zip.byteLength <= limits.packageBytesMax) return zip;
  throw new UsageError(
    `the package has ${zip.byteLength} bytes, at most ${limits.packageBytesMax} are possible`,
  );
}

/** What is not given is left to the server. */
function settingsOf(options: OptionValues): FunctionSettings {
  const settings: { -readonly [Key in keyof FunctionSettings]: FunctionSettings[Key] } = {};
  const runtime = options.text("runtime");
  const handler = options.text("handler");
  const memoryMb = options.wholeNumber("memory", 128, 10_240);
  const timeoutMs = options.durationMs("timeout");
  const environment = options.pairs("env");
  const description = options.text("description");
  // The server's complaint names what there is.
  if (runtime !== undefined) settings.runtime = runtime as FunctionSpec["runtime"];
  if (handler !== undefined) settings.handler = handler;
  if (memoryMb !== undefined) settings.memoryMb = memoryMb;
  if (timeoutMs !== undefined) settings.timeoutSeconds = Math.ceil(timeoutMs / 1_000);
  if (environment !== undefined) settings.environment = { ...environment };
  if (description !== undefined) settings.description = description;
  return settings;
}

function stateStyle({ state }: Pick<FunctionView, "state">): Style {
  return styleOfFunctionState[state];
}

function writeFunction(output: Output, view: FunctionView): void {
  if (output.mode === "json") output.document(view);
  else if (output.mode === "quiet") output.line(view.digest);
  else writeFacts(output, view);
}

function writeFacts(output: Output, view: FunctionView): void {
  const { nowMs, paint } = output;
  output.facts([
    ["function", view.name],
    ["state", paint(stateStyle(view), view.state)],
    ["failure", view.failure === undefined ? undefined : plainText(view.failure)],
    ["note", view.note],
    ["version", view.digest],
    ["in force", view.activeDigest ?? "none yet"],
    ["description", view.description === undefined ? undefined : plainText(view.description)],
    ["runs", `${view.handler} on ${view.runtime}`],
    ["may take", `${view.memoryMb} MB, ${view.timeoutSeconds} s`],
    ["variables", view.variables.length === 0 ? undefined : view.variables.join(", ")],
    ["package", `${view.package.bytes} bytes, SHA-256 ${view.package.sha256.slice(0, 12)}…`],
    ["is", view.reference === undefined ? undefined : plainText(view.reference)],
    ["updated", `${view.updatedAt}  ${paint("dim", relativeText(view.updatedAt, nowMs))}`],
  ]);
}

async function listVersions({ client, positionals, output }: CommandCall): Promise<ExitCode> {
  const versions: FunctionVersionView[] = [];
  for await (const one of client.functionVersions(positionals[0] ?? "")) versions.push(one);
  if (output.mode === "json") for (const one of versions) output.item(one);
  else if (output.mode === "quiet") for (const { digest } of versions) output.line(digest);
  else {
    output.table<FunctionVersionView>(
      [
        { title: "VERSION", text: ({ digest }) => digest, widthMin: 12 },
        { title: "STATE", text: ({ state }) => state, style: stateStyle },
        { title: "DEPLOYED", text: ({ createdAt }) => relativeText(createdAt, output.nowMs) },
        { title: "BY", text: ({ createdBy }) => createdBy, widthMin: 8 },
        { title: "BYTES", text: (one) => String(one.package.bytes), align: "right", dropOrder: 1 },
      ],
      versions,
    );
  }
  return exitCodes.ok;
}
