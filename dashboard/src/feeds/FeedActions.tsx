import { useState } from "react";
import { useTranslation } from "react-i18next";

import type { Feed } from "../api/types";
import { mayWrite, useSession } from "../projects/session";
import { Button } from "../ui/Button";
import { Dialog, DialogActions } from "../ui/Dialog";
import { ErrorNotice } from "../ui/Notice";
import { useCloseFeed, useStartCollector, useStopCollector } from "./api";

/** Buttons to start or stop the collector and to close the feed, which asks for confirmation. */
export function FeedActions({ feed }: { feed: Feed }) {
  const { t } = useTranslation();
  const session = useSession();
  const start = useStartCollector(feed.id);
  const stop = useStopCollector(feed.id);
  const close = useCloseFeed(feed.id);
  const [asking, setAsking] = useState(false);
  if (!mayWrite(session) || feed.deleted_at || feed.state === "closed") return null;
  const error = start.error ?? stop.error;
  return (
    <>
      {error ? <ErrorNotice error={error} /> : null}
      {feed.source !== null && !feed.collecting ? (
        <Button look="primary" pending={start.isPending} onPress={() => start.mutate(undefined)} testId="start-collector">
          {t("feeds.start")}
        </Button>
      ) : null}
      {feed.collecting ? (
        <Button pending={stop.isPending} onPress={() => stop.mutate(undefined)} testId="stop-collector">
          {t("feeds.stop")}
        </Button>
      ) : null}
      <Button onPress={() => setAsking(true)} testId="close-feed">
        {t("feeds.close")}
      </Button>
      <Dialog title={t("feeds.closeTitle", { name: feed.name })} open={asking} onClose={() => setAsking(false)} question>
        <p>{t("feeds.closeText")}</p>
        {close.error ? <ErrorNotice error={close.error} /> : null}
        <DialogActions>
          <Button onPress={() => setAsking(false)}>{t("feeds.keepOpen")}</Button>
          <Button look="danger" pending={close.isPending} testId="confirm-close" onPress={() => close.mutate(undefined, { onSuccess: () => setAsking(false) })}>
            {t("feeds.close")}
          </Button>
        </DialogActions>
      </Dialog>
    </>
  );
}
