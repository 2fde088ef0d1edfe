import { useQuery } from "@tanstack/react-query";
import { useState, type SubmitEvent } from "react";
import { useTranslation } from "react-i18next";

import type { NotificationTarget } from "../../api/types";
import { pluginsQuery } from "../../plugins/api";
import { Button } from "../../ui/Button";
import { Dialog, DialogActions } from "../../ui/Dialog";
import { SelectField, TextField } from "../../ui/forms/Field";
import { ErrorNotice } from "../../ui/Notice";
import css from "../Schedules.module.css";
import { useStoreTarget } from "./api";
import { optionsOf, valuesOf } from "./options";

/** Languages, each under its own name. */
const LANGUAGES = { en: "English", tr: "Türkçe" } as const;

/** Dialog for a new target or new options of an existing one. The notifier's options define the form, and the notifier checks them. */
export function TargetDialog({ target, others, onClose }: { target?: NotificationTarget; others: readonly NotificationTarget[]; onClose: () => void }) {
  const { t, i18n } = useTranslation();
  const store = useStoreTarget(target?.id);
  const notifiers = (useQuery(pluginsQuery).data ?? []).filter(({ kind, error }) => kind === "notifier" && error === null);
  const [name, setName] = useState(target?.name ?? "");
  const [chosen, setChosen] = useState(target?.notifier ?? "");
  const [typed, setTyped] = useState<Readonly<Record<string, string>>>({});
  const [language, setLanguage] = useState<keyof typeof LANGUAGES>(target?.language ?? (i18n.language.startsWith("tr") ? "tr" : "en"));
  const [group, setGroup] = useState(String(target?.group_seconds ?? 300));
  const [second, setSecond] = useState(target?.escalate_to ?? "");
  const [after, setAfter] = useState(String(target?.escalate_after_seconds ?? 3600));
  const notifier = notifiers.find((each) => each.name === chosen) ?? notifiers[0];
  const options = optionsOf(notifier?.schema ?? null, i18n.language);
  const title = (texts: Record<string, string> | undefined, own: string) => texts?.[i18n.language] ?? texts?.["en"] ?? own;
  const submit = (event: SubmitEvent) => {
    event.preventDefault();
    if (notifier === undefined) return;
    const escalation = second === "" ? {} : { escalate_to: second, escalate_after_seconds: Number(after) };
    store.mutate(
      { name: name.trim(), notifier: notifier.name, options: valuesOf(options, typed), language, group_seconds: Number(group), ...escalation },
      { onSuccess: onClose },
    );
  };
  return (
    <Dialog title={target === undefined ? t("targets.add") : t("targets.changeTitle", { name: target.name })} open onClose={onClose}>
      <form onSubmit={submit} className={css["form"]} noValidate>
        {target === undefined ? null : <p className={css["soft"]}>{t("targets.changeNote")}</p>}
        <TextField label={t("automations.name")} name="name" value={name} onChange={setName} required />
        <SelectField
          label={t("targets.notifier")}
          name="notifier"
          value={notifier?.name ?? ""}
          onChange={setChosen}
          options={notifiers.map((each) => ({ value: each.name, label: title(each.title, each.name) }))}
          hint={notifier ? title(notifier.summary, "") : undefined}
        />
        {options.map((option) => (
          <TextField
            key={option.name}
            label={option.label}
            name={`option-${option.name}`}
            hint={option.hint}
            value={typed[option.name] ?? ""}
            onChange={(value) => setTyped((before) => ({ ...before, [option.name]: value }))}
            isSecret={option.isSecret}
            required={option.isRequired}
          />
        ))}
        <SelectField label={t("targets.language")} value={language} onChange={(value) => setLanguage(value === "tr" ? "tr" : "en")} options={Object.entries(LANGUAGES).map(([value, label]) => ({ value, label }))} />
        <TextField label={t("targets.group")} hint={t("targets.groupHint")} value={group} onChange={setGroup} mode="numeric" name="group" />
        {others.length > 0 ? (
          <>
            <SelectField label={t("targets.escalateTo")} value={second} onChange={setSecond} options={[{ value: "", label: t("targets.nowhere") }, ...others.map((each) => ({ value: each.name, label: each.name }))]} />
            {second !== "" ? <TextField label={t("targets.escalateAfter")} value={after} onChange={setAfter} mode="numeric" name="after" /> : null}
          </>
        ) : null}
        {store.error ? <ErrorNotice error={store.error} /> : null}
        <DialogActions>
          <Button onPress={onClose}>{t("common.close")}</Button>
          <Button look="primary" type="submit" pending={store.isPending} testId="create-target">
            {target === undefined ? t("targets.create") : t("targets.save")}
          </Button>
        </DialogActions>
      </form>
    </Dialog>
  );
}
