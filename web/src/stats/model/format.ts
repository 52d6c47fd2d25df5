/** Writes numbers, times and money as the reader's locale does. */
export interface Format {
  count(value: number): string;
  /** Short, for an axis: `12K`. */
  brief(value: number): string;
  /** A share of 0–1, in percent. */
  share(value: number): string;
  /** A time in milliseconds; in seconds from 1 s. */
  milliseconds(value: number): string;
  bytes(value: number): string;
  /** `currency` by ISO 4217. */
  money(value: number, currency: string): string;
  /** Of `2027-03-09`: `9 Mar` and `9 Mar 2027`. Days are those of UTC. */
  day(day: string): string;
  date(day: string): string;
  /** Of milliseconds since 1970, in the reader's time zone: `14:30` and `9 Mar 2027, 14:30`. */
  clock(at: number): string;
  moment(at: number): string;
}

type Write<T> = (value: T) => string;

const SIZES = ["byte", "kilobyte", "megabyte", "gigabyte", "terabyte", "petabyte"] as const;

/** Without `locale` or `zone` it takes those of the browser. */
export function createFormat(locale?: string, zone?: string): Format {
  const number = numbers(locale);
  const short = moments(locale, "UTC", { day: "numeric", month: "short" });
  const whole = moments(locale, "UTC", { dateStyle: "medium" });
  return {
    count: number(),
    brief: number({ notation: "compact", maximumFractionDigits: 1 }),
    share: number({ style: "percent", maximumFractionDigits: 1 }),
    milliseconds: times(number),
    bytes: sizes(number),
    money: moneys(number),
    day: (day) => short(Date.parse(day)),
    date: (day) => whole(Date.parse(day)),
    clock: moments(locale, zone, { timeStyle: "short" }),
    moment: moments(locale, zone, { dateStyle: "medium", timeStyle: "short" }),
  };
}

type Numbers = (options?: Intl.NumberFormatOptions) => Write<number>;

function numbers(locale?: string): Numbers {
  return (options = {}) => {
    const format = new Intl.NumberFormat(locale, options);
    return (value) => format.format(value);
  };
}

function moments(
  locale: string | undefined,
  timeZone: string | undefined,
  options: Intl.DateTimeFormatOptions,
): Write<number> {
  const format = new Intl.DateTimeFormat(locale, timeZone ? { ...options, timeZone } : options);
  return (at) => format.format(at);
}

/** Below 999.5 ms, which is the first that rounds to 1,000, in milliseconds. */
function times(number: Numbers): Write<number> {
  const whole = number({ maximumFractionDigits: 0 });
  const seconds = number({ maximumFractionDigits: 1 });
  return (ms) => (ms < 999.5 ? `${whole(ms)}\u00a0ms` : `${seconds(ms / 1_000)}\u00a0s`);
}

function sizes(number: Numbers): Write<number> {
  const units = SIZES.map((unit) =>
    number({ style: "unit", unit, unitDisplay: "short", maximumFractionDigits: 1 }),
  );
  return (bytes) => {
    const power = bytes < 1 ? 0 : Math.floor(Math.log10(bytes) / 3);
    const size = Math.min(power, SIZES.length - 1);
    return units[size]?.(bytes / 1_000 ** size) ?? "";
  };
}

/** At least two significant digits: a thousand calls may cost a tenth of a cent. */
const moneys =
  (number: Numbers) =>
  (value: number, currency: string): string =>
    number({
      style: "currency",
      currency,
      currencyDisplay: "narrowSymbol",
      minimumFractionDigits: 2,
      maximumFractionDigits: 2,
      minimumSignificantDigits: 2,
      maximumSignificantDigits: 2,
      roundingPriority: "morePrecision",
    })(value);
