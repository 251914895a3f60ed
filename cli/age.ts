/** Up to when an age is said in a unit, in seconds, the unit's own seconds, and its word. The last one has no end. */
const units: readonly (readonly [upTo: number, seconds: number, word: string])[] = [
  [120, 1, "s"],
  [7200, 60, "min"],
  [172_800, 3600, "h"],
  [Number.POSITIVE_INFINITY, 86_400, "days"],
];

/** How long before `now` something was, in the unit that fits: "45 s", "12 min", "5 h", "3 days". Of a moment that is yet to come, "0 s". */
export function formatAge(at: Date, now: Date): string {
  const age = Math.max(0, (now.getTime() - at.getTime()) / 1000);
  for (const [upTo, seconds, word] of units) {
    if (age < upTo) return `${Math.floor(age / seconds)} ${word}`;
  }
  throw new RangeError(`${at} has no age`);
}
