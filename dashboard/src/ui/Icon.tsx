// A handful of line icons, drawn here so that no icon library is shipped.
const PATHS = {
  plus: "M12 5v14M5 12h14",
  sun: "M12 3v2M12 19v2M3 12h2M19 12h2M5.6 5.6 7 7M17 17l1.400 1.400M5.600 18.400 7 17M17 7l1.400-1.400M12 8a4 4 0 1 0 0 8 4 4 0 0 0 0-8z",
  moon: "M20 14.500A8.500 8.500 0 0 1 9.500 4a8.500 8.500 0 1 0 10.500 10.500z",
  "theme-auto": "M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18zM12 3v18M12 8h7.500M12 12h9M12 16h7.500",
  "sign-out": "M15 4h4v16h-4M10 8l-4 4 4 4M6 12h10",
  copy: "M9 9h11v11H9zM5 15H4V4h11v1",
  check: "M5 12.500 10 17.500 19 7",
  cross: "M6 6l12 12M18 6 6 18",
  warning: "M12 4 2.500 20h19zM12 10v4M12 17v.5",
  info: "M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18zM12 11v5M12 7.500v.5",
  download: "M12 4v11M7 11l5 5 5-5M5 20h14",
  reset: "M4 12a8 8 0 1 0 2.500-5.800M4 4v4.500h4.500",
  left: "M15 5l-7 7 7 7",
  right: "M9 5l7 7-7 7",
} as const;

export type IconName = keyof typeof PATHS;

/** Decorative: the text next to it, or the button's label, states its meaning. */
export function Icon({ name, size = 18 }: { name: IconName; size?: number }) {
  return (
    <svg
      width={size}
      height={size}
      viewBox="0 0 24 24"
      fill="none"
      stroke="currentColor"
      strokeWidth="1.8"
      strokeLinecap="round"
      strokeLinejoin="round"
      aria-hidden="true"
      focusable="false"
    >
      <path d={PATHS[name]} />
    </svg>
  );
}
