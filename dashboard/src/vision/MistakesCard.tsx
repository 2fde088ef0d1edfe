import { useTranslation } from "react-i18next";

import type { Mistakes } from "../api/figures";
import { useFormats } from "../language/useFormats";
import { Card } from "../ui/Card";
import { PixelImage } from "./PixelImage";
import css from "./Vision.module.css";

/** The images that were misclassified with the highest confidence. */
export function MistakesCard({ figure }: { figure: Mistakes }) {
  const { t } = useTranslation();
  const { count, percent } = useFormats();
  return (
    <Card title={t("vision.mistakes")} note={t("vision.mistakesNote", { contender: figure.contender, wrong: count(figure.wrong), all: count(figure.examples) })} testId="mistakes">
      {figure.images.length === 0 ? <p className={css["soft"]}>{t("vision.noMistakes")}</p> : null}
      <ul className={css["mistakes"]}>
        {figure.images.map((one) => (
          <li key={one.name}>
            <PixelImage png={one.png} alt={t("vision.mistakeAlt", { name: one.name, truth: one.truth, answer: one.answer })} size={84} />
            <p>
              <strong className={css["said"]}>{one.answer}</strong> {percent(one.probability, 1)}
            </p>
            <p className={css["soft"]}>{t("vision.isReally", { truth: one.truth, share: percent(one.probability_of_truth, 1) })}</p>
          </li>
        ))}
      </ul>
    </Card>
  );
}
