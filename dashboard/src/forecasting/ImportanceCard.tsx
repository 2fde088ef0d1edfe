import { useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";

import type { Importance, Shapley } from "../api/figures";
import { figureQuery, type FigureProps } from "../figures/api";
import { useFormats } from "../language/useFormats";
import { Card } from "../ui/Card";
import text from "../ui/Content.module.css";
import { Table, tableCss } from "../ui/Table";
import { Bar } from "./Bar";
import css from "./Explanations.module.css";

/** The inputs by their weight in the predictions. */
export default function ImportanceCard({ run }: FigureProps) {
  const { t } = useTranslation();
  const importance = useQuery(figureQuery(run, "importance")).data;
  const shapley = useQuery(figureQuery(run, "shapley")).data;
  if (!importance) return null;
  return (
    <Card title={t("explain.importance")} note={t("explain.importanceNote")} testId="importance">
      <div className={css["wide"]}>
        <ImportanceTable data={importance} />
        {shapley ? <ShapleyTable data={shapley} /> : null}
      </div>
    </Card>
  );
}

function ImportanceTable({ data }: { data: Importance }) {
  const { t } = useTranslation();
  const { count } = useFormats();
  return (
    <div>
      <Ranked
        caption={t("explain.permutation")}
        head={t("explain.increase")}
        spreadHead={t("explain.spread")}
        unit={data.unit}
        rows={data.inputs.map(({ name, increase, spread }) => ({ name, value: increase, spread }))}
      />
      <p className={text["footnote"]}>{t("explain.permutationHow", { origins: count(data.origins), repeats: count(data.repeats), rowsBack: count(data.rows_back) })}</p>
    </div>
  );
}

function ShapleyTable({ data }: { data: Shapley }) {
  const { t } = useTranslation();
  const { count } = useFormats();
  return (
    <div>
      <Ranked
        caption={t("explain.shapley")}
        head={t("explain.contribution")}
        spreadHead={t("explain.orderSpread")}
        unit={data.unit}
        rows={data.inputs.map(({ name, mean_absolute: value, order_spread: spread }) => ({ name, value, spread }))}
      />
      <p className={text["footnote"]}>{t("explain.shapleyHow", { origins: count(data.origins), orders: count(data.orders) })}</p>
    </div>
  );
}

interface RankedProps {
  caption: string;
  head: string;
  spreadHead: string;
  unit: string;
  rows: readonly { name: string; value: number; spread: number }[];
}

function Ranked({ caption, head, spreadHead, unit, rows }: RankedProps) {
  const { t } = useTranslation();
  const named = (input: string) => {
    const [, column, back] = /^(.*), (\d+(?:–\d+)?) back$/.exec(input) ?? [];
    return column === undefined || back === undefined ? input : t("explain.back", { column, back });
  };
  const { number } = useFormats();
  const most = Math.max(0, ...rows.map((row) => row.value));
  return (
    <Table caption={caption}>
      <thead>
        <tr>
          <th scope="col">{t("explain.input")}</th>
          <th scope="col" className={tableCss["number"]}>{unit === "" ? head : `${head} (${unit})`}</th>
          <th scope="col" className={tableCss["number"]}>{spreadHead}</th>
          <th scope="col" className={css["barCell"]} aria-hidden="true" />
        </tr>
      </thead>
      <tbody>
        {rows.map((row) => (
          <tr key={row.name}>
            <th scope="row">{named(row.name)}</th>
            <td className={tableCss["number"]}>{number(row.value)}</td>
            <td className={tableCss["number"]}>{number(row.spread)}</td>
            <td aria-hidden="true">
              <Bar share={most > 0 ? Math.max(0, row.value) / most : 0} />
            </td>
          </tr>
        ))}
      </tbody>
    </Table>
  );
}
