import type { BudgetView } from "../../../shared/contract/http/budget-views.ts";
import type { Command } from "../command.ts";
import { exitCodes } from "../exit-codes.ts";
import { usdText } from "../render/receipt-text.ts";

type Day = NonNullable<BudgetView["days"]>[number];

/** `switchyard budget list`. */
export const budgetListCommand: Command = {
  name: "budget list",
  takes: "",
  positionalsMin: 0,
  positionalsMax: 0,
  group: "Limits",
  summary: "List the budgets and what is left of them today",
  options: {},
  examples: ["switchyard budget list"],
  async run({ client, output }) {
    const budgets: BudgetView[] = [];
    for await (const budget of client.budgets.list()) budgets.push(budget);
    if (output.mode === "json") for (const budget of budgets) output.item(budget);
    else if (output.mode === "quiet") for (const { budget } of budgets) output.line(budget);
    else if (budgets.length === 0) output.remark("there is no budget; see docs/budgets.md");
    else {
      output.table<BudgetView>(
        [
          { title: "BUDGET", text: ({ budget }) => budget, widthMin: 12 },
          { title: "A DAY", text: ({ usdPerDay }) => usdText(usdPerDay), align: "right" },
          { title: "SPENT", text: ({ today }) => usdText(today.spentUsd), align: "right" },
          { title: "SET ASIDE", text: ({ today }) => usdText(today.reservedUsd), align: "right" },
          { title: "LEFT", text: ({ today }) => usdText(today.leftUsd), align: "right" },
          { title: "THEN", text: ({ whenExhausted }) => whenExhausted, dropOrder: 1 },
        ],
        budgets,
      );
    }
    return exitCodes.ok;
  },
};

/** `switchyard budget get`. */
export const budgetGetCommand: Command = {
  name: "budget get",
  takes: "BUDGET",
  positionalsMin: 1,
  positionalsMax: 1,
  group: "Limits",
  summary: "Show a budget day by day",
  details: ["A budget is called tenant, group/NAME or task/NAME."],
  options: { days: { value: "N", about: "So many days, today included. Default: 7." } },
  examples: ["switchyard budget get group/nightly --days 30"],
  async run({ client, positionals, options, output }) {
    const days = options.wholeNumber("days", 1, 90);
    const view = await client.budgets.show(
      positionals[0] ?? "",
      days === undefined ? {} : { days },
    );
    const { budget, usdPerDay, whenExhausted, timezone, today, waiting = 0 } = view;
    if (output.mode === "json") output.document(view);
    else if (output.mode === "quiet") output.line(String(today.leftUsd));
    else {
      output.facts([
        ["budget", budget],
        ["a day", `${usdText(usdPerDay)}, then ${whenExhausted}`],
        ["left", `${usdText(today.leftUsd)} until ${today.endsAt} (midnight of ${timezone})`],
        ["waiting", String(waiting)],
      ]);
      if (view.days !== undefined && view.days.length > 0) {
        output.line();
        output.table<Day>(
          [
            { title: "DAY", text: ({ day }) => day },
            { title: "SPENT", text: ({ spentUsd }) => usdText(spentUsd), align: "right" },
            { title: "SET ASIDE", text: ({ reservedUsd }) => usdText(reservedUsd), align: "right" },
          ],
          view.days,
        );
      }
    }
    return exitCodes.ok;
  },
};
