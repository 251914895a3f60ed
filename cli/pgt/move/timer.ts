/** Seconds of the read-only window, and of its parts. */
export interface Window {
  readonly seconds: number;
  readonly parts: Readonly<Record<string, number>>;
}

/** Measures one part after the other, in seconds. */
export function startTimer() {
  const begun = performance.now();
  let last = begun;
  const parts: Record<string, number> = {};
  return {
    end: (part: string, at = performance.now()) => {
      parts[part] = (at - last) / 1000;
      last = at;
    },
    window: (): Window => ({ seconds: (last - begun) / 1000, parts }),
  };
}
