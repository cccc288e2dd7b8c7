/** More significant digits than these cannot all be kept by a 64-bit float. */
const digitsKept = 17;

/**
 * Why a JSON number cannot be stored as it was written, or undefined when it can. Whole numbers must
 * be exact; fractions may carry the digits that other languages print for the same 64-bit float.
 */
export function numberFault(literal: string): string | undefined {
  const value = Number(literal);
  if (!Number.isFinite(value)) return "is too large for a 64-bit float";
  const written = decimalOf(literal);
  if (written.digits === "") return undefined;
  if (value === 0) return "is too close to zero for a 64-bit float";
  const kept = decimalOf(String(value));
  if (kept.digits === written.digits && kept.exponent === written.exponent) return undefined;
  const isFraction = written.exponent < 0;
  if (isFraction && written.digits.length <= digitsKept) return undefined;
  return `would become ${String(value)} in a 64-bit float`;
}

/** The value as digits × 10^exponent, without zeros at either end; zero has no digits. */
function decimalOf(literal: string): { readonly digits: string; readonly exponent: number } {
  const [mantissa = "", power = "0"] = literal.toLowerCase().split("e");
  const [whole = "", fraction = ""] = mantissa.replace("-", "").split(".");
  const digits = `${whole}${fraction}`.replace(/^0+/, "");
  const significant = withoutZerosAtEnd(digits);
  return {
    digits: significant,
    exponent: Number(power) - fraction.length + (digits.length - significant.length),
  };
}

/** A loop, because a regular expression for this is quadratic in hostile texts. */
function withoutZerosAtEnd(digits: string): string {
  let end = digits.length;
  while (end > 0 && digits.charCodeAt(end - 1) === 48) end -= 1;
  return digits.slice(0, end);
}
