/** The five fields of a schedule, with the values that each may have. */
const FIELDS = [
  ["minute", 0, 59],
  ["hour", 0, 23],
  ["day of the month", 1, 31],
  ["month", 1, 12],
  ["day of the week", 0, 7],
] as const;

// A part of a field between commas: an asterisk, 5, 1-5, 8-18/2.
const PART = /^(?:\*|(\d{1,2})(?:-(\d{1,2}))?)(?:\/(\d{1,2}))?$/;

/**
 * What is wrong with a schedule in cron's five fields; undefined where nothing is. Numbers only: names of days and months, and words such
 * as @daily, are not the same to every reader of cron's form.
 */
export function whyNoSchedule(text: string): string | undefined {
  const fields = text.trim().split(/\s+/);
  if (fields.length !== FIELDS.length) return `five fields are expected, ${fields.length} were got`;
  for (const [index, field] of fields.entries()) {
    const [name, low, high] = FIELDS[index] ?? FIELDS[0];
    if (!field.split(",").every((part) => isPart(part, low, high))) {
      return `the ${name} is "${field}", expected ${low} to ${high}, "*", a range or a step of them`;
    }
  }
  return undefined;
}

function isPart(part: string, low: number, high: number): boolean {
  const match = PART.exec(part);
  if (match === null) return false;
  const [, from, to = from, step] = match;
  const within = [from, to].every((value) => value === undefined || (Number(value) >= low && Number(value) <= high));
  return within && Number(from ?? low) <= Number(to ?? high) && step !== "0" && step !== "00";
}

/** Two years: more than any schedule leaves between two times but one for the 29th of February alone. */
const LOOK_DAYS = 731;
const DAY_MINUTES = 1440;

/**
 * The longest time between two moments of schedules taken together, in hours, rounded up; summer time is left out. Undefined where they have
 * fewer than two moments in two years, as "never" has.
 */
export function longestGapHours(schedules: readonly string[]): number | undefined {
  const parsed = schedules.filter((text) => whyNoSchedule(text) === undefined).map(parse);
  let last: number | undefined;
  let longest = 0;
  for (let day = 0; day < LOOK_DAYS; day += 1) {
    const date = new Date(Date.UTC(2027, 0, 1 + day));
    const minutes = parsed.filter(({ isOn }) => isOn(date)).flatMap(({ ofDay }) => ofDay);
    for (const minute of [...new Set(minutes)].sort((one, other) => one - other)) {
      const moment = day * DAY_MINUTES + minute;
      longest = Math.max(longest, moment - (last ?? moment));
      last = moment;
    }
  }
  return longest === 0 ? undefined : Math.ceil(longest / 60);
}

interface Schedule {
  readonly isOn: (date: Date) => boolean;
  /** Minutes of the day. */
  readonly ofDay: readonly number[];
}

function parse(text: string): Schedule {
  const fields = text.trim().split(/\s+/);
  const [minutes = [], hours = [], days = [], months = [], weekdays = []] = fields.map((field, index) =>
    valuesOf(field, FIELDS[index] ?? FIELDS[0]),
  );
  // Cron's own rule: where both are given, either is enough.
  const either = fields[2] !== "*" && fields[4] !== "*";
  const isOn = (date: Date): boolean => {
    const onDay = days.includes(date.getUTCDate());
    const onWeekday = weekdays.some((weekday) => weekday % 7 === date.getUTCDay());
    return months.includes(date.getUTCMonth() + 1) && (either ? onDay || onWeekday : onDay && onWeekday);
  };
  return { isOn, ofDay: hours.flatMap((hour) => minutes.map((minute) => hour * 60 + minute)) };
}

function valuesOf(field: string, [, low, high]: (typeof FIELDS)[number]): number[] {
  return field.split(",").flatMap((part) => {
    const [, from, to, step] = PART.exec(part) ?? [];
    const first = from === undefined ? low : Number(from);
    // "5/15" is from 5 on.
    const last = to !== undefined ? Number(to) : from !== undefined && step === undefined ? first : high;
    const values = Array.from({ length: last - first + 1 }, (_, index) => first + index);
    return values.filter((_, index) => index % Number(step ?? 1) === 0);
  });
}
