import css from "./Explanations.module.css";

/** A bar as long as `share` of its cell. */
export function Bar({ share }: { share: number }) {
  return <span className={css["bar"]} style={{ width: `${share * 100}%` }} />;
}
