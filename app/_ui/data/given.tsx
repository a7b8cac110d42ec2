import { Fragment } from 'react';
import { showInvisible } from '#lib/text.ts';

/**
 * A text that a person, an agent or a provider chose. Its direction ends where it does, and each character of it that nobody would see is
 * named: nothing in it changes how the text around it reads.
 */
export function Given({ text }: { text: string }) {
  return (
    <bdi>
      {showInvisible(text).map(({ shown, isInvisible }, index) =>
        isInvisible ? (
          <span key={index} className="border-edge text-muted mx-px rounded border px-0.5 font-mono text-[0.8em]">
            {shown}
          </span>
        ) : (
          <Fragment key={index}>{shown}</Fragment>
        ),
      )}
    </bdi>
  );
}

/** A value as indented JSON, in which each name and each text stands apart. */
export function GivenJson({ value }: { value: unknown }) {
  const pieces = JSON.stringify(value, null, 2).split(/("(?:[^"\\]|\\.)*")/);
  return pieces.map((piece, index) =>
    // The pieces that the pattern has taken out are every second one.
    index % 2 === 1 ? <Given key={index} text={piece} /> : <Fragment key={index}>{piece}</Fragment>,
  );
}
