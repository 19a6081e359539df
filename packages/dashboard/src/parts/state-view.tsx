import type { Row, Scalar, StateShape } from '../model/state-shape.ts';
import { figureByKey, percentText } from '../text/numbers.ts';
import { Bar } from './bar.tsx';
import { HostText } from './host-text.tsx';

interface Props {
  readonly shapes: readonly StateShape[];
  readonly omitted: number;
}

/** Any plugin's state, drawn from its form alone: facts, gauges, lists, tables, groups (hub page, section 11.5). */
export function StateView({ shapes, omitted }: Props) {
  const small = shapes.filter((shape) => shape.kind === 'fact' || shape.kind === 'gauge');
  const large = shapes.filter((shape) => shape.kind !== 'fact' && shape.kind !== 'gauge');
  return (
    <div className="state">
      {small.length > 0 && (
        <dl className="facts">
          {small.map((shape) => (
            <div key={shape.name}>
              <dt>
                <Name name={shape.name} />
              </dt>
              <dd>
                {shape.kind === 'gauge' ? (
                  <>
                    {percentText(shape.value)}
                    <Bar percent={shape.value} />
                  </>
                ) : (
                  <Value name={shape.name} value={shape.kind === 'fact' ? shape.value : null} />
                )}
              </dd>
            </div>
          ))}
        </dl>
      )}
      {large.map((shape) => (
        <Part key={shape.name} shape={shape} />
      ))}
      {omitted > 0 && <p className="muted">{`${omitted} more not shown`}</p>}
    </div>
  );
}

function Part({ shape }: { readonly shape: StateShape }) {
  switch (shape.kind) {
    case 'list':
      return (
        <div className="state-part">
          <h4>
            <Name name={shape.name} />
          </h4>
          <p className="state-list">
            {shape.values.length === 0 && <span className="muted">none</span>}
            {shape.values.map((value, index) => (
              <span key={index} className="chip">
                <Value name={shape.name} value={value} />
              </span>
            ))}
            {shape.omitted > 0 && <span className="muted">{`${shape.omitted} more`}</span>}
          </p>
        </div>
      );
    case 'table':
      return <Table name={shape.name} columns={shape.columns} rows={shape.rows} omitted={shape.omitted} />;
    case 'group':
      return (
        <div className="state-part">
          <h4>
            <Name name={shape.name} />
          </h4>
          <StateView shapes={shape.shapes} omitted={shape.omitted} />
        </div>
      );
    case 'too-deep':
      return (
        <p className="muted">
          <Name name={shape.name} />: nested deeper than this page shows
        </p>
      );
    case 'fact':
    case 'gauge':
    default:
      return null;
  }
}

interface TableProps {
  readonly name: string;
  readonly columns: readonly string[];
  readonly rows: readonly Row[];
  readonly omitted: number;
}

function Table({ name, columns, rows, omitted }: TableProps) {
  const numeric = new Set(columns.filter((column) => rows.some((row) => typeof row[column] === 'number')));
  return (
    <div className="state-part table-frame" tabIndex={0} role="region" aria-label={name}>
      <table>
        <caption>
          <Name name={name} />
        </caption>
        <thead>
          <tr>
            {columns.map((column) => (
              <th key={column} scope="col" className={numeric.has(column) ? 'number' : undefined}>
                <Name name={column} />
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((row, index) => (
            <tr key={index}>
              {columns.map((column) => (
                <td key={column} className={numeric.has(column) ? 'number' : undefined}>
                  <Value name={column} value={row[column] ?? null} />
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
      {omitted > 0 && <p className="muted">{`${omitted} more rows`}</p>}
    </div>
  );
}

/** A key as words: the unit its ending names is shown with the value. */
function Name({ name }: { readonly name: string }) {
  const words = name
    .replace(/_(bytes_per_s(ec(ond)?)?|bytes|kb|mb|gb|kib|mib|gib|seconds|ms)$/i, '')
    .replace(/_percent$/i, ' %')
    .replaceAll('_', ' ');
  return <HostText text={words === '' ? name : words} maxChars={48} />;
}

function Value({ name, value }: { readonly name: string; readonly value: Scalar }) {
  if (value === null || value === '') return <span className="muted">–</span>;
  if (typeof value === 'boolean') return value ? 'yes' : 'no';
  if (typeof value === 'number') return figureByKey(name, value);
  return <HostText text={value} maxChars={300} />;
}
