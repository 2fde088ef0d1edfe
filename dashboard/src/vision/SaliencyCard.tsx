import { useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";

import type { Saliency } from "../api/figures";
import drawing from "../charts/Drawing.module.css";
import { figureQuery, type FigureProps } from "../figures/api";
import { useFormats } from "../language/useFormats";
import { Card } from "../ui/Card";
import css from "./Vision.module.css";

/** Images with the regions that contribute most to the predicted class. */
export default function SaliencyCard({ run }: FigureProps) {
  const { t } = useTranslation();
  const { count } = useFormats();
  const data = useQuery(figureQuery(run, "saliency")).data;
  if (!data || data.images.length === 0) return null;
  return (
    <Card title={t("explain.saliency")} note={t("explain.saliencyNote", { height: count(data.patch.height), width: count(data.patch.width) })} testId="saliency">
      <div className={css["saliency"]}>
        {data.images.map((image) => (
          <SaliencyImage key={image.name} image={image} />
        ))}
      </div>
    </Card>
  );
}

function SaliencyImage({ image }: { image: Saliency["images"][number] }) {
  const { t } = useTranslation();
  const { percent } = useFormats();
  const most = Math.max(...image.falls.flat());
  const label = t("explain.saliencyLabel", { name: image.name, truth: image.truth, answer: image.answer, probability: percent(image.probability, 1), fall: percent(most, 1) });
  const columns = image.falls[0]?.length ?? 0;
  return (
    <figure className={drawing["figure"]}>
      <div className={css["heated"]}>
        <img src={`data:image/png;base64,${image.png}`} alt={label} />
        <svg className={css["heat"]} viewBox={`0 0 ${columns} ${image.falls.length}`} preserveAspectRatio="none" aria-hidden="true">
          {image.falls.flatMap((row, top) =>
            row.map((fall, left) => (fall > 0 && most > 0 ? <rect key={`${top} ${left}`} className={drawing["second"]} strokeWidth={0} x={left} y={top} width={1} height={1} opacity={(0.75 * fall) / most} /> : null)),
          )}
        </svg>
      </div>
      <figcaption>{label}</figcaption>
    </figure>
  );
}
