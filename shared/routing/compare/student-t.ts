/** Beyond so many degrees of freedom the exact way loses digits, and the series below is exact. */
const manyDegrees = 1e5;

/** How far to both sides an interval of this confidence reaches, in standard errors. */
export function studentPoint(confidence: number, degreesOfFreedom: number): number {
  if (degreesOfFreedom <= manyDegrees) return exactPoint(confidence, degreesOfFreedom);
  const z = normalPoint(confidence);
  return z + (z ** 3 + z) / (4 * degreesOfFreedom);
}

/** The same for the normal distribution, which Student's becomes: the first term of its series taken off. */
export function normalPoint(confidence: number): number {
  const t = exactPoint(confidence, manyDegrees);
  return t - (t ** 3 + t) / (4 * manyDegrees);
}

function exactPoint(confidence: number, degreesOfFreedom: number): number {
  const wanted = (1 + confidence) / 2;
  let low = 0;
  let high = 1;
  while (studentCdf(high, degreesOfFreedom) < wanted && high < 1e12) high *= 2;
  for (let step = 0; step < 200 && high - low > 1e-13 * high; step++) {
    const middle = (low + high) / 2;
    if (studentCdf(middle, degreesOfFreedom) < wanted) low = middle;
    else high = middle;
  }
  return (low + high) / 2;
}

/** How likely a value of Student's distribution is to be at most `t`, for t ≥ 0. */
function studentCdf(t: number, degreesOfFreedom: number): number {
  const x = degreesOfFreedom / (degreesOfFreedom + t * t);
  return 1 - incompleteBeta(x, degreesOfFreedom / 2, 0.5) / 2;
}

/** The regularised incomplete beta function, by its continued fraction. */
function incompleteBeta(x: number, a: number, b: number): number {
  if (x <= 0) return 0;
  if (x >= 1) return 1;
  const front = Math.exp(
    logGamma(a + b) - logGamma(a) - logGamma(b) + a * Math.log(x) + b * Math.log(1 - x),
  );
  // The fraction converges quickly on this side only; the other side follows by symmetry.
  return x < (a + 1) / (a + b + 2)
    ? (front * betaFraction(x, a, b)) / a
    : 1 - (front * betaFraction(1 - x, b, a)) / b;
}

function betaFraction(x: number, a: number, b: number): number {
  const tiny = 1e-300;
  const away = (value: number): number => (Math.abs(value) < tiny ? tiny : value);
  let c = 1;
  let d = 1 / away(1 - ((a + b) * x) / (a + 1));
  let fraction = d;
  for (let m = 1; m <= 500; m++) {
    const even = (m * (b - m) * x) / ((a + 2 * m - 1) * (a + 2 * m));
    d = 1 / away(1 + even * d);
    c = away(1 + even / c);
    fraction *= d * c;
    const odd = (-(a + m) * (a + b + m) * x) / ((a + 2 * m) * (a + 2 * m + 1));
    d = 1 / away(1 + odd * d);
    c = away(1 + odd / c);
    const factor = d * c;
    fraction *= factor;
    if (Math.abs(factor - 1) < 1e-15) break;
  }
  return fraction;
}

/** Stirling's series, after lifting small arguments to where it is exact to the last digits. */
function logGamma(x: number): number {
  let lifted = x;
  let shift = 0;
  while (lifted < 12) {
    shift += Math.log(lifted);
    lifted += 1;
  }
  const inverse = 1 / lifted;
  const square = inverse * inverse;
  const series =
    inverse * (1 / 12 - square * (1 / 360 - square * (1 / 1_260 - square * (1 / 1_680))));
  return (lifted - 0.5) * Math.log(lifted) - lifted + 0.5 * Math.log(2 * Math.PI) + series - shift;
}
