import { max, mean, median as middle, min, quantile, standardDeviation } from "simple-statistics";

/** The middle of the samples; undefined where there are none. */
export function median(samples: readonly number[]): number | undefined {
  return samples.length === 0 ? undefined : middle([...samples]);
}

/** What 95 % of the samples do not exceed; undefined where there are none. */
export function p95(samples: readonly number[]): number | undefined {
  return samples.length === 0 ? undefined : quantile([...samples], 0.95);
}

/** 50th, 95th and 99th percentile, of at least one sample. */
export function percentiles(samples: number[]): { p50: number; p95: number; p99: number } {
  const [p50 = 0, ninetyFive = 0, p99 = 0] = quantile(samples, [0.5, 0.95, 0.99]);
  return { p50, p95: ninetyFive, p99 };
}

/** Mean, extremes and standard deviation, of at least one sample. */
export function spread(samples: number[]): { average: number; least: number; most: number; deviation: number } {
  return {
    average: mean(samples),
    least: min(samples),
    most: max(samples),
    deviation: standardDeviation(samples),
  };
}
