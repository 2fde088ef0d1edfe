import css from "./Vision.module.css";

/** A small image from base64, scaled without smoothing; `alt` describes it. */
export function PixelImage({ png, alt, size = 56 }: { png: string; alt: string; size?: number }) {
  return <img className={css["image"]} src={`data:image/png;base64,${png}`} alt={alt} width={size} height={size} loading="lazy" />;
}
