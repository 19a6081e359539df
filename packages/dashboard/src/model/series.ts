import type { Figures, Metrics, MetricSeries } from '../api/types.ts';

/** The names the live charts ask `/metrics` for: v1's own (wire page, section 7.1). */
export const CHART_NAMES = ['cpu_percent', 'memory_percent', 'load_avg_1m', 'disk_percent'] as const;
export const CHART_POINTS = 240;

export interface Point {
  readonly atSeconds: number;
  readonly value: number | null;
}

export interface ChartShape {
  /** SVG path data in a box of `WIDTH` × `HEIGHT`, one `M…L…` for each stretch without a gap. */
  readonly line: string;
  readonly area: string;
  readonly max: number;
}

export interface SeriesSummary {
  readonly average: number;
  readonly top: number;
  readonly topAtSeconds: number;
}

export const WIDTH = 600;
export const HEIGHT = 100;

/** The points of one series; all null when the hub sent none of that name. */
export function pointsOf(metrics: Metrics, name: string): Point[] {
  const series = metrics.series.find((one) => one.name === name);
  return metrics.t.map((atSeconds, index) => ({ atSeconds, value: figure(series?.values[index]) }));
}

/** Adds the figures a live update brought, if they are newer than what is known; the oldest points make room. */
export function appendFigures(metrics: Metrics, figures: Figures, atSeconds: number): Metrics {
  const last = metrics.t.at(-1);
  if (last !== undefined && atSeconds <= last) return metrics;
  const from = Math.max(0, metrics.t.length + 1 - CHART_POINTS);
  return {
    t: [...metrics.t.slice(from), atSeconds],
    series: withAllNames(metrics).map((series) => ({
      ...series,
      values: [...series.values.slice(from), figure(valueIn(figures, series.name))],
    })),
  };
}

/** Longer without a point than three of the usual steps, and at least a minute, is shown as a gap. */
export function gapSeconds(points: readonly Point[]): number {
  const steps = points.slice(1).map((point, index) => point.atSeconds - (points[index]?.atSeconds ?? point.atSeconds));
  steps.sort((a, b) => a - b);
  return Math.max(60, 3 * (steps[Math.floor(steps.length / 2)] ?? 0));
}

/** A line for points in the order of time; `ceiling` is the top of the scale, or null to take a round one above the data. */
export function chartShape(points: readonly Point[], ceiling: number | null): ChartShape {
  const max = ceiling ?? roundCeiling(Math.max(0, ...points.map((point) => point.value ?? 0)));
  const first = points[0]?.atSeconds ?? 0;
  const span = Math.max(1, (points.at(-1)?.atSeconds ?? 0) - first);
  const gap = gapSeconds(points);
  const stretches: string[][] = [];
  const feet: [left: number, right: number][] = [];
  let previous: number | null = null;
  for (const { atSeconds, value } of points) {
    if (value === null) {
      previous = null;
      continue;
    }
    const x = round(((atSeconds - first) / span) * WIDTH);
    const y = round(HEIGHT - (Math.min(max, Math.max(0, value)) / max) * HEIGHT);
    if (previous === null || atSeconds - previous > gap) {
      stretches.push([]);
      feet.push([x, x]);
    }
    stretches.at(-1)?.push(`${x} ${y}`);
    feet[feet.length - 1] = [feet.at(-1)?.[0] ?? x, x];
    previous = atSeconds;
  }
  // A stretch of one point still shows: a line to itself with round caps is a dot.
  const line = stretches.map((stretch) => `M${stretch.join('L')}${stretch.length === 1 ? `L${stretch[0]}` : ''}`);
  const area = stretches.map((stretch, index) => {
    const [left, right] = feet[index] ?? [0, 0];
    return `M${left} ${HEIGHT}L${stretch.join('L')}L${right} ${HEIGHT}Z`;
  });
  return { line: line.join(''), area: area.join(''), max };
}

/** The figures for the sentence beside a chart, or null without any point. */
export function summaryOf(points: readonly Point[]): SeriesSummary | null {
  let sum = 0;
  let count = 0;
  let top: Point | null = null;
  for (const point of points) {
    if (point.value === null) continue;
    sum += point.value;
    count += 1;
    if (top === null || point.value > (top.value ?? 0)) top = point;
  }
  return top === null ? null : { average: sum / count, top: top.value ?? 0, topAtSeconds: top.atSeconds };
}

/** The point nearest in time to a place from 0 (oldest) to 1 (newest). */
export function pointAt(points: readonly Point[], place: number): Point | null {
  const first = points[0]?.atSeconds ?? 0;
  const at = first + place * ((points.at(-1)?.atSeconds ?? first) - first);
  let nearest: Point | null = null;
  for (const point of points) {
    if (nearest === null || Math.abs(point.atSeconds - at) < Math.abs(nearest.atSeconds - at)) nearest = point;
  }
  return nearest;
}

function withAllNames(metrics: Metrics): readonly MetricSeries[] {
  const missing = CHART_NAMES.filter((name) => !metrics.series.some((one) => one.name === name));
  return [...metrics.series, ...missing.map((name) => ({ name, unit: '', values: metrics.t.map(() => null) }))];
}

function valueIn(figures: Figures, name: string): unknown {
  return Object.hasOwn(figures, name) ? figures[name as keyof Figures] : null;
}

function figure(value: unknown): number | null {
  return typeof value === 'number' && Number.isFinite(value) ? value : null;
}

function roundCeiling(top: number): number {
  for (const ceiling of [0.5, 1, 2, 4, 8, 16, 32, 64, 128, 256, 512]) if (top <= ceiling * 0.95) return ceiling;
  return top * 1.1;
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}
