import { useInfiniteQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { Link, useLocation } from "wouter";

import type { Feed } from "../api/types";
import { useFormats } from "../language/useFormats";
import { mayWrite, usePaths, useSession } from "../projects/session";
import { useTitle } from "../routing/useTitle";
import { Button } from "../ui/Button";
import { Card, PageHead } from "../ui/Card";
import { Dialog } from "../ui/Dialog";
import { Icon } from "../ui/Icon";
import { More } from "../ui/More";
import { Empty, ErrorNotice, Loading } from "../ui/Notice";
import { Table, tableCss } from "../ui/Table";
import { feedPages } from "./api";
import css from "./Feeds.module.css";
import { FeedState } from "./FeedState";
import { NewFeedForm } from "./NewFeedForm";

/** Feeds with their states; the list is read again every few seconds. */
export default function FeedsPage() {
  const { t } = useTranslation();
  const session = useSession();
  const paths = usePaths();
  const [, navigate] = useLocation();
  const [adding, setAdding] = useState(false);
  const feeds = useInfiniteQuery(feedPages);
  useTitle(t("feeds.title"));
  const create = mayWrite(session) ? (
    <Button look="primary" onPress={() => setAdding(true)} testId="new-feed">
      <Icon name="plus" />
      {t("feeds.new")}
    </Button>
  ) : null;
  return (
    <div className={css["page"]} data-testid="feeds-list">
      <PageHead title={t("feeds.title")} note={t("feeds.note")}>
        {create}
      </PageHead>
      <Card>
        {feeds.error ? <ErrorNotice error={feeds.error} /> : null}
        {feeds.isLoading ? <Loading /> : null}
        {feeds.data?.length === 0 ? (
          <Empty title={t("feeds.none")}>
            <p>{t("feeds.noneNext")}</p>
          </Empty>
        ) : null}
        {feeds.data && feeds.data.length > 0 ? <FeedTable feeds={feeds.data} /> : null}
        <More list={feeds} />
      </Card>
      <Dialog title={t("feeds.newTitle")} open={adding} onClose={() => setAdding(false)}>
        <NewFeedForm
          onClose={() => setAdding(false)}
          onMade={(feed) => {
            setAdding(false);
            navigate(paths.feed(feed.name));
          }}
        />
      </Dialog>
    </div>
  );
}

function FeedTable({ feeds }: { feeds: readonly Feed[] }) {
  const { t } = useTranslation();
  const { bytes, count, moment } = useFormats();
  const paths = usePaths();
  return (
    <Table caption={t("feeds.title")}>
      <thead>
        <tr>
          <th scope="col">{t("feeds.name")}</th>
          <th scope="col">{t("feeds.state")}</th>
          <th scope="col">{t("feeds.source")}</th>
          <th scope="col" className={tableCss["number"]}>{t("feeds.columns")}</th>
          <th scope="col" className={tableCss["number"]}>{t("feeds.rows")}</th>
          <th scope="col">{t("feeds.watermark")}</th>
          <th scope="col" className={tableCss["number"]}>{t("feeds.size")}</th>
        </tr>
      </thead>
      <tbody>
        {feeds.map((feed) => (
          <tr key={feed.id}>
            <th scope="row">
              <Link href={paths.feed(feed.name)}>{feed.name}</Link>
            </th>
            <td>
              <FeedState state={feed.state} />
            </td>
            <td className={tableCss["soft"]}>{feed.source ?? t("feeds.posted")}</td>
            <td className={tableCss["number"]}>{count(feed.columns.length)}</td>
            <td className={tableCss["number"]}>{count(feed.rows)}</td>
            <td className={tableCss["nowrap"]}>{feed.watermark ? moment(feed.watermark) : t("common.notYetKnown")}</td>
            <td className={tableCss["number"]}>{bytes(feed.bytes)}</td>
          </tr>
        ))}
      </tbody>
    </Table>
  );
}
