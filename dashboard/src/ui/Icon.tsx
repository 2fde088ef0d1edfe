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
  home: "M4 11 12 4l8 7v9h-5v-6H9v6H4z",
  runs: "M4 6h4M4 12h4M4 18h4M11 6h9M11 12h9M11 18h9",
  studies: "M4 20V4M4 20h16M8 16l3-5 3 2 5-8",
  models: "M12 3 4 7.500v9L12 21l8-4.500v-9zM4 7.500l8 4.500 8-4.500M12 12v9",
  predictions: "M3 16c3-6 5-6 8-2M13 12.500c2.500 1.500 4-1.500 8-6M14 18h7M17.500 14.500v7",
  datasets: "M4 6c0-1.700 3.600-3 8-3s8 1.300 8 3-3.600 3-8 3-8-1.300-8-3zM4 6v12c0 1.700 3.600 3 8 3s8-1.300 8-3V6M4 12c0 1.700 3.600 3 8 3s8-1.300 8-3",
  feeds: "M4 18.500a1.500 1.500 0 1 0 3 0 1.500 1.500 0 0 0-3 0zM4 12a8 8 0 0 1 8 8M4 5a15 15 0 0 1 15 15",
  learners: "M4 12a8 8 0 1 1 2.600 5.900M4 12l2.500-2.500M4 12l-2.500-2.500M12 8v4l3 2",
  automations: "M13 3 5 14h6l-1 7 8-11h-6z",
  plugins: "M9 4v5M15 4v5M6 9h12v4a6 6 0 0 1-12 0zM12 19v2",
  events: "M3 12h4l3-8 4 16 3-8h4",
  settings: "M4 7h9M19 7h1M4 17h1M11 17h9M16 4.500a2.500 2.500 0 1 0 0 5 2.500 2.500 0 0 0 0-5zM8 14.500a2.500 2.500 0 1 0 0 5 2.500 2.500 0 0 0 0-5z",
  search: "M11 4a7 7 0 1 0 0 14 7 7 0 0 0 0-14zM16 16l5 5",
  menu: "M4 6h16M4 12h16M4 18h16",
  density: "M4 5h16M4 9.700h16M4 14.300h16M4 19h16",
  pin: "M9 4h6l-1 6 3 3v2H7v-2l3-3zM12 15v6",
  up: "M5 15l7-7 7 7",
  down: "M5 9l7 7 7-7",
  columns: "M4 5h16v14H4zM10 5v14M15 5v14",
  person: "M12 4a4 4 0 1 0 0 8 4 4 0 0 0 0-8zM4 21c.600-4.400 3.800-6.500 8-6.500s7.400 2.100 8 6.500",
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
