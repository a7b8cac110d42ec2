import { Slot } from 'radix-ui';
import type { ComponentProps } from 'react';
import { cx } from '../layout/classes.ts';

const LOOKS = {
  primary: 'bg-accent text-on-accent hover:bg-accent-hover',
  secondary: 'border border-edge bg-surface text-ink hover:bg-sunken',
  quiet: 'text-ink hover:bg-sunken',
  danger: 'bg-bad text-on-bad hover:opacity-90',
};

interface Props extends ComponentProps<'button'> {
  look?: keyof typeof LOOKS;
  /** Applies the style to the only child, e.g. a link. */
  asChild?: boolean;
}

/** A button, 40 px high for touch. */
export function Button({ look = 'secondary', asChild = false, className, ...props }: Props) {
  const Component = asChild ? Slot.Root : 'button';
  return (
    <Component
      className={cx(
        'inline-flex min-h-10 items-center justify-center gap-2 rounded-lg px-4 py-2 text-sm font-medium',
        'transition-colors aria-disabled:cursor-not-allowed aria-disabled:opacity-60',
        LOOKS[look],
        className,
      )}
      {...props}
    />
  );
}
