import { useState } from "react";
import { useTranslation } from "react-i18next";

import type { Run } from "../../api/types";
import { useFormats } from "../../language/useFormats";
import { Button } from "../../ui/Button";
import { Dialog, DialogActions } from "../../ui/Dialog";
import { TextField } from "../../ui/forms/Field";
import { tagProblem, type Action } from "./bulk";
import css from "./Dialogs.module.css";
import type { Picked } from "./selection";

const MOST = 20;

/** Adds a tag to the selected runs, or removes one. */
export function TagDialog({ chosen, known, onAct, onClose }: { chosen: readonly Picked[]; known: readonly Run[]; onAct: (action: Action) => void; onClose: () => void }) {
  const { t } = useTranslation();
  const { count } = useFormats();
  const [tag, setTag] = useState("");
  const [tried, setTried] = useState(false);
  const problem = tagProblem(tag);
  const counted = new Map<string, number>();
  for (const each of chosen.flatMap(({ tags }) => tags)) counted.set(each, (counted.get(each) ?? 0) + 1);
  const others = [...new Set(known.flatMap(({ tags }) => tags))].filter((each) => counted.get(each) !== chosen.length).slice(0, MOST);
  const act = (action: Action) => {
    onClose();
    onAct(action);
  };
  return (
    <Dialog title={t("runList.tagTitle", { count: chosen.length, shown: count(chosen.length) })} open onClose={onClose}>
      <form
        className={css["form"]}
        onSubmit={(event) => {
          event.preventDefault();
          setTried(true);
          if (problem === null) act({ kind: "tag", tag: tag.trim() });
        }}
      >
        <TextField label={t("runList.tagName")} value={tag} onChange={setTag} error={problem !== null && (tried || problem !== "empty") ? t(`runList.tagProblem.${problem}`) : null} testId="tag-name" />
        <Button type="submit" look="primary" testId="add-tag">
          {t("runList.addTag")}
        </Button>
      </form>
      {others.length === 0 ? null : (
        <div className={css["tags"]} role="group" aria-label={t("runList.knownTags")}>
          {others.map((each) => (
            <Button key={each} small onPress={() => act({ kind: "tag", tag: each })}>
              + {each}
            </Button>
          ))}
        </div>
      )}
      {counted.size === 0 ? null : (
        <div className={css["tags"]} role="group" aria-label={t("runList.removeTags")}>
          <p>{t("runList.removeTags")}</p>
          {[...counted].slice(0, MOST).map(([each, runs]) => (
            <Button key={each} small onPress={() => act({ kind: "untag", tag: each })} testId={`remove-tag-${each}`}>
              {each} ({count(runs)}) ×
            </Button>
          ))}
        </div>
      )}
      <DialogActions>
        <Button onPress={onClose}>{t("runList.cancelDialog")}</Button>
      </DialogActions>
    </Dialog>
  );
}
