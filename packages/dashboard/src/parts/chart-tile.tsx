import { useState, type PointerEvent } from 'react';
import { chartShape, HEIGHT, pointAt, summaryOf, WIDTH, type Point } from '../model/series.ts';
import { clockText } from '../text/time.ts';
import { useNow } from './use-now.ts';

interface Props {
  readonly label: string;
  readonly figure: string;
  readonly note: string;
  readonly points: readonly Point[];
  /** Top of the scale, or null to fit the data. */
  readonly ceiling: number | null;
  readonly format: (value: number) => string;
  readonly stale: boolean;
  readonly testId: string;
}

/** One figure with its recent course: the number, a line, and a sentence that says what the line shows. */
export function ChartTile({ label, figure, note, points, ceiling, format, stale, testId }: Props) {
  const [place, setPlace] = useState<number | null>(null);
  const now = useNow();
  const shape = chartShape(points, ceiling);
  const summary = summaryOf(points);
  const pointed = place === null ? null : pointAt(points, place);
  const sentence =
    summary === null
      ? 'no course yet'
      : `avg ${format(summary.average)}, top ${format(summary.top)} at ${clockText(summary.topAtSeconds * 1000, now, 'minute')}`;
  const readout =
    pointed === null
      ? sentence
      : `${clockText(pointed.atSeconds * 1000, now)}: ${pointed.value === null ? 'no figure' : format(pointed.value)}`;

  const follow = (event: PointerEvent<SVGSVGElement>) => {
    const box = event.currentTarget.getBoundingClientRect();
    setPlace(Math.min(1, Math.max(0, (event.clientX - box.left) / Math.max(1, box.width))));
  };

  return (
    <figure className={stale ? 'tile stale' : 'tile'}>
      <div className="tile-head">
        <span className="tile-label">{label}</span>
        <span className="tile-note">{note}</span>
      </div>
      <div className="tile-figure" data-testid={testId}>
        {figure}
      </div>
      <svg
        className="chart"
        viewBox={`0 0 ${WIDTH} ${HEIGHT}`}
        preserveAspectRatio="none"
        role="img"
        aria-label={`${label}: ${sentence}`}
        onPointerMove={follow}
        onPointerLeave={() => setPlace(null)}
      >
        <line className="chart-base" x1="0" x2={WIDTH} y1={HEIGHT} y2={HEIGHT} />
        <line className="chart-grid" x1="0" x2={WIDTH} y1={HEIGHT / 2} y2={HEIGHT / 2} />
        <line className="chart-grid" x1="0" x2={WIDTH} y1="0" y2="0" />
        <path className="chart-area" d={shape.area} />
        <path className="chart-line" d={shape.line} />
        {place !== null && pointed !== null && (
          <line className="chart-cursor" x1={place * WIDTH} x2={place * WIDTH} y1="0" y2={HEIGHT} />
        )}
      </svg>
      <figcaption className="tile-caption">{readout}</figcaption>
    </figure>
  );
}
