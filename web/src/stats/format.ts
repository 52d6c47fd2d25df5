/** Numbers, times and money as the reader's own locale writes them. */
export interface Format {
  count(value: number): string;
  /** Short, for an axis: 12K. */
  brief(value: number): string;
  /** Of 0–1. */
  share(value: number): string;
  milliseconds(value: number): string;
  bytes(value: number): string;
  money(value: number, currency: string): string;
  /** Of `2027-03-09`, short or whole. Days are counted in UTC. */
  day(day: string): string;
  date(day: string): string;
  /** When, in the reader's own time zone. */
  clock(at: number): string;
  moment(at: number): string;
}

const SIZES = ["byte", "kilobyte", "megabyte", "gigabyte", "terabyte", "petabyte"] as const;

/** `locale` is the browser's own unless said; `zone` likewise. */
export function createFormat(locale?: string, zone?: string): Format {
  const number = (options: Intl.NumberFormatOptions = {}): ((value: number) => string) => {
    const format = new Intl.NumberFormat(locale, options);
    return (value) => format.format(value);
  };
  const unit = (name: string, digits: number): ((value: number) => string) =>
    number({ style: "unit", unit: name, unitDisplay: "short", maximumFractionDigits: digits });
  const moment = (
    options: Intl.DateTimeFormatOptions,
    timeZone = zone,
  ): ((at: number) => string) => {
    const format = new Intl.DateTimeFormat(locale, timeZone ? { ...options, timeZone } : options);
    return (at) => format.format(at);
  };
  const [milliseconds, seconds] = [
    number({ maximumFractionDigits: 0 }),
    number({ maximumFractionDigits: 1 }),
  ];
  const sizes = SIZES.map((size) => unit(size, 1));
  const short = moment({ day: "numeric", month: "short" }, "UTC");
  const whole = moment({ dateStyle: "medium" }, "UTC");
  return {
    count: number(),
    brief: number({ notation: "compact", maximumFractionDigits: 1 }),
    share: number({ style: "percent", maximumFractionDigits: 1 }),
    milliseconds: (value) =>
      value < 999.5 ? `${milliseconds(value)}\u00a0ms` : `${seconds(value / 1_000)}\u00a0s`,
    bytes(value) {
      const step = value < 1 ? 0 : Math.floor(Math.log10(value) / 3);
      const size = Math.min(step, SIZES.length - 1);
      return sizes[size]?.(value / 1_000 ** size) ?? "";
    },
    // A thousand calls may cost a tenth of a cent: two digits that say something, at least.
    money: (value, currency) =>
      number({
        style: "currency",
        currency,
        currencyDisplay: "narrowSymbol",
        minimumFractionDigits: 2,
        maximumFractionDigits: 2,
        minimumSignificantDigits: 2,
        maximumSignificantDigits: 2,
        roundingPriority: "morePrecision",
      })(value),
    day: (day) => short(Date.parse(day)),
    date: (day) => whole(Date.parse(day)),
    clock: moment({ timeStyle: "short" }),
    moment: moment({ dateStyle: "medium", timeStyle: "short" }),
  };
}
