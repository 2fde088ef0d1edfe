import { useState, type ReactNode } from "react";
import { useTranslation } from "react-i18next";
import { Link } from "wouter";

import { usePaths } from "../projects/session";
import { Button } from "../ui/Button";
import { Table, tableCss } from "../ui/Table";
import type { Comparison } from "./api";
import css from "./Comparison.module.css";

export interface TableRow {
  id: string;
  title: ReactNode;
  /** Cell of each run, filtered or not. */
  cells: readonly ReactNode[];
  /** Runs whose cell is emphasized. */
  best?: readonly number[];
}

const [MANY_RUNS, SHOWN] = [6, 40];

/** A table of quantities by runs that can be turned; runs that a brush excludes are not shown. */
export function CompareTable({ caption, head, runs, inside, rows }: { caption: string; head: string; runs: Comparison["runs"]; inside: readonly boolean[]; rows: readonly TableRow[] }) {
  const { t } = useTranslation();
  const paths = usePaths();
  const [turned, setTurned] = useState(runs.length > MANY_RUNS);
  const [all, setAll] = useState(false);
  const places = runs.map((_, place) => place).filter((place) => inside[place] ?? true);
  const shown = all ? rows : rows.slice(0, SHOWN);
  const name = (place: number) => {
    const run = runs[place]?.run;
    return run ? <Link href={paths.run(run.id)} dir="auto" title={run.name} className={css["run"]}>{run.name}</Link> : null;
  };
  const cell = (row: TableRow, place: number, key: string | number) => (
    <td key={key} className={`${tableCss["number"] ?? ""} ${row.best?.includes(place) ? (tableCss["best"] ?? "") : ""}`}>{row.cells[place]}</td>
  );
  return (
    <>
      <div className={css["tools"]}>
        <Button small onPress={() => setTurned(!turned)}>{t(turned ? "comparison.runsAsColumns" : "comparison.runsAsRows")}</Button>
        {places.length < runs.length ? <span role="status">{t("comparison.filtered", { count: runs.length, shown: places.length })}</span> : null}
      </div>
      <Table caption={caption}>
        <thead>
          <tr>
            <th scope="col">{turned ? t("comparison.run") : head}</th>
            {turned ? shown.map((row) => <th key={row.id} scope="col" className={tableCss["number"]}>{row.title}</th>) : places.map((place) => <th key={place} scope="col" className={tableCss["number"]}>{name(place)}</th>)}
          </tr>
        </thead>
        <tbody>
          {turned
            ? places.map((place) => (
                <tr key={place}>
                  <th scope="row">{name(place)}</th>
                  {shown.map((row) => cell(row, place, row.id))}
                </tr>
              ))
            : shown.map((row) => (
                <tr key={row.id}>
                  <th scope="row">{row.title}</th>
                  {places.map((place) => cell(row, place, place))}
                </tr>
              ))}
        </tbody>
      </Table>
      {rows.length > shown.length ? <Button small onPress={() => setAll(true)}>{t("comparison.showAll", { count: rows.length })}</Button> : null}
    </>
  );
}
