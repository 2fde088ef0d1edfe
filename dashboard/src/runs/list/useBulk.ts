import { useMutation } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";

import { useFormats } from "../../language/useFormats";
import { say } from "../../ui/toasts";
import { bulk } from "./api";
import { carryOut, changedBy, inverse, type Action, type Outcome } from "./bulk";
import type { Picked } from "./selection";
import type { RunList } from "./useRunList";

interface Asked {
  action: Action;
  runs: readonly Picked[];
  isUndo: boolean;
}

export interface Bulk {
  act: (action: Action, runs: readonly Picked[]) => void;
  pending: boolean;
  /** Runs that are done, of all runs of the action. */
  progress: { done: number; of: number } | null;
}

/** Carry out actions on runs; say what was done, with an undo, and what was not. */
export function useBulk(list: Pick<RunList, "drop" | "reread">, onDone: (action: Action, outcome: Outcome) => void): Bulk {
  const { t } = useTranslation();
  const { count } = useFormats();
  const [progress, setProgress] = useState<Bulk["progress"]>(null);

  const finish = ({ action, runs, isUndo }: Asked, { done, failed }: Outcome) => {
    if (action.kind === "delete") list.drop(done);
    list.reread(done);
    onDone(action, { done, failed });
    const back = inverse(action);
    const undone = runs.filter(({ id }) => done.includes(id));
    const undo = back === null || isUndo ? {} : { undo: () => mutation.mutate({ action: back, runs: undone, isUndo: true }) };
    const tag = "tag" in action ? action.tag : "";
    if (done.length > 0) say({ text: t(`runList.done.${action.kind}`, { count: done.length, shown: count(done.length), tag }), tone: "good", ...undo });
    if (failed.length > 0) say({ text: t("runList.failed", { count: failed.length, shown: count(failed.length), reason: failed[0]?.message ?? "" }), tone: "bad" });
  };
  const mutation = useMutation({
    mutationFn: async (asked: Asked) => {
      const ids = asked.runs.map(({ id }) => id);
      let so: Outcome = { done: [], failed: [] };
      setProgress({ done: 0, of: ids.length });
      try {
        await carryOut(asked.action, ids, bulk, (outcome) => {
          so = outcome;
          setProgress({ done: outcome.done.length + outcome.failed.length, of: ids.length });
        });
      } finally {
        setProgress(null);
        // What is done before a failure can be undone, too; the failure itself is said by the query client.
        if (so.done.length + so.failed.length > 0) finish(asked, so);
      }
    },
  });
  return {
    act: (action, runs) => {
      if (mutation.isPending) return;
      const changed = changedBy(action, runs);
      if (changed.length === 0) say({ text: t(`runList.nothing.${action.kind}`), tone: "info" });
      else mutation.mutate({ action, runs: changed, isUndo: false });
    },
    pending: mutation.isPending,
    progress,
  };
}
