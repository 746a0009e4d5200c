/**
 * Quantities: `500m`, `1.5Gi`, `2e3` (apimachinery's resource.Quantity). Held as nano units in a BigInt, so that sums and
 * comparisons are exact. Always: formatting is canonical, so equal amounts in one format are equal text.
 */
export interface Quantity {
  /** Billionths of one. */
  nanos: bigint;
  /** How it was written, and so how it is written back. */
  format: 'BinarySI' | 'DecimalSI' | 'DecimalExponent';
}

/** What is wrong with a text that is no quantity; the words are Kubernetes'. */
export class QuantityError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'QuantityError';
  }
}

const PATTERN = '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$';
const NANO = 1_000_000_000n;
/** Larger amounts count as this (2^63-1), as in Kubernetes. */
const NANOS_MAX = (2n ** 63n - 1n) * NANO;
const TEXT_LENGTH_MAX = 128;
const EXPONENT_MAX = 40;

const BINARY = ['', 'Ki', 'Mi', 'Gi', 'Ti', 'Pi', 'Ei'];
/** Powers of 1000, from nano on. */
const DECIMAL = ['n', 'u', 'm', '', 'k', 'M', 'G', 'T', 'P', 'E'];

/** Throws QuantityError. */
export const parseQuantity = (text: string | number): Quantity => {
  const found = /^([+-]?)(\d*)(?:\.(\d*))?([a-zA-Z]{0,2})((?<=[eE])[+-]?\d+)?$/.exec(String(text));
  if (!found || String(text).length > TEXT_LENGTH_MAX) throw malformed();
  const [, sign, whole, fraction = '', suffix, exponent] = found as unknown as string[];
  if (whole === '' && fraction === '') throw malformed();
  const { format, factor, divisor } = scaleOf(suffix!, exponent);
  const digits = BigInt(whole! + fraction) * factor * NANO;
  const below = 10n ** BigInt(fraction.length) * divisor;
  // What is finer than a nano is rounded away from zero: nothing asked for becomes nothing.
  const nanos = (digits + below - 1n) / below;
  const capped = nanos > NANOS_MAX ? NANOS_MAX : nanos;
  return { nanos: sign === '-' ? -capped : capped, format };
};

const malformed = (): QuantityError => new QuantityError(`quantities must match the regular expression '${PATTERN}'`);

interface Scale {
  format: Quantity['format'];
  factor: bigint;
  divisor: bigint;
}

const scaleOf = (suffix: string, exponent: string | undefined): Scale => {
  if (exponent !== undefined) return tenTo(suffix.length === 1 ? Number(exponent) : Number.NaN);
  const binary = BINARY.indexOf(suffix);
  if (binary > 0) return { format: 'BinarySI', factor: 1024n ** BigInt(binary), divisor: 1n };
  const decimal = DECIMAL.indexOf(suffix);
  if (decimal < 0) throw new QuantityError("unable to parse quantity's suffix");
  return { ...tenTo((decimal - 3) * 3), format: 'DecimalSI' };
};

const tenTo = (power: number): Scale => {
  if (!(Math.abs(power) <= EXPONENT_MAX)) throw new QuantityError("unable to parse quantity's suffix");
  return {
    format: 'DecimalExponent',
    factor: power > 0 ? 10n ** BigInt(power) : 1n,
    divisor: power < 0 ? 10n ** BigInt(-power) : 1n,
  };
};

/** Canonical: no fraction, the largest suffix that needs none. */
export const formatQuantity = ({ nanos, format }: Quantity): string => {
  if (nanos === 0n) return '0';
  const whole = nanos / NANO;
  const fitsBinary = nanos % NANO === 0n && (whole <= -1024n || whole >= 1024n);
  if (format === 'BinarySI' && fitsBinary) return inSteps(whole, 1024n, BINARY);
  if (format !== 'DecimalExponent') return inSteps(nanos, 1000n, DECIMAL);
  const exponents = DECIMAL.map((_, i) => (i === 3 ? '' : `e${(i - 3) * 3}`));
  return inSteps(nanos, 1000n, exponents);
};

const inSteps = (amount: bigint, step: bigint, suffixes: readonly string[]): string => {
  let rest = amount;
  let i = 0;
  while (i < suffixes.length - 1 && rest % step === 0n) {
    rest /= step;
    i++;
  }
  return `${rest}${suffixes[i]}`;
};

/** `1000m` → `1`. Throws QuantityError. */
export const canonicalQuantity = (text: string | number): string => formatQuantity(parseQuantity(text));

export const addQuantities = (a: Quantity, b: Quantity): Quantity => ({
  nanos: a.nanos + b.nanos,
  format: a.nanos === 0n ? b.format : a.format,
});

export const subtractQuantities = (a: Quantity, b: Quantity): Quantity => addQuantities(a, { ...b, nanos: -b.nanos });

/** Below, at or above zero as `a` is less than, equal to or more than `b`. */
export const compareQuantities = (a: Quantity, b: Quantity): number =>
  a.nanos < b.nanos ? -1 : a.nanos > b.nanos ? 1 : 0;

/** Rounded away from zero, as Quantity.Value() does. */
export const wholeValue = (quantity: Quantity): number => scaled(quantity, NANO);

/** In thousandths (of a CPU), rounded away from zero. */
export const milliValue = (quantity: Quantity): number => scaled(quantity, NANO / 1000n);

const scaled = ({ nanos }: Quantity, unit: bigint): number => {
  const absolute = nanos < 0n ? -nanos : nanos;
  const rounded = Number((absolute + unit - 1n) / unit);
  return nanos < 0n ? -rounded : rounded;
};
