import { useTranslation } from "react-i18next";

import type { Confusion } from "../api/figures";
import { useFormats } from "../language/useFormats";
import { Card } from "../ui/Card";
import { Table, tableCss } from "../ui/Table";
import { MATRIX_CLASSES, shade, worstPairs } from "./figures";
import css from "./Vision.module.css";

const PAIRS = 30;

/** Confusion matrix: rows are actual classes, columns predicted classes. */
export function ConfusionCard({ confusion }: { confusion: Confusion }) {
  const { t } = useTranslation();
  const { count, percent } = useFormats();
  const large = confusion.classes.length > MATRIX_CLASSES;
  return (
    <Card title={t("vision.confusion")} note={t(large ? "vision.confusionPairs" : "vision.confusionNote", { contender: confusion.contender })} testId="confusion">
      {large ? (
        <Table caption={t("vision.confusion")}>
          <thead>
            <tr>
              <th scope="col">{t("vision.truth")}</th>
              <th scope="col">{t("vision.answer")}</th>
              <th scope="col" className={tableCss["number"]}>{t("vision.images")}</th>
            </tr>
          </thead>
          <tbody>
            {worstPairs(confusion, PAIRS).map((pair) => (
              <tr key={`${pair.truth} ${pair.answer}`}>
                <th scope="row">{pair.truth}</th>
                <td>{pair.answer}</td>
                <td className={tableCss["number"]}>{count(pair.count)}</td>
              </tr>
            ))}
          </tbody>
        </Table>
      ) : (
        // A keyboard must be able to scroll it.
        // eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex
        <div className={css["scroll"]} role="group" aria-label={t("vision.confusion")} tabIndex={0}>
          <table className={css["matrix"]}>
            <caption className="visually-hidden">{t("vision.confusion")}</caption>
            <thead>
              <tr>
                <th scope="col" className={css["corner"]}>
                  {t("vision.corner")}
                </th>
                {confusion.classes.map((name) => (
                  <th key={name} scope="col">
                    {name}
                  </th>
                ))}
                <th scope="col" className={css["total"]}>{t("vision.recall")}</th>
              </tr>
            </thead>
            <tbody>
              {confusion.counts.map((row, truth) => {
                const total = row.reduce((sum, each) => sum + each, 0);
                return (
                  <tr key={confusion.classes[truth]}>
                    <th scope="row">{confusion.classes[truth]}</th>
                    {row.map((cell, answer) => {
                      const dark = shade(cell, total);
                      const tone = truth === answer ? "right" : "wrong";
                      return (
                        <td
                          key={confusion.classes[answer]}
                          className={`${css["cell"]} ${css[tone]} ${dark > 0.55 ? css["dark"] : ""} ${cell === 0 ? css["none"] : ""}`}
                          style={{ "--shade": `${Math.round(dark * 100)}%` } as React.CSSProperties}
                          title={t("vision.cell", { truth: confusion.classes[truth], answer: confusion.classes[answer], shown: count(cell), share: percent(total ? cell / total : null, 1), count: cell })}
                        >
                          {cell === 0 ? "·" : count(cell)}
                        </td>
                      );
                    })}
                    <td className={css["total"]}>{percent(total ? (row[truth] ?? 0) / total : null, 1)}</td>
                  </tr>
                );
              })}
            </tbody>
          </table>
        </div>
      )}
    </Card>
  );
}
