import { hostileText, type HostileOptions, type Piece } from '../text/hostile.ts';
import { countText } from '../text/numbers.ts';

interface Props extends Partial<HostileOptions> {
  readonly text: string;
}

/** Text that came from a host: text nodes only, capped, with acting characters shown as marked escapes (SEC-322). */
export function HostText({ text, maxChars = 120, lines = false, tail = false }: Props) {
  const shown = hostileText(text, { maxChars, lines, tail });
  return (
    <span className="host-text">
      <Pieces pieces={shown.pieces} />
      {shown.omittedChars > 0 && (
        <span className="omitted">{`… ${countText(shown.omittedChars)} more characters not shown${shown.tail.length > 0 ? ' …' : ''}`}</span>
      )}
      <Pieces pieces={shown.tail} />
    </span>
  );
}

function Pieces({ pieces }: { readonly pieces: readonly Piece[] }) {
  return pieces.map((piece, index) =>
    piece.escaped ? (
      <span key={index} className="escape">
        {piece.text}
      </span>
    ) : (
      piece.text
    ),
  );
}
