import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";
import { Link } from "wouter";

import { usePaths } from "../../projects/session";
import { HEIGHT, WIDTH, type Layout, type Place } from "./layout";
import css from "./Lineage.module.css";

const TOP = 22;
/** Longer names end in an ellipsis; the whole name is the link's name and its title. */
const MOST_CHARACTERS = 23;

const cut = (text: string) => (text.length > MOST_CHARACTERS ? `${text.slice(0, MOST_CHARACTERS - 1)}…` : text);

/** The graph as an SVG: every box that has a page is a link, so the Tab key reaches it. */
export function LineageGraph({ model, layout }: { model: string; layout: Layout }) {
  const { t } = useTranslation();
  const heads = [t("life.dataset"), t("life.run"), t("life.version"), t("lineage.aliases")];
  const step = (layout.width - WIDTH) / 3;
  return (
    // Focusable, because a keyboard must be able to scroll it.
    // eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex
    <div className={css["scroll"]} role="group" aria-label={t("lineage.graph", { model })} tabIndex={0} data-testid="lineage-graph">
      <svg width={layout.width + 4} height={layout.height + TOP + 4} viewBox={`-2 ${String(-TOP)} ${String(layout.width + 4)} ${String(layout.height + TOP + 4)}`}>
        {heads.map((head, index) => (
          <text key={head} className={css["head"]} x={index * step} y={-9} aria-hidden="true">
            {head}
          </text>
        ))}
        {layout.wires.map(({ id, from, to }) => {
          const [x1, y1, x2, y2] = [from.x + WIDTH, from.y + HEIGHT / 2, to.x, to.y + HEIGHT / 2];
          const middle = (x1 + x2) / 2;
          return <path key={id} className={css["wire"]} d={`M${String(x1)},${String(y1)}C${String(middle)},${String(y1)} ${String(middle)},${String(y2)} ${String(x2)},${String(y2)}`} />;
        })}
        {layout.places.map((place) => (
          <Box key={place.id} model={model} place={place} />
        ))}
      </svg>
    </div>
  );
}

function Box({ model, place }: { model: string; place: Place }) {
  const { t } = useTranslation();
  const paths = usePaths();
  if (place.kind === "aliases") {
    const names = place.aliases.join(", ");
    return <Drawn place={place} kind={t("lineage.pointsTo", { version: place.version })} label={names} className={css["aliases"]} />;
  }
  const { node } = place;
  const champion = node.aliases.includes("champion");
  const second = node.kind === "version" ? (node.plugin ?? "") : t(`life.${node.kind}`);
  const label = node.name ?? node.label;
  const to =
    node.kind === "run" && node.run_id
      ? paths.run(node.run_id)
      : node.kind === "dataset" && node.dataset
        ? paths.dataset(node.dataset)
        : node.kind === "version"
          ? `${paths.model(model)}?tab=versions&a=${String(node.version)}`
          : null;
  const drawn = <Drawn place={place} kind={second} label={label} className={champion ? css["champion"] : undefined} />;
  if (to === null) return drawn;
  return (
    <Link href={to} className={css["link"]}>
      {drawn}
    </Link>
  );
}

function Drawn({ place, kind, label, className }: { place: Place; kind: string; label: string; className?: string | undefined }): ReactNode {
  return (
    <g transform={`translate(${String(place.x)},${String(place.y)})`}>
      <title>{`${label} · ${kind}`}</title>
      <rect className={`${css["box"]} ${className ?? ""}`} width={WIDTH} height={HEIGHT} rx={6} />
      <text className={css["label"]} x={10} y={20}>
        {cut(label)}
      </text>
      <text className={css["kind"]} x={10} y={37}>
        {cut(kind)}
      </text>
    </g>
  );
}
