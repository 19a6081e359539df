import { describe, expect, it } from 'vitest';
import type { Figures, Metrics } from '../api/types.ts';
import { appendFigures, chartShape, CHART_POINTS, HEIGHT, pointAt, pointsOf, summaryOf, WIDTH } from './series.ts';

const figures: Figures = {
  cpu_percent: 50,
  memory_percent: 40,
  memory_used_mb: 1,
  memory_total_mb: 2,
  disk_percent: 30,
  disk_used_gb: 1,
  disk_total_gb: 2,
  load_avg_1m: 0.5,
  load_avg_5m: 0.4,
  uptime_seconds: 9,
  containers: [],
  at: 115,
};
const metrics: Metrics = { t: [100], series: [{ name: 'cpu_percent', unit: '%', values: [10] }] };
const points = (...list: [number, number | null][]) => list.map(([atSeconds, value]) => ({ atSeconds, value }));

describe('the course of a figure', () => {
  it('grows with live figures, also for a series the hub had nothing of', () => {
    const grown = appendFigures(metrics, figures, 115);
    expect(pointsOf(grown, 'cpu_percent')).toEqual(points([100, 10], [115, 50]));
    expect(pointsOf(grown, 'load_avg_1m')).toEqual(points([100, null], [115, 0.5]));
  });

  it('takes neither a second time nor the past', () => {
    expect(appendFigures(metrics, figures, 100)).toBe(metrics);
    expect(appendFigures(metrics, figures, 90)).toBe(metrics);
  });

  it('keeps its length: the oldest point makes room in every column', () => {
    const full: Metrics = {
      t: Array.from({ length: CHART_POINTS }, (_, index) => index),
      series: [{ name: 'cpu_percent', unit: '%', values: Array.from({ length: CHART_POINTS }, (_, index) => index) }],
    };
    const grown = appendFigures(full, figures, 1_000);
    expect(grown.t).toHaveLength(CHART_POINTS);
    expect(pointsOf(grown, 'cpu_percent').at(0)).toEqual({ atSeconds: 1, value: 1 });
    expect(pointsOf(grown, 'cpu_percent').at(-1)).toEqual({ atSeconds: 1_000, value: 50 });
  });

  it('draws from edge to edge, high values on top, clamped to the scale', () => {
    const { line, max } = chartShape(points([0, 0], [10, 100], [20, 500]), 100);
    expect(line).toBe(`M0 ${HEIGHT}L${WIDTH / 2} 0L${WIDTH} 0`);
    expect(max).toBe(100);
  });

  it('leaves a gap where nothing was measured or nothing came', () => {
    expect(chartShape(points([0, 1], [10, null], [20, 1]), 100).line.match(/M/g)).toHaveLength(2);
    expect(chartShape(points([0, 1], [15, 1], [30, 1], [900, 1], [915, 1]), 100).line.match(/M/g)).toHaveLength(2);
  });

  it('draws nothing from nothing, and never divides by zero', () => {
    expect(chartShape([], 100)).toMatchObject({ line: '', area: '' });
    expect(chartShape(points([5, 0]), null).line).not.toMatch(/NaN|Infinity/);
  });

  it('sums itself up in a sentence, or has nothing to say', () => {
    expect(summaryOf(points([0, 10], [1, null], [2, 30]))).toEqual({ average: 20, top: 30, topAtSeconds: 2 });
    expect(summaryOf(points([0, null]))).toBeNull();
  });

  it('finds the point under the pointer', () => {
    const line = points([0, 1], [10, 2], [100, 3]);
    expect(pointAt(line, 0)?.value).toBe(1);
    expect(pointAt(line, 0.12)?.value).toBe(2);
    expect(pointAt(line, 1)?.value).toBe(3);
    expect(pointAt([], 0.5)).toBeNull();
  });
});
