import { useTranslation } from "react-i18next";

import { useFormats } from "../language/useFormats";
import { Facts } from "../ui/Facts";
import { Table, tableCss } from "../ui/Table";
import css from "../ui/Content.module.css";
import { readable, type Content, type Scalar, type Table as Rows } from "./tables";

const MOST_ROWS = 100;

/** Values as a list, lists as tables, objects below a heading. */
export function FigureContent({ content, caption }: { content: Content; caption: string }) {
  const show = useShown();
  return (
    <>
      {content.values.length > 0 ? <Facts facts={content.values.map(([name, value]) => ({ name: readable(name), value: show(value) }))} /> : null}
      {content.tables.map(([name, table]) => (
        <FigureTable key={name} table={table} caption={name === "" ? caption : readable(name)} />
      ))}
      {content.inner.map(([name, inner]) => (
        <section key={name} className={css["inner"]}>
          <h3>{readable(name)}</h3>
          <FigureContent content={inner} caption={readable(name)} />
        </section>
      ))}
    </>
  );
}

function FigureTable({ table, caption }: { table: Rows; caption: string }) {
  const { t } = useTranslation();
  const { count } = useFormats();
  const show = useShown();
  const numeric = table.columns.map((_, column) => table.rows.every((row) => row[column] === null || typeof row[column] === "number"));
  const named = table.columns.some((name) => name !== "" && !/^\d+$/.test(name));
  return (
    <>
      <Table caption={caption}>
        {named ? (
          <thead>
            <tr>
              {table.columns.map((name, column) => (
                <th key={name} scope="col" className={numeric[column] ? tableCss["number"] : undefined}>
                  {readable(name)}
                </th>
              ))}
            </tr>
          </thead>
        ) : null}
        <tbody>
          {table.rows.slice(0, MOST_ROWS).map((row, index) => (
            <tr key={index}>
              {row.map((value, column) => (
                <td key={column} className={numeric[column] ? tableCss["number"] : undefined}>
                  {show(value)}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </Table>
      {table.rows.length > MOST_ROWS ? <p className={css["footnote"]}>{t("figures.firstRows", { shown: count(MOST_ROWS), all: count(table.rows.length) })}</p> : null}
    </>
  );
}

function useShown(): (value: Scalar) => string {
  const { t } = useTranslation();
  const { number } = useFormats();
  return (value) => {
    if (value === null) return "–";
    if (typeof value === "boolean") return t(value ? "common.yes" : "common.no");
    return typeof value === "number" ? number(value) : value;
  };
}
