import type { ReactNode } from 'react';

/** An outline drawing on a grid of 24 by 24 in the colour of the text around it. Decoration: what it means is said in words beside it. */
function Icon({ className, children }: { className: string; children: ReactNode }) {
  return (
    <svg
      aria-hidden
      viewBox="0 0 24 24"
      fill="none"
      stroke="currentColor"
      strokeWidth={2}
      strokeLinecap="round"
      strokeLinejoin="round"
      className={className}
    >
      {children}
    </svg>
  );
}

interface Props {
  /** Size, and what else the place asks for. */
  className: string;
}

/** A tick in a circle. */
export const DoneIcon = ({ className }: Props) => (
  <Icon className={className}>
    <circle cx={12} cy={12} r={9.5} />
    <path d="M7.5 12.5l3 3 6-6.5" />
  </Icon>
);

/** An exclamation mark in a triangle. */
export const WarningIcon = ({ className }: Props) => (
  <Icon className={className}>
    <path d="M12 3.5 22 20.5H2Z" />
    <path d="M12 10v4.5M12 17.5v.01" />
  </Icon>
);

/** An exclamation mark in an octagon. */
export const ErrorIcon = ({ className }: Props) => (
  <Icon className={className}>
    <path d="M8 2.5h8L21.5 8v8L16 21.5H8L2.5 16V8Z" />
    <path d="M12 7.5v5M12 16v.01" />
  </Icon>
);

/** An arrow head that points down. */
export const DownIcon = ({ className }: Props) => (
  <Icon className={className}>
    <path d="M5.5 9l6.5 6.5L18.5 9" />
  </Icon>
);

/** Head and shoulders in a circle. */
export const PersonIcon = ({ className }: Props) => (
  <Icon className={className}>
    <circle cx={12} cy={12} r={9.5} />
    <circle cx={12} cy={9.5} r={3.2} />
    <path d="M5.8 19a6.6 6.6 0 0 1 12.4 0" />
  </Icon>
);

/** Three lines. */
export const MenuIcon = ({ className }: Props) => (
  <Icon className={className}>
    <path d="M3.5 6.5h17M3.5 12h17M3.5 17.5h17" />
  </Icon>
);

/** An arrow that leaves a door. */
export const LeaveIcon = ({ className }: Props) => (
  <Icon className={className}>
    <path d="M10 3.5H5.5a2 2 0 0 0-2 2v13a2 2 0 0 0 2 2H10" />
    <path d="M9.5 12h11M16 7.5l4.5 4.5-4.5 4.5" />
  </Icon>
);
