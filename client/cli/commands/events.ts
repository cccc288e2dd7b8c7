import type { EventAnswer, TakenView } from "../../../shared/contract/http/event-views.ts";
import type { JsonObject } from "../../../shared/core/json.ts";
import type { Command, CommandCall } from "../command.ts";
import { exitCodes } from "../exit-codes.ts";
import type { OptionValues } from "../option-values.ts";
import type { Output } from "../output.ts";
import { readObject } from "../read-object.ts";
import { plainText } from "../styles.ts";
import { UsageError } from "../usage-error.ts";

/** `switchyard trigger test`. */
export const triggerTestCommand: Command = {
  name: "trigger test",
  takes: "",
  positionalsMin: 0,
  positionalsMax: 0,
  group: "Triggers",
  summary: "Say whether a pattern matches an event, and otherwise why not",
  details: [
    "Nothing is stored or submitted. Exits with 1 when the pattern does not match. With --trigger the " +
      "pattern is that of a trigger as it is stored.",
  ],
  options: {
    pattern: { value: "JSON", about: "The event pattern; @FILE reads a file." },
    trigger: { value: "NAME", about: "Take the pattern of this trigger." },
    event: { value: "JSON", about: "The event; @FILE reads a file, @- standard input." },
  },
  examples: [
    "switchyard trigger test --pattern @pattern.json --event @event.json",
    `switchyard trigger test --trigger large-orders --event '{"source":"shop.orders"}'`,
  ],
  async run({ client, options, output }) {
    const event = options.text("event");
    if (event === undefined) throw new UsageError("there is no event", "give one with --event");
    const pattern = await patternOf(client, output, options);
    const verdict = await client.triggers.test(
      pattern,
      await readObject(output.terminal, event, "--event"),
    );
    const { matches, reason } = verdict;
    if (output.mode === "json") output.document(verdict);
    else if (output.mode === "quiet") output.line(matches ? "matches" : "does not match");
    else {
      output.line(matches ? output.paint("green", "matches") : output.paint("red", "no match"));
      if (!matches) output.line(`  ${plainText(reason)}`);
    }
    return matches ? exitCodes.ok : exitCodes.failed;
  },
};

/** `switchyard event put`. */
export const eventPutCommand: Command = {
  name: "event put",
  takes: "[FILE]",
  positionalsMin: 0,
  positionalsMax: 1,
  group: "Triggers",
  summary: "Put an event, and say which triggers took it",
  details: [
    "From options, or from a JSON file with entries, a whole event of EventBridge or a CloudEvent; - " +
      "reads standard input. With an id, putting the event again makes nothing twice.",
  ],
  options: {
    source: { value: "TEXT", about: "Who says it, such as shop.orders." },
    type: { value: "TEXT", about: "What it is, such as Order Placed: its detail-type." },
    detail: { value: "JSON", about: "What it says; @FILE reads a file. Default: {}." },
    id: { value: "TEXT", about: "What tells it from other events. Default: a new one." },
  },
  examples: [
    `switchyard event put --source shop.orders --type "Order Placed" --detail '{"total":120}'`,
    "switchyard event put event.json",
  ],
  async run({ client, positionals, options, output }) {
    const [file] = positionals;
    const { items } =
      file === undefined
        ? await client.events.put([await entryOf(output, options)])
        : await client.events.putAs(await readObject(output.terminal, `@${file}`, file));
    for (const item of items) writeAnswer(output, item);
    return items.every(isTaken) ? exitCodes.ok : exitCodes.failed;
  },
};

async function patternOf(
  client: CommandCall["client"],
  output: Output,
  options: OptionValues,
): Promise<JsonObject> {
  const written = options.text("pattern");
  const name = options.text("trigger");
  if ((written === undefined) === (name === undefined)) {
    throw new UsageError("give either --pattern or --trigger");
  }
  if (written !== undefined) return readObject(output.terminal, written, "--pattern");
  const { spec } = await client.triggers.show(name ?? "");
  return spec.pattern as JsonObject;
}

async function entryOf(output: Output, options: OptionValues) {
  const source = options.text("source");
  const detailType = options.text("type");
  if (source === undefined || detailType === undefined) {
    throw new UsageError("an event needs --source and --type", "or give a file that has both");
  }
  const id = options.text("id");
  const detail = await readObject(output.terminal, options.text("detail") ?? "{}", "--detail");
  return { source, detailType, detail, ...(id === undefined ? {} : { id }) };
}

function writeAnswer(output: Output, item: EventAnswer): void {
  if (output.mode === "json") output.item(item);
  else if (!("taken" in item)) {
    output.line(`${output.paint("red", "refused")}: ${plainText(item.error.detail)}`);
  } else if (output.mode === "quiet") {
    for (const { instanceId } of item.taken) if (instanceId !== undefined) output.line(instanceId);
  } else {
    output.line(`event ${plainText(item.eventId)}`);
    if (item.taken.length === 0) output.line(output.paint("dim", "  no trigger matches it"));
    for (const taken of item.taken) output.line(`  ${takenText(taken)}`);
  }
}

function takenText({ trigger, outcome, instanceId, repeated, reason, error }: TakenView): string {
  const who = trigger ?? "submission";
  switch (outcome) {
    case "submitted":
      return `${who}: ${instanceId}${repeated === true ? ", made before" : ""}`;
    case "ignored":
      return `${who}: ignored, ${plainText(reason ?? "")}`;
    case "refused":
      return `${who}: refused, ${plainText(error?.detail ?? "")}`;
  }
}

/** Also where no trigger matches: whoever puts an event need not know who takes it. */
function isTaken(item: EventAnswer): boolean {
  return "taken" in item && item.taken.every(({ outcome }) => outcome !== "refused");
}
