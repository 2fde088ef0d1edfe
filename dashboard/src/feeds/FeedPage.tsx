import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { Link, useLocation } from "wouter";

import type { Feed } from "../api/types";
import { useStream } from "../events/useStream";
import { inLanguage } from "../language/setup";
import { useFormats } from "../language/useFormats";
import { usePaths } from "../projects/session";
import { placeOf } from "../projects/trash/api";
import { DeleteButton } from "../projects/trash/DeleteButton";
import { InTrash } from "../projects/trash/InTrash";
import { useTitle } from "../routing/useTitle";
import { Card, PageHead } from "../ui/Card";
import { Facts } from "../ui/Facts";
import { Notice } from "../ui/Notice";
import { isMissing, PageProblem } from "../ui/PageProblem";
import { feedQuery } from "./api";
import { ChartCard } from "./ChartCard";
import { CutCard } from "./CutCard";
import { FeedActions } from "./FeedActions";
import css from "./Feeds.module.css";
import { FeedState } from "./FeedState";
import { PostCard } from "./PostCard";
import { RowsCard } from "./RowsCard";

/** Page of one feed: state, chart, newest rows, settings, posting and cutting. */
export default function FeedPage({ name }: { name: string }) {
  const { t } = useTranslation();
  const paths = usePaths();
  const feed = useQuery(feedQuery(name));
  useTitle(name);
  if (feed.data === undefined || isMissing(feed.error)) return <PageProblem title={name} list={{ name: t("feeds.title"), to: paths.feeds }} error={feed.error} />;
  return <Shown key={feed.data.id} feed={feed.data} name={name} />;
}

function Shown({ feed, name }: { feed: Feed; name: string }) {
  const { t, i18n } = useTranslation();
  const paths = usePaths();
  const client = useQueryClient();
  const [, navigate] = useLocation();
  useStream(`feed/${feed.id}`, feed.last_event_seq, () => void client.invalidateQueries({ queryKey: ["feeds", name], exact: true }));
  return (
    <div className={css["page"]}>
      <PageHead title={feed.name} crumbs={[{ name: t("feeds.title"), to: paths.feeds }]}>
        <FeedState state={feed.state} />
        <FeedActions feed={feed} />
        {feed.deleted_at ? null : <DeleteButton what={feed.name} place={placeOf.feed(feed.id)} onDone={() => navigate(paths.feeds)} />}
      </PageHead>
      {feed.deleted_at ? <InTrash at={feed.deleted_at} by={feed.deleted_by} place={placeOf.feed(feed.id)} /> : null}
      {feed.problem && !feed.deleted_at ? (
        <Notice tone={feed.state === "error" ? "bad" : "info"}>
          {t(feed.state === "error" ? "feeds.problem" : "feeds.lastProblem", { problem: inLanguage(feed.problem, i18n.language), count: feed.refused })}
        </Notice>
      ) : null}
      <StateCard feed={feed} />
      {feed.deleted_at ? null : (
        <>
          <ChartCard feed={feed} />
          <RowsCard feed={feed} />
          <PostCard feed={feed} />
          <CutCard feed={feed} />
        </>
      )}
      <AboutCard feed={feed} />
    </div>
  );
}

function StateCard({ feed }: { feed: Feed }) {
  const { t } = useTranslation();
  const { bytes, count, duration, moment } = useFormats();
  const paths = usePaths();
  return (
    <Card title={t("feeds.state")}>
      <Facts
        facts={[
          { name: t("feeds.rows"), value: count(feed.rows) },
          { name: t("feeds.watermark"), value: feed.watermark ? moment(feed.watermark) : t("common.notYetKnown") },
          { name: t("feeds.lag"), value: feed.lag_seconds === null ? "–" : duration(feed.lag_seconds) },
          { name: t("feeds.received"), value: feed.received_at ? moment(feed.received_at) : "–" },
          { name: t("feeds.held"), value: count(feed.held_rows) },
          { name: t("feeds.duplicates"), value: count(feed.duplicates) },
          { name: t("feeds.refused"), value: count(feed.refused) },
          { name: t("feeds.size"), value: bytes(feed.bytes) },
          ...(feed.run_id === null ? [] : [{ name: t("feeds.collector"), value: <Link href={paths.run(feed.run_id)}>{feed.run_id}</Link> }]),
        ]}
      />
    </Card>
  );
}

function AboutCard({ feed }: { feed: Feed }) {
  const { t } = useTranslation();
  const { duration, moment } = useFormats();
  return (
    <Card title={t("feeds.about")}>
      <Facts
        facts={[
          { name: t("feeds.source"), value: feed.source ?? t("feeds.posted") },
          { name: t("feeds.columns"), value: feed.columns.map((column) => (column.classes ? `${column.name} (${column.classes.join(", ")})` : column.name)).join(", ") },
          { name: t("feeds.keys"), value: feed.keys.length === 0 ? "–" : feed.keys.join(", ") },
          { name: t("feeds.intervalName"), value: feed.interval_seconds === null ? "–" : duration(feed.interval_seconds) },
          { name: t("feeds.graceName"), value: duration(feed.grace_seconds) },
          { name: t("feeds.fillName"), value: String(feed.fill) },
          { name: t("feeds.historical"), value: t(feed.historical ? "common.yes" : "common.no") },
          { name: t("feeds.created"), value: moment(feed.created_at) },
          ...(feed.closed_at ? [{ name: t("feeds.closedAt"), value: moment(feed.closed_at) }] : []),
        ]}
        long
      />
    </Card>
  );
}
