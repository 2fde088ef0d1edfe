import { useMutation } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";

import type { Run } from "../../api/types";
import { useFormats } from "../../language/useFormats";
import { mayWrite, usePaths, useSession } from "../../projects/session";
import { Button, ButtonLink } from "../../ui/Button";
import { Dialog, DialogActions } from "../../ui/Dialog";
import { Toolbar } from "../../ui/Toolbar";
import { readAll } from "./api";
import css from "./RunsPage.module.css";
import { all, current, MOST_COMPARED, NOTHING, type Selection } from "./selection";
import { TagDialog } from "./TagDialog";
import { changedBy } from "./bulk";
import type { Bulk } from "./useBulk";
import type { View } from "./view";

interface BulkBarProps {
  view: View;
  runs: readonly Run[];
  total: number | null;
  selection: Selection;
  bulk: Bulk;
  onSelect: (selection: Selection) => void;
}

/** Actions on the selected runs. */
export function BulkBar({ view, runs, total, selection, bulk, onSelect }: BulkBarProps) {
  const { t } = useTranslation();
  const { count } = useFormats();
  const paths = usePaths();
  const writes = mayWrite(useSession());
  const [dialog, setDialog] = useState<"tag" | "cancel" | null>(null);
  const [read, setRead] = useState(0);
  const everything = useMutation({
    mutationFn: () => readAll(view, setRead),
    onSuccess: (found) => onSelect(all(selection, found)),
  });
  const chosen = current(selection, runs);
  const stoppable = changedBy({ kind: "cancel" }, chosen).length;
  const canSelectAll = total !== null && total > selection.size;
  const tooMany = chosen.length > MOST_COMPARED;
  return (
    <div className={css["bulk"]} data-testid="bulk-bar">
      <p role="status" data-testid="selected">
        {bulk.progress !== null
          ? t("runList.working", { done: count(bulk.progress.done), of: count(bulk.progress.of) })
          : everything.isPending
            ? t("runList.selecting", { shown: count(read) })
            : t("runList.selected", { count: chosen.length, shown: count(chosen.length) })}
      </p>
      <Toolbar label={t("runList.actions")}>
        {canSelectAll ? (
          <Button small pending={everything.isPending} onPress={() => everything.mutate()} testId="select-all">
            {t("runList.selectAll", { shown: count(total) })}
          </Button>
        ) : null}
        {writes ? (
          <>
            <Button small disabled={bulk.pending} onPress={() => setDialog("tag")} testId="bulk-tag">{t("runList.tag")}</Button>
            <Button small disabled={bulk.pending} onPress={() => bulk.act({ kind: chosen.every(({ pinned }) => pinned) ? "unpin" : "pin" }, chosen)} testId="bulk-pin">
              {chosen.every(({ pinned }) => pinned) ? t("runList.unpin") : t("runList.pin")}
            </Button>
            <Button small disabled={bulk.pending || stoppable === 0} onPress={() => setDialog("cancel")} testId="bulk-cancel">{t("runList.cancel")}</Button>
            <Button small look="danger" disabled={bulk.pending} onPress={() => bulk.act({ kind: "delete" }, chosen)} testId="bulk-delete">{t("runList.delete")}</Button>
          </>
        ) : null}
        {chosen.length < 2 || tooMany ? null : <ButtonLink to={paths.comparison(chosen.map(({ id }) => id))} testId="compare-runs">{t("comparison.choose")}</ButtonLink>}
        <Button small onPress={() => onSelect(NOTHING)} testId="clear-selection">{t("runList.clearSelection")}</Button>
      </Toolbar>
      {tooMany ? <p className={css["soft"]}>{t("runList.compareLimit", { most: MOST_COMPARED })}</p> : null}
      {dialog === "tag" ? <TagDialog chosen={chosen} known={runs} onAct={(action) => bulk.act(action, chosen)} onClose={() => setDialog(null)} /> : null}
      <Dialog title={t("runList.cancelTitle", { count: stoppable, shown: count(stoppable) })} open={dialog === "cancel"} question onClose={() => setDialog(null)}>
        <p>{t("runList.cancelText")}</p>
        <DialogActions>
          <Button onPress={() => setDialog(null)}>{t("run.keepRunning")}</Button>
          <Button
            look="danger"
            onPress={() => {
              setDialog(null);
              bulk.act({ kind: "cancel" }, chosen);
            }}
            testId="confirm-bulk-cancel"
          >
            {t("runList.cancelNow")}
          </Button>
        </DialogActions>
      </Dialog>
    </div>
  );
}
