/** The logo. Decorative; the name is beside it. */
export function Logo() {
  return (
    <svg aria-hidden viewBox="0 0 24 24" className="text-accent size-6 shrink-0" fill="none" stroke="currentColor">
      <rect x="2" y="2" width="20" height="20" rx="6" fill="currentColor" stroke="none" />
      <path
        d="M8 17V9.5a4 4 0 0 1 8 0V17M5.5 17h13"
        className="stroke-on-accent"
        strokeWidth="1.8"
        strokeLinecap="round"
      />
    </svg>
  );
}
