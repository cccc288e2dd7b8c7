import type {
  WebhookDeliveryView,
  WebhookView,
} from "../../../shared/contract/http/webhook-views.ts";
import type { InstanceState } from "../../../shared/instance/moves.ts";
import type { Command } from "../command.ts";
import { relativeText } from "../durations.ts";
import { exitCodes } from "../exit-codes.ts";
import { plainText, type Style } from "../styles.ts";

const oneName = {
  takes: "NAME",
  positionalsMin: 1,
  positionalsMax: 1,
  group: "Webhooks",
} as const;

/** `switchyard webhook list`. */
export const webhookListCommand: Command = {
  name: "webhook list",
  takes: "",
  positionalsMin: 0,
  positionalsMax: 0,
  group: "Webhooks",
  summary: "List who is told of state changes",
  options: {},
  examples: ["switchyard webhook list"],
  async run({ client, output }) {
    const webhooks: WebhookView[] = [];
    for await (const webhook of client.webhooks.list()) webhooks.push(webhook);
    if (output.mode === "json") for (const webhook of webhooks) output.item(webhook);
    else if (output.mode === "quiet") for (const { name } of webhooks) output.line(name);
    else if (webhooks.length === 0) {
      output.remark("there is no webhook; see switchyard help webhook set");
    } else {
      output.table<WebhookView>(
        [
          { title: "WEBHOOK", text: ({ name }) => name, widthMin: 12 },
          { title: "STATE", text: ({ state }) => state, style: ({ state }) => styleOf[state] },
          { title: "URL", text: ({ spec }) => plainText(spec.url), widthMin: 20 },
          { title: "STATES", text: ({ spec }) => spec.states?.join(" ") ?? "ends", dropOrder: 1 },
        ],
        webhooks,
      );
    }
    return exitCodes.ok;
  },
};

const styleOf: Readonly<Record<WebhookView["state"], Style>> = {
  active: "green",
  inactive: "dim",
  gone: "red",
};

/** `switchyard webhook set`. */
export const webhookSetCommand: Command = {
  name: "webhook set",
  takes: "NAME URL",
  positionalsMin: 2,
  positionalsMax: 2,
  group: "Webhooks",
  summary: "Tell a URL of state changes, by signed messages",
  details: ["Replaces what the webhook said before; its secret stays."],
  options: {
    state: { value: "STATE", multiple: true, about: "Only changes to it. Default: every end." },
    task: { value: "NAME", multiple: true, about: "Only instances of this task." },
    "of-group": { value: "NAME", multiple: true, about: "Only instances of this group." },
    description: { value: "TEXT", about: "Shown with the webhook." },
    inactive: { about: "Send nothing for the time being." },
  },
  examples: [
    "switchyard webhook set alerts https://hooks.example.com/in --state failed --state timed_out",
  ],
  async run({ client, positionals, options, output }) {
    const [name = "", url = ""] = positionals;
    const states = options.list("state").flatMap((text) => text.split(","));
    const tasks = options.list("task");
    const groups = options.list("of-group");
    const description = options.text("description");
    const webhook = await client.webhooks.define(name, {
      url,
      active: !options.flag("inactive"),
      // A state that is none is refused by the server by name.
      ...(states.length === 0 ? {} : { states: states as InstanceState[] }),
      ...(tasks.length === 0 ? {} : { tasks: [...tasks] }),
      ...(groups.length === 0 ? {} : { groups: [...groups] }),
      ...(description === undefined ? {} : { description }),
    });
    if (output.mode === "json") output.document(webhook);
    else if (output.mode === "quiet") output.line(webhook.name);
    else {
      output.line(`webhook ${webhook.name} is ${webhook.state}`);
      output.remark(`its receiver needs the secret: switchyard webhook secret ${webhook.name}`);
    }
    return exitCodes.ok;
  },
};

/** `switchyard webhook get`. */
export const webhookGetCommand: Command = {
  ...oneName,
  name: "webhook get",
  summary: "Show a webhook",
  options: {},
  examples: ["switchyard webhook get alerts"],
  async run({ client, positionals, output }) {
    const webhook = await client.webhooks.show(positionals[0] ?? "");
    const { spec } = webhook;
    if (output.mode === "json") output.document(webhook);
    else if (output.mode === "quiet") output.line(webhook.state);
    else {
      output.facts([
        ["webhook", webhook.name],
        ["state", output.paint(styleOf[webhook.state], webhook.state)],
        ["description", spec.description === undefined ? undefined : plainText(spec.description)],
        ["url", plainText(spec.url)],
        ["states", spec.states?.join(" ") ?? "every end"],
        ["tasks", spec.tasks?.join(" ")],
        ["groups", spec.groups?.join(" ")],
        ["key", `number ${webhook.keyNumber}, ${relativeText(webhook.keyChangedAt, output.nowMs)}`],
      ]);
    }
    return exitCodes.ok;
  },
};

/** `switchyard webhook secret`. */
export const webhookSecretCommand: Command = {
  ...oneName,
  name: "webhook secret",
  summary: "Show what its receiver verifies messages with",
  options: {},
  examples: ["switchyard webhook secret alerts -q"],
  async run({ client, positionals, output }) {
    const secret = await client.webhooks.secret(positionals[0] ?? "");
    if (output.mode === "json") output.document(secret);
    else output.line(secret.secret);
    return exitCodes.ok;
  },
};

