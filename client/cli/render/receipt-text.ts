import type { ReceiptView } from "../../../shared/contract/http/receipt-views.ts";
import type { Output } from "../output.ts";
import { plainText } from "../styles.ts";

/** A routing receipt in words. */
export function writeReceipt(output: Output, receipt: ReceiptView): void {
  const { paint } = output;
  const chosen = receipt.chosen ?? "nowhere";
  output.line(`  goes to ${paint("bold", chosen)}: ${plainText(receipt.reason)}`);
  for (const { backend, feasible, exclusions } of receipt.candidates) {
    const mark = feasible ? paint("green", "can") : paint("yellow", "cannot");
    const why = exclusions.length === 0 ? "" : `: ${plainText(exclusions.join("; "))}`;
    output.line(`  ${backend} ${mark} run it${why}`);
  }
  const features = Object.entries(receipt.features).map(([name, value]) => `${name}=${value}`);
  output.line(
    paint(
      "dim",
      `  by ${receipt.rules.name} version ${receipt.rules.version}, ${receipt.decidedAt}`,
    ),
  );
  if (features.length > 0) output.line(paint("dim", `  knowing ${plainText(features.join(", "))}`));
}
