import { useInfiniteQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { Link } from "wouter";

import type { Purged, TrashItem } from "../../api/types";
import { useFormats } from "../../language/useFormats";
import { useTitle } from "../../routing/useTitle";
import { Button } from "../../ui/Button";
import { Card, PageHead } from "../../ui/Card";
import { Dialog, DialogActions } from "../../ui/Dialog";
import { More } from "../../ui/More";
import { Empty, ErrorNotice, Loading, Notice } from "../../ui/Notice";
import { Table, tableCss } from "../../ui/Table";
import { mayManage, usePaths, useSession } from "../session";
import { placeOfItem, trashPages, useEmptyTrash } from "./api";
import { deletedBy, RestoreButton } from "./InTrash";
import { PolicyCard } from "./PolicyCard";
import css from "./Trash.module.css";

/** Page of deleted items, with restore buttons, sizes and purge dates. */
export default function TrashPage() {
  const { t } = useTranslation();
  const { bytes } = useFormats();
  const session = useSession();
  const trash = useInfiniteQuery(trashPages);
  const empty = useEmptyTrash();
  const [asking, setAsking] = useState(false);
  useTitle(t("trash.title"));
  if (trash.error) return <ErrorNotice error={trash.error} />;
  const newest = trash.data?.pages[0];
  if (trash.data === undefined || newest === undefined) return <Loading />;
  const items = trash.data.pages.flatMap((page) => page.items);
  const { count, policy } = newest;
  return (
    <div className={css["page"]}>
      <PageHead title={t("trash.title")} note={t("trash.note", { count, days: policy.trash_days, bytes: bytes(newest.bytes) })}>
        {mayManage(session) && count > 0 ? (
          <Button look="danger" onPress={() => setAsking(true)} testId="empty-trash">
            {t("trash.emptyNow")}
          </Button>
        ) : null}
      </PageHead>
      {empty.data ? <PurgedNotice purged={empty.data} /> : null}
      <Card>
        {items.length > 0 ? (
          <TrashTable items={items} />
        ) : (
          <Empty title={t("trash.none")}>
            <p>{t("trash.noneNext")}</p>
          </Empty>
        )}
        <More list={trash} />
      </Card>
      <PolicyCard policy={{ ...policy, keep_run_days: policy.keep_run_days ?? null, keep_prediction_days: policy.keep_prediction_days ?? null }} />
      <Dialog title={t("trash.emptyTitle")} open={asking} onClose={() => setAsking(false)} question>
        <p>{t("trash.emptyText")}</p>
        {empty.error ? <ErrorNotice error={empty.error} /> : null}
        <DialogActions>
          <Button onPress={() => setAsking(false)}>{t("trash.keep")}</Button>
          <Button look="danger" pending={empty.isPending} testId="confirm-empty" onPress={() => empty.mutate(undefined, { onSuccess: () => setAsking(false) })}>
            {t("trash.emptyNow")}
          </Button>
        </DialogActions>
      </Dialog>
    </div>
  );
}

function PurgedNotice({ purged }: { purged: Purged }) {
  const { t } = useTranslation();
  const { bytes } = useFormats();
  return (
    <Notice tone="good" role="status">
      <p>{t("trash.freed", { bytes: bytes(purged.bytes_freed) })}</p>
      {purged.kept > 0 ? <p>{t("trash.kept", { count: purged.kept })}</p> : null}
    </Notice>
  );
}

function TrashTable({ items }: { items: readonly TrashItem[] }) {
  const { t } = useTranslation();
  const { bytes, moment } = useFormats();
  return (
    <Table caption={t("trash.title")} testId="trash">
      <thead>
        <tr>
          <th scope="col">{t("trash.name")}</th>
          <th scope="col">{t("trash.kind")}</th>
          <th scope="col" className={tableCss["number"]}>{t("trash.size")}</th>
          <th scope="col">{t("trash.deleted")}</th>
          <th scope="col">{t("trash.by")}</th>
          <th scope="col">{t("trash.purgedAfter")}</th>
          <th scope="col">
            <span className="visually-hidden">{t("trash.restore")}</span>
          </th>
        </tr>
      </thead>
      <tbody>
        {items.map((item) => (
          <tr key={`${item.noun} ${item.id} ${String(item.version)}`}>
            <th scope="row">
              <ItemLink item={item} />
            </th>
            <td className={tableCss["soft"]}>{t(`trash.nouns.${item.noun}`)}</td>
            <td className={tableCss["number"]}>{bytes(item.bytes)}</td>
            <td className={tableCss["nowrap"]}>{moment(item.deleted_at)}</td>
            <td>{deletedBy(t, item.deleted_by)}</td>
            <td className={tableCss["nowrap"]}>
              {item.needed_by ? (
                <KeptFor needed={item.needed_by} />
              ) : (
                moment(item.purged_after)
              )}
            </td>
            <td className={tableCss["number"]}>
              <RestoreButton place={placeOfItem(item)} what={item.name} />
            </td>
          </tr>
        ))}
      </tbody>
    </Table>
  );
}

function KeptFor({ needed }: { needed: NonNullable<TrashItem["needed_by"]> }) {
  const { t } = useTranslation();
  const paths = usePaths();
  if (needed.noun === "study") return <>{t("trash.keptForStudy", { name: needed.name })}</>;
  if (needed.noun === "learner") return <>{t("trash.keptForLearner", { name: needed.name })}</>;
  return <Link href={paths.model(needed.name)}>{t("trash.keptFor", { name: needed.name, version: needed.version })}</Link>;
}

function ItemLink({ item }: { item: TrashItem }) {
  const paths = usePaths();
  if (item.noun === "run") return <Link href={paths.run(item.id)}>{item.name}</Link>;
  if (item.noun === "study") return <Link href={paths.study(item.id)}>{item.name}</Link>;
  if (item.noun === "feed") return <Link href={paths.feed(item.id)}>{item.name}</Link>;
  if (item.noun === "learner") return <Link href={paths.learner(item.id)}>{item.name}</Link>;
  if (item.noun === "dataset") {
    const version = item.version === null ? "" : ` v${String(item.version)}`;
    const search = item.version === null ? "" : `?version=${String(item.version)}`;
    return <Link href={paths.dataset(item.id) + search}>{item.name + version}</Link>;
  }
  if (item.version === null) return <Link href={paths.model(item.id)}>{item.name}</Link>;
  return <Link href={paths.model(item.name)}>{`${item.name} v${String(item.version)}`}</Link>;
}