/** `switchyard webhook rotate`. */
export const webhookRotateCommand: Command = {
  ...oneName,
  name: "webhook rotate",
  summary: "Give a webhook a new secret",
  details: [
    "For a day messages are signed with the old one, too, so that the receiver can follow.",
  ],
  options: {},
  examples: ["switchyard webhook rotate alerts"],
  async run({ client, positionals, output }) {
    const webhook = await client.webhooks.rotate(positionals[0] ?? "");
    if (output.mode === "json") output.document(webhook);
    else if (output.mode === "quiet") output.line(String(webhook.keyNumber));
    else output.line(`webhook ${webhook.name} signs with key ${webhook.keyNumber} from now on`);
    return exitCodes.ok;
  },
};

/** `switchyard webhook test`. */
export const webhookTestCommand: Command = {
  ...oneName,
  name: "webhook test",
  summary: "Send a message that says nothing, and see what comes back",
  details: ["The exit code is 1 when the receiver has not taken it."],
  options: {},
  examples: ["switchyard webhook test alerts"],
  async run({ client, positionals, output }) {
    const name = positionals[0] ?? "";
    const { delivered, status, error, durationMs, ...rest } = await client.webhooks.test(name);
    const said = status === undefined ? (error ?? "no answer") : `answered ${status}`;
    if (output.mode === "json") output.document({ ...rest, delivered, status, error, durationMs });
    else if (output.mode === "quiet") output.line(String(status ?? ""));
    else {
      const verdict = delivered ? "taken" : "not taken";
      const style: Style = delivered ? "green" : "red";
      output.line(`${output.paint(style, verdict)}: ${plainText(said)} after ${durationMs} ms`);
    }
    return delivered ? exitCodes.ok : exitCodes.failed;
  },
};

/** `switchyard webhook deliveries`. */
export const webhookDeliveriesCommand: Command = {
  ...oneName,
  name: "webhook deliveries",
  summary: "List what was sent, or waits to be",
  options: { limit: { value: "N", about: "At most so many. Default: 50." } },
  examples: ["switchyard webhook deliveries alerts"],
  async run({ client, positionals, options, output }) {
    const max = options.wholeNumber("limit", 1, 10_000) ?? 50;
    const deliveries: WebhookDeliveryView[] = [];
    for await (const delivery of client.webhooks.deliveries(positionals[0] ?? "")) {
      deliveries.push(delivery);
      if (deliveries.length >= max) break;
    }
    if (output.mode === "json") for (const delivery of deliveries) output.item(delivery);
    else if (output.mode === "quiet") for (const { id } of deliveries) output.line(id);
    else if (deliveries.length === 0) output.remark("nothing was sent yet");
    else {
      output.table<WebhookDeliveryView>(
        [
          { title: "MESSAGE", text: ({ id }) => id, widthMin: 20 },
          {
            title: "STATE",
            text: ({ state }) => state,
            style: ({ state }) => styleOfDelivery[state],
          },
          { title: "TRIES", text: ({ tries }) => String(tries), align: "right" },
          { title: "LAST", text: lastText, widthMin: 12 },
          {
            title: "NEXT",
            text: ({ nextTryAt }) =>
              nextTryAt === undefined ? "" : relativeText(nextTryAt, output.nowMs),
          },
          { title: "INSTANCE", text: ({ instanceId }) => instanceId, dropOrder: 1 },
        ],
        deliveries,
      );
    }
    return exitCodes.ok;
  },
};

const styleOfDelivery: Readonly<Record<WebhookDeliveryView["state"], Style>> = {
  waiting: "yellow",
  delivered: "green",
  given_up: "red",
};

function lastText({ lastTry }: WebhookDeliveryView): string {
  if (lastTry === undefined) return "";
  return lastTry.status === undefined ? plainText(lastTry.error ?? "") : String(lastTry.status);
}

/** `switchyard webhook redeliver`. */
export const webhookRedeliverCommand: Command = {
  name: "webhook redeliver",
  takes: "NAME MESSAGE",
  positionalsMin: 2,
  positionalsMax: 2,
  group: "Webhooks",
  summary: "Send a message again, with all its tries",
  options: {},
  examples: ["switchyard webhook redeliver alerts msg_01…"],
  async run({ client, positionals, output }) {
    const [name = "", id = ""] = positionals;
    const delivery = await client.webhooks.redeliver(name, id);
    if (output.mode === "json") output.document(delivery);
    else if (output.mode === "quiet") output.line(delivery.id);
    else output.line(`message ${delivery.id} is sent again`);
    return exitCodes.ok;
  },
};

/** `switchyard webhook delete`. */
export const webhookDeleteCommand: Command = {
  ...oneName,
  name: "webhook delete",
  summary: "Delete a webhook; what was not delivered yet is given up",
  options: {},
  examples: ["switchyard webhook delete alerts"],
  async run({ client, positionals, output }) {
    const name = positionals[0] ?? "";
    const deleted = await client.webhooks.delete(name);
    if (output.mode === "json") output.document(deleted);
    else if (output.mode === "quiet") output.line(name);
    else output.line(`webhook ${name} is deleted`);
    return exitCodes.ok;
  },
};
