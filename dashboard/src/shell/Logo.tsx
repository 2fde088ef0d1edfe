/** An A over an anvil, with the ember under it. */
export function Logo({ size = 28 }: { size?: number }) {
  return (
    <svg width={size} height={size} viewBox="0 0 32 32" aria-hidden="true" focusable="false">
      <rect width="32" height="32" rx="7" fill="#0a5fb8" />
      <path d="M6 22.5h20l-2.6 3.5H8.6z" fill="#fff" />
      <path d="M16 5.5 23.4 19.5h-4.3L16 13.2l-3.1 6.3H8.6z" fill="#fff" />
      <path d="M16 15.6l2 4h-4z" fill="#ff9a55" />
    </svg>
  );
}
