import { useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";

import type { Feed, FeedRow } from "../api/types";
import { useFormats } from "../language/useFormats";
import { Badge, type BadgeTone } from "../ui/Badge";
import { Card } from "../ui/Card";
import { Empty, ErrorNotice, Loading } from "../ui/Notice";
import { Table, tableCss } from "../ui/Table";
import { lastRowsQuery } from "./api";

const LAST = 20;
/** Columns that fit into the table. */
const MOST_COLUMNS = 8;
const TONES: Record<FeedRow["kind"], BadgeTone> = { row: "quiet", revision: "azure", late: "ember", gap: "bad", filled: "ember", tick: "quiet" };

/** The newest rows of the log, newest first. */
export function RowsCard({ feed }: { feed: Feed }) {
  const { t } = useTranslation();
  const { count, moment, number } = useFormats();
  const rows = useQuery(lastRowsQuery(feed.id, LAST, feed.rows));
  const columns = feed.columns.slice(0, MOST_COLUMNS);
  const newest = [...(rows.data?.rows ?? [])].reverse();
  const left = feed.columns.length - columns.length;
  return (
    <Card title={t("feeds.newest")} note={left > 0 ? t("feeds.moreColumns", { count: left }) : undefined}>
      {rows.error ? <ErrorNotice error={rows.error} /> : null}
      {rows.isLoading ? <Loading /> : null}
      {rows.data && newest.length === 0 ? (
        <Empty title={t("feeds.noRows")}>
          <p>{t("feeds.noRowsNext")}</p>
        </Empty>
      ) : null}
      {newest.length > 0 ? (
        <Table caption={t("feeds.newest")}>
          <thead>
            <tr>
              <th scope="col" className={tableCss["number"]}>{t("feeds.number")}</th>
              <th scope="col">{t("feeds.time")}</th>
              {feed.keys.length > 0 ? <th scope="col">{t("feeds.key")}</th> : null}
              <th scope="col">{t("feeds.kind")}</th>
              {columns.map((column) => (
                <th scope="col" key={column.name} className={tableCss["number"]}>{column.name}</th>
              ))}
              <th scope="col">{t("feeds.arrived")}</th>
            </tr>
          </thead>
          <tbody>
            {newest.map((row) => (
              <tr key={row.seq}>
                <th scope="row" className={tableCss["number"]}>{count(row.seq)}</th>
                <td className={tableCss["nowrap"]}>{moment(row.at)}</td>
                {feed.keys.length > 0 ? <td>{row.key ?? "–"}</td> : null}
                <td>
                  <Badge tone={TONES[row.kind]}>{t(`feeds.kinds.${row.kind}`)}</Badge>
                </td>
                {columns.map((column) => {
                  const value = row.values[column.name];
                  return <td key={column.name} className={tableCss["number"]}>{typeof value === "number" ? number(value) : (value ?? "–")}</td>;
                })}
                <td className={tableCss["nowrap"]}>{moment(row.received_at)}</td>
              </tr>
            ))}
          </tbody>
        </Table>
      ) : null}
    </Card>
  );
}
