import type { PreviewAnswer } from "../../../shared/contract/http/preview.ts";
import type { PreviewBody } from "../../sdk/calendar-calls.ts";
import type { Command } from "../command.ts";
import { exitCodes } from "../exit-codes.ts";
import type { OptionValues } from "../option-values.ts";
import type { Output } from "../output.ts";
import { plainText } from "../styles.ts";

/** `switchyard schedule preview`. */
export const schedulePreviewCommand: Command = {
  name: "schedule preview",
  takes: "EXPRESSION",
  positionalsMin: 1,
  positionalsMax: 1,
  group: "Schedules",
  summary: "Say what an expression means and when it fires",
  details: [
    "Takes cron(…) of six fields, five plain cron fields, rate(…) or at(…): see docs/time.md. Nothing is stored.",
  ],
  options: {
    zone: { value: "NAME", about: "IANA time zone, such as Europe/Berlin. Default: UTC." },
    count: { value: "N", about: "So many fires. Default: 20." },
    from: { value: "TIME", about: "Fires after that. Default: now." },
    calendar: { value: "NAME", multiple: true, about: "A calendar to ask." },
    "on-closed-day": { value: "POLICY", about: "skip (the default), previous, next or run." },
    jitter: { value: "DURATION", about: "Spreads schedules of the same time." },
    name: { value: "NAME", about: "The schedule's name, which decides its place in the jitter." },
    start: { value: "TIME", about: "No earlier fires." },
    end: { value: "TIME", about: "No later fires." },
  },
  examples: [
    'switchyard schedule preview "cron(30 2 ? * 6L *)" --zone Europe/Berlin',
    'switchyard schedule preview "0 9 * * 1-5" --calendar office --count 5',
  ],
  async run({ client, positionals, options, output }) {
    const answer = await client.previewSchedule(bodyOf(positionals[0] ?? "", options));
    if (output.mode === "json") output.document(answer);
    else if (output.mode === "quiet") {
      for (const { effective } of answer.fires) output.line(effective);
    } else writePreview(output, answer);
    return exitCodes.ok;
  },
};

function bodyOf(expression: string, options: OptionValues): PreviewBody {
  const timezone = options.text("zone");
  const count = options.wholeNumber("count", 1, 100);
  const from = options.instant("from", "ahead");
  const calendars = options.list("calendar");
  const policy = options.text("on-closed-day");
  const jitterMs = options.durationMs("jitter");
  const name = options.text("name");
  const startAt = options.instant("start", "ahead");
  const endAt = options.instant("end", "ahead");
  return {
    expression,
    ...(timezone === undefined ? {} : { timezone }),
    ...(count === undefined ? {} : { count }),
    ...(from === undefined ? {} : { from }),
    ...(calendars.length === 0 ? {} : { calendars: [...calendars] }),
    // The server's complaint names the policies.
    ...(policy === undefined ? {} : { onClosedDay: policy as "skip" }),
    ...(jitterMs === undefined ? {} : { jitterSeconds: jitterMs / 1_000 }),
    ...(name === undefined ? {} : { name }),
    ...(startAt === undefined ? {} : { startAt }),
    ...(endAt === undefined ? {} : { endAt }),
  };
}

interface Row {
  readonly local: string;
  readonly fires: string;
  readonly note: string;
}

/** Fires and skipped slots in the order of the clocks of the zone. */
function writePreview(output: Output, answer: PreviewAnswer): void {
  const fires = answer.fires.map(
    ({ local, effective, note = "" }): Row => ({ local, fires: effective, note }),
  );
  const skipped = answer.skipped.map(({ local, note }): Row => ({ local, fires: "-", note }));
  const rows = [...fires, ...skipped].sort((a, b) => (a.local < b.local ? -1 : 1));
  output.line(plainText(answer.description));
  for (const note of answer.notes) output.remark(note);
  output.line();
  output.table<Row>(
    [
      { title: "LOCAL", text: ({ local }) => local.replace("T", " ") },
      { title: "FIRES AT", text: ({ fires: at }) => at },
      { title: "NOTE", text: ({ note }) => note, widthMin: 20, dropOrder: 1 },
    ],
    rows,
  );
}
