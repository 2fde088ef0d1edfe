import { useTranslation } from "react-i18next";

import { useFormats } from "../../language/useFormats";
import { Button } from "../../ui/Button";
import { ErrorNotice, Notice } from "../../ui/Notice";
import { mayWrite, useSession } from "../session";
import { useRestore, type ThingPlace } from "./api";
import css from "./Trash.module.css";

/** Notice on the page of a deleted item: time and author of the deletion, and a button to restore it. */
export function InTrash({ at, by, place }: { at: string; by: string | null; place: ThingPlace }) {
  const { t } = useTranslation();
  const { moment } = useFormats();
  return (
    <Notice tone="ember">
      <div className={css["banner"]}>
        <span>{t("trash.since", { at: moment(at), by: deletedBy(t, by) })}</span>
        <RestoreButton place={place} />
      </div>
    </Notice>
  );
}

export function RestoreButton({ place, what }: { place: ThingPlace; what?: string }) {
  const { t } = useTranslation();
  const session = useSession();
  const restore = useRestore(place);
  if (!mayWrite(session)) return null;
  return (
    <>
      <Button small pending={restore.isPending} onPress={() => restore.mutate()} testId="restore">
        {t("trash.restore")}
        {what === undefined ? null : <span className="visually-hidden"> {what}</span>}
      </Button>
      {restore.error ? <ErrorNotice error={restore.error} /> : null}
    </>
  );
}

/** Return who deleted an item; the project's policy deletes items too. */
export function deletedBy(t: (key: "trash.policy") => string, by: string | null): string {
  return by === "policy" ? t("trash.policy") : (by ?? "–");
}
