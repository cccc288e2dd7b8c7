import type { ReceiptView, RoutingView } from "../../../shared/contract/http/receipt-views.ts";
import type { CostBandView } from "../../../shared/contract/http/views.ts";
import { durationText } from "../../../shared/core/duration-text.ts";
import type { Output } from "../output.ts";
import { plainText } from "../styles.ts";

type Candidate = ReceiptView["candidates"][number];
type Outcome = Pick<RoutingView["items"][number], "actual" | "elsewhere">;

/** A routing receipt in words. */
export function writeReceipt(output: Output, receipt: ReceiptView): void {
  const { paint } = output;
  const chosen = receipt.chosen ?? "nowhere";
  output.line(`  goes to ${paint("bold", chosen)}: ${plainText(receipt.reason)}`);
  const compared = comparisonText(receipt);
  if (compared !== "") output.line(`  ${compared}`);
  for (const { backend, feasible, temporary, exclusions } of receipt.candidates) {
    if (feasible) continue;
    const mark = paint("yellow", temporary === true ? "cannot now" : "cannot");
    output.line(`  ${backend} ${mark} run it: ${plainText(exclusions.join("; "))}`);
  }
  for (const line of detailLines(receipt)) output.line(paint("dim", `  ${plainText(line)}`));
}

const basisTexts: Readonly<Record<CostBandView["basis"], string>> = {
  history: "by its history",
  estimate: "by the estimate of its task",
  unknown: "a guess, since nothing is known of its run time",
};

/** What an attempt may cost where a submission would go. */
export function writeCost(output: Output, cost: CostBandView): void {
  const { backend, lowUsd, medianUsd, highUsd, basis } = cost;
  output.line(
    `  an attempt on ${backend} costs ${usdText(lowUsd)} to ${usdText(highUsd)}, about ${usdText(medianUsd)} (${basisTexts[basis]})`,
  );
}

/** `fargate 0.5 vCPU/1 GB: $0.00226, 47 s start · lambda 1 GB: … Chosen: fargate`; estimates. */
function comparisonText({ candidates, chosen, margin }: ReceiptView): string {
  const told = candidates.filter(({ predicted }) => predicted !== undefined).map(candidateText);
  if (told.length === 0) return "";
  const over =
    margin === undefined
      ? ""
      : ` (${margin.over} would cost ${usdText(margin.usd, true)} and take ${signedTimeText(margin.ms)})`;
  return `${told.join(" · ")}. Chosen: ${chosen ?? "none"}${over}`;
}

function candidateText({ backend, size, predicted }: Candidate): string {
  const name = size === undefined ? backend : `${backend} ${size}`;
  if (predicted === undefined) return name;
  const { usd, waitMs, runMs, timeoutRisk } = predicted;
  const risk = timeoutRisk < 0.01 ? "" : `, ${Math.round(timeoutRisk * 100)} % risk of time-out`;
  return `${name}: ${usdText(usd)}, ${durationText(waitMs)} start, ${durationText(runMs)} run${risk}`;
}

function detailLines(receipt: ReceiptView): readonly string[] {
  const { rules, rule, priority, type, policy, prices, experiment, shadow } = receipt;
  const features = Object.entries(receipt.features).map(([name, value]) => `${name}=${value}`);
  return [
    `by ${rules.name} version ${rules.version}, rule ${rule} (${type}, ${priority}), ${policy}, prices ${prices}, ${receipt.decidedAt}`,
    ...(receipt.memoryMb === undefined ? [] : [`gets ${receipt.memoryMb} MB of memory`]),
    ...(receipt.timeoutMs === undefined
      ? []
      : [`gets ${durationText(receipt.timeoutMs)} at most, the backend's limit`]),
    ...(experiment === undefined
      ? []
      : [
          `in an experiment: ${experiment.arm}, version ${experiment.control} against ${experiment.candidate}`,
        ]),
    ...(shadow === undefined
      ? []
      : [
          `version ${shadow.version} would have chosen ${shadow.chosen ?? "none"} (${shadow.rule})`,
        ]),
    ...(features.length === 0 ? [] : [`knowing ${features.join(", ")}`]),
  ];
}

/** What became of the attempt, and what it would have cost elsewhere. */
export function writeOutcome(output: Output, { actual, elsewhere }: Outcome): void {
  if (actual === undefined) return;
  const { waitMs, runMs, usd } = actual;
  const times = [
    ...(waitMs === undefined ? [] : [`${durationText(waitMs)} start`]),
    ...(runMs === undefined ? [] : [`${durationText(runMs)} run`]),
  ];
  output.line(`  was: ${[usdText(usd), ...times].join(", ")} (estimated by list prices)`);
  for (const other of elsewhere ?? []) {
    const cut = other.cutOff === true ? ", and been cut off" : "";
    output.line(
      `  on ${other.backend} it would have cost ${usdText(other.usd)} and taken about ${durationText(other.ms)}${cut}`,
    );
  }
}

/** Small sums keep three digits that matter. */
export function usdText(usd: number, signed = false): string {
  const amount = Math.abs(usd);
  const text = amount === 0 ? "0" : amount >= 1 ? amount.toFixed(2) : smallText(amount);
  const sign = usd < 0 ? "-" : signed ? "+" : "";
  return `${sign}$${text}`;
}

function smallText(amount: number): string {
  const digits = Math.min(12, 2 - Math.floor(Math.log10(amount)));
  return amount.toFixed(digits).replace(/0+$/, "");
}

function signedTimeText(ms: number): string {
  return `${ms < 0 ? "-" : "+"}${durationText(Math.abs(ms))}`;
}
